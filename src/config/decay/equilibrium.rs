//! Where weight decay and updates balance, after Kosson et al. 2024 (arXiv 2305.17212), for weights whose size does
//! not change what the model computes.
//!
//! Every step takes a share `s` of a weight and adds an update that stands upright on it. The norm settles where both
//! cancel, and from then on a step turns the weight by an angle that `s` and the optimizer's averages alone set:
//! `√(2 s ρ)`, with ρ the mean square of an update over that of what becomes of it in the long run. For AdamW
//! `s = η_t λ` and `ρ = (1 − β1)/(1 + β1)`.

use std::f64::consts::FRAC_PI_2;

use super::{Rates, Role};
use crate::config::{OptimizerKind, Recipe, RunConfig, Schedule};

/// Balance at the learning rate and λ of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equilibrium {
    /// Angle by which a step turns a weight, in radians.
    pub rotation: f64,
    /// Root mean square of the weights; `None` where it depends on the size of gradients.
    pub weight_rms: Option<f64>,
    /// Steps in which the distance to the balanced norm falls to 1/e of what it was.
    pub steps: f64,
}

impl Equilibrium {
    /// Of the parameters of a role in step `step` (from 1). `None` where nothing decays, where a step takes the whole
    /// weight and more, and where there is no formula: for L2 under an optimizer that normalises gradients or before a
    /// clip, for cautious decay, for forms that go by norms, and for other optimizers than Adam, SGD and Lion.
    pub fn at(run: &RunConfig, role: Role, step: usize) -> Option<Self> {
        let schedule = run.group(role).recipe.lr_schedule();
        Self::under(run, role, &schedule, step)
    }

    /// The same at the peak learning rate.
    pub fn at_peak(run: &RunConfig, role: Role) -> Option<Self> {
        let (schedule, step) = run.group(role).recipe.lr_schedule().peak();
        Self::under(run, role, &schedule, step)
    }

    fn under(run: &RunConfig, role: Role, schedule: &Schedule, step: usize) -> Option<Self> {
        let group = run.group(role);
        let rates = run.decay.rates(group.weight_decay, schedule, role, step);
        let (lr, share) =
            (schedule.lr_at(step), share(&rates, &group.recipe, schedule.lr_at(step))?);
        let spread = spread(&group.recipe)?;
        let rotation = (2.0 * share * spread).sqrt();
        // The root mean square of an update is that of Adam's averages over their root, of Lion's signs 1.
        let (weight_rms, speed) = match group.recipe.optimizer {
            OptimizerKind::Adam => (Some(lr * spread.sqrt() / rotation), 2.0),
            OptimizerKind::Lion => (Some(lr / rotation), 2.0),
            // The gradient falls as the norm grows: the fourth power of the norm is what settles.
            _ => (None, 4.0),
        };
        Some(Equilibrium { rotation, weight_rms, steps: 1.0 / (speed * share) })
    }
}

/// Mean square of an update over that of what becomes of it in the long run.
fn spread(recipe: &Recipe) -> Option<f64> {
    let [beta_1, beta_2] = recipe.betas;
    match recipe.optimizer {
        OptimizerKind::Adam => Some((1.0 - beta_1) / (1.0 + beta_1)),
        OptimizerKind::Sgd => Some((1.0 - recipe.momentum) / (1.0 + recipe.momentum)),
        OptimizerKind::Lion => {
            let later = beta_1 * beta_1 * (1.0 - beta_2) / (1.0 + beta_2);
            Some(FRAC_PI_2 * ((1.0 - beta_1).powi(2) + later))
        }
        _ => None,
    }
}

/// Share of a weight that a step takes, where that is a number of its own.
fn share(rates: &Rates, recipe: &Recipe, lr: f64) -> Option<f64> {
    let Rates { before_clip, after_clip, shrink, cautious, towards_target } = *rates;
    let is_sgd = recipe.optimizer == OptimizerKind::Sgd;
    // What stands in a gradient is clipped with it, by as much as the gradients are large.
    let in_gradient = after_clip + if recipe.clip == 0.0 { before_clip } else { 0.0 };
    let share = if in_gradient > 0.0 && is_sgd {
        // Momentum repeats what was added to a gradient.
        lr * in_gradient / (1.0 - recipe.momentum)
    } else if before_clip + after_clip + cautious + towards_target == 0.0 {
        shrink
    } else {
        return None;
    };
    // A step that takes the whole weight and more comes to no balance: it turns weights around.
    (share > 0.0 && share < 1.0).then_some(share)
}

