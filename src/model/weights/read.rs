//! Reading weights as people have them. Everything is taken as the model needs it, said where that is not
//! as it stood, or refused.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};

use super::described::{self, Beside};
use super::heads;
use super::layout::{self, in_file, is_turned};
use super::missing;
use super::names::{Names, buffer, core};
use super::notes::Notes;
use super::purpose::Purpose;
use super::stored::{Stored, Tensors, transposed};
use super::sum;
use super::token_kind::TokenKind;
use super::tokens_beside::{self, Rows};
use crate::config::{InitialWeights, Layout, ParameterShape, Role};
use crate::record::LaneWeights;
use crate::tensors::{WeightFile, foreign, read_files};

/// Weights for one lane of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadWeights {
    pub weights: LaneWeights,
    /// SHA-256 of the files, one after the other.
    pub digest: String,
    /// What was done with tensors that were not taken as they stood, in lines for people.
    pub notes: Vec<String>,
}

/// Reads safetensors files for a model, under the tensor names of its family.
///
/// # Errors
/// A file that cannot be read, a description beside it that tells of another model, a tensor that is missing, left
/// over or of a wrong shape or type: the message names the file and the tensor, and what to do.
pub fn read_weights(initial: &InitialWeights, purpose: Purpose) -> Result<ReadWeights> {
    let Beside { note, is_untied } = described::check(&initial.path, purpose.shape)?;
    let files = read_files(&initial.path)?;
    let mut hash = Sha256::new();
    files.iter().for_each(|file| hash.update(&file.bytes));
    let mut reader = Reader {
        name: initial.path.display().to_string(),
        purpose,
        crop: initial.crop,
        are_rows_known: false,
        is_untied,
        parameters: purpose.shape.parameters(purpose.vocabulary),
        notes: Notes::default(),
    };
    note.into_iter().for_each(|note| reader.notes.say(note));
    let weights = reader.read(&files, &initial.path)?;
    files.iter().try_for_each(check_sum)?;
    let name = initial.path.display();
    let notes = reader.notes.into_lines().into_iter().map(|line| format!("{name}: {line}"));
    Ok(ReadWeights { weights, digest: format!("{:x}", hash.finalize()), notes: notes.collect() })
}

struct Reader<'a> {
    /// Of what was asked for: a file, an index or a folder.
    name: String,
    purpose: Purpose<'a>,
    crop: bool,
    /// Whether anything says of which tokens its rows are.
    are_rows_known: bool,
    /// Whether what stands beside it says that the head is not the embedding.
    is_untied: bool,
    parameters: Vec<ParameterShape>,
    notes: Notes,
}

