//! `report.html`: one file, no network.

use super::html::{SCRIPT, STYLE, figure, fill, list, paragraphs, table};
use super::summary::{Summary, SummaryRow};
use super::{explain, format, words};
use crate::config::Role;
use crate::report::figures::{Data, Drawing, escape};
use crate::results::{Experiment, ManifestRow, RunRow};

const TEMPLATE: &str = include_str!("page.html");

/// The page of an experiment.
pub fn page(
    experiment: &Experiment,
    data: &Data,
    summary: &Summary,
    drawings: &[Drawing],
    manifest: &[ManifestRow],
) -> String {
    let question = experiment.question.clone().unwrap_or_else(|| experiment.name.clone());
    let told = words::mechanism(&data.analysis, &data.mechanism, &data.collapses);
    let by_heart = words::by_heart(&data.analysis, data.memorisation.as_ref());
    let more = told.into_iter().chain(by_heart).collect();
    let parts = [
        ("style", STYLE.to_owned()),
        ("script", SCRIPT.to_owned()),
        ("name", escape(&experiment.name)),
        ("question", escape(&question)),
        ("short", paragraphs(&[words::in_short(&data.analysis), more].concat())),
        ("verdicts", list(&summary.verdicts)),
        ("fine_print", escape(&summary.fine_print)),
        ("warnings", list(&summary.warnings)),
        ("figures", drawings.iter().map(figure).collect()),
        ("mechanism", mechanism(data)),
        ("memorisation", memorisation(data, &summary.arms)),
        ("arms", arms(&summary.arms)),
        ("runs", runs(&data.runs)),
        ("manifest", manifest_lines(manifest)),
        ("provenance", provenance(experiment)),
        ("command", escape(&experiment.provenance.command.join(" "))),
        ("spec", escape(&experiment.spec)),
        ("caption", escape(&data.caption)),
    ];
    fill(TEMPLATE, &parts)
}

fn arms(rows: &[SummaryRow]) -> String {
    let header = [
        "form",
        "mask",
        "λ",
        "variant",
        "n",
        "test",
        "stopped",
        "val",
        "gap",
        "val − no decay",
        "best",
    ];
    let row = |row: &SummaryRow| {
        [
            row.form.to_string(),
            row.mask.map_or(String::new(), |mask| mask.to_string()),
            coefficient(row.weight_decay),
            row.variant.clone(),
            row.n.to_string(),
            interval(row.final_test, row.final_test_ci95, format::fixed),
            interval(row.stopped_test, row.stopped_test_ci95, format::fixed),
            interval(row.val_loss, row.val_loss_ci95, format::fixed),
            interval(row.gap, row.gap_ci95, format::fixed),
            interval(row.d_val_loss, row.d_val_loss_ci95, format::signed),
            if row.best { "best".to_owned() } else { String::new() },
        ]
    };
    table("arms", &header, rows.iter().map(row))
}

fn mechanism(data: &Data) -> String {
    let header = [&["weights"], &explain::HEADER[..]].concat();
    let row = |(role, line): (Role, [String; explain::HEADER.len()])| {
        std::iter::once(role.to_string()).chain(line).collect::<Vec<_>>()
    };
    let lines = explain::lines(data);
    if lines.is_empty() {
        return String::new();
    }
    let table = table("mechanism", &header, lines.into_iter().map(row));
    let reading = escape(&explain::reading());
    format!(
        "<section id=\"mechanism-table\"><h2>What λ amounted to</h2>{table}<p class=\"fine\">{reading}</p></section>"
    )
}

