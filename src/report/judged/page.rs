use anyhow::Result;
use serde::Serialize;

use super::{HEADER, headline, row};
use crate::judge::{Arm, Case};
use crate::report::figures::Drawing;
use crate::report::html::{Shown, Table, fill};
use crate::report::{assets, format, words};
use crate::stats::Estimate;

/// What the template takes.
#[derive(Serialize)]
struct Page<'a> {
    style: &'static str,
    script: &'static str,
    title: String,
    short: Vec<String>,
    verdicts: Vec<String>,
    fine_print: String,
    remarks: &'a [String],
    figures: Vec<Shown>,
    comparisons: Table,
    arms: Table,
    command: &'a str,
}

/// The page of a case.
///
/// # Errors
/// A page that cannot be filled.
pub fn page(case: &Case, drawing: Option<&Drawing>, command: &str) -> Result<String> {
    let of_arms = ["arm", "runs", "without a number", "mean", "sd"];
    let decimals = words::judged_decimals(case);
    let page = Page {
        style: assets::STYLE,
        script: assets::TABLES,
        title: words::judged_title(case),
        short: headline(case),
        verdicts: case.contests.iter().map(|one| words::contest(one, case)).collect(),
        fine_print: words::judged_fine_print(case),
        remarks: &case.remarks,
        figures: drawing.map(Shown::of).into_iter().collect(),
        comparisons: Table::new(
            ("comparisons", "comparisons"),
            &HEADER,
            case.contests.iter().map(|one| row(one, decimals)),
        ),
        arms: Table::new(
            ("arms", "arms"),
            &of_arms,
            case.arms.iter().map(|one| arm(one, decimals)),
        ),
        command,
    };
    fill("judged.html", &page)
}

fn arm(one: &Arm, decimals: usize) -> [String; 5] {
    let estimate = Estimate::of(&one.values());
    [
        one.label(),
        one.runs.len().to_string(),
        one.without.to_string(),
        format::mean(estimate, decimals),
        format::fixed_or_empty(estimate.and_then(|one| one.sd), decimals),
    ]
}