impl Reader<'_> {
    fn read(&mut self, files: &[WeightFile], path: &Path) -> Result<LaneWeights> {
        let mut stored = Vec::new();
        for file in files {
            stored.extend(self.open(file)?);
        }
        self.check_rows(path)?;
        let mut tensors = self.by_core(stored)?;
        if self.is_untied {
            heads::check_is_there(&self.name, &tensors, &self.parameters)?;
        }
        heads::settle(&mut tensors, self.purpose.shape, &self.parameters, &mut self.notes)?;
        missing::check(&self.name, &tensors, self.purpose.shape, &self.parameters)?;
        let family = self.purpose.shape.family.facts().layout;
        let layout = layout::of_file(&tensors, &self.parameters, family)?;
        let mut weights = LaneWeights::new();
        for parameter in std::mem::take(&mut self.parameters) {
            let stored = &tensors[core(&parameter.name)];
            self.notes.named(&stored.name, &parameter.name, core(&parameter.name));
            weights.insert(parameter.name.clone(), self.fitted(&parameter, stored, layout)?);
        }
        Ok(weights)
    }

    fn open<'f>(&mut self, file: &'f WeightFile) -> Result<Vec<Stored<'f>>> {
        let name = file.path.display();
        let why = |error| match foreign(&file.path, &file.bytes) {
            Some(instead) => anyhow!("{instead}"),
            None => anyhow!("{error}; it may be cut short: compare its size with the original"),
        };
        let context = || format!("cannot read weights from {name}; expected a safetensors file");
        let opened = SafeTensors::deserialize(&file.bytes).map_err(why).with_context(context)?;
        let (_, header) = SafeTensors::read_metadata(&file.bytes)?;
        if let Some(kind) = header.metadata().as_ref().and_then(TokenKind::of) {
            let note = kind
                .check(self.purpose.tokenizer, self.crop)
                .map_err(|error| anyhow!("{name} {error}"))?;
            note.into_iter().for_each(|note| self.notes.say(note));
            self.are_rows_known = true;
        }
        let tensors = opened.tensors().into_iter();
        Ok(tensors.map(|(name, view)| Stored::new(name, &file.path, view)).collect())
    }

    /// Asks what stands beside weights that say nothing of their tokens.
    fn check_rows(&mut self, path: &Path) -> Result<()> {
        let Some(text) = self.purpose.text.filter(|_| !self.are_rows_known) else { return Ok(()) };
        let Rows { are_known, note } = tokens_beside::check(path, text, &self.purpose)?;
        note.into_iter().for_each(|note| self.notes.say(note));
        self.are_rows_known = are_known;
        Ok(())
    }

    /// Under their names without wrappers; what follows from the shape is left out.
    fn by_core<'f>(&mut self, stored: Vec<Stored<'f>>) -> Result<Tensors<'f>> {
        let names = Names::new(&self.parameters, stored.iter().map(|one| one.name.as_str()));
        let mut tensors = Tensors::new();
        for one in stored {
            let core = names.core(&one.name).to_owned();
            if buffer(&core).is_some() {
                self.notes.dropped(&core);
            } else if let Some(other) = tensors.insert(core.clone(), one) {
                let one = &tensors[&core];
                bail!(one.error(format_args!(
                    "and `{}` in {} are both `{core}`; remove one of them",
                    other.name,
                    other.file.display()
                )));
            }
        }
        Ok(tensors)
    }

    /// The numbers of a parameter, in its own layout.
    fn fitted(
        &mut self,
        parameter: &ParameterShape,
        stored: &Stored,
        layout: Layout,
    ) -> Result<Vec<f32>> {
        let expected = in_file(parameter, layout);
        if stored.shape() != expected {
            self.check_surplus(parameter, stored, &expected)?;
            let rows = format!("took the first {} rows of {}", expected[0], stored.shape()[0]);
            self.notes.say(format!("{rows} of `{}` (--init-crop)", stored.name));
        }
        let mut values = stored.values()?;
        self.notes.converted(stored.dtype());
        values.truncate(parameter.elements());
        if is_turned(parameter, layout) {
            values = transposed(&values, expected[1]);
        }
        let usual = self.purpose.shape.family.facts().layout;
        if is_turned(parameter, layout) != is_turned(parameter, usual) {
            self.notes.turned();
        }
        Ok(values)
    }

    /// Whether a tensor fits once its surplus rows are left out, and whether that was asked for.
    fn check_surplus(
        &self,
        parameter: &ParameterShape,
        stored: &Stored,
        expected: &[usize],
    ) -> Result<()> {
        let (shape, name) = (stored.shape(), core(&parameter.name));
        let has_rows = matches!(parameter.role, Role::Embedding | Role::Head);
        let (needs, mend) = match name {
            "wpe.weight" => ("the context", "model.context"),
            _ => ("the data's vocabulary", "the data"),
        };
        let fits = shape.len() == 2 && expected.len() == 2 && shape[1] == expected[1];
        ensure!(
            has_rows && fits,
            stored.error(format_args!(
                "has shape {shape:?}, but this model needs {expected:?}; check [model] and the data's vocabulary"
            ))
        );
        let numbers = format!("has shape {shape:?}, but {needs} needs {expected:?}");
        ensure!(
            shape[0] > expected[0],
            stored.error(format_args!("{numbers}: it has too few rows; check {mend}"))
        );
        let are_same = self.are_rows_known && self.purpose.tokenizer.is_some();
        let if_same = match name == "wpe.weight" || are_same {
            true => "",
            false => " if they are of the data's tokens",
        };
        ensure!(
            self.crop,
            stored.error(format_args!(
                "{numbers}; check {mend}, or pass --init-crop to take the first {} rows of it{if_same}",
                expected[0]
            ))
        );
        Ok(())
    }
}

/// That the weights in a file of ours are those that were written.
fn check_sum(file: &WeightFile) -> Result<()> {
    sum::check(&file.bytes).with_context(|| {
        format!(
            "the weights in {} are not those that were written there; write them anew, or take `sha256` out of its \
             metadata if they were changed on purpose",
            file.path.display()
        )
    })
}

/// The run and the step that a weight file of ours comes from.
pub fn origin(path: &Path) -> Option<(String, usize)> {
    let bytes = std::fs::read(path).ok()?;
    let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
    let metadata = header.metadata().as_ref()?;
    Some((metadata.get("run")?.clone(), metadata.get("step")?.parse().ok()?))
}
