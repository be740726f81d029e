use super::quantity;
use super::rules::decay_label;
use crate::plural;
use crate::published::{Transfer, known_and_repeated};
use crate::report::format;
use crate::stats::{
    Against, Analysis, Carried, Cell, Comparison, FEWEST_SEEDS, Finding, Kind, Pooled, Quantity,
    ValuesRow, ValuesTable,
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

/// What each toy says, with the models that it answers for.
pub fn table_verdicts(table: &ValuesTable) -> Vec<String> {
    let of = |transfer: Transfer| {
        table.toys(transfer).into_iter().map(move |toy| {
            let names: Vec<String> = toy.rows.iter().map(|row| row_title(row)).collect();
            let found = verdict(toy.rows[0], toy.carried);
            let stopped = match toy.carried.against_stopped {
                Some(difference) => format!(
                    "; against no decay stopped {}",
                    format::difference(Some(difference), 3)
                ),
                None => String::new(),
            };
            format!("{} at {}: {found}{stopped}", names.join(", "), transfer_name(transfer))
        })
    };
    [Transfer::Raw, Transfer::Matched, Transfer::Timescale].into_iter().flat_map(of).collect()
}

/// What the famous 0.1 does, over all toys that have it at its raw value.
pub fn pooled(table: &ValuesTable, loss: Quantity) -> Vec<String> {
    const FAMOUS: f64 = 0.1;
    let what = quantity(loss);
    let told = |one: Pooled| {
        let against = match one.against {
            Against::Final => "against no decay",
            Against::Stopped => "against no decay stopped",
            Against::BothStopped => "where both are stopped",
        };
        let difference = format::difference(Some(one.difference), 3);
        let p = one.p_holm.map_or(String::new(), |p| {
            format!(", {} after Holm's correction over these lines", format::p(p))
        });
        let toys = "toys that differ in more than their names";
        let over = match one.toys == one.all {
            true => format!("over the {} {toys}", one.all),
            false => format!(
                "over {} of the {} {toys} (not every run of the rest reached its end)",
                one.toys, one.all
            ),
        };
        format!(
            "λ = 0.1, {over}: {what} {against} {difference} (mean over toys by seed, n = {}{p})",
            one.difference.n
        )
    };
    table.pooled(FAMOUS, loss).into_iter().map(told).collect()
}

/// Above the toys of a transfer.
pub fn transfer_title(transfer: Transfer) -> &'static str {
    match transfer {
        Transfer::Raw | Transfer::None => "At the published λ",
        Transfer::Matched => "At the λ with the original's total decay Λ",
        Transfer::Timescale => "At the λ with the original's timescale τ in epochs",
    }
}

/// The same in short.
pub fn transfer_name(transfer: Transfer) -> &'static str {
    match transfer {
        Transfer::Raw | Transfer::None => "raw λ",
        Transfer::Matched => "matched Λ",
        Transfer::Timescale => "matched τ in epochs",
    }
}

/// What the runs of a row say.
pub fn row_verdict(row: &ValuesRow) -> String {
    let carried = |transfer: Transfer| {
        let carried = row.carried(transfer)?;
        Some(format!("{}: {}", transfer_name(transfer), verdict(row, carried)))
    };
    let all = [Transfer::Raw, Transfer::Matched, Transfer::Timescale].into_iter();
    all.filter_map(carried).collect::<Vec<_>>().join("; ")
}

fn verdict(row: &ValuesRow, carried: &Carried) -> String {
    let small = if carried.is_too_small() { "decay takes less than 5% of a weight, " } else { "" };
    let note = [
        small.to_owned(),
        collapsed("", &carried.cell),
        row.none.as_ref().map_or(String::new(), |none| collapsed("no decay ", none)),
    ]
    .concat();
    let found = match row.finding(carried) {
        Finding::Incomplete { done, all } => format!("{done} of {all} runs reached their end"),
        Finding::NoBaseline => "no complete runs without decay to compare with".to_owned(),
        Finding::TooFewSeeds => format!("no verdict with fewer than {FEWEST_SEEDS} seeds"),
        Finding::SameInEverySeed => {
            "the same difference in every seed, of which there is no test".to_owned()
        }
        Finding::Tested(comparison) => tested(comparison),
    };
    format!("{note}{found}")
}

/// How many runs of a cell learned no more than how often each token occurs, if any did.
fn collapsed(whose: &str, cell: &Cell) -> String {
    match cell.collapsed() {
        0 => String::new(),
        some => format!("{whose}collapsed in {some} of {} runs, ", cell.runs.len()),
    }
}

fn tested(comparison: &Comparison) -> String {
    let difference = comparison.difference;
    let what = quantity(comparison.quantity);
    let size = format::fixed(difference.mean.abs(), 3);
    let p = comparison.judgement.p_holm.map_or_else(String::new, format::p);
    let interval = comparison.judgement.interval.map(|ends| format::interval(ends, 3));
    let interval = interval.unwrap_or_default();
    let signed = format::signed(difference.mean, 3);
    let small = if comparison.is_within_epsilon { "; less than what matters here" } else { "" };
    match comparison.kind() {
        Kind::Lower => format!("lowers {what} by {size} ({interval}, {p}{small})"),
        Kind::Higher => format!("raises {what} by {size} ({interval}, {p}{small})"),
        Kind::Equivalent => format!("equivalent to no decay ({signed} {interval})"),
        Kind::Undecided | Kind::NoTest => format!("undecided ({signed} {interval}, {p})"),
    }
}

