use super::run::{BaseRun, LearningRate, Run};
use crate::published::{Algorithm, How, Kin, LambdaRule, PublicRun};

/// From so many epochs on a text counts as read many times.
const MANY_EPOCHS: f64 = 2.0;

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
    /// Whether the rule was fitted to these very runs.
    pub is_in_sample: bool,
}

/// Runs that may be held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Optimizers whose λ are of one size.
    pub kin: Kin,
    /// Whether the text is read many times.
    pub has_many_epochs: bool,
}

impl Kind {
    /// Of a run.
    pub fn of(run: &Run) -> Self {
        Kind { kin: run.optimizer.kin(), has_many_epochs: run.epochs() >= MANY_EPOCHS }
    }
}

impl Hindsight {
    /// A rule against all public runs of the kind of this one whose λ was searched; `None` where it gives λ for
    /// none of them.
    pub fn of(rule: &LambdaRule, run: &Run) -> Option<Self> {
        let kind = Kind::of(run);
        let searched = PublicRun::all().iter().filter(|one| one.how == How::Searched);
        let alike = searched.filter(|one| Kind::of(&Run::from(*one)) == kind);
        Self::against(rule, alike)
    }

    /// A rule against some public runs. A rule that only knows points of its own is held against them alone.
    pub fn against<'a>(
        rule: &LambdaRule,
        runs: impl Iterator<Item = &'a PublicRun>,
    ) -> Option<Self> {
        if !rule.law.nearest.is_empty() && !rule.in_sample {
            return None;
        }
        let ratio = |one: &PublicRun| {
            let run = Run::from(one);
            let given = rule.law.at(&|quantity| run.quantity(quantity)).ok()?;
            (one.weight_decay > 0.0).then_some(given / one.weight_decay)
        };
        let mut ratios: Vec<f64> = runs.filter_map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let far = |ratio: &&f64| ratio.ln().abs();
        let worst = *ratios.iter().max_by(|a, b| far(a).total_cmp(&far(b)))?;
        let within = |ratio: &&f64| (WITHIN.recip()..=WITHIN).contains(*ratio);
        Some(Hindsight {
            runs: ratios.len(),
            median: median(&ratios),
            worst,
            within_two: ratios.iter().filter(within).count(),
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
                fall: None,
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
