//! `report.html`: one file, no network.

mod arms;
mod runs;

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::chart::{Chart, Curves, Grids, RunColumns, Standing};
use super::html::{Shown, Table, fill, json_in_script};
use super::summary::{Summary, SummaryRow};
use super::{assets, claims, explain, format, words};
use crate::config::Role;
use crate::report::figures::{Data, Drawing};
use crate::results::{Experiment, ManifestRow, RunRow, by_arm};
use arms::arms;
use runs::runs;

/// What the template takes.
#[derive(Serialize)]
struct Page<'a> {
    style: String,
    /// Sorts and filters tables, and draws the interactive figures.
    script: &'static str,
    drawing_script: String,
    name: &'a str,
    question: &'a str,
    short: Vec<String>,
    verdicts: &'a [String],
    fine_print: &'a str,
    warnings: &'a [String],
    /// What the interactive figures are drawn from, as JSON.
    numbers: Option<String>,
    figures: Vec<Shown>,
    claims: Option<Table>,
    claims_in_short: Option<String>,
    claims_reading: String,
    mechanism: Option<Table>,
    reading: String,
    memorisation: Option<Table>,
    memorisation_title: &'static str,
    memorisation_reading: Vec<String>,
    arms: Table,
    runs: Table,
    manifest: Vec<String>,
    provenance: Vec<(&'static str, String)>,
    command: String,
    spec: &'a str,
    caption: &'a str,
}

/// The page of an experiment.
///
/// # Errors
/// A page that cannot be filled.
pub fn page(
    experiment: &Experiment,
    data: &Data,
    summary: &Summary,
    drawings: &[Drawing],
    manifest: &[ManifestRow],
) -> Result<String> {
    let told = words::mechanism(&data.analysis, &data.mechanism, &data.collapses);
    let by_heart = words::by_heart(&data.analysis, data.memorisation.as_ref());
    let more = told.into_iter().chain(by_heart).collect();
    let page = Page {
        style: [assets::STYLE, assets::UPLOT_STYLE].concat(),
        script: assets::TABLES,
        drawing_script: [assets::UPLOT, assets::FIGURES, assets::REPORT].concat(),
        name: &experiment.name,
        question: experiment.question.as_ref().unwrap_or(&experiment.name),
        short: [words::in_short(&data.analysis), more].concat(),
        verdicts: &summary.verdicts,
        fine_print: &summary.fine_print,
        warnings: &summary.warnings,
        numbers: numbers(experiment, data)?,
        figures: drawings.iter().map(Shown::of).collect(),
        claims: claims::table(&data.claims),
        claims_in_short: words::claims_in_short(&data.claims),
        claims_reading: words::claims_reading(&data.claims, experiment.analysis.alpha),
        mechanism: mechanism(data),
        reading: explain::reading(),
        memorisation: memorisation(data, &summary.arms),
        memorisation_title: words::by_heart_title(),
        memorisation_reading: words::by_heart_reading(&data.runs),
        arms: arms(&summary.arms),
        runs: runs(&data.runs),
        manifest: manifest_lines(manifest),
        provenance: provenance(experiment),
        command: experiment.provenance.command.join(" "),
        spec: &experiment.spec,
        caption: &data.caption,
    };
    fill("report.html", &page)
}

/// What the page's interactive figures are drawn from.
#[derive(Serialize)]
struct Numbers {
    chart: Chart,
    runs: RunColumns,
    grids: Grids,
    measures: BTreeMap<&'static str, Curves>,
    thinned: usize,
}

/// As JSON; nothing where no run was evaluated.
fn numbers(experiment: &Experiment, data: &Data) -> Result<Option<String>> {
    if data.curves.is_empty() {
        return Ok(None);
    }
    let chart = Chart::of(&experiment.name, experiment.question.as_deref(), &data.runs);
    let rows: BTreeMap<&str, &RunRow> =
        data.runs.iter().map(|row| (row.run.as_str(), row)).collect();
    let mut runs = RunColumns::default();
    for (place, id) in chart.ids.iter().enumerate() {
        runs.add(place, &Standing::of(rows[id.as_str()]));
    }
    let (grids, measures, thinned) = Curves::of_experiment(&chart.ids, &data.curves);
    json_in_script(&Numbers { chart, runs, grids, measures, thinned }).map(Some)
}

fn mechanism(data: &Data) -> Option<Table> {
    let header = [&["weights"], &explain::HEADER[..]].concat();
    let row = |(role, line): (Role, [String; explain::HEADER.len()])| {
        std::iter::once(role.to_string()).chain(line).collect::<Vec<_>>()
    };
    let lines = explain::lines(data);
    (!lines.is_empty()).then(|| {
        Table::new(("mechanism", "what λ amounted to"), &header, lines.into_iter().map(row))
    })
}

fn memorisation(data: &Data, rows: &[SummaryRow]) -> Option<Table> {
    data.memorisation.as_ref()?;
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
    Some(Table::new(("known-by-heart", "what is known by heart"), &header, rows.iter().map(row)))
}

fn interval(mean: Option<f64>, half: Option<f64>, show: fn(f64, usize) -> String) -> String {
    mean.map_or(String::new(), |mean| format::with_half(show(mean, 4), half, 4))
}

fn coefficient(weight_decay: Option<f64>) -> String {
    weight_decay.map_or(String::new(), format::exact)
}

/// What each arm decays, in a line.
fn manifest_lines(rows: &[ManifestRow]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for arm in by_arm(rows) {
        let line = manifest_line(&arm);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn manifest_line(arm: &[&ManifestRow]) -> String {
    let elements = |rows: &mut dyn Iterator<Item = &&ManifestRow>| -> usize {
        rows.map(|row| row.elements).sum()
    };
    let decayed = elements(&mut arm.iter().filter(|row| row.decayed));
    let label = words::decay_label(arm[0].form, arm[0].mask);
    let lambda = words::at_lambda(arm[0].weight_decay);
    format!("{label}{lambda}: {decayed} of {} elements decay", elements(&mut arm.iter()))
}

fn provenance(experiment: &Experiment) -> Vec<(&'static str, String)> {
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
        ("copied", experiment.copied.as_ref()),
        ("padding", experiment.padding.as_ref()),
    ];
    rows.extend(told.into_iter().filter_map(|(name, told)| Some((name, told?.clone()))));
    rows
}
