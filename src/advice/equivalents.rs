//! The same decay as other programs write it.

use super::run::Run;
use crate::config::{DecaySchedule, Form, LambdaSchedule, Schedule, total_decay};
use crate::published::{Algorithm, Fall};

/// One way to write the decay of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Equivalent {
    /// What a spec here calls it, or the name of a library's convention.
    pub form: &'static str,
    /// Who writes it so.
    pub users: &'static str,
    /// The coefficient; `None` where there is none, or where it needs the schedule and that is not known.
    pub weight_decay: Option<f64>,
    /// What to know of it.
    pub note: &'static str,
}

const NEEDS_SCHEDULE: &str = "depends on the schedule; give --schedule";

/// A decay that acts on every step by λ η_t, in every other form and library's convention.
pub fn equivalents(run: &Run, weight_decay: f64) -> Vec<Equivalent> {
    let schedule = run.schedule();
    // The λ of another form with the same total decay over the schedule.
    let same_total = |form: Form, lambda: LambdaSchedule| {
        let schedule = schedule?;
        let of = |form, schedule: Schedule| total_decay(form, 1.0, &schedule, schedule.steps);
        let target = of(Form::AdamW, schedule)? * weight_decay;
        Some(target / of(form, Schedule { lambda, ..schedule })?)
    };
    let constant = LambdaSchedule::CONSTANT;
    let falling = |kind| LambdaSchedule { kind, ..constant };
    let at_same_total = |form, users, lambda: LambdaSchedule, decay: Form, note| {
        let value = same_total(decay, lambda);
        let note = if value.is_some() { note } else { NEEDS_SCHEDULE };
        Equivalent { form, users, weight_decay: value, note }
    };
    let total = "the same total decay, more of it early";
    let mut all = vec![
        given(
            "adamw",
            "PyTorch, transformers, optax.adamw, Burn",
            weight_decay,
            "w ← (1 − η_t λ) w − η_t u",
        ),
        given(
            "independent",
            "Loshchilov & Hutter's Algorithm 2, Composer's DecoupledAdamW",
            run.lr.peak * weight_decay,
            "ηλ, times η_t/η in every step",
        ),
        constant_share(run, weight_decay, schedule),
        at_same_total("corrected", "AdamC: λ η_t²/η", constant, Form::CorrectedAll, total),
        at_same_total(
            "adamw, λ along a cosine to 0",
            "nanochat",
            falling(DecaySchedule::Cosine),
            Form::AdamW,
            total,
        ),
        at_same_total(
            "adamw, λ along a line to 0",
            "Megatron-LM with an end of 0",
            falling(DecaySchedule::Linear),
            Form::AdamW,
            total,
        ),
        at_same_total(
            "adamw, λ as 1/t",
            "ADANA's log-time",
            falling(DecaySchedule::LogTime),
            Form::AdamW,
            total,
        ),
    ];
    all.extend(without_number(run, weight_decay));
    all
}

fn given(form: &'static str, users: &'static str, value: f64, note: &'static str) -> Equivalent {
    Equivalent { form, users, weight_decay: Some(value), note }
}

/// Decay that no learning rate touches.
fn constant_share(run: &Run, weight_decay: f64, schedule: Option<Schedule>) -> Equivalent {
    let users = "optax.adafactor's weight_decay_rate";
    let share = schedule.and_then(|schedule| {
        let total = total_decay(Form::AdamW, weight_decay, &schedule, schedule.steps)?;
        Some(total / schedule.steps as f64)
    });
    let is_flat = run.lr.fall == Some(Fall::Constant);
    let note = match share {
        Some(_) if is_flat => "the same in every step",
        Some(_) => "the same total decay, more of it late",
        None => NEEDS_SCHEDULE,
    };
    Equivalent { form: "a constant share of w", users, weight_decay: share, note }
}

fn without_number(run: &Run, weight_decay: f64) -> [Equivalent; 3] {
    let none = |form, users, note| Equivalent { form, users, weight_decay: None, note };
    let l2 = match run.optimizer {
        Algorithm::Sgd => given(
            "l2",
            "torch.optim.SGD(weight_decay)",
            weight_decay,
            "SGD without momentum; with momentum μ take λ (1 − μ)",
        ),
        _ => none(
            "l2",
            "torch.optim.Adam(weight_decay)",
            "no equivalent: the optimizer divides it by the size of the gradient",
        ),
    };
    [
        l2,
        none(
            "cautious",
            "cautious weight decay",
            "no equivalent: it decays part of the weights; its authors keep λ",
        ),
        none("hyperball", "fixed norms", "no equivalent: there is no λ"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::run::tests::example;

    fn value(run: &Run, form: &str) -> Option<f64> {
        let all = equivalents(run, 0.1);
        all.iter().find(|one| one.form == form).unwrap().weight_decay
    }

    #[test]
    fn independent_decay_is_the_product_and_needs_no_schedule() {
        assert_eq!(value(&example(), "independent"), Some(2e-4));
        assert_eq!(value(&example(), "corrected"), None, "the schedule is not known");
        assert_eq!(value(&example(), "l2"), None);
    }

    #[test]
    fn along_a_line_to_zero_the_correction_takes_half_as_much_again() {
        let mut run = example();
        run.lr.fall = Some(Fall::Linear);
        // Σ s_t is T/2 and Σ s_t² is T/3.
        assert!((value(&run, "corrected").unwrap() - 0.15).abs() < 1e-4);
        assert!((value(&run, "a constant share of w").unwrap() - 1e-4).abs() < 1e-7);
        run.lr.fall = Some(Fall::Constant);
        assert!((value(&run, "corrected").unwrap() - 0.1).abs() < 1e-12);
        assert!((value(&run, "adamw, λ along a cosine to 0").unwrap() - 0.2).abs() < 1e-4);
    }

    #[test]
    fn under_sgd_decay_in_the_gradient_is_decay() {
        let run = Run { optimizer: Algorithm::Sgd, ..example() };
        assert_eq!(value(&run, "l2"), Some(0.1));
    }
}