/// The table in three sentences.
pub fn table_in_short(table: &ValuesTable, analysis: &Analysis) -> Vec<String> {
    let what = quantity(analysis.loss);
    let mut told = vec![
        known_and_repeated(),
        counted(table, Transfer::Raw, "their raw λ", what),
        counted(table, Transfer::Matched, "the λ that matches their total decay", what),
    ];
    told.extend(pooled(table, analysis.loss));
    told
}

fn counted(table: &ValuesTable, transfer: Transfer, at: &str, what: &str) -> String {
    let tally = table.tally(transfer);
    let toys = plural::counted(tally.tested() + tally.no_test, "toy");
    let told = |count: usize, one: &str, several: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    };
    let [lower, higher, alike] = [
        told(tally.lower, "lowers", "lower"),
        told(tally.higher, "raises it", "raise it"),
        told(tally.equivalent, "makes no difference", "make no difference"),
    ];
    let small = match (table.too_small_to_matter(transfer), tally.lower + tally.higher) {
        (0, _) => String::new(),
        (1, 1) => " (by less than what matters here)".to_owned(),
        (small, all) => format!(" ({small} of these {all} by less than what matters here)"),
    };
    let undecided = told(tally.undecided, "is undecided", "are undecided");
    let rest = match tally.no_test {
        0 => format!("and {undecided}"),
        untested => format!("{undecided}, and {untested} could not be tested"),
    };
    format!("Of {toys} at {at}, {lower} {what}, {higher}{small}, {alike} that matters, {rest}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Form, Mask};
    use crate::record::Status;
    use crate::results::RunRow;
    use crate::stats::tests::arm;

    /// A recipe without decay and at its λ, which changes the loss by so much; ε is 0.02.
    fn toy(recipe: &str, effect: f64) -> Vec<RunRow> {
        let own = |transfer, rows: Vec<RunRow>| {
            rows.into_iter().map(move |row| RunRow {
                recipe: Some(recipe.to_owned()),
                variant: recipe.to_owned(),
                setting: recipe.to_owned(),
                transfer: Some(transfer),
                run: format!("{recipe} {}", row.run),
                val_unigram: Some(3.0),
                ..row
            })
        };
        let none = arm(Form::None, Mask::Matrices, 0.0, 2.0, 0.1).into_iter();
        let none = none.map(|row| RunRow { mask: None, weight_decay: None, ..row }).collect();
        let raw = arm(Form::AdamW, Mask::Matrices, 0.1, 2.0 + effect, 0.1001);
        own(Transfer::None, none).chain(own(Transfer::Raw, raw)).collect()
    }

    fn told(toys: &[(&str, f64)]) -> (Vec<String>, Vec<String>) {
        let rows: Vec<RunRow> = toys.iter().flat_map(|(name, effect)| toy(name, *effect)).collect();
        let analysis = Analysis::of(&rows);
        let table = analysis.values.as_ref().unwrap();
        (table_in_short(table, &analysis), table_verdicts(table))
    }

    #[test]
    fn a_difference_too_small_to_matter_is_counted_and_said_to_be_one() {
        let (short, verdicts) = told(&[("gpt-3", -0.01), ("palm", -0.3)]);
        assert_eq!(
            short[1],
            "Of 2 toys at their raw λ, 2 lower val loss, 0 raise it (1 of these 2 by less than what matters here), \
             0 make no difference that matters, and 0 are undecided."
        );
        let small = |verdict: &&String| verdict.contains("; less than what matters here)");
        let small: Vec<&String> = verdicts.iter().filter(small).collect();
        assert!(small.len() == 1 && small[0].starts_with("GPT-3"), "{verdicts:?}");
    }

    #[test]
    fn toys_that_lost_a_run_are_said_to_be_left_out_of_the_mean_over_toys() {
        let mut rows = [toy("gpt-3", -0.3), toy("palm", -0.3)].concat();
        let told = |rows: &[RunRow]| {
            let analysis = Analysis::of(rows);
            pooled(analysis.values.as_ref().unwrap(), analysis.loss).remove(0)
        };
        let of_all = "λ = 0.1, over the 2 toys that differ in more than their names: val loss";
        assert!(told(&rows).starts_with(of_all), "{}", told(&rows));
        let none = rows.iter_mut().find(|row| !row.decays()).unwrap();
        (none.status, none.val_loss) = (Status::Diverged, None);
        let of_one = "λ = 0.1, over 1 of the 2 toys that differ in more than their names (not every run of the rest \
                      reached its end): val loss";
        assert!(told(&rows).starts_with(of_one), "{}", told(&rows));
    }

    #[test]
    fn one_toy_is_told_in_the_singular() {
        let (short, _) = told(&[("palm", 0.01)]);
        assert!(
            short[1].starts_with(
                "Of 1 toy at their raw λ, 0 lower val loss, 1 raises it (by less than what matters here), 0 make"
            ),
            "{}",
            short[1]
        );
    }
}
