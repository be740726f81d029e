//! What a form does over the steps of a schedule.

use super::form::{Form, Moment, NormControl};
use super::mask::Role;
use super::rates::Rates;
use crate::config::Schedule;

impl Rates {
    /// The rates of step `step` (from 1) for a decayed parameter of this role; `weight_decay` is λ,
    /// ignored by the forms without one.
    pub fn at(form: Form, weight_decay: f64, schedule: &Schedule, role: Role, step: usize) -> Self {
        let weight_decay = weight_decay * schedule.lambda_at(step);
        form.rates(&Moment { lr: schedule.lr_at(step), peak: schedule.lr, weight_decay, role })
    }
}

/// Role of the parameters that Λ and τ speak of: the bulk of a model. Forms that tell roles apart do
/// something else to the rest.
const BULK: Role = Role::Mlp;

/// Total decay Λ of a run: the sum over its steps of the share of a weight matrix inside a block that
/// decay takes away (for AdamW λ Σ η_t). For the cautious form it is an upper bound. `None` for L2 with
/// λ > 0, for the forms that hold a norm, and where numbers beyond all bounds meet 0.
pub fn total_decay(
    form: Form,
    weight_decay: f64,
    schedule: &Schedule,
    steps: usize,
) -> Option<f64> {
    if matches!(form.norm_control(), NormControl::Fixed | NormControl::Matched) {
        return None;
    }
    // Not a sum of 0 · η_t, which is no number where a learning rate is beyond what a number can be.
    if form.takes_weight_decay() && weight_decay == 0.0 {
        return Some(0.0);
    }
    // An odd count has a step in its middle.
    let stride = steps.div_ceil(MOST_ADDED) | 1;
    let share = |first: usize| {
        let count = stride.min(steps - first + 1);
        let rates = Rates::at(form, weight_decay, schedule, BULK, first + count / 2);
        rates.decoupled().map(|rate| rate * count as f64)
    };
    let total: Option<f64> = (1..=steps).step_by(stride).map(share).sum();
    total.filter(|total| !total.is_nan())
}

/// Steps that are added up one by one. Of runs so long that this would take minutes one step stands for a few, the
/// middle one.
const MOST_ADDED: usize = 4_000_000;

/// Timescale τ in steps at the peak learning rate: 1/(ηλ) for AdamW. `None` without decay and for
/// L2.
pub fn timescale_steps(form: Form, weight_decay: f64, schedule: &Schedule) -> Option<f64> {
    let (peak, step) = schedule.peak();
    Rates::at(form, weight_decay, &peak, BULK, step)
        .decoupled()
        .filter(|rate| *rate > 0.0)
        .map(f64::recip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DecaySchedule, LambdaSchedule, LrShape};

    const SCHEDULE: Schedule = Schedule {
        steps: 100,
        lr: 3e-3,
        warmup: 10,
        hold: 0,
        shape: LrShape::Cosine,
        min_lr_ratio: 0.1,
        lambda: LambdaSchedule::CONSTANT,
    };

    #[test]
    fn the_formulas_are_those_of_their_papers() {
        let lr = SCHEDULE.lr_at(60);
        let of = |form, role| Rates::at(form, 0.5, &SCHEDULE, role, 60);
        let at = |form| of(form, Role::Attention);
        assert_eq!(at(Form::None), Rates::default());
        assert_eq!(at(Form::AdamW).shrink, lr * 0.5);
        assert_eq!(at(Form::Cautious).cautious, lr * 0.5);
        assert_eq!(at(Form::L2).after_clip, 0.5);
        assert_eq!(at(Form::L2Loss).before_clip, 0.5);
        assert_eq!(at(Form::Independent).shrink, lr / 3e-3 * 0.5);
        for role in Role::ALL {
            let corrected = 0.5 * lr * lr / 3e-3;
            assert_eq!(of(Form::CorrectedAll, role).shrink, corrected);
            let hidden = matches!(role, Role::Attention | Role::Mlp);
            let expected = if hidden { corrected } else { lr * 0.5 };
            assert_eq!(of(Form::Corrected, role).shrink, expected, "{role}");
        }
        assert_eq!(at(Form::LrPower).shrink, lr * lr);
    }

    #[test]
    fn at_the_peak_of_the_schedule_adamw_and_corrected_agree() {
        let at = |form| Rates::at(form, 0.5, &SCHEDULE, Role::Mlp, 10).shrink;
        assert!((at(Form::AdamW) - at(Form::Corrected)).abs() < 1e-15);
    }

    #[test]
    fn total_decay_of_adamw_is_lambda_times_the_summed_learning_rates() {
        let sum: f64 = (1..=100).map(|step| SCHEDULE.lr_at(step)).sum();
        let total = total_decay(Form::AdamW, 0.1, &SCHEDULE, 100).unwrap();
        assert!((total - 0.1 * sum).abs() < 1e-12);
        assert_eq!(total_decay(Form::None, 0.0, &SCHEDULE, 100), Some(0.0));
        assert_eq!(total_decay(Form::L2, 0.1, &SCHEDULE, 100), None);
    }

    #[test]
    fn total_decay_of_a_run_that_is_too_long_to_add_up_is_that_of_its_schedule() {
        let steps = 3 * MOST_ADDED + 1;
        let schedule = Schedule { steps, warmup: 1000, ..SCHEDULE };
        let sum: f64 = (1..=steps).map(|step| schedule.lr_at(step)).sum();
        let total = total_decay(Form::AdamW, 0.1, &schedule, steps).unwrap();
        assert!((total / (0.1 * sum) - 1.0).abs() < 1e-9, "{total}");
    }

    #[test]
    fn the_timescale_is_that_of_the_peak_learning_rate() {
        let adamw = timescale_steps(Form::AdamW, 0.1, &SCHEDULE).unwrap();
        assert!((adamw - 1.0 / 3e-4).abs() < 1e-6);
        let independent = timescale_steps(Form::Independent, 0.1, &SCHEDULE).unwrap();
        assert!((independent - 10.0).abs() < 1e-9);
        assert_eq!(timescale_steps(Form::AdamW, 0.0, &SCHEDULE), None);
        // λ of that step, where it changes on the way.
        let linear = Schedule {
            lambda: LambdaSchedule { kind: DecaySchedule::Linear, ..LambdaSchedule::CONSTANT },
            ..SCHEDULE
        };
        let slower = timescale_steps(Form::AdamW, 0.1, &linear).unwrap();
        assert!((slower * linear.lambda_at(10) - adamw).abs() < 1e-6 && slower > adamw);
        assert_eq!(timescale_steps(Form::L2, 0.1, &SCHEDULE), None);
    }
}
