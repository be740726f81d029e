//! The values table as it was trained: `table.csv`, `table.md` and the terminal's answer.

mod csv;

use super::format::{self, three_digits};
use super::published::{evidence, markdown_table, sources};
use super::tables::{align_right, new_table};
use super::words;
use crate::config::{Named, OptimizerKind};
use crate::published::{Published, known_and_repeated};
use crate::stats::{Carried, Comparison, Quantity, ValuesRow, ValuesTable};

pub use csv::csv_rows;

/// The table as Markdown: differences, verdicts, losses, recipes, and what the sources say.
pub fn markdown(table: &ValuesTable, loss: Quantity, fine_print: &str) -> String {
    let mut models: Vec<&Published> = table.rows.iter().map(|row| row.published).collect();
    models.dedup_by_key(|one| &one.name);
    let verdicts = words::table_verdicts(table);
    let undisclosed = models.iter().filter_map(|one| {
        let why = one.original.undisclosed.as_ref()?;
        Some(format!("{}: {why}", one.model))
    });
    [
        markdown_table(
            "model | λ repeated | evidence | original's Λ, τ | no decay | raw λ − no decay | \
             matched Λ − no decay",
            table.rows.iter().map(|row| differences(row, loss).to_vec()),
        ),
        format!("Differences of {}. ★ lower or higher after Holm's correction; ± is a 95% t-interval of one difference alone. {fine_print}", words::quantity(loss)),
        known_and_repeated(),
        markdown_list("Verdicts", verdicts.into_iter()),
        "## Losses and gaps".to_owned(),
        markdown_table(
            &format!("model | no decay: {0} | gap | raw λ: {0} | gap | matched Λ: {0} | gap", words::quantity(loss)),
            table.rows.iter().map(|row| losses(row, loss).to_vec()),
        ),
        "## Recipes".to_owned(),
        markdown_table(
            "recipe | family | form | mask | optimizer | ε | clip | schedule | assumed",
            models.iter().map(|one| recipe(one).to_vec()),
        ),
        markdown_list("Originals without a total decay to match", undisclosed),
        format!("## Sources\n\n{}", sources(&models)),
    ]
    .join("\n\n")
}

fn markdown_list(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| format!("- {line}")).collect();
    format!("## {title}\n\n{}", lines.join("\n"))
}

/// Losses as differences from no decay.
fn differences(row: &ValuesRow, loss: Quantity) -> [String; 7] {
    let published = row.published;
    let difference = |carried: Option<&Carried>| {
        let Some(carried) = carried else { return format::MISSING.to_owned() };
        let comparison = carried.against_none.as_ref();
        let star = if comparison.is_some_and(Comparison::is_distinguishable) { " ★" } else { "" };
        let difference = format::difference(comparison.map(|one| one.difference), 3);
        format!("{}: {difference}{star}", lambda(carried))
    };
    [
        words::row_title(row),
        format::or_missing(published.claim),
        evidence(published),
        original(published),
        format::mean(row.none.as_ref().and_then(|cell| cell.estimate(|run| loss.of(run))), 3),
        difference(row.raw.as_ref()),
        difference(row.matched.as_ref()),
    ]
}

/// Total decay and timescale of the original, as far as they are known.
fn original(one: &Published) -> String {
    let total = one.total_decay().map_or(format::MISSING.to_owned(), three_digits);
    match one.timescale_steps() {
        Some(tau) => format!("{total}, {} steps", format::count(tau.round() as usize)),
        None => total,
    }
}

fn losses(row: &ValuesRow, loss: Quantity) -> [String; 7] {
    let raw = row.raw.as_ref().map(|carried| &carried.cell);
    let matched = row.matched.as_ref().map(|carried| &carried.cell);
    let [none, raw, matched] = [row.none.as_ref(), raw, matched].map(|cell| {
        let of = |one: Quantity| cell.and_then(|cell| cell.estimate(|run| one.of(run)));
        [of(loss), of(Quantity::Gap)].map(|estimate| format::mean(estimate, 3))
    });
    let [[none, none_gap], [raw, raw_gap], [matched, matched_gap]] = [none, raw, matched];
    [words::row_title(row), none, none_gap, raw, raw_gap, matched, matched_gap]
}

fn lambda(carried: &Carried) -> String {
    format::lambda(carried.run().form, carried.run().weight_decay)
}

fn recipe(one: &Published) -> [String; 9] {
    let (recipe, settings) = (&one.recipe, one.recipe());
    let [beta_1, beta_2] = settings.betas;
    let optimizer = match settings.optimizer {
        OptimizerKind::Adafactor => format!("Adafactor, β {beta_1} and 1 − k^−0.8"),
        OptimizerKind::Adam => format!("Adam, β {beta_1} and {beta_2}"),
        other => other.name().to_owned(),
    };
    let form = match &recipe.weight_decay {
        Some(fact) => format!("{}, λ = {}", recipe.form.value, fact.value),
        None => recipe.form.value.to_string(),
    };
    [
        one.model.clone(),
        recipe.family.value.name().to_owned(),
        form,
        recipe.mask.value.to_string(),
        optimizer,
        format!("{:?}", settings.eps),
        settings.clip.to_string(),
        format!("{} to {} of the peak", settings.schedule.name(), settings.min_lr_ratio),
        one.assumed().join(", "),
    ]
}

/// The answer for the terminal.
pub fn screen(table: &ValuesTable, loss: Quantity) -> String {
    let header = [
        "model",
        "λ repeated",
        "evidence",
        "Λ",
        "no decay",
        "raw λ",
        "raw − no decay",
        "matched λ",
        "matched − no decay",
    ];
    let mut lines = new_table(&header);
    lines.add_rows(table.rows.iter().map(|row| screen_row(row, loss)));
    align_right(&mut lines, [1, 3, 4, 5, 6, 7, 8]);
    format!("{lines}\n\n{}", known_and_repeated())
}

fn screen_row(row: &ValuesRow, loss: Quantity) -> [String; 9] {
    let none = || format::MISSING.to_owned();
    let difference = |carried: Option<&Carried>| {
        let comparison = carried.and_then(|carried| carried.against_none.as_ref());
        let star = if comparison.is_some_and(Comparison::is_distinguishable) { " *" } else { "" };
        let note = if carried.is_some_and(Carried::is_too_small) { " Λ≈0" } else { "" };
        format!("{}{star}{note}", format::difference(comparison.map(|one| one.difference), 4))
    };
    let (raw, matched) = (row.raw.as_ref(), row.matched.as_ref());
    [
        words::row_title(row),
        format::or_missing(row.published.claim),
        evidence(row.published),
        row.published.total_decay().map_or_else(none, three_digits),
        format::mean(row.none.as_ref().and_then(|cell| cell.estimate(|run| loss.of(run))), 4),
        raw.map_or_else(none, lambda),
        difference(raw),
        matched.map_or_else(none, lambda),
        difference(matched),
    ]
}
