use super::{HEADER, headline, row};
use crate::judge::{Arm, Case};
use crate::report::figures::{Drawing, escape};
use crate::report::html::{SCRIPT, STYLE, figure, fill, list, paragraphs, table};
use crate::report::{format, words};
use crate::stats::Estimate;

const TEMPLATE: &str = include_str!("page.html");

/// The page of a case.
pub fn page(case: &Case, drawing: Option<&Drawing>, command: &str) -> String {
    let verdicts: Vec<String> = case.contests.iter().map(|one| words::contest(one, case)).collect();
    let parts = [
        ("style", STYLE.to_owned()),
        ("script", SCRIPT.to_owned()),
        ("title", escape(&words::judged_title(case))),
        ("short", paragraphs(&[headline(case)])),
        ("verdicts", list(&verdicts)),
        ("fine_print", escape(&words::judged_fine_print(case))),
        ("remarks", list(&case.remarks)),
        ("figures", drawing.map_or(String::new(), figure)),
        ("comparisons", table("comparisons", &HEADER, case.contests.iter().map(row))),
        (
            "arms",
            table(
                "arms",
                &["arm", "runs", "without a number", "mean", "sd"],
                case.arms.iter().map(arm),
            ),
        ),
        ("command", escape(command)),
    ];
    fill(TEMPLATE, &parts)
}

fn arm(one: &Arm) -> [String; 5] {
    let estimate = Estimate::of(&one.values());
    [
        one.label(),
        one.runs.len().to_string(),
        one.without.to_string(),
        format::mean(estimate, 4),
        format::fixed_or_empty(estimate.and_then(|one| one.sd), 4),
    ]
}
