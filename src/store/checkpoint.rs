//! A checkpoint as a safetensors file: tensors `weight/NAME` and, for every slot of the optimizer,
//! `SLOT/NAME`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use safetensors::{Dtype, SafeTensors, View};
use sha2::{Digest, Sha256};

use super::seal::CurveSeal;
use crate::config::RunId;
use crate::files::replace_atomically;
use crate::record::{Best, Checkpoint, LaneWeights, Provenance};

const WEIGHT: &str = "weight";
const BEST: &str = "best";
const CURVE: &str = "curve";
const PROVENANCE: &str = "provenance";

/// What a checkpoint file holds.
pub struct Stored {
    pub checkpoint: Checkpoint,
    /// What is kept with it.
    pub about: About,
}

/// What is kept with a checkpoint; older versions kept nothing.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Of the curve up to it.
    pub curve: Option<CurveSeal>,
    /// What produced the run up to it.
    pub provenance: Option<Provenance>,
}

impl About {
    fn entries(&self) -> Result<Vec<(String, String)>> {
        let mut entries = Vec::new();
        if let Some(curve) = &self.curve {
            entries.push((CURVE.to_owned(), curve.to_string()));
        }
        if let Some(provenance) = &self.provenance {
            entries.push((PROVENANCE.to_owned(), serde_json::to_string(provenance)?));
        }
        Ok(entries)
    }

    fn read(info: &HashMap<String, String>) -> Result<Self> {
        let provenance = info.get(PROVENANCE).map(|text| serde_json::from_str(text)).transpose();
        Ok(About {
            curve: info.get(CURVE).map(|text| text.parse()).transpose()?,
            provenance: provenance.context("its provenance cannot be read")?,
        })
    }
}

/// Writes a checkpoint in the place of the one before.
pub fn write(path: &Path, id: &RunId, checkpoint: &Checkpoint, about: &About) -> Result<()> {
    let tensors = parts(checkpoint).flat_map(|(kind, values)| {
        values.iter().map(move |(name, values)| (format!("{kind}/{name}"), Numbers::of(values)))
    });
    let mut info = HashMap::from([
        ("run".to_owned(), id.to_string()),
        ("step".to_owned(), checkpoint.step.to_string()),
        ("seconds".to_owned(), checkpoint.seconds.to_string()),
        ("sha256".to_owned(), digest(checkpoint)),
    ]);
    info.extend(about.entries()?);
    info.extend(checkpoint.best.map(|best| (BEST.to_owned(), text_of(&best))));
    replace_atomically(path, |draft| {
        Ok(safetensors::serialize_to_file(tensors, Some(info), draft)?)
    })
}

/// Reads a checkpoint and checks that it is whole and of this run.
pub fn read(path: &Path, id: &RunId) -> Result<Stored> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    unpack(&bytes, id).with_context(|| format!("{} is damaged", path.display()))
}

fn unpack(bytes: &[u8], id: &RunId) -> Result<Stored> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let info = header.metadata().as_ref().context("it says nothing of itself")?;
    let entry = |name: &str| info.get(name).with_context(|| format!("it does not tell its {name}"));
    ensure!(entry("run")? == id.as_str(), "it is of another run");
    let mut checkpoint = Checkpoint {
        step: entry("step")?.parse().context("its step is not a number")?,
        seconds: entry("seconds")?.parse().context("its time is not a number")?,
        best: info.get(BEST).map(|text| best_in(text)).transpose()?,
        ..Checkpoint::default()
    };
    for (name, tensor) in SafeTensors::deserialize(bytes)?.iter() {
        let (kind, name) = name.split_once('/').context("a tensor without a kind")?;
        ensure!(tensor.dtype() == Dtype::F32, "{name} is not float32");
        let values = bytemuck::pod_collect_to_vec(tensor.data());
        let of_kind = match kind {
            WEIGHT => &mut checkpoint.weights,
            slot => checkpoint.state.entry(slot.to_owned()).or_default(),
        };
        of_kind.insert(name.to_owned(), values);
    }
    ensure!(*entry("sha256")? == digest(&checkpoint), "its checksum does not match");
    Ok(Stored { checkpoint, about: About::read(info)? })
}

/// Every number survives: Rust writes the shortest text that is read as the same.
fn text_of(Best { step, val_loss, test_loss }: &Best) -> String {
    format!("{step} {val_loss} {test_loss}")
}

fn best_in(text: &str) -> Result<Best> {
    let wrong = || format!("its best evaluation is `{text}`, not a step and two losses");
    let mut words = text.split(' ');
    let mut next = || words.next().with_context(wrong);
    let (step, val_loss, test_loss) = (next()?, next()?, next()?);
    Ok(Best {
        step: step.parse().with_context(wrong)?,
        val_loss: val_loss.parse().with_context(wrong)?,
        test_loss: test_loss.parse().with_context(wrong)?,
    })
}

/// Weights and state under the names of their kinds.
fn parts(checkpoint: &Checkpoint) -> impl Iterator<Item = (&str, &LaneWeights)> {
    let state = checkpoint.state.iter().map(|(slot, values)| (slot.as_str(), values));
    std::iter::once((WEIGHT, &checkpoint.weights)).chain(state)
}

/// SHA-256 over everything in it.
fn digest(checkpoint: &Checkpoint) -> String {
    let mut hash = Sha256::new();
    hash.update((checkpoint.step as u64).to_le_bytes());
    hash.update(checkpoint.seconds.to_le_bytes());
    if let Some(best) = &checkpoint.best {
        hash.update(text_of(best));
    }
    for (kind, values) in parts(checkpoint) {
        for (name, values) in values {
            hash.update(format!("{kind}/{name} {}\n", values.len()));
            hash.update(bytemuck::cast_slice(values));
        }
    }
    format!("{:x}", hash.finalize())
}

/// Numbers of one dimension, written without a copy.
struct Numbers<'a> {
    values: &'a [f32],
    shape: [usize; 1],
}

impl<'a> Numbers<'a> {
    fn of(values: &'a [f32]) -> Self {
        Numbers { values, shape: [values.len()] }
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
        Cow::Borrowed(bytemuck::cast_slice(self.values))
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values)
    }
}
