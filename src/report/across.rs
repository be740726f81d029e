//! Several experiments laid over τ in epochs, and whether it is their texts alone that set them apart.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow};

use super::tables::broken;
use super::{figures, folder_name, words};
use crate::config::{ModelShape, SHAPE_KEYS, Value};
use crate::exit::usage;
use crate::experiment::{Changes, Spec};
use crate::files::{create_folder, write_atomically};
use crate::results::{read_experiment, read_mechanism, read_runs};
use crate::stats::collapse::{Collapse, Named};

const COLUMNS: usize = 110;

/// Lays the losses of several experiments over τ in epochs, and draws the figure into `out`.
///
/// # Errors
/// A file that is missing or damaged, experiments without a mask in common at three λ, or a folder that cannot be
/// written.
pub fn across_experiments(folders: &[PathBuf], out: Option<&Path>) -> Result<String> {
    let read = |folder: &PathBuf| -> Result<Named> {
        let runs = read_runs(folder)?;
        Ok((folder_name(folder), runs, read_mechanism(folder)?))
    };
    let experiments = usage(folders.iter().map(read).collect::<Result<Vec<_>>>())?;
    let names: Vec<&str> = experiments.iter().map(|(name, ..)| name.as_str()).collect();
    let models: Vec<Option<ModelShape>> = folders.iter().map(|folder| model(folder)).collect();
    let beside = beside_text(&names, &models);
    let found = Collapse::of_experiments(&experiments, beside.is_none());
    let found = usage(found.map_err(|subjects| nothing_common(&names, &subjects)))?;
    if let Some(out) = out {
        let figure = figures::across(&found, beside.as_deref().unwrap_or_default())?;
        create_folder(out)?;
        write_atomically(&out.join("collapse.svg"), figure.svg.as_bytes())?;
        write_atomically(&out.join("collapse.png"), &figure.png)?;
    }
    let title = found.first().map(|one| words::collapse_title(one.claim).to_owned());
    let told = title.into_iter().chain(beside).chain(found.iter().flat_map(words::collapse));
    Ok(told.map(|line| broken(&line, COLUMNS)).collect::<Vec<_>>().join("\n"))
}

/// The model of the runs that are as `[train]` says: no others are laid. `None` where the folder does not tell.
fn model(folder: &Path) -> Option<ModelShape> {
    let experiment = read_experiment(folder).ok()?;
    let changes = Changes::of_command(&experiment.provenance.command);
    let spec = Spec::parse(&experiment.spec, &changes).ok()?;
    let arm = spec.every_arm().find(|arm| arm.variant.is_empty())?;
    Some(arm.model)
}

/// What may set the lines apart beside the texts; `None` where all are known to be of one model.
fn beside_text(names: &[&str], models: &[Option<ModelShape>]) -> Option<String> {
    let unknown: Vec<&str> = names
        .iter()
        .zip(models)
        .filter(|(_, model)| model.is_none())
        .map(|(name, _)| *name)
        .collect();
    if !unknown.is_empty() {
        return Some(format!(
            "Whether the models are one is not known: the files of {} do not tell.",
            unknown.join(", ")
        ));
    }
    let models: Vec<ModelShape> = models.iter().flatten().copied().collect();
    if models.iter().all(|model| *model == models[0]) {
        return None;
    }
    let differing = SHAPE_KEYS.iter().filter_map(|row| {
        let values: Vec<String> = models.iter().map(|model| shown((row.get)(model))).collect();
        let differs = values.iter().any(|value| *value != values[0]);
        let pairs = values.iter().zip(names).map(|(value, name)| format!("{value} ({name})"));
        differs.then(|| format!("{} = {}", row.key.name, pairs.collect::<Vec<_>>().join(", ")))
    });
    let differing: Vec<String> = differing.collect();
    Some(format!(
        "The models differ, so that this is no question of texts alone: {}.",
        differing.join("; ")
    ))
}

fn shown(value: Option<Value>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// Why no experiments can be laid over each other, by what each has.
fn nothing_common(names: &[&str], subjects: &[Vec<String>]) -> Error {
    let each = || names.iter().zip(subjects);
    if let Some((name, _)) = each().find(|(_, own)| own.is_empty()) {
        return anyhow!(
            "{name} has no form with a timescale at three λ; expected such as experiments/timescale.toml"
        );
    }
    let each: Vec<String> =
        each().map(|(name, own)| format!("{name} has {}", own.join(", "))).collect();
    anyhow!(
        "the experiments have no mask in common on which AdamW has a timescale at three λ: {}",
        each.join("; ")
    )
}
