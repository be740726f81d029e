//! The values table as it was trained: `table.csv`, `table.md` and the terminal's answer.

mod csv;
mod retrodiction;
mod toys;

use super::format;
use super::published::{markdown_table, sources};
use super::tables::broken;
use super::words;
use crate::config::{Named, OptimizerKind};
use crate::plural::counted;
use crate::published::{Published, known_and_repeated};
use crate::stats::{Quantity, ValuesRow, ValuesTable};

pub use csv::csv_rows;

/// The table as Markdown: differences by transfer, verdicts, losses, recipes, rules, and what the sources say.
pub fn markdown(table: &ValuesTable, loss: Quantity, fine_print: &str) -> String {
    let mut models: Vec<&Published> = table.rows.iter().map(|row| row.published).collect();
    models.dedup_by_key(|one| &one.name);
    let undisclosed = models.iter().filter_map(|one| {
        let why = one.original.undisclosed.as_ref()?;
        Some(format!("{}: {why}", one.model))
    });
    let mut parts = toys::sections(table, loss);
    parts.extend([
        format!(
            "Differences of {}, paired by seed. Models whose runs are the same share a line. ★ lower or higher after Holm's \
             correction over all lines; ± is a 95% t-interval of one difference alone. Collapsed: a run ended no better \
             than by knowing how often each token occurs. ● documented, ✗ contradicted by its paper, ○ undisclosed. \
             {fine_print}",
            words::quantity(loss)
        ),
        markdown_list("The famous 0.1", words::pooled(table, loss).into_iter()),
        known_and_repeated(),
        markdown_list("Verdicts", words::table_verdicts(table).into_iter()),
        retrodiction::section(&models),
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
    ]);
    parts.join("\n\n")
}

fn markdown_list(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| format!("- {line}")).collect();
    format!("## {title}\n\n{}", lines.join("\n"))
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

/// The answer for the terminal: at the published λ and at others so many toys, at most.
pub fn screen(table: &ValuesTable, loss: Quantity, most: [usize; 2]) -> String {
    let mut parts = toys::screen(table, loss, most);
    let notes = "− stopped: against no decay at its lowest val loss; both stopped: so are the decayed runs; * lower or \
                 higher after Holm's correction over all lines; † a run collapsed";
    parts.push(broken(notes, COLUMNS));
    // Where there is no room for all of it, the mean at the last step alone.
    let pooled = words::pooled(table, loss);
    let shown = if most[1] < usize::MAX { 1 } else { pooled.len() };
    let mut told: Vec<String> =
        pooled.iter().take(shown).map(|told| broken(told, COLUMNS)).collect();
    let left = pooled.len().saturating_sub(shown);
    told.extend((left > 0).then(|| format!("{} in the report", counted(left, "more mean"))));
    parts.push(told.join("\n"));
    parts.push(broken(&known_and_repeated(), COLUMNS));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

/// Columns that sentences are broken to.
const COLUMNS: usize = 110;
