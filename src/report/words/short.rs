//! The answer in a few sentences.

use super::choice::without_partner;
use super::levels::{decimals, levels};
use super::narrowing::gap;
use super::rules::{at_others, variant};
use super::{arm, finding, loss, no_result, optima, quantity, table_in_short, warning};
use crate::config::TestFamily;
use crate::report::format;
use crate::stats::{Analysis, Cell, Comparison, Kind, Quantity, Rule, Tally};

/// The answer in a few sentences, for a reader in a hurry.
pub fn in_short(analysis: &Analysis) -> Vec<String> {
    if let Some(sentence) = no_result(analysis) {
        return vec![sentence];
    }
    let mut sentences = alarms(analysis);
    sentences.extend(analysis.values.iter().flat_map(|table| table_in_short(table, analysis)));
    if analysis.own_groups().next().is_some() {
        sentences.extend(baseline(analysis));
        sentences.extend(best(analysis));
        sentences.extend(optima(analysis));
        sentences.extend(levels(analysis));
        sentences.extend(u_turn(analysis));
        sentences.extend(gap(analysis));
        sentences.extend(pairs(analysis));
    }
    sentences
}

/// The warnings that belong above every answer, where they apply.
pub fn alarms(analysis: &Analysis) -> Vec<String> {
    analysis.alarms().map(warning).collect()
}

/// No decay as the best arm is held against it, and the lowest of all where that is another.
fn baseline(analysis: &Analysis) -> Option<String> {
    let lowest = analysis.told_without_decay()?;
    let own = analysis.best_point().and_then(|(contender, _)| contender.best_without_decay());
    let cell = own.map_or(lowest, |point| &point.cell);
    let recipe = match own {
        Some(point) => variant(&point.side.rule),
        None if analysis.contenders.is_empty() => variant(&Rule::of(&cell.runs[0])),
        None => String::new(),
    };
    let recipe = if recipe.is_empty() { recipe } else { format!(" ({recipe})") };
    let others = match cell.is_of_same_runs(lowest) {
        true => String::new(),
        false => format!("; {} at {}", elsewhere(cell, lowest), shown(analysis, lowest)?),
    };
    let stopped = cell.mean(|run| analysis.loss.stopped().of(run)).map_or(String::new(), |loss| {
        format!(
            " and would be {} if stopped at its best step",
            format::fixed(loss, decimals(analysis))
        )
    });
    Some(format!(
        "Without decay{recipe}, {} ends at {}{stopped}{others}.",
        loss(analysis),
        shown(analysis, cell)?
    ))
}

/// In what another no decay differs: values of what some arm tunes, or more.
fn elsewhere(own: &Cell, other: &Cell) -> String {
    let (own, other) = (&own.runs[0], &other.runs[0]);
    let is_other = |axis: &&str| !own.axes.split(' ').any(|one| one == *axis);
    let tuned: Vec<&str> = other.axes.split(' ').filter(is_other).collect();
    match at_others(&tuned.join(" ")).strip_prefix(", ") {
        Some(tuned) if own.base_or_setting() == other.base_or_setting() => format!("with {tuned}"),
        _ => "of another model or recipe".to_owned(),
    }
}

/// The best arm with what no decay has, and no more than the verdicts on it; no decay alone where no rule is judged.
pub fn headline(analysis: &Analysis) -> Option<String> {
    if analysis.contenders.is_empty() {
        return baseline(analysis);
    }
    let (contender, point) = analysis.best_point()?;
    let none = contender.best_without_decay().map(|none| &none.cell);
    let told = |family: TestFamily, what: &str, of: Quantity| {
        let own = analysis.family(family).find(|one| one.left == point.side)?;
        // One that lost a run has no loss to stand beside.
        let Some(none) = none else { return Some(format!("{} {what}", against(own.kind()))) };
        let loss = none.mean(|run| of.of(run))?;
        let small =
            if own.is_within_epsilon && own.is_distinguishable() { " by less than ε" } else { "" };
        Some(format!(
            "{} {what} ({}){small}",
            against(own.kind()),
            format::fixed(loss, decimals(analysis))
        ))
    };
    let stopped = analysis.loss.stopped();
    let is_lowest = none.is_none_or(|none| {
        analysis.told_without_decay().is_none_or(|lowest| none.is_of_same_runs(lowest))
    });
    let name = if is_lowest { "no decay" } else { "no decay of its recipe" };
    let told = [
        told(TestFamily::AgainstNone, name, analysis.loss),
        told(TestFamily::AgainstStopping, &format!("{name} stopped at its best"), stopped),
    ];
    let told = told.into_iter().flatten().map(|one| format!(", {one}")).collect::<String>();
    let is_asked = !analysis.headline.is_empty() || !contender.elsewhere.is_empty();
    let told = match contender.none.is_empty() && is_asked {
        true => format!("; {}", without_partner(contender)),
        false => told,
    };
    let (arm, loss) = (arm(&point.side), loss(analysis));
    Some(format!("{} {arm}: {loss} {}{told}.", lead(analysis), shown(analysis, &point.cell)?))
}

