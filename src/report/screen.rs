use super::tables::{align_right, new_table};
use super::{format, values, words};
use crate::config::{Form, Named, Role, TestFamily};
use crate::experiment::Setting;
use crate::plural::counted;
use crate::results::ManifestRow;
use crate::stats::{
    Analysis, Comparison, Contender, FoundRule, Kind, Point, Quantity, best, best_at_full_length,
};

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
        parts.extend(words::best(analysis));
        let families: Vec<String> =
            TestFamily::ALL.iter().filter_map(|family| verdicts(analysis, *family)).collect();
        parts.extend((!families.is_empty()).then(|| families.join("\n")));
        parts.push(best_table(analysis));
        parts.extend(optima_table(analysis));
        let told = [words::levels(analysis), words::u_turn(analysis), words::gap(analysis)];
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
    let loss = words::quantity(analysis.loss);
    let tests = counted(tests, "test");
    let mut lines = vec![format!("{}, {loss} ({tests})", words::family(family))];
    lines.extend(shown.iter().map(|one| format!("  {}", words::line(one, analysis))));
    let more = all.len() - shown.len();
    lines.extend(
        (more > 0).then(|| format!("  {} in the report", counted(more, "more comparison"))),
    );
    Some(lines.join("\n"))
}

/// Per rule the best point: its loss at the last step and stopped, that of its own best horizon where that is
/// tuned, the gap, and how many runs are in it.
fn best_table(analysis: &Analysis) -> String {
    let loss = words::quantity(analysis.loss);
    let tunes_steps = analysis
        .contenders
        .iter()
        .flat_map(|one| one.points.iter().chain(&one.none))
        .any(|point| point.side.value("steps").is_some());
    let horizon = tunes_steps.then_some("at its own horizon");
    let stopped = "if stopped at its best";
    let header = ["form", "mask", "best λ", loss, stopped].into_iter().chain(horizon);
    let header: Vec<&str> = header.chain(["gap", "n"]).collect();
    let mut table = new_table(&header);
    let mut add = |names: [&str; 2], points: &[Point], form: Form| {
        table.add_row(row(analysis, names, points, form, tunes_steps));
    };
    if let Some(none) = analysis.contenders.iter().map(|one| &one.none).find(|all| !all.is_empty())
    {
        add(["none", ""], none, Form::None);
    }
    for Contender { rule, points, .. } in &analysis.contenders {
        let form = match rule.variant.as_str() {
            "" => rule.form.name().to_owned(),
            variant => format!("{} {variant}", rule.form),
        };
        add([&form, rule.mask.map_or("", |mask| mask.name())], points, rule.form);
    }
    align_right(&mut table, 2..header.len());
    table.to_string()
}

fn row(
    analysis: &Analysis,
    [form, mask]: [&str; 2],
    points: &[Point],
    of: Form,
    tunes_steps: bool,
) -> Vec<String> {
    let point = best_at_full_length(points);
    let number = |point: Option<&Point>, quantity: Quantity| {
        let estimate = point.and_then(|point| point.cell.estimate(|run| quantity.of(run)));
        format::mean(estimate, 4)
    };
    let lambda = point.map_or("none".to_owned(), |point| {
        let lambda = format::lambda(of, point.side.weight_decay);
        if point.side.at.is_empty() { lambda } else { format!("{lambda} {}", point.side.at) }
    });
    let horizon = tunes_steps.then(|| number(best(points), analysis.loss));
    let mut cells = vec![form.to_owned(), mask.to_owned(), lambda];
    cells.push(number(point, analysis.loss));
    cells.push(number(point, analysis.loss.stopped()));
    cells.extend(horizon);
    cells.push(number(point, Quantity::Gap));
    cells.push(point.map_or(0, |point| point.cell.done().count()).to_string());
    cells
}

/// Per searched rule what was found for λ, and what it costs to miss it; other values in sentences.
fn optima_table(analysis: &Analysis) -> Option<String> {
    let search = analysis.search.as_ref()?;
    let common = format!("cost of λ = {}", words::COMMON);
    let within = analysis.epsilon.map_or("within ε".to_owned(), |epsilon| {
        format!("within ε = {}", format::three_digits(epsilon.value))
    });
    let mut table =
        new_table(&["form", "mask", "λ*", "95%", &within, "cost of none", &common, "runs"]);
    let one_axis = |rule: &&FoundRule| rule.found.len() == 1;
    for rule in search.rules.iter().filter(one_axis) {
        let Some(found) = rule.weight_decay() else { continue };
        let cost = |value: f64| {
            found.regret_at(value).map_or(format::MISSING.to_owned(), |one| words::cost(&one))
        };
        let within = found.optimum.as_ref().map(|one| one.within.estimate);
        table.add_row([
            rule.rule.form.name().to_owned(),
            rule.rule.mask.map_or(String::new(), |mask| mask.name().to_owned()),
            words::best_value(found),
            words::range(found.interval),
            within.map_or(format::MISSING.to_owned(), words::range),
            cost(0.0),
            cost(words::COMMON),
            found.runs.to_string(),
        ]);
    }
    let sentences =
        if table.is_empty() { words::optima(analysis).join("\n") } else { table.to_string() };
    (!sentences.is_empty()).then_some(sentences)
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
