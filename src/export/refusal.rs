use anyhow::{Result, bail};

use super::arms::{ArmRows, Arms};
use super::groups::ParameterGroup;
use super::rule::Rule;
use super::target::Target;
use crate::config::{Form, Named, OptimizerKind, Role, plain};

/// Refuses what a target cannot have, with what to use in its place; `arm` is the one whose rule it is.
pub fn check(target: Target, rule: &Rule, arms: &Arms, arm: &ArmRows) -> Result<()> {
    if rule.form() == Form::Matched {
        bail!("{}", matched(arms, arm));
    }
    if rule.recipe.optimizer == OptimizerKind::Soap {
        bail!("{}", soap(rule));
    }
    if target == Target::Optax {
        check_optax(rule)?;
    }
    Ok(())
}

fn matched(arms: &Arms, arm: &ArmRows) -> String {
    let instead = match arms.twin_under_adamw(arm) {
        Some(twin) => format!("export that run's own arm, --arm '{}'", twin.label),
        None => "that run has no arm here, so train one with form = 'adamw' and all else as in this arm, and export it"
            .to_owned(),
    };
    format!(
        "the form `matched` follows the weights of another run step by step, that under AdamW with the same λ, which no \
         other trainer has; {instead}"
    )
}

fn soap(rule: &Rule) -> String {
    let (of_soap, others): (Vec<_>, Vec<_>) =
        rule.groups().into_iter().partition(|group| group.optimizer == OptimizerKind::Soap);
    let told = |groups: &[ParameterGroup], more: &str| {
        let each = groups.iter().map(|group| numbers(rule, group, more));
        each.collect::<Vec<_>>().join("; ")
    };
    let more = format!(
        ", shampoo_beta={}, precondition_frequency={}",
        plain(rule.recipe.shampoo_beta),
        rule.recipe.precondition_every
    );
    let adam = if is_l2(rule.form()) { "Adam" } else { "AdamW" };
    format!(
        "SOAP's first axes are not determined where gradients have no component, so no other code can be held against \
         it step by step; use its authors' (github.com/nikhilvyas/SOAP, arXiv 2409.11321) for {}; and {adam} for {}.{}",
        told(&of_soap, &more),
        told(&others, ""),
        by_hand(rule)
    )
}

/// The roles of a group and what its optimizer is given.
fn numbers(rule: &Rule, group: &ParameterGroup, more: &str) -> String {
    let roles: Vec<&str> = group.roles.iter().map(|role| role.name()).collect();
    let [beta_1, beta_2] = group.betas.map(plain);
    format!(
        "{} with lr={}, betas=({beta_1}, {beta_2}), eps={}, weight_decay={}{more}",
        roles.join(", "),
        plain(group.lr),
        plain(group.eps),
        plain(theirs(rule.form(), group).unwrap_or(0.0))
    )
}

/// λ of an optimizer that multiplies it by the learning rate, or adds it to the gradient where that is the form and
/// the optimizer Adam; `None` where there is no such number.
fn theirs(form: Form, group: &ParameterGroup) -> Option<f64> {
    let lambda = group.weight_decay.filter(|_| group.decayed);
    match form {
        _ if !group.decayed => Some(0.0),
        Form::None | Form::AdamW => lambda,
        Form::Independent => Some(lambda? / group.lr),
        // Outside of blocks it is AdamW.
        Form::Corrected if group.power == 0 => lambda,
        Form::L2 if group.optimizer == OptimizerKind::Adam => lambda,
        _ => None,
    }
}

fn is_l2(form: Form) -> bool {
    matches!(form, Form::L2 | Form::L2Loss)
}

/// What of the decay no number of theirs says.
fn by_hand(rule: &Rule) -> String {
    let form = rule.form();
    let mut told = String::new();
    if rule.groups().iter().any(|group| theirs(form, group).is_none()) {
        told += &format!(
            " `{form}` has no counterpart there, where decay is w ← (1 − lr · weight_decay) w: weight_decay=0 and its own \
             rate, {}, written into the code.",
            rate(rule)
        );
    }
    if rule.schedules_lambda() {
        told += &format!(
            " λ changes over the run along `{}`, which theirs does not.",
            rule.recipe.decay_schedule.name()
        );
    }
    told
}

/// What the form does to the matrices inside blocks, with their λ.
fn rate(rule: &Rule) -> String {
    let form = rule.form();
    match form.takes_weight_decay() {
        true => format!("{} with λ = {}", form.rate(Role::Mlp), plain(rule.bulk_lambda())),
        false => form.rate(Role::Mlp).to_owned(),
    }
}

fn check_optax(rule: &Rule) -> Result<()> {
    let optimizer = rule.recipe.optimizer;
    if matches!(optimizer, OptimizerKind::Muon | OptimizerKind::Adafactor) {
        let why = match optimizer {
            OptimizerKind::Muon => {
                "optax.contrib.muon takes other steps (its own scale, no look at packed q, k, v)"
            }
            _ => "optax.adafactor factorizes and bounds its updates, which PaLM's does not",
        };
        bail!(
            "{why}, so {} is not exported to Optax; --to pytorch writes it in full",
            optimizer.name()
        );
    }
    if matches!(rule.form(), Form::TargetNorm | Form::Hyperball) {
        bail!(
            "`{}` goes by the norms of whole matrices, which is not exported to Optax; --to pytorch writes it in full",
            rule.form()
        );
    }
    Ok(())
}