fn memorisation(data: &Data, rows: &[SummaryRow]) -> String {
    if data.memorisation.is_none() {
        return String::new();
    }
    let header = [
        "form",
        "mask",
        "λ",
        "variant",
        "verbatim on train",
        "on val",
        "longest",
        "exposure",
        "divergence",
        "by heart − no decay",
        "at equal test loss",
        "exposure − no decay",
        "at equal test loss",
    ];
    let row = |row: &SummaryRow| {
        [
            row.form.to_string(),
            row.mask.map_or(String::new(), |mask| mask.to_string()),
            coefficient(row.weight_decay),
            row.variant.clone(),
            interval(row.verbatim_train, row.verbatim_train_ci95, format::fixed),
            interval(row.verbatim_val, row.verbatim_val_ci95, format::fixed),
            format::fixed_or_empty(row.longest_verbatim, 1),
            interval(row.exposure, row.exposure_ci95, format::fixed),
            interval(row.divergence, row.divergence_ci95, format::fixed),
            interval(row.d_by_heart, row.d_by_heart_ci95, format::signed),
            interval(row.d_by_heart_equal_loss, row.d_by_heart_equal_loss_ci95, format::signed),
            interval(row.d_exposure, row.d_exposure_ci95, format::signed),
            interval(row.d_exposure_equal_loss, row.d_exposure_equal_loss_ci95, format::signed),
        ]
    };
    let table = table("known-by-heart", &header, rows.iter().map(row));
    let reading = escape(&words::by_heart_reading(&data.runs).join(" "));
    format!(
        "<section id=\"memorisation-table\"><h2>{}</h2>{table}<p class=\"fine\">{reading}</p></section>",
        words::by_heart_title()
    )
}

fn runs(rows: &[RunRow]) -> String {
    let header =
        ["run", "form", "mask", "λ", "lr", "seed", "status", "train", "val", "test", "gap", "s"];
    let number = |value: Option<f64>| format::fixed_or_empty(value, 4);
    let row = |row: &RunRow| {
        [
            row.run.clone(),
            row.form.to_string(),
            row.mask.map_or(String::new(), |mask| mask.to_string()),
            coefficient(row.weight_decay),
            format::exact(row.lr),
            row.seed.to_string(),
            row.status.name().to_owned(),
            number(row.train_loss),
            number(row.val_loss),
            number(row.test_loss),
            number(row.gap),
            format::fixed_or_empty(row.seconds, 1),
        ]
    };
    table("runs", &header, rows.iter().map(row))
}

fn interval(mean: Option<f64>, half: Option<f64>, show: fn(f64, usize) -> String) -> String {
    mean.map_or(String::new(), |mean| format::with_half(show(mean, 4), half, 4))
}

fn coefficient(weight_decay: Option<f64>) -> String {
    weight_decay.map_or(String::new(), format::exact)
}

/// What each arm decays, in a line.
fn manifest_lines(rows: &[ManifestRow]) -> String {
    // The parameters of an arm stand together, and each once.
    let mut starts: Vec<usize> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let own = &rows[starts.last().copied().unwrap_or(0)..index];
        let is_next = own.iter().any(|known| known.parameter == row.parameter)
            || own.first().is_some_and(|known| known.family != row.family);
        if index == 0 || is_next {
            starts.push(index);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([rows.len()]);
    let mut lines: Vec<String> = Vec::new();
    for (start, end) in starts.iter().zip(ends) {
        let line = manifest_line(&rows[*start..end]);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    list(&lines)
}

fn manifest_line(arm: &[ManifestRow]) -> String {
    let elements = |rows: &mut dyn Iterator<Item = &ManifestRow>| -> usize {
        rows.map(|row| row.elements).sum()
    };
    let decayed = elements(&mut arm.iter().filter(|row| row.decayed));
    let label = words::decay_label(arm[0].form, arm[0].mask);
    let lambda = words::at_lambda(arm[0].weight_decay);
    format!("{label}{lambda}: {decayed} of {} elements decay", elements(&mut arm.iter()))
}

fn provenance(experiment: &Experiment) -> String {
    let origin = &experiment.provenance;
    let mut rows = vec![
        ("program", format!("wane {} ({})", origin.version, origin.commit)),
        ("backend", format!("{} on {}", origin.backend, origin.adapter)),
        (
            "machine",
            format!("{}, {} cores, {} cohorts at a time", origin.host, origin.cores, origin.jobs),
        ),
        ("data", format!("{} (SHA-256 of its tokens {})", experiment.data, experiment.digest)),
    ];
    let told = [
        ("recognised as", Some(&experiment.recognised).filter(|told| !told.is_empty())),
        ("alphabet", experiment.alphabet.as_ref()),
        ("unseen", experiment.unseen.as_ref()),
    ];
    rows.extend(told.into_iter().filter_map(|(name, told)| Some((name, told?.clone()))));
    let row = |(name, value): &(&str, String)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value));
    format!("<dl>{}</dl>", rows.iter().map(row).collect::<String>())
}
