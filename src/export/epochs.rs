//! The other rule that carries λ over: the timescale in epochs of the text instead of κ.

use super::horizon::Moved;
use super::rule::Rule;
use crate::config::{Form, OptimizerKind, plain, to_digits};
use crate::results::Experiment;

/// Times that the run read its train text; `None` where its length is not known.
pub fn of_run(experiment: &Experiment, was: &Rule) -> Option<f64> {
    let read = was.recipe.steps as f64 * was.tokens_per_step();
    train(experiment, was).map(|train| read / train as f64)
}

/// Tokens of the train text that runs read.
pub fn train(experiment: &Experiment, was: &Rule) -> Option<usize> {
    let whole = experiment.splits.map(|splits| splits.train);
    let read = was.recipe.read_tokens;
    whole.map(|whole| if read > 0 { read } else { whole })
}

/// What λ is that keeps the timescale in epochs, where code is carried by κ: for a text that is read another number of
/// times the two differ by that ratio.
pub fn other_rule(experiment: &Experiment, was: &Rule, moved: Option<&Moved>) -> Option<String> {
    let moved = moved?;
    let lambda = moved.weight_decay.filter(|lambda| *lambda > 0.0)?;
    let (lambda, epochs) = (short(lambda), short(of_run(experiment, was)?));
    Some(format!(
        "The epochs: this keeps κ, the sum of decay over the run; to keep the timescale τ in epochs of the text is \
         another rule, which gives another λ: {lambda} · E/{epochs} where your text is read E times{}.",
        advised(experiment, was, moved).unwrap_or_default()
    ))
}

/// The call that shows that rule, which is one of AdamW, with what is known of its numbers.
fn advised(experiment: &Experiment, was: &Rule, moved: &Moved) -> Option<String> {
    let is_adamw = was.recipe.optimizer == OptimizerKind::Adam && was.form() == Form::AdamW;
    let train = train(experiment, was).filter(|_| is_adamw)?;
    let steps_per_epoch = train as f64 / was.tokens_per_step();
    let lr = was.bulk_schedule().lr;
    Some(format!(
        "; `wane advise --params N --unique-tokens U --tokens {} --batch {} --lr {} --base-weight-decay {} --base-lr {} \
         --base-steps-per-epoch {}` shows it for a model of N parameters and a text of U tokens",
        number(moved.tokens),
        number(moved.tokens_per_step),
        number(moved.lr * (lr / was.recipe.lr)),
        number(was.bulk_lambda()),
        number(lr),
        number(steps_per_epoch)
    ))
}

/// A number to six digits, as one would type it.
fn number(value: f64) -> String {
    plain(to_digits(value, 6))
}

/// The same to three digits.
fn short(value: f64) -> String {
    plain(to_digits(value, 3))
}
