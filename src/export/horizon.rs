use anyhow::{Result, ensure};
use serde::Serialize;

use super::rule::Rule;
use crate::config::{Role, plain, timescale_steps, to_digits};

/// Where a rule is to be used; what is missing is as in the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Horizon {
    /// Training tokens.
    pub tokens: Option<f64>,
    /// Training tokens of a step.
    pub batch: Option<f64>,
    /// Peak learning rate.
    pub lr: Option<f64>,
}

/// A rule that was carried to another horizon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moved {
    pub tokens: f64,
    pub tokens_per_step: f64,
    /// Whole steps in that many tokens.
    pub steps: usize,
    /// Peak learning rate.
    pub lr: f64,
    /// λ that keeps κ; `None` where the form has no λ of which κ could be kept.
    pub weight_decay: Option<f64>,
    /// What every λ of the run was multiplied by.
    pub factor: Option<f64>,
}

/// Fewer have no warm-up and no fall.
const FEWEST_STEPS: f64 = 10.0;
/// A step that takes more of a weight leaves little of what was learned.
const MOST_SHARE: f64 = 0.5;
/// More steps than anybody takes; every count up to here is exact in float64.
const MOST_STEPS: f64 = 1e15;

impl Horizon {
    fn is_given(&self) -> bool {
        self.tokens.is_some() || self.batch.is_some() || self.lr.is_some()
    }

    /// The rule at this horizon, and how it came there; as it was where no horizon is given. Warm-up and hold keep
    /// their shares of the run.
    pub fn apply(&self, was: &Rule) -> Result<(Rule, Option<Moved>)> {
        if !self.is_given() {
            return Ok((was.clone(), None));
        }
        let tokens_of_run = was.recipe.steps as f64 * was.tokens_per_step();
        let tokens = self.tokens.unwrap_or(tokens_of_run);
        let batch = self.batch.unwrap_or(was.tokens_per_step());
        let lr = self.lr.unwrap_or(was.recipe.lr);
        let steps = tokens / batch;
        ensure!(
            (FEWEST_STEPS..=MOST_STEPS).contains(&steps),
            "{} tokens at {} tokens a step are {} steps; expected at least {FEWEST_STEPS} and at most {MOST_STEPS:e}: \
             --tokens is all of training, --batch what one step reads, in tokens",
            plain(tokens),
            plain(batch),
            plain(steps)
        );
        let there = [tokens, batch, lr].map(plain);
        let there = format!("{} tokens, {} tokens a step and lr {}", there[0], there[1], there[2]);
        let factor = factor(was, lr, steps);
        if let Some(factor) = factor {
            ensure!(
                factor.is_finite() && factor > 0.0,
                "the λ that keeps κ at {there} is beyond what a number can be"
            );
        }
        let rule = carried(was, steps, lr, factor.unwrap_or(1.0));
        check_shares(&rule, &there)?;
        let weight_decay = factor.map(|_| rule.bulk_lambda());
        let whole = rule.recipe.steps;
        let moved =
            Moved { tokens, tokens_per_step: batch, steps: whole, lr, weight_decay, factor };
        Ok((rule, Some(moved)))
    }
}

/// Refuses decay that takes too much of any parameter in a step.
fn check_shares(rule: &Rule, there: &str) -> Result<()> {
    // Of several the first: a head by analogy has the λ of its embedding.
    let shares = Role::ALL.into_iter().rev().filter_map(|role| Some((share(rule, role)?, role)));
    let Some((share, role)) = shares.max_by(|a, b| a.0.total_cmp(&b.0)) else {
        return Ok(());
    };
    let whose = if rule.is_bulk_apart() { format!(" (of the role {role})") } else { String::new() };
    ensure!(
        share < MOST_SHARE,
        "the λ{whose} that keeps κ at {there} is {}, which takes {} of a weight in a step; such a run is too short for it",
        plain(rule.group(role).weight_decay),
        plain(written(share))
    );
    Ok(())
}

/// Share of a weight of this role that a step at the peak takes away; `None` without decay and for forms that have none.
fn share(rule: &Rule, role: Role) -> Option<f64> {
    let group = rule.group(role);
    let schedule = group.recipe.lr_schedule();
    let lambda = rule.lambda_of_law(group.weight_decay);
    let steps = timescale_steps(rule.law(), lambda, &schedule);
    steps.filter(|_| rule.decays_role(role)).map(f64::recip)
}

/// What λ is multiplied by so that T times the rate at the peak stays: κ of every parameter, whatever its λ.
fn factor(was: &Rule, lr: f64, steps: f64) -> Option<f64> {
    let form = was.law();
    if !form.takes_weight_decay() {
        return None;
    }
    let schedule = was.bulk_schedule();
    let ratio = lr / was.recipe.lr;
    let there = crate::config::Schedule { lr: schedule.lr * ratio, ..schedule };
    let [here, there] = [schedule, there].map(|schedule| timescale_steps(form, 1.0, &schedule));
    Some(was.recipe.steps as f64 / here? * there? / steps)
}

/// A number without the noise of its last digits.
fn written(value: f64) -> f64 {
    to_digits(value, 10)
}

fn carried(was: &Rule, steps: f64, lr: f64, factor: f64) -> Rule {
    let mut rule = was.clone();
    let recipe = &mut rule.recipe;
    let longer = steps / recipe.steps as f64;
    let stretched = |count: usize| (count as f64 * longer).round() as usize;
    let ratio = lr / recipe.lr;
    let [warmup, hold] = [stretched(recipe.warmup), stretched(recipe.hold)];
    recipe.steps = steps.floor() as usize;
    recipe.warmup = warmup.min(recipe.steps);
    recipe.hold = hold.min(recipe.steps - recipe.warmup);
    (recipe.lr, recipe.adam_lr) = (lr, recipe.adam_lr * ratio);
    rule.decay.weight_decay = rule.decay.weight_decay.map(|lambda| written(lambda * factor));
    for role in Role::ALL {
        if let Some(own) = was.by_role.lr(role) {
            rule.by_role.set_lr(role, own * ratio);
        }
        if let Some(own) = was.by_role.weight_decay(role) {
            rule.by_role.set_weight_decay(role, written(own * factor));
        }
    }
    rule
}
