//! The values table without training: what is repeated, what the sources say.

use super::format::{self, count, three_digits};
use super::tables::{align_right, new_table};
use crate::config::{HYPERPARAMETERS, Named};
use crate::published::{Fact, Published, known_and_repeated};

/// The table for the terminal.
pub fn published_table() -> String {
    let all = Published::all();
    let (table, further): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.in_table);
    let findings: Vec<String> = table
        .iter()
        .map(|one| format!("{} {}: {}", one.evidence.mark(), one.model, one.finding))
        .collect();
    [
        lines(&table),
        findings.join("\n"),
        format!("Further reading\n{}", lines(&further)),
        known_and_repeated(),
        "* undisclosed, assumed here. Λ = Σ η_t λ over the original's documented run, τ = 1/(ηλ) in \
         steps at its peak. `wane table NAME` shows every field with its source."
            .to_owned(),
    ]
    .join("\n\n")
}

fn lines(models: &[&Published]) -> String {
    let header =
        ["name", "model", "λ repeated", "λ at the source", "evidence", "form", "mask", "Λ", "τ"];
    let mut table = new_table(&header);
    for one in models {
        table.add_row([vec![one.name.clone()], row(one)].concat());
    }
    align_right(&mut table, [2, 3, 7, 8]);
    table.to_string()
}

fn row(one: &Published) -> Vec<String> {
    let [claim, stated, form, mask, total, tau] = cells(one);
    vec![one.model.clone(), claim, stated, evidence(one), form, mask, total, tau]
}

/// What becomes of the claim at the source, with its mark.
pub fn evidence(one: &Published) -> String {
    format!("{} {}", one.evidence.mark(), one.evidence.name())
}

/// The table as Markdown, with every finding and source.
pub fn published_markdown() -> String {
    [
        markdown_table(
            "model | λ repeated | λ at the source | evidence | form | mask | Λ | τ (steps)",
            Published::all().iter().map(row),
        ),
        known_and_repeated(),
        "\\* undisclosed, assumed here.".to_owned(),
        sources(&Published::all().iter().collect::<Vec<_>>()),
    ]
    .join("\n\n")
}

/// What the source of each model says, as a Markdown list.
pub fn sources(models: &[&Published]) -> String {
    let line = |one: &&Published| format!("- {}: {} ({})\n", one.model, one.finding, one.source);
    models.iter().map(line).collect()
}

/// A Markdown table; the header's names are parted by ` | `.
pub fn markdown_table(header: &str, rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = "---|".repeat(header.matches('|').count() + 1);
    let mut lines = vec![format!("| {header} |"), format!("|{rule}")];
    lines.extend(rows.map(|cells| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |", cells.join(" | "))
    }));
    lines.join("\n")
}

/// Every field of one model, and what it rests on.
pub fn published_details(one: &Published) -> String {
    let recipe = &one.recipe;
    let mut table = new_table(&["field", "value", "rests on"]);
    let mut add = |field: &str, value: String, basis: String| {
        table.add_row([field.to_owned(), value, basis]);
    };
    let value = |key: &str| one.basis(key).map_or(String::new(), ToString::to_string);
    add("family", recipe.family.value.name().into(), value("family"));
    add("form", recipe.form.value.to_string(), value("form"));
    add("mask", recipe.mask.value.to_string(), value("mask"));
    if let Some(fact) = &recipe.weight_decay {
        add("weight_decay", fact.value.to_string(), fact.basis.to_string());
    }
    let settings = one.recipe();
    for row in HYPERPARAMETERS {
        if let Some(fact) = recipe.hyperparameters.get(row.key.name) {
            add(row.key.name, (row.get)(&settings).to_string(), fact.basis.to_string());
        }
    }
    let original = &one.original;
    let mut original_number = |field: &str, fact: Option<(String, String)>| {
        let (value, basis) = fact.unwrap_or((format::MISSING.into(), "undisclosed".into()));
        add(&format!("original {field}"), value, basis);
    };
    original_number("parameters", shown(&original.params, |count| format::magnitude(*count)));
    original_number("peak learning rate", shown(&original.lr, |lr| format!("{lr:?}")));
    original_number("steps", shown(&original.steps, |steps| count(*steps)));
    original_number(
        "tokens a step",
        shown(&original.batch_tokens, |tokens| count(*tokens as usize)),
    );
    if original.tokens.is_some() {
        original_number("tokens", shown(&original.tokens, |count| format::magnitude(*count)));
    }
    let once = || Some(("1".to_owned(), "assumed: the source does not say".to_owned()));
    original_number("epochs", shown(&original.epochs, f64::to_string).or_else(once));
    for (field, fact) in [
        ("warm-up", &original.warmup),
        ("hold", &original.hold),
        ("fall ends", &original.fall_ends),
    ] {
        if fact.is_some() {
            original_number(field, shown(fact, |steps| count(*steps)));
        }
    }
    let [.., total, tau] = cells(one);
    format!(
        "{}: {}\n{}, {}\n\n{table}\n\ntotal decay Λ = {total}, timescale τ = {tau} steps{}",
        one.model,
        one.finding,
        evidence(one),
        one.source,
        original.undisclosed.as_ref().map_or(String::new(), |why| format!(" ({why})"))
    )
}

fn shown<T>(fact: &Option<Fact<T>>, show: impl Fn(&T) -> String) -> Option<(String, String)> {
    fact.as_ref().map(|fact| (show(&fact.value), fact.basis.to_string()))
}

/// λ as it is repeated and as the source has it, form, mask, Λ and τ.
fn cells(one: &Published) -> [String; 6] {
    let none = || format::MISSING.to_owned();
    let stated = one.recipe.weight_decay.as_ref();
    let stated = match stated.is_none_or(Fact::is_documented) {
        true => format::lambda(one.recipe.form.value, stated.map(|fact| fact.value)),
        false => none(),
    };
    [
        format::or_missing(one.claim),
        stated,
        marked(one.recipe.form.value.name(), one.recipe.form.is_documented()),
        marked(one.recipe.mask.value.name(), one.recipe.mask.is_documented()),
        one.total_decay().map_or_else(none, three_digits),
        one.timescale_steps().map_or_else(none, |tau| count(tau.round() as usize)),
    ]
}

fn marked(text: &str, documented: bool) -> String {
    if documented { text.to_owned() } else { format!("{text}*") }
}
