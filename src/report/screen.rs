use super::tables::{align_right, new_table};
use super::{format, values, words};
use crate::config::{Named, Role};
use crate::experiment::Setting;
use crate::plural::counted;
use crate::results::ManifestRow;
use crate::stats::{Analysis, Cell, Quantity};

/// Verdicts that are shown, at most.
const MOST_VERDICTS: usize = 12;
/// Warnings that are shown, at most.
const MOST_WARNINGS: usize = 8;

/// The answer on one screen: verdicts, each rule at its best λ, how to read it, warnings.
pub fn answer(analysis: &Analysis) -> String {
    if let Some(sentence) = words::no_result(analysis) {
        return sentence;
    }
    let alarm = words::alarm(analysis);
    let mut parts: Vec<String> = alarm.iter().map(|alarm| format!("warning: {alarm}")).collect();
    parts.extend(analysis.values.iter().map(values::screen));
    if analysis.own_groups().next().is_some() {
        let verdicts = shortened(analysis);
        if !verdicts.is_empty() {
            parts.push(verdicts.join("\n"));
        }
        parts.push(best_table(analysis));
    }
    parts.push(words::fine_print(analysis));
    let rest = &analysis.warnings[usize::from(alarm.is_some())..];
    if !rest.is_empty() {
        let shown = rest.iter().take(MOST_WARNINGS);
        let mut lines: Vec<String> =
            shown.map(|warning| format!("warning: {}", words::warning(warning))).collect();
        let more = rest.len() - lines.len();
        lines
            .extend((more > 0).then(|| format!("{} in the report", counted(more, "more warning"))));
        parts.push(lines.join("\n"));
    }
    parts.join("\n\n")
}

/// The verdicts; where they would fill the screen, those that tell something apart.
fn shortened(analysis: &Analysis) -> Vec<String> {
    let all = words::verdicts(analysis);
    if all.len() <= MOST_VERDICTS {
        return all;
    }
    let apart = analysis.headline.iter().filter(|one| one.is_distinguishable());
    let mut shown: Vec<String> = apart.take(MOST_VERDICTS).map(words::verdict).collect();
    shown.push(format!("{} more comparisons are in the report", all.len() - shown.len()));
    shown
}

/// Per rule the best λ, its val loss and gap over the seeds, and the difference from no decay.
fn best_table(analysis: &Analysis) -> String {
    let header =
        ["form", "mask", "best λ", "val loss", "gap", "val − no decay", "gap − no decay", "n"];
    let mut table = new_table(&header);
    if let Some(baseline) = analysis.own_groups().find_map(|group| group.baseline.as_ref()) {
        table.add_row(row("none", "", "0", Some(baseline), None));
    }
    for group in analysis.own_groups() {
        let Some(mask) = group.rule.mask else { continue };
        let form = match group.rule.variant.as_str() {
            "" => group.rule.form.name().to_owned(),
            variant => format!("{} {variant}", group.rule.form),
        };
        let best = group.best();
        let baseline = group.baseline.as_ref().filter(|_| best.is_some_and(Cell::decays));
        let lambda = words::best_lambda(group, best);
        table.add_row(row(&form, mask.name(), &lambda, best, baseline));
    }
    align_right(&mut table, 2..header.len());
    table.to_string()
}

fn row(
    form: &str,
    mask: &str,
    lambda: &str,
    cell: Option<&Cell>,
    baseline: Option<&Cell>,
) -> [String; 8] {
    let number = |quantity: Quantity| {
        format::mean(cell.and_then(|cell| cell.estimate(|run| quantity.of(run))), 4)
    };
    let difference = |quantity: Quantity| {
        let both = cell.zip(baseline);
        let paired =
            |(cell, baseline): (&Cell, &Cell)| cell.paired(baseline, |run| quantity.of(run));
        format::difference(both.and_then(paired), 4)
    };
    [
        form.to_owned(),
        mask.to_owned(),
        lambda.to_owned(),
        number(Quantity::ValLoss),
        number(Quantity::Gap),
        difference(Quantity::ValLoss),
        difference(Quantity::Gap),
        cell.map_or(0, |cell| cell.done().count()).to_string(),
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
            (true, Some(coefficient)) => format!("λ = {}", format::exact(coefficient)),
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
    align_right(&mut table, [3]);
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
        "{decayed} of {all} elements decay ({}%), {} do not. By role: {}.",
        format::fixed(100.0 * decayed as f64 / all as f64, 1),
        all - decayed,
        roles.join(", ")
    )
}
