//! The same decay as other programs write it.

use serde::Serialize;

use super::run::Run;
use crate::config::{DecaySchedule, Form, LambdaSchedule, Schedule, total_decay};
use crate::published::{Algorithm, Fall, Kin};

/// One way to write the decay of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Equivalent {
    /// What a spec here calls it, or the name of a library's convention.
    pub form: &'static str,
    /// Who writes it so, or why nobody can.
    pub users: &'static str,
    /// The coefficient; `None` where there is none, or where it needs the schedule and that is not known.
    pub weight_decay: Option<f64>,
    /// What is kept.
    pub kept: Kept,
}

/// What an equivalent keeps of a decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// Every step.
    EveryStep,
    /// The total decay over the run; it takes more of it early.
    TotalEarlier,
    /// The total decay over the run; it takes more of it late.
    TotalLater,
    /// The total decay, which needs the schedule of the learning rate to be known.
    NeedsSchedule,
    /// Nothing: there is no equivalent.
    Nothing,
}

/// A decay that acts on every step by λ η_t, in every other form and library's convention.
pub fn equivalents(run: &Run, weight_decay: f64) -> Vec<Equivalent> {
    let schedule = run.schedule();
    // The λ of another form with the same total decay over the schedule.
    let same_total = |form: Form, lambda: LambdaSchedule| {
        let (schedule, steps) = schedule?;
        let of = |form, schedule: Schedule| total_decay(form, 1.0, &schedule, steps);
        let target = of(Form::AdamW, schedule)? * weight_decay;
        let value = target / of(form, Schedule { lambda, ..schedule })?;
        Some(value).filter(|value| value.is_finite())
    };
    let constant = LambdaSchedule::CONSTANT;
    let falling = |kind| LambdaSchedule { kind, ..constant };
    let same = |form, users, value: Option<f64>, kept: Kept| {
        let kept = match (value, schedule) {
            (Some(_), _) => kept,
            // A schedule without any decay: one step, at the end of a fall to 0.
            (None, Some(_)) => Kept::Nothing,
            (None, None) => Kept::NeedsSchedule,
        };
        Equivalent { form, users, weight_decay: value, kept }
    };
    let earlier = |form, users, value| same(form, users, value, Kept::TotalEarlier);
    let along = |kind| same_total(Form::AdamW, falling(kind));
    let mut all = vec![
        in_every_step("adamw", of_adamw(run), weight_decay),
        in_every_step(
            "independent",
            "ηλ: Algorithm 2 of Loshchilov & Hutter, Composer's DecoupledAdamW",
            run.lr.peak * weight_decay,
        ),
        constant_share(run, weight_decay, schedule),
        same("corrected", "AdamC", same_total(Form::CorrectedAll, constant), of_square(run)),
        earlier("adamw, λ along a cosine to 0", "nanochat", along(DecaySchedule::Cosine)),
        earlier(
            "adamw, λ along a line to 0",
            "nanochat, January 2026",
            along(DecaySchedule::Linear),
        ),
        earlier(
            "adamw, λ as 1/t",
            "ADANA's log-time, its coefficient",
            along(DecaySchedule::LogTime),
        ),
    ];
    all.extend(without_number(run, weight_decay));
    all
}

/// Who writes λ as AdamW does. What another optimizer has is no λ for AdamW, whose steps are of another size.
fn of_adamw(run: &Run) -> &'static str {
    match run.optimizer.kin() {
        Kin::Adam => "PyTorch, transformers, optax.adamw, Burn",
        _ => "the share that AdamW takes with it at this η; no λ to use for AdamW",
    }
}

fn in_every_step(form: &'static str, users: &'static str, value: f64) -> Equivalent {
    Equivalent { form, users, weight_decay: Some(value), kept: Kept::EveryStep }
}

/// What decay by the square of the learning rate keeps of decay by the learning rate itself.
fn of_square(run: &Run) -> Kept {
    match (run.lr.fall, run.lr.warmup > 0.0) {
        (Some(Fall::Constant), false) => Kept::EveryStep,
        // It is low at the start alone.
        (Some(Fall::Constant), true) => Kept::TotalLater,
        _ => Kept::TotalEarlier,
    }
}

