//! What a trainer decays: a table and sentences for people, JSON for tools.

mod json;
mod rows;

use super::format::count;
use super::tables::broken;
use super::words::audit as words;
use crate::audit::{Audit, Verdict};

pub use super::words::audit::unmet as audit_unmet;
pub use json::audit_json;

/// Columns of a terminal that the answer keeps to.
const COLUMNS: usize = 111;

/// The answer on one screen; with `every_tensor`, a line for each.
pub fn audit_screen(audit: &Audit, every_tensor: bool) -> String {
    let mut parts = vec![title(audit), rows::table(audit, every_tensor, COLUMNS)];
    let sentences =
        [words::verdict(audit), words::differences(audit), words::notes(audit)].concat();
    parts.push(
        sentences.iter().map(|sentence| broken(sentence, COLUMNS)).collect::<Vec<_>>().join("\n"),
    );
    parts.push(broken(words::CANNOT_SHOW, COLUMNS));
    parts.join("\n\n")
}

/// What was looked at.
fn title(audit: &Audit) -> String {
    let elements: usize = audit.tensors.iter().map(|one| one.elements()).sum();
    let mut types: Vec<String> = audit.tensors.iter().map(|one| one.type_name()).collect();
    types.sort();
    types.dedup();
    let told = audit.tensors.iter().filter(|one| !matches!(one.verdict, Verdict::NotTrained));
    let lr = audit
        .lr
        .map_or(String::new(), |lr| format!(", learning rate {}", super::format::number(lr)));
    format!(
        "{} of weights, {} numbers in {}{lr}",
        crate::plural::counted(told.count(), "tensor"),
        count(elements),
        types.join(", ")
    )
}
