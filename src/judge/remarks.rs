//! What a reader should know of the runs that are compared.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::arm::Arm;
use super::columns::is_bare_loss;
use super::grouped::Grouped;
use super::labels::EMPTY;
use super::table::Table;
use super::words::words;
use crate::config::plain;

/// Runs of an arm that have no number: what the others say is no answer for the arm.
pub fn without_a_number(arm: &Arm, value: &str) -> Option<String> {
    let all = arm.without + arm.runs.len();
    let count = arm.without - arm.without_a_row;
    let (verb, them) = if count == 1 { ("has", "it") } else { ("have", "them") };
    (count > 0).then(|| {
        format!(
            "{count} of {all} runs of {} {verb} no finite {value}: mean and n leave {them} out; an arm with such a run is \
             never called best and has no p, since a run that diverged is an outcome",
            arm.label()
        )
    })
}

/// Runs of an arm that have rows, and none of the step that is asked for.
pub fn without_a_row(arm: &Arm, at: Option<f64>) -> Option<String> {
    let (all, count) = (arm.without + arm.runs.len(), arm.without_a_row);
    let (verb, them) = if count == 1 { ("has", "it") } else { ("have", "them") };
    let at = at.filter(|_| count > 0)?;
    Some(format!(
        "{count} of {all} runs of {} {verb} no row at step {}: mean and n leave {them} out, and the arm is never called \
         best and has no p; --step names a step that all have",
        arm.label(),
        plain(at)
    ))
}

/// Runs of which the later of two rows of a step counts.
pub fn taken_up_again(found: &Grouped) -> Option<String> {
    let runs = found.iter().flat_map(|(_, runs)| runs.values());
    let count = runs.filter(|run| run.was_taken_up_again()).count();
    let (were, their) = match count {
        0 => return None,
        1 => ("1 run was".to_owned(), "its"),
        many => (format!("{many} runs were"), "their"),
    };
    Some(format!(
        "{were} taken up again from an earlier step, by {their} rows: of a step that stands twice the later number counts"
    ))
}

/// What the name of the number that is compared leaves open: another loss may be meant, where none was asked for, or the
/// loss may be that of training.
pub fn named_by_little(table: &Table, value: &str, is_asked: bool) -> Option<String> {
    let is_other = |column: &&String| {
        let lower = column.to_lowercase();
        *column != value && lower.ends_with("loss") && !lower.contains("train")
    };
    let other = table.columns.iter().filter(|_| !is_asked).find(is_other);
    is_bare_loss(value).then(|| match other {
        Some(other) => {
            format!(
                "`{value}` is compared, and there is `{other}` too: --value names what is meant"
            )
        }
        None => format!("`{value}` names no text: it may be the training loss"),
    })
}

/// That numbers are no losses in nats per token.
pub fn in_bits(value: &str) -> Option<String> {
    words(value).iter().any(|word| word == "bpb").then(|| {
        format!("`{value}` is in bits per byte of text and not in nats per token, and so are differences and --epsilon")
    })
}

/// Runs that end at different steps are compared as they ended, and that is said with their arms. `may_choose` says
/// whether runs have several steps to choose from.
pub fn different_ends(arms: &[Arm], may_choose: bool) -> Option<String> {
    let ends = || arms.iter().flat_map(|arm| &arm.ends).copied();
    let (first, last) =
        (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let early = |arm: &Arm| arm.ends.iter().filter(|end| **end < last).count();
    let at = |arm: &Arm| {
        let least = arm.ends.iter().copied().fold(f64::INFINITY, f64::min);
        format!(
            "{} of {} runs of {} from {} on",
            early(arm),
            arm.ends.len(),
            arm.label(),
            plain(least)
        )
    };
    let told: Vec<String> = arms.iter().filter(|arm| early(arm) > 0).take(3).map(at).collect();
    let choice = match may_choose {
        true => format!("; --step {} compares them at one", plain(first)),
        false => String::new(),
    };
    (!told.is_empty()).then(|| {
        format!(
            "runs end at different steps, up to {}, and are compared as they ended: {}{choice}",
            plain(last),
            told.join(", ")
        )
    })
}

/// That some run has a row at the step that is asked for.
///
/// # Errors
/// None of them has; the message names the nearest step.
pub fn at_a_known_step(steps: &[f64], at: f64) -> Result<()> {
    let away = |step: &&f64| (**step - at).abs();
    let nearest = steps.iter().min_by(|a, b| away(a).total_cmp(&away(b)));
    let told = nearest.map_or(String::new(), |step| format!("; the nearest is {}", plain(*step)));
    ensure!(steps.contains(&at), "no run has a row at step {}{told}", plain(at));
    Ok(())
}

/// Runs that say nothing of what tells arms apart.
pub fn empty_cells(found: &Grouped) -> Option<String> {
    let is_empty = |parts: &[String]| parts.iter().any(|part| part == EMPTY);
    let count: usize =
        found.iter().filter(|(parts, _)| is_empty(parts)).map(|(_, runs)| runs.len()).sum();
    let (runs, have) = if count == 1 { ("run", "has") } else { ("runs", "have") };
    (count > 0).then(|| {
        format!(
            "{count} {runs} {have} nothing in a column that tells arms apart, which counts as a value of its own: {EMPTY}"
        )
    })
}

/// What trackers call runs that did not end as planned.
const UNFINISHED: [&str; 18] = [
    "running",
    "failed",
    "fail",
    "crashed",
    "killed",
    "canceled",
    "cancelled",
    "error",
    "errored",
    "pruned",
    "pending",
    "preempted",
    "preempting",
    "timeout",
    "interrupted",
    "aborted",
    "queued",
    "waiting",
];

/// Runs that their tracker says did not end as planned.
pub fn unfinished(table: &Table) -> Option<String> {
    let is_state = |name: &str| ["state", "status"].contains(&name.to_lowercase().as_str());
    let state = |row: &BTreeMap<String, String>| {
        row.iter().find(|(name, _)| is_state(name)).map(|(_, one)| one.to_lowercase())
    };
    let is_unfinished = |state: &String| UNFINISHED.contains(&state.as_str());
    let others = table.rows.iter().filter_map(state).filter(is_unfinished).count();
    (others > 0).then(|| {
        format!(
            "{others} of {} rows are of runs that did not finish, and count as they are",
            table.rows.len()
        )
    })
}
