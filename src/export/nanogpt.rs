//! nanoGPT: a file of its configuration where its own optimizer is the same; else with the optimizer beside it.

use super::python::number;
use super::rule::Rule;
use super::torch::{self, Clip};
use crate::config::{Form, LrShape, Mask, OptimizerKind, Recipe};

/// The whole file, for `train.py FILE`.
pub fn code(rule: &Rule) -> String {
    let config = config(rule);
    match differences(rule).is_empty() {
        true => config,
        false => format!("import math\n\nimport torch\n\n{config}\n{}", torch::body(rule)),
    }
}

/// What nanoGPT's own optimizer and schedule cannot do.
pub fn differences(rule: &Rule) -> Vec<String> {
    let (recipe, form) = (&rule.recipe, rule.form());
    let mut told = Vec::new();
    let mut tell = |differs: bool, text: &str| told.extend(differs.then(|| text.to_owned()));
    tell(recipe.optimizer != OptimizerKind::Adam, "nanoGPT's optimizer is AdamW, this is not.");
    tell(
        !matches!(form, Form::None | Form::AdamW | Form::Independent),
        "nanoGPT decays by lr · weight_decay apart from the update, this does not.",
    );
    tell(
        form != Form::None && rule.decay.mask != Some(Mask::Matrices),
        "nanoGPT decays every tensor of two or more axes, this another set.",
    );
    tell(!rule.by_role.is_empty(), "nanoGPT has one learning rate and one λ, this one by role.");
    tell(rule.schedules_lambda(), "nanoGPT's λ stays, this changes over the run.");
    tell(
        recipe.schedule != LrShape::Cosine || recipe.hold > 0,
        "nanoGPT's learning rate falls along a cosine right after the warm-up, this does not.",
    );
    tell(recipe.eps != 1e-8, "nanoGPT leaves ε at 1e-8, this does not.");
    told
}

/// How the file is used.
pub fn usage(rule: &Rule) -> &'static str {
    match differences(rule).is_empty() {
        true => {
            "Use: python train.py THIS_FILE. Its iterations count from 0 and its warm-up ends a step later than it says: \
             the numbers below make step t the step t of wane."
        }
        false => {
            "Use: python train.py THIS_FILE, after two changes to train.py: make `optimizer = make_optimizer(model)` \
             and `scheduler = make_scheduler(optimizer)` of the line `optimizer = model.configure_optimizers(…)`; in the \
             loop that sets param_group['lr'], set it to `param_group['initial_lr'] * lr_factor(iter_num + 1)`, which \
             goes on where a run is resumed."
        }
    }
}

/// nanoGPT's keys. Its learning rate at iteration i, from 0, is that of step i + 1 here with a warm-up and a fall
/// that end a step earlier.
fn config(rule: &Rule) -> String {
    let Recipe { steps, warmup, lr, min_lr_ratio, betas: [beta_1, beta_2], .. } = rule.recipe;
    let clip = match torch::clip(rule) {
        Clip::Outside => rule.recipe.clip,
        Clip::Inside => 0.0,
    };
    let mut lines = vec![
        format!("learning_rate = {}", number(lr)),
        format!("min_lr = {} * {}", number(min_lr_ratio), number(lr)),
        format!("warmup_iters = {}", warmup as i64 - 1),
        // A fall of no iterations would divide by 0.
        format!("lr_decay_iters = {}", (steps - 1).max(warmup)),
        format!("max_iters = {}", steps - 1),
        "decay_lr = True".to_owned(),
        format!("grad_clip = {}", number(clip)),
    ];
    if differences(rule).is_empty() {
        lines.extend([
            format!("weight_decay = {}", weight_decay(rule)),
            format!("beta1 = {}", number(beta_1)),
            format!("beta2 = {}", number(beta_2)),
        ]);
    }
    lines.join("\n") + "\n"
}

fn weight_decay(rule: &Rule) -> String {
    let lambda = number(rule.bulk_lambda());
    match rule.form() {
        Form::None => number(0.0),
        Form::Independent => format!("{lambda} / {}", number(rule.recipe.lr)),
        _ => lambda,
    }
}
