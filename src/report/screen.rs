use super::tables::{align_right, new_table};
use super::{format, values, words};
use crate::config::{Named, Role, TestFamily};
use crate::experiment::Setting;
use crate::plural::counted;
use crate::results::ManifestRow;
use crate::stats::{Analysis, Cell, Comparison, Kind, Quantity};

/// Verdicts of a family that are shown, at most.
const MOST_VERDICTS: usize = 6;
/// Warnings that are shown, at most.
const MOST_WARNINGS: usize = 4;

/// The answer on one screen: verdicts by family, each rule at its best point, how to read it, warnings.
pub fn answer(analysis: &Analysis) -> String {
    if let Some(sentence) = words::no_result(analysis) {
        return sentence;
    }
    let alarm = words::alarm(analysis);
    let mut parts: Vec<String> = alarm.iter().map(|alarm| format!("warning: {alarm}")).collect();
    parts.extend(analysis.values.iter().map(|table| values::screen(table, analysis.loss)));
    if analysis.own_groups().next().is_some() {
        let families: Vec<String> =
            TestFamily::ALL.iter().filter_map(|family| verdicts(analysis, *family)).collect();
        parts.extend((!families.is_empty()).then(|| families.join("\n")));
        parts.push(best_table(analysis));
        let told = [words::levels(analysis), words::gap(analysis)];
        let told: Vec<String> = told.into_iter().flatten().collect();
        parts.extend((!told.is_empty()).then(|| told.join("\n")));
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

/// The verdicts of a family below its question; where they would fill the screen, the decided ones.
fn verdicts(analysis: &Analysis, family: TestFamily) -> Option<String> {
    let tested = |one: &&Comparison| one.kind() != Kind::NoTest;
    let all: Vec<&Comparison> =
        analysis.headline.iter().filter(|one| one.family == Some(family)).filter(tested).collect();
    let tests = all.first()?.judgement.family_size;
    let shown: Vec<&Comparison> = match all.len() <= MOST_VERDICTS {
        true => all.clone(),
        false => {
            let decided = all.iter().filter(|one| one.kind() != Kind::Undecided);
            decided.take(MOST_VERDICTS).copied().collect()
        }
    };
    let mut lines = vec![format!("{} ({})", words::family(family), counted(tests, "test"))];
    lines.extend(shown.iter().map(|one| format!("  {}", words::verdict(one, analysis))));
    let more = all.len() - shown.len();
    lines.extend((more > 0).then(|| format!("  {} in the report", counted(more, "more comparison"))));
    Some(lines.join("\n"))
}

/// Per rule the best point: its loss at the last step and stopped, the gap, and how many runs are in it.
fn best_table(analysis: &Analysis) -> String {
    let loss = words::quantity(analysis.loss);
    let header = ["form", "mask", "best λ", loss, "if stopped at its best", "gap", "n"];
    let mut table = new_table(&header);
    let none = analysis.contenders.iter().find_map(|one| one.best_without_decay());
    let baseline = analysis.own_groups().find_map(|group| group.baseline.as_ref());
    if let Some(cell) = none.map(|point| &point.cell).or(baseline) {
        let at = none.map_or("", |point| point.side.at.as_str());
        table.add_row(row(analysis, ["none", "", &with_others("0", at)], Some(cell)));
    }
    for contender in &analysis.contenders {
        let rule = &contender.rule;
        let Some(mask) = rule.mask else { continue };
        let form = match rule.variant.as_str() {
            "" => rule.form.name().to_owned(),
            variant => format!("{} {variant}", rule.form),
        };
        let best = contender.best();
        let lambda = best.map_or("none".to_owned(), |point| {
            with_others(&format::lambda(rule.form, point.side.weight_decay), &point.side.at)
        });
        let cell = best.map(|point| &point.cell);
        table.add_row(row(analysis, [&form, mask.name(), &lambda], cell));
    }
    align_right(&mut table, 2..header.len());
    table.to_string()
}

/// λ with the values of what else is tuned.
fn with_others(lambda: &str, at: &str) -> String {
    if at.is_empty() { lambda.to_owned() } else { format!("{lambda} {at}") }
}

fn row(analysis: &Analysis, names: [&str; 3], cell: Option<&Cell>) -> [String; 7] {
    let number = |quantity: Quantity| {
        format::mean(cell.and_then(|cell| cell.estimate(|run| quantity.of(run))), 4)
    };
    let [form, mask, lambda] = names.map(str::to_owned);
    [
        form,
        mask,
        lambda,
        number(analysis.loss),
        number(analysis.loss.stopped()),
        number(Quantity::Gap),
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