/// Decay that no learning rate touches.
fn constant_share(run: &Run, weight_decay: f64, schedule: Option<(Schedule, usize)>) -> Equivalent {
    let share = schedule.and_then(|(schedule, steps)| {
        let total = total_decay(Form::AdamW, weight_decay, &schedule, steps)?;
        Some(total / steps as f64)
    });
    let kept = match share {
        Some(_) => match of_square(run) {
            // What takes less where the learning rate is low takes more elsewhere, and the other way round.
            Kept::TotalEarlier => Kept::TotalLater,
            Kept::TotalLater => Kept::TotalEarlier,
            every => every,
        },
        None => Kept::NeedsSchedule,
    };
    let users = "optax.adafactor";
    Equivalent { form: "a constant share of w", users, weight_decay: share, kept }
}

fn without_number(run: &Run, weight_decay: f64) -> [Equivalent; 3] {
    let none = |form, users| Equivalent { form, users, weight_decay: None, kept: Kept::Nothing };
    let l2 = match run.optimizer {
        Algorithm::Sgd => {
            in_every_step("l2", "torch.optim.SGD; with momentum μ take λ (1 − μ)", weight_decay)
        }
        _ => none("l2", "no equivalent: the share that Adam takes depends on the gradients"),
    };
    [
        l2,
        none("cautious", "no equivalent: it decays part of the weights; its authors keep λ"),
        none("hyperball", "no equivalent: it holds the norms, and has no λ"),
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
    fn what_takes_more_early_or_late_depends_on_where_the_learning_rate_is_low() {
        let kept = |fall, warmup| {
            let mut run = example();
            (run.lr.fall, run.lr.warmup) = (Some(fall), warmup);
            let all = equivalents(&run, 0.1);
            ["corrected", "a constant share of w"]
                .map(|form| all.iter().find(|one| one.form == form).unwrap().kept)
        };
        assert_eq!(kept(Fall::Constant, 0.0), [Kept::EveryStep, Kept::EveryStep]);
        assert_eq!(kept(Fall::Constant, 0.5), [Kept::TotalLater, Kept::TotalEarlier]);
        assert_eq!(kept(Fall::Cosine, 0.0), [Kept::TotalEarlier, Kept::TotalLater]);
    }

    #[test]
    fn a_schedule_that_decays_nothing_has_no_equivalent() {
        let mut run = example();
        (run.tokens, run.lr.fall) = (run.batch, Some(Fall::Cosine));
        let all = equivalents(&run, 0.1);
        assert!(all.iter().filter_map(|one| one.weight_decay).all(f64::is_finite), "{all:?}");
        let corrected = all.iter().find(|one| one.form == "corrected").unwrap();
        assert!(corrected.weight_decay.is_none() && corrected.kept == Kept::Nothing);
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

    /// λ of its first step is a little less, and no setting.
    #[test]
    fn of_a_lambda_that_falls_as_one_over_t_the_coefficient_is_told() {
        let mut run = example();
        run.lr.fall = Some(Fall::Constant);
        let all = equivalents(&run, 0.1);
        let one = all.iter().find(|one| one.form == "adamw, λ as 1/t").unwrap();
        assert!(one.users.ends_with("its coefficient"), "{}", one.users);
        // The mean of 1/(1 + 10 x) over the run is ln 11 / 10.
        let mean = 11.0_f64.ln() / 10.0;
        assert!((one.weight_decay.unwrap() * mean / 0.1 - 1.0).abs() < 1e-2);
    }

    #[test]
    fn what_another_optimizer_has_is_no_lambda_for_adamw() {
        let users = |optimizer| equivalents(&Run { optimizer, ..example() }, 0.1)[0].users;
        assert!(users(Algorithm::AdamW).starts_with("PyTorch"));
        for optimizer in [Algorithm::Muon, Algorithm::Lion, Algorithm::Adafactor] {
            assert!(users(optimizer).contains("no λ to use for AdamW"), "{optimizer}");
        }
    }

    #[test]
    fn under_sgd_decay_in_the_gradient_is_decay() {
        let run = Run { optimizer: Algorithm::Sgd, ..example() };
        assert_eq!(value(&run, "l2"), Some(0.1));
    }
}
