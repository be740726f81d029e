use comfy_table::CellAlignment;

use super::tables::{new_table, show};
use super::values;
use crate::config::{Named, Role};
use crate::experiment::Setting;
use crate::results::ManifestRow;
use crate::stats::{Analysis, Cell, Group, Quantity, verdicts};

/// Verdicts that are shown, at most.
const MOST_VERDICTS: usize = 12;

/// The answer on one screen: verdicts, each rule at its best λ, how to read it, warnings.
pub fn answer(analysis: &Analysis) -> String {
    let mut parts: Vec<String> = analysis.values.iter().map(values::screen).collect();
    if analysis.groups.iter().any(|group| !group.is_published()) {
        let verdicts = shortened(analysis);
        if !verdicts.is_empty() {
            parts.push(verdicts.join("\n"));
        }
        parts.push(best_table(analysis));
    }
    parts.push(analysis.fine_print());
    if !analysis.warnings.is_empty() {
        let warnings = analysis.warnings.iter().map(|warning| format!("warning: {warning}"));
        parts.push(warnings.collect::<Vec<_>>().join("\n"));
    }
    parts.join("\n\n")
}

/// The verdicts; where they would fill the screen, those that tell something apart.
fn shortened(analysis: &Analysis) -> Vec<String> {
    let all = verdicts(analysis);
    if all.len() <= MOST_VERDICTS {
        return all;
    }
    let told = all.len();
    let apart = all.into_iter().zip(&analysis.headline);
    let mut shown: Vec<String> = apart
        .filter(|(_, comparison)| comparison.is_distinguishable())
        .map(|(verdict, _)| verdict)
        .take(MOST_VERDICTS)
        .collect();
    shown.push(format!("{} more comparisons stand in the report", told - shown.len()));
    shown
}

/// Per rule the best λ, its val loss and gap over the seeds, and the difference from no decay.
fn best_table(analysis: &Analysis) -> String {
    let groups = &analysis.groups;
    let header =
        ["form", "mask", "best λ", "val loss", "gap", "val − no decay", "gap − no decay", "n"];
    let mut table = new_table(&header);
    if let Some(baseline) = groups.iter().find_map(|group| group.baseline.as_ref()) {
        table.add_row(row("none", "", "0", Some(baseline), None));
    }
    let own = |group: &&Group| group.key.mask.is_some() && !group.is_published();
    for group in groups.iter().filter(own) {
        let mask = group.key.mask.map_or("", |mask| mask.name());
        let form = match group.key.variant.as_str() {
            "" => group.key.form.name().to_owned(),
            variant => format!("{} {variant}", group.key.form),
        };
        let best = group.best();
        let coefficient = match best {
            Some(cell) => cell.weight_decay.map_or("–".to_owned(), |value| value.to_string()),
            None => "none ended".to_owned(),
        };
        let baseline =
            group.baseline.as_ref().filter(|_| best.is_some_and(|best| group.decays(best)));
        table.add_row(row(&form, mask, &coefficient, best, baseline));
    }
    for column in 2..header.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

fn row(
    form: &str,
    mask: &str,
    coefficient: &str,
    cell: Option<&Cell>,
    baseline: Option<&Cell>,
) -> [String; 8] {
    let number = |quantity: Quantity| {
        show(cell.and_then(|cell| cell.estimate(|run| quantity.of(run))), false)
    };
    let difference = |quantity: Quantity| {
        let both = cell.zip(baseline);
        let paired =
            |(cell, baseline): (&Cell, &Cell)| cell.paired(baseline, |run| quantity.of(run));
        show(both.and_then(paired), true)
    };
    [
        form.to_owned(),
        mask.to_owned(),
        coefficient.to_owned(),
        number(Quantity::ValLoss),
        number(Quantity::Gap),
        difference(Quantity::ValLoss),
        difference(Quantity::Gap),
        cell.map_or(0, |cell| cell.runs.len()).to_string(),
    ]
}

/// What has become of each run: identity, arm, seed, state, detail.
pub fn status_table(rows: Vec<[String; 5]>) -> String {
    let mut table = new_table(&["run", "arm", "seed", "state", ""]);
    table.add_rows(rows);
    table.to_string()
}

/// Every value of one arm and where it comes from.
pub fn settings_table(title: &str, settings: Vec<Setting>) -> String {
    let mut table = new_table(&["key", "value", "from"]);
    table.add_rows(settings.into_iter().map(|one| [one.key, one.value, one.origin]));
    format!("{title}\n{table}")
}

/// What one arm decays: a line per parameter and the totals.
pub fn manifest_table(title: &str, rows: &[ManifestRow]) -> String {
    let mut table = new_table(&["parameter", "role", "shape", "elements", "decayed"]);
    for row in rows {
        let decayed = match (row.decayed, row.coefficient) {
            (false, _) => "no".to_owned(),
            (true, Some(coefficient)) => format!("λ = {coefficient}"),
            (true, None) => "yes".to_owned(),
        };
        table.add_row([
            row.parameter.clone(),
            row.role.to_string(),
            row.shape.clone(),
            row.elements.to_string(),
            decayed,
        ]);
    }
    if let Some(column) = table.column_mut(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{title}\n{table}\n{}", totals(rows))
}

fn totals(rows: &[ManifestRow]) -> String {
    let sum = |keep: &dyn Fn(&&ManifestRow) -> bool| -> usize {
        rows.iter().filter(keep).map(|row| row.elements).sum()
    };
    let (all, decayed) = (sum(&|_| true), sum(&|row| row.decayed));
    let roles: Vec<String> = Role::ALL
        .into_iter()
        .map(|role| (role, sum(&|row| row.role == role)))
        .filter(|(_, elements)| *elements > 0)
        .map(|(role, elements)| format!("{role} {elements}"))
        .collect();
    format!(
        "{decayed} of {all} elements decay ({:.1}%), {} do not. By role: {}.",
        100.0 * decayed as f64 / all as f64,
        all - decayed,
        roles.join(", ")
    )
}
