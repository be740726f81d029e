use super::format;
use super::quantity;
use super::rules::decay_label;
use crate::published::{Transfer, known_and_repeated};
use crate::stats::{
    Analysis, Carried, Comparison, FEWEST_SEEDS, Finding, Kind, ValuesRow, ValuesTable,
};

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
    let what = quantity(comparison.quantity);
    let size = format::fixed(difference.mean.abs(), 3);
    let p = comparison.judgement.p_holm.map_or_else(String::new, format::p);
    let interval = comparison.judgement.interval.map(|ends| format::interval(ends, 3));
    let interval = interval.unwrap_or_default();
    let signed = format::signed(difference.mean, 3);
    match comparison.kind() {
        Kind::Lower => format!("lowers {what} by {size} ({interval}, {p})"),
        Kind::Higher => format!("raises {what} by {size} ({interval}, {p})"),
        Kind::Equivalent => format!("equivalent to no decay ({signed} {interval})"),
        Kind::Undecided | Kind::NoTest => format!("undecided ({signed} {interval}, {p})"),
    }
}

/// The table in three sentences.
pub fn table_in_short(table: &ValuesTable, analysis: &Analysis) -> Vec<String> {
    let what = quantity(analysis.loss);
    vec![
        known_and_repeated(),
        counted(table, Transfer::Raw, "their raw λ", what),
        counted(table, Transfer::Matched, "the λ that matches their total decay", what),
    ]
}

fn counted(table: &ValuesTable, transfer: Transfer, at: &str, what: &str) -> String {
    let tally = table.tally(transfer);
    let all = tally.tested() + tally.no_test;
    let (lower, higher, alike) = (tally.lower, tally.higher, tally.equivalent);
    let rest = match tally.no_test {
        0 => format!("and {} are undecided", tally.undecided),
        untested => {
            format!("{} are undecided, and {untested} could not be tested", tally.undecided)
        }
    };
    format!(
        "Of {all} recipes at {at}, {lower} lower {what}, {higher} raise it, {alike} make no difference that \
         matters, {rest}."
    )
}
