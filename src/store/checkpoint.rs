//! A checkpoint as a file of Burn's pack format.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use burn::store::burn_pack::{Bytes, Reader, Scalar, Tensor, Writer};
use burn::tensor::{DType, Shape, TensorData};
use sha2::{Digest, Sha256};

use crate::files::write_atomically;
use crate::model::LaneWeights;
use crate::optim::LaneMoments;
use crate::run::RunId;
use crate::train::Checkpoint;

const KINDS: [&str; 3] = ["weight", "first", "second"];

/// Writes a checkpoint in the place of the one before.
pub fn write(path: &Path, id: &RunId, checkpoint: &Checkpoint) -> Result<()> {
    let Checkpoint { step, seconds, weights, moments } = checkpoint;
    let mut tensors = Vec::new();
    for (kind, values) in KINDS.iter().zip([weights, &moments.first, &moments.second]) {
        for (name, values) in values {
            let shape = Shape::from([values.len()]);
            let bytes = Bytes::from_elems(values.clone());
            tensors.push(Tensor::new(format!("{kind}/{name}"), DType::F32, shape, None, bytes));
        }
    }
    let bytes = Writer::new(tensors)
        .with_metadata("run", id.as_str())
        .with_metadata("sha256", &digest(checkpoint))
        .with_scalar("step", Scalar::from(*step))
        .with_scalar("seconds", Scalar::from(*seconds))
        .into_bytes()
        .map_err(|error| anyhow!("cannot pack a checkpoint: {error}"))?;
    write_atomically(path, &bytes)
}

/// Reads a checkpoint and checks that it is whole and of this run.
pub fn read(path: &Path, id: &RunId) -> Result<Checkpoint> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    unpack(bytes, id).with_context(|| format!("{} is damaged", path.display()))
}

fn unpack(bytes: Vec<u8>, id: &RunId) -> Result<Checkpoint> {
    let reader =
        Reader::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| anyhow!("{error}"))?;
    let (metadata, scalars) = (reader.metadata().clone(), reader.scalars().clone());
    ensure!(metadata.get("run").map(String::as_str) == Some(id.as_str()), "it is of another run");
    let scalar = |name: &str| scalars.get(name).copied().with_context(|| format!("no {name}"));
    let step = usize::try_from(scalar("step")?).map_err(|_| anyhow!("its step is no number"))?;
    let seconds =
        f64::try_from(scalar("seconds")?).map_err(|_| anyhow!("its time is no number"))?;
    let mut kinds: BTreeMap<String, LaneWeights> = BTreeMap::new();
    for tensor in reader.into_tensors().map_err(|error| anyhow!("{error}"))? {
        let (name, dtype, shape, _, bytes) =
            tensor.into_parts().map_err(|error| anyhow!("{error}"))?;
        let (kind, name) = name.split_once('/').context("a tensor without a kind")?;
        let values = TensorData::from_bytes(bytes, shape, dtype)
            .try_into_vec::<f32>()
            .map_err(|error| anyhow!("{error:?}"))?;
        kinds.entry(kind.to_owned()).or_default().insert(name.to_owned(), values);
    }
    let [weights, first, second] = KINDS.map(|kind| kinds.remove(kind).unwrap_or_default());
    let checkpoint = Checkpoint { step, seconds, weights, moments: LaneMoments { first, second } };
    ensure!(metadata.get("sha256") == Some(&digest(&checkpoint)), "its checksum does not match");
    Ok(checkpoint)
}

/// SHA-256 over everything in it.
fn digest(checkpoint: &Checkpoint) -> String {
    let Checkpoint { step, seconds, weights, moments } = checkpoint;
    let mut hash = Sha256::new();
    hash.update((*step as u64).to_le_bytes());
    hash.update(seconds.to_le_bytes());
    for values in [weights, &moments.first, &moments.second] {
        for (name, values) in values {
            hash.update(name.as_bytes());
            hash.update((values.len() as u64).to_le_bytes());
            values.iter().for_each(|value| hash.update(value.to_le_bytes()));
        }
    }
    format!("{:x}", hash.finalize())
}
