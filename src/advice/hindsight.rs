use super::fit::lies_in_range;
use super::run::{BaseRun, LearningRate, Run, WSD_FALL};
use crate::published::{Algorithm, How, Kin, LambdaRule, PublicRun};

/// Up to so many epochs a text counts as read once, as in the ranges of rules for one epoch.
const ONE_EPOCH: f64 = 1.1;
/// From so many epochs on it counts as read many times: the fewest of a public run that reads its text again are 8.
const MANY_EPOCHS: f64 = 8.0 / 1.1;

/// A little above 2: λ were tried on grids by factors of two.
const WITHIN: f64 = 2.0 + 1e-9;

/// How a rule's λ relate to those that searches of others found, on runs of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hindsight {
    /// Runs whose λ was searched and for which the rule gives one.
    pub runs: usize,
    /// Median of the rule's λ over the tuned one.
    pub median: f64,
    /// The ratio that is farthest from 1.
    pub worst: f64,
    /// Runs for which the rule is within a factor of two.
    pub within_two: usize,
    /// Runs that lie where the rule was found.
    pub inside: usize,
    /// Those of them for which it is within a factor of two.
    pub inside_within_two: usize,
    /// Whether the rule was fitted to these very runs.
    pub is_in_sample: bool,
}

/// Runs that may be held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Optimizers whose λ are of one size.
    pub kin: Kin,
    /// How often the text is read.
    pub reading: Reading,
}

/// How often a text is read, as far as public runs tell what that does to λ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Once.
    Once,
    /// More than once, and less often than by any public run that reads its text again.
    Few,
    /// As often as by those.
    Many,
}

impl Reading {
    /// Of a run.
    pub fn of(run: &Run) -> Self {
        match run.epochs() {
            epochs if epochs <= ONE_EPOCH => Reading::Once,
            epochs if epochs >= MANY_EPOCHS => Reading::Many,
            _ => Reading::Few,
        }
    }

    /// The lowest and the highest κ of public runs with decay that read their text so often; of all where none does.
    pub fn kappas(self) -> [f64; 2] {
        let decayed = PublicRun::all().iter().filter(|one| one.weight_decay > 0.0);
        let runs = decayed.map(|one| (Run::from(one), one.weight_decay));
        let alike = runs.filter(|(run, _)| self == Reading::Few || Reading::of(run) == self);
        let kappas = alike.map(|(run, weight_decay)| run.kappa(weight_decay));
        kappas.fold([f64::INFINITY, 0.0], |[low, high], kappa| [low.min(kappa), high.max(kappa)])
    }
}

impl Kind {
    /// Of a run.
    pub fn of(run: &Run) -> Self {
        Kind { kin: run.optimizer.kin(), reading: Reading::of(run) }
    }
}

impl Hindsight {
    /// A rule against all public runs of the kind of this one whose λ was searched; `None` where it gives λ for
    /// none of them.
    pub fn of(rule: &'static LambdaRule, run: &Run) -> Option<Self> {
        let kind = Kind::of(run);
        let searched = PublicRun::all().iter().filter(|one| one.how == How::Searched);
        let alike = searched.filter(|one| Kind::of(&Run::from(*one)) == kind);
        Self::against(rule, alike)
    }

    /// A rule against some public runs. A rule that only knows points of its own is held against them alone.
    pub fn against<'a>(
        rule: &'static LambdaRule,
        runs: impl Iterator<Item = &'a PublicRun>,
    ) -> Option<Self> {
        if !rule.law.nearest.is_empty() && !rule.in_sample {
            return None;
        }
        // The rule's λ over the tuned one, and whether the run lies in the rule's own range.
        let held = |one: &PublicRun| {
            let run = Run::from(one);
            let given = rule.law.at(&|quantity| run.quantity(quantity)).ok()?;
            let ratio = (one.weight_decay > 0.0).then_some(given / one.weight_decay)?;
            Some((ratio, lies_in_range(rule, &run)))
        };
        let mut held: Vec<(f64, bool)> = runs.filter_map(held).collect();
        held.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ratios: Vec<f64> = held.iter().map(|(ratio, _)| *ratio).collect();
        let inside = || held.iter().filter(|(_, is_inside)| *is_inside).map(|(ratio, _)| ratio);
        let far = |ratio: &&f64| ratio.ln().abs();
        let worst = *ratios.iter().max_by(|a, b| far(a).total_cmp(&far(b)))?;
        let within = |ratio: &&f64| (WITHIN.recip()..=WITHIN).contains(*ratio);
        Some(Hindsight {
            runs: ratios.len(),
            median: median(&ratios),
            worst,
            within_two: ratios.iter().filter(within).count(),
            inside: inside().count(),
            inside_within_two: inside().filter(within).count(),
            is_in_sample: rule.in_sample,
        })
    }
}

/// Of sorted numbers.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => 0.5 * (sorted[middle - 1] + sorted[middle]),
        _ => sorted[middle],
    }
}

impl From<&PublicRun> for Run {
    fn from(one: &PublicRun) -> Self {
        Run {
            params: one.params,
            tokens: one.tokens,
            batch: one.batch_tokens,
            lr: LearningRate {
                peak: one.lr,
                fall: one.schedule,
                wsd_fall: WSD_FALL,
                min_ratio: 0.0,
                warmup: 0.0,
                fall_ends: None,
            },
            unique_tokens: one.unique_tokens,
            optimizer: one.optimizer,
            // A rule that starts from the run's own λ would be right by construction.
            weight_decay: None,
            beta1: if one.optimizer == Algorithm::Lion { 0.95 } else { 0.9 },
            width: one.width,
            depth: one.depth,
            rotation: None,
            base: BaseRun::default(),
        }
    }
}