/// Before the name of the best arm that does anything.
fn lead(analysis: &Analysis) -> String {
    match analysis.best_without_decay() {
        Some(rule) => {
            let variant = variant(rule);
            let at = if variant.is_empty() { variant } else { format!(" ({variant})") };
            match analysis.is_tied_with_no_decay() {
                true => format!("No decay{at} is as good by val loss as the best of the others:"),
                false => {
                    format!("No decay{at} is the best arm by val loss; the best of the others is")
                }
            }
        }
        None => "The best arm by val loss is".to_owned(),
    }
}

/// A finding, to be followed by the other side.
fn against(kind: Kind) -> &'static str {
    match kind {
        Kind::Lower => "lower than",
        Kind::Higher => "higher than",
        Kind::Equivalent => "equivalent to",
        Kind::Undecided => "undecided against",
        Kind::NoTest => "not tested against",
    }
}

/// The best arm, and what is told of it against no decay and against stopping.
fn best(analysis: &Analysis) -> Option<String> {
    let (contender, point) = analysis.best_point()?;
    let of = |family: TestFamily| {
        let mut own = analysis.family(family).filter(|one| one.left == point.side);
        own.next().map(|comparison| finding(comparison, analysis))
    };
    let told = [of(TestFamily::AgainstNone), of(TestFamily::AgainstStopping)];
    let told: Vec<String> = told.into_iter().flatten().collect();
    let (arm, loss) = (arm(&point.side), shown(analysis, &point.cell)?);
    Some(match told.is_empty() {
        true if contender.none.is_empty() => {
            format!("{} {arm}: {loss}; {}.", lead(analysis), without_partner(contender))
        }
        true => format!("{} {arm}: {loss}, not tested against no decay.", lead(analysis)),
        false => format!("{} {arm}: {loss}; {}.", lead(analysis), told.join("; ")),
    })
}

/// How far the reported loss at the last step lies from that at the step that val would stop at, without decay and in the
/// best arm.
fn u_turn(analysis: &Analysis) -> Option<String> {
    let (contender, point) = analysis.best_point()?;
    let stopped = analysis.loss.stopped();
    let above = |cell: &Cell| {
        let pairs = cell.done().filter_map(|run| Some(analysis.loss.of(run)? - stopped.of(run)?));
        let above: Vec<f64> = pairs.collect();
        (!above.is_empty()).then(|| above.iter().sum::<f64>() / above.len() as f64)
    };
    let cells = [&contender.best_without_decay()?.cell, &point.cell];
    let [none, best] = cells.map(|cell| above(cell).map(|above| away(above, analysis)));
    let (none, best) = none.zip(best)?;
    Some(format!(
        "Without decay {} at the last step is {none} that at the step of the lowest val loss; in {}, it is {best} it.",
        quantity(analysis.loss),
        match analysis.best_without_decay() {
            Some(_) => "the best of the others",
            None => "the best arm by val loss",
        }
    ))
}

/// "0.012 nats per token above".
fn away(above: f64, analysis: &Analysis) -> String {
    let side = if above < 0.0 { "below" } else { "above" };
    format!("{} nats per token {side}", format::fixed(above.abs(), decimals(analysis)))
}

fn pairs(analysis: &Analysis) -> Option<String> {
    let of = |family: TestFamily| analysis.family(family).map(Comparison::kind);
    let tally: Tally =
        of(TestFamily::Form).chain(of(TestFamily::Mask)).chain(of(TestFamily::Rival)).collect();
    let (all, apart) = (tally.tested(), tally.lower + tally.higher);
    let names = [
        (TestFamily::Form, "between forms"),
        (TestFamily::Mask, "between masks"),
        (TestFamily::Rival, "with rivals of decay"),
    ];
    let is_there = |family: &TestFamily| analysis.family(*family).next().is_some();
    let between: Vec<&str> =
        names.iter().filter(|(family, _)| is_there(family)).map(|(_, name)| *name).collect();
    (all > 0).then(|| {
        format!(
            "Of {all} comparisons {}, each at its own best, {apart} can be told apart, {} {} equivalent and {} undecided.",
            between.join(" and "),
            tally.equivalent,
            if tally.equivalent == 1 { "is" } else { "are" },
            tally.undecided
        )
    })
}

fn shown(analysis: &Analysis, cell: &Cell) -> Option<String> {
    cell.mean(|run| analysis.loss.of(run)).map(|loss| format::fixed(loss, decimals(analysis)))
}
