//! Several experiments laid over τ in epochs, and whether it is their texts alone that set them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Error, Result, anyhow, ensure};

use super::tables::broken;
use super::{figures, folder_name, words};
use crate::config::Form;
use crate::exit::usage;
use crate::experiment::{Arm, Changes, Spec};
use crate::files::{create_folder, write_atomically};
use crate::results::{check_rows, read_experiment, read_mechanism, read_runs};
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
        check_rows(folder, &runs)?;
        let mechanism = read_mechanism(folder, &runs)?;
        ensure!(
            !mechanism.is_empty(),
            "{} has no mechanism.csv, which tells the timescales of its runs; `wane collect SPEC` writes it",
            folder.display()
        );
        Ok((folder_name(folder), runs, mechanism))
    };
    let experiments = usage(folders.iter().map(read).collect::<Result<Vec<_>>>())?;
    let names: Vec<&str> = experiments.iter().map(|(name, ..)| name.as_str()).collect();
    let settings: Vec<_> = folders.iter().map(|folder| settings(folder)).collect();
    let beside = beside_text(&names, &settings);
    let found = Collapse::of_experiments(&experiments, beside.is_none());
    let found = usage(found.map_err(|subjects| nothing_common(&names, &subjects)))?;
    if let Some(out) = out {
        let figure = figures::across(&found, beside.as_deref().unwrap_or_default())?;
        create_folder(out)?;
        write_atomically(&out.join("collapse.svg"), figure.svg.as_bytes())?;
        write_atomically(&out.join("collapse.png"), &figure.png)?;
    }
    let title = found.first().map(|one| words::collapse_title(one.claim).to_owned());
    let told = title
        .into_iter()
        .chain(beside)
        .chain(found.iter().flat_map(|one| words::collapse(one, found.len())));
    Ok(told.map(|line| broken(&line, COLUMNS)).collect::<Vec<_>>().join("\n"))
}

/// Keys of what is measured beside the losses at the last step, and when: those losses are the same whatever they say.
const MEASURES: [&str; 6] = [
    "train.eval_every",
    "train.log_every",
    "train.log_updates",
    "train.verbatim_prompts",
    "train.verbatim_after",
    "train.verbatim_tokens",
];

/// What model and recipe are of the runs that are laid: under AdamW, and as `[model]` and `[train]` say. `None` where
/// the folder does not tell.
fn settings(folder: &Path) -> Option<BTreeMap<String, String>> {
    let experiment = read_experiment(folder).ok()?;
    let changes = Changes::of_command(&experiment.provenance.command);
    let spec = Spec::parse(&experiment.spec, &changes).ok()?;
    let is_laid = |arm: &&Arm| arm.decay.form == Form::AdamW && arm.decays();
    let arm = spec.every_arm().filter(is_laid).find(|arm| arm.variant.is_empty())?;
    let settings = spec.settings(arm).into_iter().map(|one| (one.key, one.value));
    let matters = |key: &str| !key.starts_with("arm.") && !MEASURES.contains(&key);
    Some(settings.filter(|(key, _)| matters(key)).collect())
}

/// What may set the lines apart beside the texts; `None` where all are known to be of one model and one recipe.
fn beside_text(names: &[&str], settings: &[Option<BTreeMap<String, String>>]) -> Option<String> {
    let unknown = names.iter().zip(settings).filter(|(_, settings)| settings.is_none());
    let unknown: Vec<&str> = unknown.map(|(name, _)| *name).collect();
    if !unknown.is_empty() {
        return Some(format!(
            "Whether models and recipes are one is not known: the files of {} do not tell.",
            unknown.join(", ")
        ));
    }
    let settings = || settings.iter().flatten();
    let keys: BTreeSet<&String> = settings().flat_map(BTreeMap::keys).collect();
    let differing = keys.into_iter().filter_map(|key| {
        let value =
            |of: &BTreeMap<String, String>| of.get(key).map_or("none", String::as_str).to_owned();
        let values: Vec<String> = settings().map(value).collect();
        let differs = values.iter().any(|value| *value != values[0]);
        let pairs = values.iter().zip(names).map(|(value, name)| format!("{value} ({name})"));
        differs.then(|| format!("{key} = {}", pairs.collect::<Vec<_>>().join(", ")))
    });
    let differing: Vec<String> = differing.collect();
    let told = differing.join("; ");
    (!differing.is_empty()).then(|| {
        format!("More than the text differs, so that this is no question of texts alone: {told}.")
    })
}

/// Why no experiments can be laid over each other, by what each has.
fn nothing_common(names: &[&str], subjects: &[Vec<String>]) -> Error {
    let each = || names.iter().zip(subjects);
    if let Some((name, _)) = each().find(|(_, own)| own.is_empty()) {
        return anyhow!(
            "{name} has no runs of AdamW with a timescale at three λ that are as [model] and [train] say: arms with a \
             learning rate or a model of their own are left out; expected such as experiments/timescale.toml"
        );
    }
    let each: Vec<String> =
        each().map(|(name, own)| format!("{name} has {}", own.join(", "))).collect();
    anyhow!(
        "the experiments have no mask in common on which AdamW has a timescale at three λ: {}",
        each.join("; ")
    )
}
