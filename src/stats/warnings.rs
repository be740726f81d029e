mod coefficients;
mod collapse;
mod single;
mod warning;

use std::collections::BTreeSet;

use super::Analysis;
use super::contenders::Contender;
use super::edges::{Edge, edges_of_the_grid, edges_of_the_search};
use super::groups::{Cell, Group};
use super::inference::{Estimate, FEWEST_SEEDS};
use super::search::{FoundRule, Search};
use super::unlike::unlike;
use crate::config::{Named, TestFamily};
use crate::record::Status;
use crate::results::RunRow;

pub use warning::{ArmName, CoefficientKind, Extent, UnknownBest, Warning, runs};

use coefficients::equal_coefficients;
use collapse::collapsed;
use single::{one_evaluation, one_lambda};
use warning::masks_differ;

/// Below this total decay Λ less than this share of a weight decays over the whole run.
pub const TOO_LITTLE_DECAY: f64 = 0.05;
/// An interval whose ends are farther apart, as a ratio, says little of where the best λ lies.
const TELLS_LITTLE: f64 = 30.0;
/// Below this share copies of train are what texts have in common.
const FEW_COPIES: f64 = 0.01;

/// From this share on a loss is mostly what tokens cost that no model has read.
const MUCH_UNSEEN: f64 = 0.1;
/// From this share on a loss is much of what it costs to repeat a token.
const MUCH_PADDING: f64 = 0.1;

/// All that apply, the gravest first.
pub fn warnings(
    groups: &[Group],
    contenders: &[Contender],
    rows: &[RunRow],
    families: &[TestFamily],
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(copied(rows));
    warnings.extend(collapsed(groups, rows));
    warnings.extend(of_other_values(contenders, families));
    warnings.extend(too_few_seeds(groups));
    warnings.extend(uneven_seeds(groups, rows));
    warnings.extend(few_texts(groups));
    warnings.extend(incomplete(rows));
    warnings.extend(passed_over(groups, rows));
    warnings.extend(equal_coefficients(groups));
    warnings.extend(one_lambda(contenders));
    warnings.extend(contenders.iter().flat_map(edges_of_the_grid).map(at_an_edge));
    warnings.extend(too_little_decay(rows));
    warnings.extend(one_evaluation(rows));
    warnings
}

/// Of the shares of val and test that train never has.
pub fn unseen([val, test]: [f64; 2]) -> Option<Warning> {
    (val.max(test) >= MUCH_UNSEEN).then_some(Warning::Unseen { val, test })
}

/// Of the shares of val and test that are one token over and over.
pub fn padding([val, test]: [f64; 2]) -> Option<Warning> {
    (val.max(test) >= MUCH_PADDING).then_some(Warning::Padding { val, test })
}

/// Of the rows of a plan, or of its runs: what their values leave out of comparisons.
pub fn other_values(rows: &[RunRow], families: &[TestFamily]) -> Option<Warning> {
    of_other_values(&Contender::of(rows, false), families)
}

fn of_other_values(contenders: &[Contender], families: &[TestFamily]) -> Option<Warning> {
    let rules = unlike(contenders, families);
    (!rules.is_empty()).then_some(Warning::OtherValues { rules })
}

/// Of searches that are over, in which one λ of a rule was confirmed.
pub fn unknown_best(analysis: &Analysis) -> Option<Warning> {
    let of = |one: &FoundRule| {
        analysis.contenders.iter().find(|judged| judged.rule == one.rule)?;
        let found = one.weight_decay()?;
        let ([low, high], confirmed) = (found.interval, found.best);
        let is_unknown = match low > 0.0 {
            true => high / low > TELLS_LITTLE,
            // Where fresh seeds told that no decay is not best, the best is some λ above 0.
            false if analysis.is_above_none(one, "weight_decay") => {
                high / lowest(one, high) > TELLS_LITTLE
            }
            // Open below it may still tell that little decay or none is best.
            false => high.is_infinite(),
        };
        let unknown = UnknownBest { rule: one.rule.clone(), interval: [low, high], confirmed };
        is_unknown.then_some(unknown)
    };
    let confirmed = analysis.search.as_ref().filter(|search| search.is_confirmed);
    let rules: Vec<_> = confirmed?.rules.iter().filter_map(of).collect();
    (!rules.is_empty()).then_some(Warning::UnknownBest { rules })
}

/// The lowest λ above 0 that was tried below an end of an interval; 0 where none was, and nothing is known of what lies there.
fn lowest(rule: &FoundRule, end: f64) -> f64 {
    let tried = rule.tried.points.iter().filter_map(|point| point.side.weight_decay);
    tried.filter(|value| *value > 0.0 && *value < end).min_by(f64::total_cmp).unwrap_or(0.0)
}

/// Of searches that are over: rules whose best is the lowest or the highest that was tried.
pub fn ends_of_searches(search: Option<&Search>) -> Vec<Warning> {
    let confirmed = search.filter(|search| search.is_confirmed);
    confirmed
        .into_iter()
        .flat_map(Search::all)
        .flat_map(edges_of_the_search)
        .map(at_an_edge)
        .collect()
}

