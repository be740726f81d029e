//! Learning rates that fall with the root of steps which do not begin with the warm-up.

use serde::Deserialize;

use super::super::name::Name;
use super::Reading;
use crate::advice::expression::value_of;
use crate::advice::run::RunFields;
use crate::published::Fall;

/// How a trainer counts the steps s of a fall that is √(s / (t + s − warm-up)): with s = warm-up it is √(s / t).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timescale {
    /// The key that states s; it is the warm-up where the file does not.
    key: String,
    /// s without a warm-up.
    without_warmup: f64,
}

impl Reading<'_> {
    /// Leaves a schedule unknown that falls with the root of other steps than those from the warm-up's first.
    pub(super) fn timescale(&mut self, fields: &mut RunFields) {
        let Some(scale) = &self.trainer.timescale else { return };
        if fields.schedule != Some(Fall::InverseSqrt) {
            return;
        }
        let warmup = self.warmed_up(fields);
        let stated = self.keys.get(&scale.key);
        let stated = stated.filter(|one| self.is_set(Name::Warmup, &scale.key, &one.text));
        let told = match stated {
            None if warmup != Some(0.0) => return,
            None => format!("{} by default, without warm-up", scale.without_warmup),
            Some(found) => {
                let number = value_of(&found.text, &|_| None).filter(|_| found.doubt.is_none());
                if number.is_some() && number == warmup {
                    return;
                }
                found.text.clone()
            }
        };
        fields.schedule = None;
        self.said.push(format!(
            "{} = {told}: the learning rate falls as √(s / (t + s − warm-up)) of the peak, s being that, for which no \
             schedule is known here",
            scale.key
        ));
    }

    /// Steps of warm-up, as many as are known.
    fn warmed_up(&self, fields: &RunFields) -> Option<f64> {
        let share = fields.warmup_ratio.filter(|share| *share > 0.0);
        let steps = self.given.warmup.or(fields.warmup.filter(|steps| *steps > 0.0));
        match (steps, share) {
            (None, None) => Some(0.0),
            (None, Some(share)) => self.steps(fields).map(|steps| (share * steps).ceil()),
            (steps, _) => steps,
        }
    }
}
