use super::arms::{ArmRows, Arms, Found};
use crate::plural::counted;
use crate::report::words;
use crate::stats::{Analysis, Cell, FEWEST_SEEDS, Rule, Side};

/// What is known of an arm, and no more: how it was chosen, its loss over seeds, and what the tests say of it against
/// no decay.
pub fn of(analysis: &Analysis, arms: &Arms, found: Found, is_best: bool) -> Vec<String> {
    let arm = found.arm;
    let mut told: Vec<String> = chosen(found).into_iter().collect();
    if is_best {
        told.push(
            "Best is chosen by val loss, and told by another split where there is one.".to_owned(),
        );
    }
    let own = if is_best { words::headline(analysis) } else { None };
    told.extend(own.or_else(|| loss(analysis, arms, arm)));
    told.push(seeds(arm));
    told.extend(words::alarms(analysis));
    told
}

/// How one of several arms that words fit was chosen.
fn chosen(Found { fitting, confirmed, .. }: Found) -> Option<String> {
    let told = match confirmed {
        0 => "it has the lowest val loss".to_owned(),
        1 => "it is the one that the search judged on fresh seeds".to_owned(),
        several => format!(
            "the search judged {several} on fresh seeds, and of those it has the lowest val loss there"
        ),
    };
    (fitting > 1).then(|| format!("Of {fitting} arms that these words fit {told}."))
}

fn loss(analysis: &Analysis, arms: &Arms, arm: &ArmRows) -> Option<String> {
    let own = arm.cell()?;
    let mean = |cell: &Cell| cell.mean(|run| analysis.loss.of(run));
    let what = words::quantity(analysis.loss);
    let row = arm.first();
    if !row.is_treated() {
        return Some(format!("{}: {what} {:.3}.", arm.label, mean(&own)?));
    }
    let side = Side { rule: Rule::of(row), weight_decay: row.weight_decay, at: String::new() };
    // That of another model or recipe says nothing beside it.
    let both = arms.without_decay(arm).and_then(|none| shared(&own, &none));
    let losses = both.and_then(|[shared, none]| {
        let over = over(&shared, &own);
        Some(format!("{:.3}, without decay {:.3}{over}", mean(&shared)?, mean(&none)?))
    });
    let losses = losses.or_else(|| Some(format!("{:.3}", mean(&own)?)))?;
    let verdict = match analysis.told_against_none(&side) {
        Some(one) => format!("; against no decay: {}", words::kind(one.kind())),
        None => "; it is not among the arms that are tested against no decay".to_owned(),
    };
    Some(format!("{}: {what} {losses}{verdict}.", arm.label))
}

/// The runs of two cells that ended under what both drew; `None` where they share none. A search tries arms on some seeds
/// and judges others on fresh ones, and losses over different seeds say nothing beside each other.
fn shared(own: &Cell, none: &Cell) -> Option<[Cell; 2]> {
    let part = |cell: &Cell, other: &Cell| {
        Cell::of(cell.done().filter(|run| other.done().any(|twin| twin.draw() == run.draw())))
    };
    Some([part(own, none)?, part(none, own)?])
}

/// Over how many seeds losses are told, where that is not all that the arm has.
fn over(shared: &Cell, own: &Cell) -> String {
    let (told, all) = (shared.done().count(), own.done().count());
    if told == all { String::new() } else { format!(" over the {} of both", counted(told, "seed")) }
}

fn seeds(arm: &ArmRows) -> String {
    let done = arm.cell().map_or(0, |cell| cell.done().count());
    let few = match done {
        0 => ": no run of it has reached its end",
        done if done < FEWEST_SEEDS => ": too few for a test",
        _ => "",
    };
    format!("That rests on {}{few}.", counted(done, "seed"))
}