/// Whether it tells an end of what was judged, for a rule of which a search that is over has tried more.
pub fn is_of_searched(warning: &Warning, search: Option<&Search>) -> bool {
    let (Warning::LargestTried { rule, axis, .. } | Warning::SmallestTried { rule, axis, .. }) =
        warning
    else {
        return false;
    };
    let has_tried =
        |one: &FoundRule| one.rule == *rule && one.found.iter().any(|found| found.axis == *axis);
    search.is_some_and(|search| search.is_confirmed && search.rules.iter().any(has_tried))
}

fn copied(rows: &[RunRow]) -> Option<Warning> {
    // A mean loss over seeds is of all of their texts.
    let mean = |of: fn(&RunRow) -> Option<f64>| {
        let shares: Vec<f64> = runs(rows).into_iter().filter_map(of).collect();
        Estimate::of(&shares).map_or(0.0, |one| one.mean)
    };
    let (val, test) = (mean(|row| row.val_copied), mean(|row| row.test_copied));
    (val.max(test) >= FEW_COPIES).then_some(Warning::Copied { val, test })
}

fn too_few_seeds(groups: &[Group]) -> Option<Warning> {
    let seeds = groups.iter().flat_map(|group| &group.cells).map(|cell| cell.runs.len()).max()?;
    (seeds < FEWEST_SEEDS).then_some(Warning::TooFewSeeds { seeds })
}

/// A sweep writes a row for every seed of every arm, whether it has ended or not; a search takes its points to other
/// seeds, and compares them on common ones.
fn uneven_seeds(groups: &[Group], rows: &[RunRow]) -> Option<Warning> {
    if rows.iter().any(|row| row.stage.is_some()) {
        return None;
    }
    let seeds = |cell: &Cell| cell.runs.iter().map(|run| run.seed).collect::<BTreeSet<u64>>();
    let cells = || groups.iter().flat_map(|group| &group.cells);
    let all: BTreeSet<u64> = cells().flat_map(seeds).collect();
    let lacking = cells().filter(|cell| seeds(cell) != all);
    let masks_differ = masks_differ(rows);
    let arms: Vec<_> = lacking.map(|cell| ArmName::of(&cell.runs[0], masks_differ)).collect();
    (!arms.is_empty()).then_some(Warning::UnevenSeeds { arms })
}

/// Seeds that share a text say how much initial weights and order matter, not how much texts do.
fn few_texts(groups: &[Group]) -> Option<Warning> {
    let of = |cell: &Cell| {
        let texts: BTreeSet<u64> = cell.runs.iter().filter_map(|run| run.text_seed).collect();
        (cell.runs.len(), texts.len())
    };
    let (seeds, texts) = groups.iter().flat_map(|group| &group.cells).map(of).max()?;
    (texts > 1 && texts < seeds).then_some(Warning::FewTexts { texts, seeds })
}

fn incomplete(rows: &[RunRow]) -> impl Iterator<Item = Warning> {
    let runs = runs(rows);
    let all = runs.len();
    let count = |status| runs.iter().filter(|row| row.status == status).count();
    let (diverged, failed) = (count(Status::Diverged), count(Status::Failed));
    let unfinished = count(Status::Unfinished);
    [
        (diverged, Warning::Diverged { count: diverged, all }),
        (failed, Warning::Failed { count: failed, all }),
        (unfinished, Warning::Unfinished { count: unfinished, all }),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(_, warning)| warning)
}

/// An arm with runs still to come is not passed over.
fn passed_over(groups: &[Group], rows: &[RunRow]) -> Option<Warning> {
    let val_loss = |cell: &Cell| cell.mean(|run| run.val_loss);
    let masks_differ = masks_differ(rows);
    let of_group = |group: &Group| {
        let best = group.best_of_rule().and_then(val_loss);
        let is_open = |cell: &Cell| cell.runs.iter().any(|run| run.status == Status::Unfinished);
        let is_lower = |cell: &Cell| val_loss(cell).zip(best).is_some_and(|(own, best)| own < best);
        let cells = group
            .cells
            .iter()
            .filter(|cell| !group.may_be_best(cell) && !is_open(cell) && is_lower(cell));
        cells.map(|cell| ArmName::of(&cell.runs[0], masks_differ)).collect::<Vec<_>>()
    };
    let arms: Vec<ArmName> = groups.iter().flat_map(of_group).collect();
    (!arms.is_empty()).then_some(Warning::PassedOver { arms })
}

fn at_an_edge(Edge { rule, axis, best, is_largest }: Edge) -> Warning {
    match is_largest {
        true => Warning::LargestTried { rule, axis, best },
        false => Warning::SmallestTried { rule, axis, best },
    }
}

fn too_little_decay(rows: &[RunRow]) -> Option<Warning> {
    // The values table says it of its own rows.
    let is_small = |row: &&RunRow| {
        row.transfer.is_none()
            && row.decays()
            && !row.decays_by_role()
            && row.total_decay.is_some_and(|all| all < TOO_LITTLE_DECAY)
    };
    let masks_differ = masks_differ(rows);
    let mut arms: Vec<ArmName> =
        rows.iter().filter(is_small).map(|row| ArmName::of(row, masks_differ)).collect();
    let rule = |arm: &ArmName| (arm.form.name(), arm.mask, arm.variant.clone());
    let lambda = |arm: &ArmName| arm.weight_decay.unwrap_or(0.0);
    arms.sort_by(|a, b| rule(a).cmp(&rule(b)).then(lambda(a).total_cmp(&lambda(b))));
    arms.dedup();
    (!arms.is_empty()).then_some(Warning::TooLittleDecay { arms })
}
