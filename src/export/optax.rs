//! Optax: a chain of its own transformations where one λ and one learning rate are all there is; else the last of
//! them written out by groups.

use super::groups::ParameterGroup;
use super::python::{constants, fall, filled, groups, lambda, number, roles};
use super::rule::Rule;
use crate::config::{Form, OptimizerKind, Recipe, Role};

const HEAD: &str = "import jax\nimport jax.numpy as jnp\nimport optax\n\n";

/// The whole snippet.
pub fn code(rule: &Rule) -> String {
    let fall = fall(rule.recipe.schedule, "jnp");
    let schedule = filled(include_str!("optax/schedule.py"), &[("fall", &fall)]);
    let rest = if is_plain(rule) { plain(rule) } else { own(rule) };
    let [head, body] = rest;
    let parts = [HEAD, &constants(rule), &head, &schedule, include_str!("optax/roles.py"), &body];
    parts.concat()
}

/// Whether Optax's own transformations are enough.
fn is_plain(rule: &Rule) -> bool {
    let of_form = matches!(
        rule.form(),
        Form::None | Form::AdamW | Form::L2 | Form::L2Loss | Form::Independent
    );
    let groups = rule.groups();
    let lambdas = groups.iter().filter(|group| group.decayed).count();
    let has_one_lr = groups.iter().all(|group| group.lr == groups[0].lr);
    of_form && !rule.schedules_lambda() && lambdas <= 1 && has_one_lr
}

/// Optax's own transformations: constants, then the optimizer.
fn plain(rule: &Rule) -> [String; 2] {
    let groups = rule.groups();
    let decayed = groups.iter().find(|group| group.decayed);
    let of_none: &[Role] = &[];
    let mut head = format!("PEAK_LR = {}\n", number(groups[0].lr));
    head += &format!("DECAYED = {}\n", roles(decayed.map_or(of_none, |group| &group.roles)));
    let lambda = number(decayed.map_or(0.0, ParameterGroup::coefficient));
    let lambda = match rule.form() {
        Form::Independent => format!("{lambda} / PEAK_LR"),
        _ => lambda,
    };
    head += &format!("WEIGHT_DECAY = {lambda}\n");
    let decay = (rule.form() != Form::None)
        .then_some("optax.add_decayed_weights(WEIGHT_DECAY, mask=is_decayed)");
    let mut chain = in_order(rule, decay);
    chain.push("optax.scale_by_learning_rate(learning_rate)".to_owned());
    let body =
        filled(include_str!("optax/plain.py"), &[("says", says(rule)), ("chain", &lines(&chain))]);
    [head, body]
}

/// The last transformation written out: constants, then the optimizer.
fn own(rule: &Rule) -> [String; 2] {
    let form = rule.form();
    let mut head = groups(&rule.groups(), |group| entries(rule, group));
    if rule.schedules_lambda() {
        let lambda = lambda(rule, "jnp");
        head += &filled(include_str!("optax/lambda.py"), &[("lambda", &lambda)]);
    }
    let factor = if rule.schedules_lambda() { " * lambda_factor(step)" } else { "" };
    let is_l2 = matches!(form, Form::L2 | Form::L2Loss);
    let penalty = if is_l2 { include_str!("optax/penalty.py") } else { "" };
    let mut chain = in_order(rule, is_l2.then_some("by_group(penalty)"));
    chain.push("by_group(move)".to_owned());
    let body = filled(
        &filled(include_str!("optax/own.py"), &[("penalty", penalty)]),
        &[
            ("lambda", factor),
            ("move", moved(form)),
            ("says", says(rule)),
            ("chain", &lines(&chain)),
        ],
    );
    [head, body]
}

fn lines(chain: &[String]) -> String {
    chain.iter().map(|one| format!("        {one},\n")).collect()
}

/// Clip, what decay adds, and the optimizer's own rule, in the order of the form.
fn in_order(rule: &Rule, decay: Option<&str>) -> Vec<String> {
    let Recipe { clip, betas: [beta_1, beta_2], eps, momentum, .. } = rule.recipe;
    let clip = (clip > 0.0).then(|| "optax.clip_by_global_norm(CLIP)".to_owned());
    let [beta_1, beta_2] = [beta_1, beta_2].map(number);
    let direction = match rule.recipe.optimizer {
        OptimizerKind::Sgd => format!("optax.trace(decay={})", number(momentum)),
        OptimizerKind::Lion => format!("optax.scale_by_lion(b1={beta_1}, b2={beta_2})"),
        _ => format!("optax.scale_by_adam(b1={beta_1}, b2={beta_2}, eps={})", number(eps)),
    };
    let (decay, direction) = (decay.map(str::to_owned), Some(direction));
    let chain = match rule.form() {
        Form::L2Loss => [decay, clip, direction],
        Form::L2 => [clip, decay, direction],
        _ => [clip, direction, decay],
    };
    chain.into_iter().flatten().collect()
}

fn entries(rule: &Rule, group: &ParameterGroup) -> Vec<(&'static str, String)> {
    let lambda = number(group.coefficient());
    let lambda = match rule.form() {
        Form::Independent if group.decayed => format!("{lambda} / {}", number(group.lr)),
        _ => lambda,
    };
    let mut entries = vec![("lr", number(group.lr)), ("weight_decay", lambda)];
    if matches!(rule.form(), Form::Corrected | Form::CorrectedAll) {
        entries.push(("power", group.power.to_string()));
    }
    entries
}

/// What a step adds to a parameter.
fn moved(form: Form) -> &'static str {
    match form {
        Form::None | Form::L2 | Form::L2Loss => "-lr * u",
        Form::LrPower => "-lr * (u + lr * weight_decay * p)",
        Form::Corrected | Form::CorrectedAll => {
            "-lr * (u + weight_decay * (lr / group[\"lr\"]) ** group[\"power\"] * p)"
        }
        Form::Cautious => "-lr * (u + weight_decay * (jnp.sign(u) * jnp.sign(p) >= 0) * p)",
        // Those that go by norms are refused before any code is written.
        Form::AdamW | Form::Independent | Form::TargetNorm | Form::Hyperball | Form::Matched => {
            "-lr * (u + weight_decay * p)"
        }
    }
}

fn says(rule: &Rule) -> &'static str {
    match rule.form() {
        Form::None => "Nothing decays.",
        Form::L2 => "Decay enters the gradient after the clip.",
        Form::L2Loss => "Decay enters the gradient before the clip.",
        _ => "Decay apart from the update.",
    }
}
