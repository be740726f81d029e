//! Writing the weights of a lane as others read them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Result, ensure};
use safetensors::{Dtype, View};

use super::layout::{in_file, is_turned};
use super::purpose::Purpose;
use super::stored::transposed;
use super::sum::{SUM, sum_of};
use super::token_kind::TokenKind;
use crate::config::RunId;
use crate::files::replace_atomically;
use crate::record::LaneWeights;

/// Bytes before the header of a safetensors file, which tell its length.
const LENGTH_OF_HEADER: u64 = 8;
/// How the header of a file with metadata begins.
const BEFORE_METADATA: [u8; 16] = *b"{\"__metadata__\":";

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
    let metadata = metadata(purpose, origin, &tensors);
    replace_atomically(path, |draft| {
        safetensors::serialize_to_file(tensors, Some(metadata.clone()), draft)?;
        sort(draft, &metadata)
    })
}

/// Puts the entries of a file's metadata in the order of their names: in that of a hash map, which is another in every
/// call, files of the same weights would differ. The text is as long in every order.
fn sort(path: &Path, metadata: &HashMap<String, String>) -> Result<()> {
    let sorted: BTreeMap<_, _> = metadata.iter().collect();
    let sorted = serde_json::to_vec(&sorted)?;
    let mut file = File::options().read(true).write(true).open(path)?;
    let mut start = [0; BEFORE_METADATA.len()];
    file.seek(SeekFrom::Start(LENGTH_OF_HEADER))?;
    file.read_exact(&mut start)?;
    ensure!(
        start == BEFORE_METADATA,
        "the header does not begin with what the file says of itself"
    );
    Ok(file.write_all(&sorted)?)
}

fn metadata(
    purpose: Purpose,
    origin: Option<(&RunId, usize)>,
    tensors: &[(String, Numbers)],
) -> HashMap<String, String> {
    let mut metadata = HashMap::from([
        ("format".to_owned(), "pt".to_owned()),
        ("vocabulary".to_owned(), purpose.vocabulary.to_string()),
    ]);
    metadata.extend(purpose.tokenizer.map(TokenKind::entry));
    if let Some((run, step)) = origin {
        let step = step.to_string();
        let tensors = tensors.iter().map(|(name, one)| (name.as_str(), one.bytes())).collect();
        metadata.insert(SUM.to_owned(), sum_of(run.as_str(), &step, tensors));
        metadata.insert("run".to_owned(), run.to_string());
        metadata.insert("step".to_owned(), step);
    }
    metadata
}

struct Numbers<'a> {
    values: Cow<'a, [f32]>,
    shape: Vec<usize>,
}

impl Numbers<'_> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.values)
    }
}

impl View for Numbers<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.bytes())
    }

    fn data_len(&self) -> usize {
        size_of_val(&*self.values)
    }
}
