//! What weight decay is here: its [forms](Form), the [masks](Mask) over parameter [roles](Role), and the
//! per-step [rates](Rates) that both come down to.

mod course;
mod equilibrium;
mod form;
mod mask;
mod rates;
mod schedule;

use serde::{Deserialize, Serialize};

use super::value::plain;
use super::{Named, Schedule};

pub use course::{timescale_steps, total_decay};
pub use equilibrium::Equilibrium;
pub use form::{Form, Moment, NormControl};
pub use mask::{Mask, Role};
pub use rates::Rates;
pub use schedule::{DecaySchedule, LambdaSchedule};

/// How a run decays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decay {
    /// The form.
    pub form: Form,
    /// What it acts on; `None` for the form that decays nothing.
    pub mask: Option<Mask>,
    /// λ; `None` for the forms without one.
    pub weight_decay: Option<f64>,
}

impl Decay {
    /// No decay at all.
    pub const NONE: Decay = Decay { form: Form::None, mask: None, weight_decay: None };

    /// What it does to a parameter of this role in step `step` (from 1), with this λ for it.
    pub fn rates(&self, weight_decay: f64, schedule: &Schedule, role: Role, step: usize) -> Rates {
        match self.mask {
            Some(mask) if mask.decays(role) => {
                Rates::at(self.form, weight_decay, schedule, role, step)
            }
            _ => Rates::default(),
        }
    }

    /// Whether it does anything to the parameters of a role, with this λ for them.
    pub fn acts_on(&self, role: Role, weight_decay: f64) -> bool {
        let acts = !self.form.takes_weight_decay() || weight_decay > 0.0;
        acts && self.mask.is_some_and(|mask| mask.decays(role))
    }

    /// Whether it sets the norms of a role, or its learning rates by them, and takes no share away.
    pub fn sets_norms(&self, role: Role) -> bool {
        let is_such = matches!(self.form.norm_control(), NormControl::Fixed | NormControl::Matched);
        is_such && self.mask.is_some_and(|mask| mask.decays(role))
    }

    /// Form, mask and λ in one line.
    pub fn label(&self) -> String {
        let mut words = vec![self.form.name().to_owned()];
        words.extend(self.mask.map(|mask| mask.name().to_owned()));
        words.extend(self.weight_decay.map(|value| format!("λ={}", plain(value))));
        words.join(" ")
    }

    /// λ as a number, 0 where there is none.
    pub fn coefficient(&self) -> f64 {
        self.weight_decay.unwrap_or(0.0)
    }

    /// The same decay under one name: λ = 0 is no decay, whatever the form and the mask.
    pub fn normalised(self) -> Decay {
        match self.weight_decay {
            Some(0.0) => Decay::NONE,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decay_acts_where_its_mask_reaches_and_its_number_is_above_0() {
        let adamw =
            Decay { form: Form::AdamW, mask: Some(Mask::Matrices), weight_decay: Some(0.1) };
        assert!(adamw.acts_on(Role::Mlp, 0.1) && !adamw.acts_on(Role::Mlp, 0.0));
        assert!(!adamw.acts_on(Role::Norm, 0.1) && !Decay::NONE.acts_on(Role::Mlp, 0.1));
        let fixed = Decay { form: Form::Hyperball, weight_decay: None, ..adamw };
        assert!(fixed.acts_on(Role::Mlp, 0.0) && !fixed.acts_on(Role::Norm, 0.0));
    }
}
