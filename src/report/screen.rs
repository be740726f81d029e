use comfy_table::{CellAlignment, Table};

use crate::decay::Role;

use super::manifest::ManifestRow;
use super::summary::{Cell, Group, Spread};

/// Columns without lines and a rule below the header, in comfy-table's notation.
const RULED_HEADER: &str = "     ──            ";

/// Per rule the best λ, its val loss and gap over the seeds, and the difference from no decay.
pub fn best_table(groups: &[Group]) -> String {
    let mut table = new_table(&[
        "form",
        "mask",
        "best λ",
        "val loss",
        "gap",
        "val loss − λ=0",
        "gap − λ=0",
        "seeds",
    ]);
    if let Some(baseline) = groups.iter().find_map(|group| group.baseline.as_ref()) {
        table.add_row(row("none", "", "0", Some(baseline), None));
    }
    for group in groups.iter().filter(|group| group.key.mask.is_some()) {
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
        table.add_row(row(&form, mask, &coefficient, best, group.baseline.as_ref()));
    }
    for column in 2..8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!(
        "{table}\nLosses in nats per token at the last step; ± is the standard deviation over seeds, differences are paired by seed."
    )
}

fn row(
    form: &str,
    mask: &str,
    coefficient: &str,
    cell: Option<&Cell>,
    baseline: Option<&Cell>,
) -> [String; 8] {
    let number = |of| show(cell.and_then(|cell| cell.spread(of)), false);
    let difference = |of| {
        let paired = cell.zip(baseline).and_then(|(cell, baseline)| cell.paired(baseline, of));
        show(paired, true)
    };
    [
        form.to_owned(),
        mask.to_owned(),
        coefficient.to_owned(),
        number(|run| run.val_loss),
        number(|run| run.gap),
        difference(|run| run.val_loss),
        difference(|run| run.gap),
        cell.map_or(0, |cell| cell.runs.len()).to_string(),
    ]
}

fn show(spread: Option<Spread>, signed: bool) -> String {
    let Some(Spread { mean, sd, .. }) = spread else { return "–".to_owned() };
    let mean = if signed { format!("{mean:+.4}") } else { format!("{mean:.4}") };
    match sd {
        Some(sd) => format!("{mean} ± {sd:.4}"),
        None => mean,
    }
}

/// What has become of each run: identity, arm, seed, state, detail.
pub fn status_table(rows: Vec<[String; 5]>) -> String {
    let mut table = new_table(&["run", "arm", "seed", "state", ""]);
    table.add_rows(rows);
    table.to_string()
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

fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(RULED_HEADER).set_header(header);
    table
}
