use super::arms::ArmRows;
use crate::config::Stage;
use crate::plural::counted;
use crate::report::words;
use crate::results::RunRow;
use crate::stats::{Analysis, Cell, FEWEST_SEEDS, Rule, Side};

/// What is known of an arm, and no more: how it was chosen, its loss over seeds, and what the tests say of it against
/// no decay.
pub fn of(analysis: &Analysis, arm: &ArmRows, fitting: usize, is_best: bool) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    if fitting > 1 {
        told.push(format!("Of {fitting} arms that these words fit it has the lowest val loss."));
    }
    if is_best {
        told.push(
            "Best is chosen by val loss, and told by another split where there is one.".to_owned(),
        );
    }
    let own = if is_best { words::headline(analysis) } else { None };
    told.extend(own.or_else(|| loss(analysis, arm)));
    told.push(seeds(arm));
    told.extend(words::alarms(analysis));
    told
}

fn loss(analysis: &Analysis, arm: &ArmRows) -> Option<String> {
    let cell = cell(arm)?;
    let shown =
        |cell: &Cell| cell.mean(|run| analysis.loss.of(run)).map(|loss| format!("{loss:.3}"));
    let what = words::quantity(analysis.loss);
    let own = shown(&cell)?;
    let row = arm.first();
    if !row.is_treated() {
        return Some(format!("{}: {what} {own}.", arm.label));
    }
    let side = Side { rule: Rule::of(row), weight_decay: row.weight_decay, at: String::new() };
    let group = analysis.groups.iter().find(|group| group.rule == side.rule);
    let none = group.and_then(|group| shown(group.baseline.as_ref()?));
    let none = none.or_else(|| analysis.baseline.map(|none| format!("{:.3}", none.mean)));
    let none = none.map(|none| format!(", without decay {none}"));
    let verdict = match analysis.told_against_none(&side) {
        Some(one) => format!("; against no decay: {}", words::kind(one.kind())),
        None => "; it is not among the arms that are tested against no decay".to_owned(),
    };
    Some(format!("{}: {what} {own}{}{verdict}.", arm.label, none.unwrap_or_default()))
}

fn seeds(arm: &ArmRows) -> String {
    let done = cell(arm).map_or(0, |cell| cell.done().count());
    let few = match done {
        0 => ": no run of it has reached its end",
        done if done < FEWEST_SEEDS => ": too few for a test",
        _ => "",
    };
    format!("That rests on {}{few}.", counted(done, "seed"))
}

/// Its runs; those on fresh seeds alone where a search judged it there.
fn cell(arm: &ArmRows) -> Option<Cell> {
    let fresh = |row: &&RunRow| row.stage == Some(Stage::Confirm);
    Cell::of(arm.rows.iter().filter(fresh)).or_else(|| Cell::of(&arm.rows))
}
