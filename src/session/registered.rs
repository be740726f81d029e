//! When the claims of a spec were first seen, in `.registered` beside the runs: before anything was trained, or after.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::Inputs;
use crate::config::{Claim, Registration, RunConfig};
use crate::files::{create_folder, json_of, write_atomically};
use crate::record::now;
use crate::results::read_experiment;
use crate::store::{RunState, Store};

/// The claims of a spec, each with the time at which it was first seen. What was not seen before is seen now.
///
/// # Errors
/// A folder that cannot be written, or a file in it that is damaged; the message names it.
pub fn claims(inputs: &Inputs, out: &Path) -> Result<Vec<Claim>> {
    let mut claims = inputs.spec.claims(&inputs.plan);
    if claims.is_empty() {
        return Ok(claims);
    }
    let path = out.join(".registered").join(format!("{}.json", inputs.spec.name));
    let mut known = known(&path, &out.join(&inputs.spec.name))?;
    let is_new = |claim: &&Claim| !known.contains_key(&claim.digest);
    let new: Vec<Claim> = claims.iter().filter(is_new).cloned().collect();
    if !new.is_empty() {
        let runs_before = begun(&inputs.plan.runs, &Store::new(out));
        let registered = |Claim { digest, arms, data, labels, .. }: Claim| {
            let (at, seeds) = (now(), labels.len());
            (digest.clone(), Registration { digest, at, runs_before, arms, data, labels, seeds })
        };
        known.extend(new.into_iter().map(registered));
        create_folder(path.parent().unwrap_or(out))?;
        write_atomically(&path, &json_of(&known.values().collect::<Vec<_>>())?)?;
    }
    for claim in &mut claims {
        claim.registered = known.get(&claim.digest).cloned();
    }
    Ok(claims)
}

/// What was seen before: what the file holds, and what results say that were brought here without it.
fn known(path: &Path, results: &Path) -> Result<BTreeMap<String, Registration>> {
    let mut known = BTreeMap::new();
    if results.join("experiment.json").is_file() {
        // Results of something else are refused elsewhere.
        let claims = read_experiment(results).map_or(Vec::new(), |experiment| experiment.claims);
        let registered = claims.into_iter().filter_map(|claim| claim.registered);
        known.extend(registered.map(|one| (one.digest.clone(), one)));
    }
    if path.is_file() {
        let text =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let kept: Vec<Registration> = serde_json::from_slice(&text).with_context(|| {
            let file = path.display();
            format!(
                "{file} is damaged; it says when claims were first seen: restore it, or remove it, and they count as \
                 first seen now"
            )
        })?;
        known.extend(kept.into_iter().map(|one| (one.digest.clone(), one)));
    }
    Ok(known)
}

/// Runs that have begun, or have ended.
fn begun(runs: &[RunConfig], store: &Store) -> usize {
    runs.iter().filter(|run| !matches!(store.state(run), RunState::New)).count()
}
