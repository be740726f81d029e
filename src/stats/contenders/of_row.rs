//! A row as a point of its rule.

use crate::config::{Form, is_treatment};
use crate::results::RunRow;
use crate::stats::groups::{Cell, Rule, Side};
use crate::stats::point::Point;

/// The rule of a row, over all values of what it tunes.
pub fn tuned_rule(row: &RunRow) -> Rule {
    let mut rule = Rule::of(row);
    if !row.base.is_empty() {
        rule.setting = [vec![row.base.clone()], fixed(row)].concat().join(" ");
    }
    let is_tuned = |word: &&str| word.split('=').next().is_some_and(|key| tunes(row, key));
    let rest: Vec<&str> = row.variant.split(' ').filter(|word| !is_tuned(word)).collect();
    rule.variant = rest.join(" ");
    let said = row.treatment.split(' ').filter(|word| !word.is_empty() && !is_tuned(word));
    let tuned = row.tuned.split(' ').filter(|key| is_treatment(key));
    rule.treatment = tuned.chain(said).collect::<Vec<_>>().join(" ");
    rule
}

pub fn none_rule(row: &RunRow) -> Rule {
    let treatment = String::new();
    Rule { form: Form::None, mask: None, treatment, ..tuned_rule(row) }
}

/// Whether its arm tunes something, and nothing of what it does against overfitting.
pub fn tunes_beside_decay(row: &RunRow) -> bool {
    let is_decay = |key: &str| key == "weight_decay" || is_treatment(key);
    !row.tuned.is_empty() && !row.tuned.split(' ').any(is_decay)
}

fn tunes(row: &RunRow, key: &str) -> bool {
    row.tuned.split(' ').any(|tuned| tuned == key)
}

/// The axes of a row that its own arm does not tune.
pub fn fixed(row: &RunRow) -> Vec<String> {
    // What an arm does against overfitting is no term on which rules meet.
    let is_term = |axis: &&str| !is_treatment(key_of(axis)) && !tunes(row, key_of(axis));
    let axes = row.axes.split(' ').filter(|axis| !axis.is_empty() && is_term(axis));
    axes.map(str::to_owned).collect()
}

/// The key of an axis such as `lr=0.003`.
pub fn key_of(axis: &str) -> &str {
    axis.split('=').next().unwrap_or_default()
}

pub fn add(points: &mut Vec<Point>, rule: Rule, row: &RunRow, weight_decay: Option<f64>) {
    let is_tuned = |axis: &&str| axis.split('=').next().is_some_and(|key| tunes(row, key));
    let at = match weight_decay {
        // No decay is told by all that some arm varies: arms of any rule may have trained it.
        Some(0.0) => {
            let axes = row.axes.split(' ');
            let is_term = |axis: &&str| !axis.split('=').next().is_some_and(is_treatment);
            axes.filter(is_term).collect::<Vec<_>>().join(" ")
        }
        _ => row.axes.split(' ').filter(is_tuned).collect::<Vec<_>>().join(" "),
    };
    let known =
        points.iter_mut().find(|one| one.side.weight_decay == weight_decay && one.side.at == at);
    match known {
        Some(point) => point.cell.add(row),
        None => points.push(Point {
            side: Side { rule, weight_decay, at },
            cell: Cell { weight_decay, ..Cell::start(row) },
            is_eligible: false,
        }),
    }
}
