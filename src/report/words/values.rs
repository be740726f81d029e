use super::format;
use super::rules::decay_label;
use crate::published::{Transfer, known_and_repeated};
use crate::stats::{Carried, Comparison, FEWEST_SEEDS, Finding, Kind, ValuesRow, ValuesTable};

/// The model's name, with what the experiment varies.
pub fn row_title(row: &ValuesRow) -> String {
    let published = row.published;
    let own = row.variant.strip_prefix(&published.name).map_or("", str::trim);
    let mut varied = Vec::from_iter((!own.is_empty()).then(|| own.to_owned()));
    let stated = (published.recipe.form.value, Some(published.recipe.mask.value));
    if row.is_crossed || (row.form, row.mask) != stated {
        varied.push(decay_label(row.form, row.mask));
    }
    match varied.is_empty() {
        true => published.model.clone(),
        false => format!("{} ({})", published.model, varied.join(", ")),
    }
}

/// What each row says.
pub fn table_verdicts(table: &ValuesTable) -> Vec<String> {
    let verdict = |row: &ValuesRow| format!("{}: {}", row_title(row), row_verdict(row));
    table.rows.iter().map(verdict).collect()
}

/// What the runs of a row say.
pub fn row_verdict(row: &ValuesRow) -> String {
    let carried = |what: &str, transfer| {
        row.carried(transfer).map(|carried| format!("{what}: {}", verdict(row, carried)))
    };
    let both = [carried("raw λ", Transfer::Raw), carried("matched Λ", Transfer::Matched)];
    both.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn verdict(row: &ValuesRow, carried: &Carried) -> String {
    let note = if carried.is_too_small() { "decay too small to matter here, " } else { "" };
    let found = match row.finding(carried) {
        Finding::Incomplete { done, all } => format!("{done} of {all} runs reached their end"),
        Finding::NoBaseline => "no complete runs without decay to compare with".to_owned(),
        Finding::TooFewSeeds => format!("no verdict with fewer than {FEWEST_SEEDS} seeds"),
        Finding::Tested(comparison) => tested(comparison),
    };
    format!("{note}{found}")
}

fn tested(comparison: &Comparison) -> String {
    let difference = comparison.difference;
    let size = format::size(difference, 3);
    let p = comparison.p_holm.map_or_else(String::new, format::p);
    match comparison.kind() {
        Kind::Lower => format!("lowers val loss by {size} ({p})"),
        Kind::Higher => format!("raises val loss by {size} ({p})"),
        Kind::NotDistinguishable | Kind::NoTest => {
            format!("not distinguishable ({}, {p})", format::difference(Some(difference), 3))
        }
    }
}

/// The table in three sentences.
pub fn table_in_short(table: &ValuesTable) -> Vec<String> {
    vec![
        known_and_repeated(),
        counted(table, Transfer::Raw, "their raw λ"),
        counted(table, Transfer::Matched, "the λ that matches their total decay"),
    ]
}

fn counted(table: &ValuesTable, transfer: Transfer, what: &str) -> String {
    let tally = table.tally(transfer);
    let all = tally.tested() + tally.no_test;
    let (lower, higher) = (tally.lower, tally.higher);
    let same = format!("{} cannot be told from no decay by these seeds", tally.not_distinguishable);
    let rest = match tally.no_test {
        0 => format!("and {same}"),
        untested => format!("{same}, and {untested} could not be tested"),
    };
    format!("Of {all} recipes at {what}, {lower} lower val loss, {higher} raise it, {rest}.")
}
