//! Writing the weights of a lane as others read them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use safetensors::{Dtype, View};

use super::alphabet::{ALPHABET, PIECES};
use super::layout::{in_file, is_turned};
use super::read::Purpose;
use super::stored::transposed;
use crate::config::RunId;
use crate::files::replace_atomically;
use crate::record::LaneWeights;

/// Writes the weights of one lane as a safetensors file, under the tensor names and in the layout of the
/// family, with what they are for and the run and step that they come from. An existing file is replaced.
///
/// # Errors
/// A file that cannot be written.
pub fn write_weights(
    path: &Path,
    weights: &LaneWeights,
    purpose: Purpose,
    origin: Option<(&RunId, usize)>,
) -> Result<()> {
    let layout = purpose.shape.family.facts().layout;
    let tensor = |parameter: &crate::config::ParameterShape| {
        let values = &weights[&parameter.name];
        let values = match is_turned(parameter, layout) {
            true => Cow::Owned(transposed(values, parameter.shape[1])),
            false => Cow::Borrowed(values.as_slice()),
        };
        (parameter.name.clone(), Numbers { values, shape: in_file(parameter, layout) })
    };
    let tensors: Vec<_> = purpose.shape.parameters(purpose.vocabulary).iter().map(tensor).collect();
    replace_atomically(path, |draft| {
        Ok(safetensors::serialize_to_file(tensors, Some(metadata(purpose, origin)), draft)?)
    })
}

fn metadata(purpose: Purpose, origin: Option<(&RunId, usize)>) -> HashMap<String, String> {
    let mut metadata = HashMap::from([
        ("format".to_owned(), "pt".to_owned()),
        ("vocabulary".to_owned(), purpose.vocabulary.to_string()),
    ]);
    if let Some(alphabet) = purpose.alphabet {
        metadata.insert(ALPHABET.to_owned(), alphabet.iter().collect());
    }
    if let Some(pieces) = purpose.pieces {
        metadata.insert(PIECES.to_owned(), pieces.to_owned());
    }
    if let Some((run, step)) = origin {
        metadata.insert("run".to_owned(), run.to_string());
        metadata.insert("step".to_owned(), step.to_string());
    }
    metadata
}

struct Numbers<'a> {
    values: Cow<'a, [f32]>,
    shape: Vec<usize>,
}

impl View for Numbers<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(bytemuck::cast_slice(&self.values))
    }

    fn data_len(&self) -> usize {
        size_of_val(&*self.values)
    }
}