impl Role {
    /// Whether the balance is known to hold roughly: the model must compute much the same whatever the size of the
    /// weights. Matrices inside blocks feed normalised streams; a head's size scales the logits, a tied embedding's
    /// too, and gains and biases act by their size.
    pub fn is_nearly_scale_invariant(self) -> bool {
        self.is_hidden_linear()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::example;
    use crate::config::{Decay, Form, Mask};

    fn run(optimizer: OptimizerKind, form: Form, lr: f64, lambda: f64) -> RunConfig {
        let mut run = example();
        run.recipe.optimizer = optimizer;
        run.recipe.lr = lr;
        run.recipe.betas = [0.9, 0.99];
        run.decay = Decay { form, mask: Some(Mask::Matrices), weight_decay: Some(lambda) };
        run
    }

    /// The numbers that the formulas of the paper give.
    #[test]
    fn rotations_are_those_of_the_paper() {
        let rotation = |optimizer, form, lr, lambda| {
            Equilibrium::at_peak(&run(optimizer, form, lr, lambda), Role::Mlp).unwrap().rotation
        };
        let adamw = rotation(OptimizerKind::Adam, Form::AdamW, 6e-4, 0.1);
        let sgd = rotation(OptimizerKind::Sgd, Form::L2, 0.1, 5e-4);
        let lion = rotation(OptimizerKind::Lion, Form::AdamW, 1e-4, 1.0);
        for (found, paper) in [(adamw, 0.002513123), (sgd, 0.007254763), (lion, 0.002102458)] {
            assert!((found - paper).abs() < 1e-9, "{found} {paper}");
        }
    }

    #[test]
    fn the_balanced_weights_of_adamw_are_the_root_of_lr_over_two_lambda() {
        let at = Equilibrium::at_peak(&run(OptimizerKind::Adam, Form::AdamW, 1e-3, 0.1), Role::Mlp);
        let at = at.unwrap();
        assert!((at.weight_rms.unwrap() - (1e-3 / 0.2_f64).sqrt()).abs() < 1e-12);
        assert!((at.steps - 5000.0).abs() < 1e-9);
    }

    #[test]
    fn there_is_no_balance_where_nothing_decays_or_nobody_knows_one() {
        let of =
            |optimizer, form, role| Equilibrium::at_peak(&run(optimizer, form, 0.1, 0.1), role);
        assert_eq!(of(OptimizerKind::Adam, Form::AdamW, Role::Norm), None, "not in the mask");
        assert_eq!(of(OptimizerKind::Adam, Form::L2, Role::Mlp), None);
        assert_eq!(of(OptimizerKind::Adam, Form::Cautious, Role::Mlp), None);
        assert_eq!(of(OptimizerKind::Muon, Form::AdamW, Role::Mlp), None);
        assert_eq!(of(OptimizerKind::Adam, Form::None, Role::Mlp), None);
        // A step that takes the whole weight, or turns it around.
        for (lr, lambda, is_known) in [(0.1, 9.0, true), (0.1, 10.0, false), (0.1, 25.0, false)] {
            let run = run(OptimizerKind::Adam, Form::AdamW, lr, lambda);
            assert_eq!(Equilibrium::at_peak(&run, Role::Mlp).is_some(), is_known, "{lambda}");
        }
    }

    #[test]
    fn decoupled_decay_of_sgd_turns_as_its_shares_say() {
        let coupled =
            Equilibrium::at_peak(&run(OptimizerKind::Sgd, Form::L2, 0.1, 5e-4), Role::Mlp);
        // Momentum 0.9 multiplies what is added to a gradient by ten.
        let apart =
            Equilibrium::at_peak(&run(OptimizerKind::Sgd, Form::AdamW, 0.1, 5e-3), Role::Mlp);
        let (coupled, apart) = (coupled.unwrap(), apart.unwrap());
        assert!((coupled.rotation - apart.rotation).abs() < 1e-12);
    }
}
