//! What becomes of the gap between val and train loss, and how much of that is train loss rising.

use crate::report::format;
use crate::stats::{Analysis, Contender, GapChange};

/// From no decay to the best arm.
pub fn gap(analysis: &Analysis) -> Option<String> {
    let (contender, point) = analysis.best_point()?;
    let candidates: usize = analysis.contenders.iter().map(Contender::candidates).sum();
    let none = &contender.best_without_decay()?.cell;
    let change = GapChange::between(none, &point.cell, candidates)?;
    let [from, to] = [change.from, change.to].map(|gap| format::fixed(gap, 3));
    let why = if from == to { String::new() } else { why(&change, candidates) };
    Some(format!("The gap between val and train loss is {to} in place of {from}{why}."))
}

fn why(change: &GapChange, candidates: usize) -> String {
    match change.is_told {
        Some(false) if candidates > 1 => {
            format!(", which may be chance and the choice among {candidates} arms")
        }
        Some(false) => ", which may be chance".to_owned(),
        None => {
            let rise = change.train_rise.mean;
            let side = if rise < 0.0 { "lower" } else { "higher" };
            let size = format::fixed(rise.abs(), 3);
            format!("; train loss is {size} {side}. So few seeds do not tell either from chance")
        }
        Some(true) if change.narrows => narrowed(change),
        Some(true) => String::new(),
    }
}

/// A ratio of two means says nothing where either may be 0: its share is told where train loss surely moves.
fn narrowed(change: &GapChange) -> String {
    let rise = change.train_rise;
    let Some(share) = change.train_share else {
        let rise = format::difference(Some(rise), 3);
        return format!("; train loss changes by {rise}, so that its share in that cannot be told");
    };
    let size = format::with_half(format::fixed(rise.mean.abs(), 3), rise.half_width, 3);
    match share {
        ..0.0 => format!("; train loss falls by {size}, so that none of that is train loss rising"),
        ..=1.0 => {
            let percent = format::fixed(100.0 * share, 0);
            format!("; train loss rises by {size}, {percent}% of that")
        }
        // A share of means above one alone does not say that val loss moved.
        _ if change.val_rises => {
            format!("; train loss rises by {size}, more than that, so val loss rises too")
        }
        _ => format!("; train loss rises by {size}, all of that: val loss is not shown to change"),
    }
}
