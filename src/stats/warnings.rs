mod coefficients;
mod collapse;
mod single;

use std::collections::BTreeSet;

use super::contenders::Contender;
use super::edges::{Edge, edges_of_the_grid};
use super::groups::{Cell, Group, Rule};
use super::inference::{Estimate, FEWEST_SEEDS};
use super::quantity::Quantity;
use super::search::{FoundRule, Search};
use super::unlike::{Unlike, unlike};
use crate::config::{Form, Mask, Named, TestFamily};
use crate::record::Status;
use crate::results::RunRow;

pub use coefficients::CoefficientKind;

use coefficients::equal_coefficients;
use collapse::collapsed;
use single::{one_evaluation, one_lambda};

/// Below this total decay Λ less than this share of a weight decays over the whole run.
pub const TOO_LITTLE_DECAY: f64 = 0.05;
/// An interval whose ends are farther apart, as a ratio, says little of where the best λ lies.
const TELLS_LITTLE: f64 = 30.0;
/// Below this share copies of train are what texts have in common.
const FEW_COPIES: f64 = 0.01;
/// From this share on losses tell what is known by heart.
const MOSTLY_COPIED: f64 = 0.5;

/// What a reader should know before believing the numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Held-out text that stands word for word in train: shares in the mean of all runs.
    Copied {
        val: f64,
        test: f64,
    },
    /// Runs that ended no better than by knowing how often each token occurs.
    Collapsed {
        count: usize,
        /// Those of them that were better at their best step.
        overfitted: usize,
        all: usize,
        extent: Extent,
        /// How many of each arm.
        arms: Vec<(ArmName, usize)>,
    },
    /// Runs that reached their last step without such a loss, or with one that is no number.
    Unmeasured {
        quantity: Quantity,
        is_missing: bool,
        runs: Vec<String>,
        all: usize,
    },
    TooFewSeeds {
        seeds: usize,
    },
    /// Arms without rows of seeds that others have: means are over different seeds.
    UnevenSeeds {
        arms: Vec<ArmName>,
    },
    /// Several seeds share each of a few texts.
    FewTexts {
        texts: usize,
        seeds: usize,
    },
    Diverged {
        count: usize,
        all: usize,
    },
    Failed {
        count: usize,
        all: usize,
    },
    Unfinished {
        count: usize,
        all: usize,
    },
    /// Rules whose search was not sure when it had trained as many runs as it may.
    CutOff {
        rules: Vec<String>,
    },
    /// Rules that are held against others at what their search confirmed, of which it does not tell the best λ: its
    /// interval is open at both ends, or wider than `TELLS_LITTLE`.
    UnknownBest {
        rules: Vec<UnknownBest>,
    },
    /// Rules that are not held against others, or against no decay, which have other values of what they choose among.
    OtherValues {
        rules: Vec<Unlike>,
    },
    /// λ that are tried both as decoupled decay and in a way in which they are another amount.
    EqualCoefficients {
        kind: CoefficientKind,
        values: Vec<f64>,
    },
    /// Rules that are held against others at the only λ that was tried of them.
    OneLambda {
        rules: Vec<(Rule, f64)>,
    },
    /// Losses were measured at the last step alone, so that no step is known at which stopping is best.
    OneEvaluation,
    /// The best value of an axis lies at the upper end of the grid.
    LargestTried {
        rule: Rule,
        /// `weight_decay` or a key of `[train]`.
        axis: String,
        best: f64,
    },
    /// The best value of an axis lies at the lower end of the grid.
    SmallestTried {
        rule: Rule,
        /// `weight_decay` or a key of `[train]`.
        axis: String,
        best: f64,
    },
    /// Arms whose mean val loss is below that of the best of their rule, which they may not be: a run of them collapsed
    /// on val, or did not reach its end.
    PassedOver {
        arms: Vec<ArmName>,
    },
    /// Arms whose total decay is below [`TOO_LITTLE_DECAY`].
    TooLittleDecay {
        arms: Vec<ArmName>,
    },
}

/// A rule of which a search does not tell the best λ.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownBest {
    pub rule: Rule,
    pub interval: [f64; 2],
    /// What its search confirmed.
    pub confirmed: f64,
}

/// An arm by what tells it from the others.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmName {
    pub form: Form,
    /// `None` where all arms have one mask, too.
    pub mask: Option<Mask>,
    /// Empty for the recipe of the spec.
    pub variant: String,
    pub weight_decay: Option<f64>,
}

impl ArmName {
    fn of(row: &RunRow, masks_differ: bool) -> Self {
        ArmName {
            form: row.form,
            mask: row.mask.filter(|_| masks_differ),
            variant: row.variant.clone(),
            weight_decay: row.weight_decay,
        }
    }
}

/// Whether arms have different masks.
fn masks_differ(rows: &[RunRow]) -> bool {
    rows.iter().filter_map(|row| row.mask).collect::<BTreeSet<_>>().len() > 1
}

/// Which runs have collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Some,
    /// At least one of every arm of a rule or of no decay, so that arms are chosen as if none had.
    EveryArmOfARule,
    /// At least one of every arm, so that arms are chosen as if none had.
    EveryArm,
    /// Every run that reached its end.
    All,
}

impl Warning {
    /// Whether the numbers say nothing of what the experiment asks: it belongs above every answer.
    pub fn is_alarm(&self) -> bool {
        match self {
            Warning::Copied { val, test } => val.max(*test) >= MOSTLY_COPIED,
            Warning::Collapsed { extent, .. } => *extent == Extent::All,
            _ => false,
        }
    }
}

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

/// Of the rows of a plan, or of its runs: what their values leave out of comparisons.
pub fn other_values(rows: &[RunRow], families: &[TestFamily]) -> Option<Warning> {
    of_other_values(&Contender::of(rows, false), families)
}

fn of_other_values(contenders: &[Contender], families: &[TestFamily]) -> Option<Warning> {
    let rules = unlike(contenders, families);
    (!rules.is_empty()).then_some(Warning::OtherValues { rules })
}

/// Of searches that are over, in which one λ of a rule was confirmed.
pub fn unknown_best(search: Option<&Search>, contenders: &[Contender]) -> Option<Warning> {
    let of = |one: &FoundRule| {
        let judged = contenders.iter().find(|judged| judged.rule == one.rule)?;
        let [low, high] = one.weight_decay()?.interval;
        // Open below it may still tell that little decay or none is best.
        let is_unknown = if low > 0.0 { high / low > TELLS_LITTLE } else { high.is_infinite() };
        let confirmed = judged.points.first()?.side.weight_decay?;
        let unknown = UnknownBest { rule: one.rule.clone(), interval: [low, high], confirmed };
        is_unknown.then_some(unknown)
    };
    let confirmed = search.filter(|search| search.is_confirmed);
    let rules: Vec<_> = confirmed?.rules.iter().filter_map(of).collect();
    (!rules.is_empty()).then_some(Warning::UnknownBest { rules })
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

/// Each run once: that without decay stands in the rows of several arms.
pub fn runs(rows: &[RunRow]) -> Vec<&RunRow> {
    let mut known = BTreeSet::new();
    rows.iter().filter(|row| known.insert(&row.run)).collect()
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
    let cells =
        || groups.iter().flat_map(|group| group.cells.iter().map(move |cell| (group, cell)));
    let most = cells().map(|(_, cell)| cell.runs.len()).max()?;
    let lacking = cells().filter(|(_, cell)| cell.runs.len() < most);
    let masks_differ = masks_differ(rows);
    let arms: Vec<_> = lacking.map(|(_, cell)| ArmName::of(&cell.runs[0], masks_differ)).collect();
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
