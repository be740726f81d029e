use std::fmt;

use serde::{Deserialize, Serialize};

use super::Published;
use crate::config::{Decay, Form, Mask, Named, Recipe, timescale_steps, to_digits, total_decay};

/// How the decay of a published recipe is carried over to a run of another length and learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transfer {
    /// λ as it is.
    Raw,
    /// The λ with which the run has the original's total decay Λ.
    Matched,
    /// The λ with which the run has the original's timescale τ in epochs.
    Timescale,
    /// No decay.
    None,
}

/// Why a run cannot have the original's total decay.
#[derive(Clone, Debug, PartialEq)]
pub enum NoMatch {
    /// The original's total decay is not known.
    Undisclosed(String),
    /// The form has no total decay.
    NoTotal(Form),
    /// The form has no timescale.
    NoTimescale(Form),
    /// The original's timescale is shorter than a step that leaves anything of a weight.
    TooFast {
        /// τ of the original, in epochs.
        epochs: f64,
        /// The same in steps of the run.
        steps: f64,
    },
    /// One step of so short a run would take away more than a whole weight.
    TooShort {
        /// Λ of the original.
        total_decay: f64,
        /// Steps of the run.
        steps: usize,
    },
}

impl Named for Transfer {
    const ALL: &'static [Self] =
        &[Transfer::Raw, Transfer::Matched, Transfer::Timescale, Transfer::None];

    fn name(self) -> &'static str {
        match self {
            Transfer::Raw => "raw",
            Transfer::Matched => "matched",
            Transfer::Timescale => "timescale",
            Transfer::None => "none",
        }
    }
}

impl fmt::Display for NoMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoMatch::Undisclosed(why) => f.write_str(why),
            NoMatch::NoTotal(form) => write!(f, "the form `{form}` has no total decay to match"),
            NoMatch::NoTimescale(form) => write!(f, "the form `{form}` has no timescale"),
            NoMatch::TooFast { epochs, steps } => write!(
                f,
                "its τ of {epochs:.2} epochs is {steps:.1} steps of this text, and a step would take away more than a \
                 weight"
            ),
            NoMatch::TooShort { total_decay, steps } => {
                write!(f, "{steps} steps are too few for a total decay of {total_decay:.2}")
            }
        }
    }
}

impl Published {
    /// The decay with which a run of this recipe has the original's total decay Λ, under the
    /// published form or another.
    ///
    /// A form without λ gets one: `lr-power` takes away η_t² of a weight, which is `corrected-all` decay
    /// λ η_t²/η with λ = η, so that its multiples are `corrected-all` decay with other λ.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn matched(&self, form: Form, mask: Mask, recipe: &Recipe) -> Result<Decay, NoMatch> {
        let Some(target) = self.total_decay() else {
            let why = self.original.undisclosed.clone().unwrap_or_default();
            return Err(NoMatch::Undisclosed(why));
        };
        let form = if form == Form::LrPower { Form::CorrectedAll } else { form };
        let unit = total_decay(form, 1.0, &recipe.lr_schedule(), recipe.steps);
        let unit = unit.filter(|unit| *unit > 0.0).ok_or(NoMatch::NoTotal(form))?;
        let weight_decay = to_digits(target / unit, 3);
        let too_short = NoMatch::TooShort { total_decay: target, steps: recipe.steps };
        let in_a_step = match form {
            Form::Independent => weight_decay,
            _ => weight_decay * recipe.lr,
        };
        match in_a_step < 1.0 {
            true => Ok(Decay { form, mask: Some(mask), weight_decay: Some(weight_decay) }),
            false => Err(too_short),
        }
    }

    /// The decay with which a run of this recipe, of so many steps an epoch, has the original's timescale in epochs.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn timed(
        &self,
        form: Form,
        mask: Mask,
        recipe: &Recipe,
        steps_per_epoch: f64,
    ) -> Result<Decay, NoMatch> {
        let Some(epochs) = self.timescale_epochs() else {
            let why = self.original.undisclosed.clone();
            return Err(why.map_or(NoMatch::NoTimescale(form), NoMatch::Undisclosed));
        };
        let form = if form == Form::LrPower { Form::CorrectedAll } else { form };
        let unit = timescale_steps(form, 1.0, &recipe.lr_schedule());
        let unit = unit.ok_or(NoMatch::NoTimescale(form))?;
        let steps = epochs * steps_per_epoch;
        let weight_decay = to_digits(unit / steps, 3);
        match steps > 1.0 {
            true => Ok(Decay { form, mask: Some(mask), weight_decay: Some(weight_decay) }),
            false => Err(NoMatch::TooFast { epochs, steps }),
        }
    }
}
