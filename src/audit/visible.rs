//! What a tensor would have shown, had it decayed: none of an unchanged one is said to stay where rounding hides as
//! much.

use super::sums::Sums;
use super::verdict::{ALIKE, Verdict};

/// Shrink of one step that must be visible where nothing else in the files says how much decays: a tenth of what
/// small λ and learning rates make of it.
const VISIBLE: f64 = 1e-6;
/// The λ that must be visible where the learning rate is known.
const VISIBLE_LAMBDA: f64 = 0.01;
/// What tensors that did not change must have been able to show.
pub struct Visible {
    /// The smallest shrink of a tensor that decays, and the largest distance of one that is normalised.
    shrink: Option<f64>,
    step: Option<f64>,
    lr: Option<f64>,
}

impl Visible {
    pub fn of<'a>(verdicts: impl Iterator<Item = &'a Verdict> + Clone, lr: Option<f64>) -> Self {
        let shrinks = verdicts.clone().filter_map(|verdict| match verdict {
            Verdict::Decays(factor) => Some(factor.shrink()),
            _ => None,
        });
        let steps = verdicts.filter_map(|verdict| match verdict {
            Verdict::Normalised { step } => Some(*step),
            _ => None,
        });
        Visible { shrink: shrinks.reduce(f64::min), step: steps.reduce(f64::max), lr }
    }

    /// The verdict in the light of all others.
    pub fn settle(&self, verdict: Verdict, sums: &Sums) -> Verdict {
        match (verdict, self.step) {
            // Of numbers of one size the same distance is the same factor.
            (Verdict::Decays(factor), Some(step))
                if sums.is_of_one_magnitude()
                    && (factor.shrink() * sums.magnitudes.high - step).abs() < ALIKE * step =>
            {
                Verdict::Normalised { step: sums.mean_distance() }
            }
            (Verdict::Stays { limit }, _) if limit >= self.needed(sums) => {
                Verdict::TooCoarse { limit }
            }
            (verdict, _) => verdict,
        }
    }

    fn needed(&self, sums: &Sums) -> f64 {
        let of_step = self.step.map(|step| step / sums.magnitudes.high);
        let seen = [self.shrink, of_step].into_iter().flatten().reduce(f64::min);
        seen.unwrap_or(self.lr.map_or(VISIBLE, |lr| lr * VISIBLE_LAMBDA))
    }
}
