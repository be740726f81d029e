//! An optimizer of a page, for what PyTorch has none: the rules and the forms of decay one by one.

use super::super::groups::ParameterGroup;
use super::super::python::{filled, number, pair};
use super::super::rule::Rule;
use super::{Clip, clip, muon_scale};
use crate::config::{Form, Named, OptimizerKind};

/// The optimizer, with what its rules need.
pub fn code(rule: &Rule) -> String {
    let mut parts = Vec::new();
    if needs_matrices(rule) {
        parts.push(include_str!("matrices.py").to_owned());
    }
    if matches!(rule.form(), Form::TargetNorm | Form::Hyperball) {
        parts.push(include_str!("norms.py").to_owned());
    }
    let kinds = kinds(rule);
    let rules: Vec<String> = kinds.iter().map(|kind| step_of(*kind, rule)).collect();
    let (table, update) = match kinds.as_slice() {
        [one] => (String::new(), format!("{}(p, g, state, group)", one.name())),
        kinds => (table(kinds), "RULES[group[\"rule\"]](p, g, state, group)".to_owned()),
    };
    let lambda = if rule.schedules_lambda() && clip(rule) == Clip::Outside {
        "\n    weight_decay = weight_decay * lambda_factor(group[\"taken\"])"
    } else {
        ""
    };
    let gradient = match rule.form() {
        Form::L2 => "p.grad + weight_decay * p",
        _ => "p.grad",
    };
    let says = format!("{} with decay as wane has it.", rule.recipe.optimizer.name());
    let values = [
        ("says", says.as_str()),
        ("lambda", lambda),
        ("gradient", gradient),
        ("update", &update),
        ("decay", decay(rule)),
        ("make", made(rule)),
    ];
    let own = filled(include_str!("own.py"), &values);
    [parts.concat(), rules.concat(), table, own].concat()
}

/// The rules of its groups, each once.
fn kinds(rule: &Rule) -> Vec<OptimizerKind> {
    let mut kinds: Vec<OptimizerKind> = Vec::new();
    for group in rule.groups() {
        if !kinds.contains(&group.optimizer) {
            kinds.push(group.optimizer);
        }
    }
    kinds
}

fn table(kinds: &[OptimizerKind]) -> String {
    let names = kinds.iter().map(|kind| format!("\"{0}\": {0}", kind.name()));
    format!("\n\nRULES = {{{}}}\n", names.collect::<Vec<_>>().join(", "))
}

/// Whether it goes by single matrices.
pub fn needs_matrices(rule: &Rule) -> bool {
    let by_norms = matches!(rule.form(), Form::TargetNorm | Form::Hyperball);
    by_norms || rule.recipe.optimizer == OptimizerKind::Muon
}

/// What a group has beside learning rate and λ.
pub fn entries(rule: &Rule, group: &ParameterGroup) -> Vec<(&'static str, String)> {
    let mut entries = Vec::new();
    if kinds(rule).len() > 1 {
        entries.push(("rule", format!("\"{}\"", group.optimizer.name())));
    }
    match group.optimizer {
        OptimizerKind::Adam | OptimizerKind::Adafactor => {
            entries.extend([("betas", pair(group.betas)), ("eps", number(group.eps))]);
        }
        OptimizerKind::Lion => entries.push(("betas", pair(group.betas))),
        OptimizerKind::Sgd | OptimizerKind::Muon | OptimizerKind::Soap => {}
    }
    entries
}

fn step_of(kind: OptimizerKind, rule: &Rule) -> String {
    match kind {
        OptimizerKind::Adam => include_str!("adam.py").to_owned(),
        OptimizerKind::Adafactor => include_str!("adafactor.py").to_owned(),
        OptimizerKind::Sgd => include_str!("sgd.py").to_owned(),
        OptimizerKind::Lion => include_str!("lion.py").to_owned(),
        OptimizerKind::Muon => {
            filled(include_str!("muon.py"), &[("scale", muon_scale(rule.recipe.muon_scale))])
        }
        // Refused before any code is written.
        OptimizerKind::Soap => String::new(),
    }
}

fn made(rule: &Rule) -> &'static str {
    match clip(rule) {
        Clip::Outside => "return Rule(parameter_groups(model))",
        Clip::Inside => {
            "optimizer = Rule(parameter_groups(model))\n    \
             optimizer.register_step_pre_hook(add_penalty_and_clip)\n    return optimizer"
        }
    }
}

/// How a form of decay and the update change a parameter.
fn decay(rule: &Rule) -> &'static str {
    match rule.form() {
        Form::None | Form::L2 | Form::L2Loss | Form::Matched => "    p.sub_(update)\n",
        Form::AdamW | Form::Independent => "    p.mul_(1 - lr * weight_decay).sub_(update)\n",
        Form::Corrected | Form::CorrectedAll => {
            "    share = lr * weight_decay * (lr / group[\"peak_lr\"]) ** group[\"power\"]\n    \
             p.mul_(1 - share).sub_(update)\n"
        }
        Form::LrPower => "    p.mul_(1 - lr * lr * weight_decay).sub_(update)\n",
        Form::Cautious => {
            "    agree = update.sign() * p.sign() >= 0\n    \
             p.mul_(1 - lr * weight_decay * agree).sub_(update)\n"
        }
        Form::TargetNorm => {
            "    firsts = first_norms(p, state)\n    \
             for part, first in zip(matrices(p, p), firsts):\n        \
             part.mul_(1 - lr * weight_decay * (1 - TARGET_NORM * first / norm(part)))\n    \
             p.sub_(update)\n"
        }
        Form::Hyperball => {
            "    if weight_decay == 0:\n        \
             p.sub_(update)\n        \
             return\n    \
             firsts = first_norms(p, state)\n    \
             for part, moved, first in zip(matrices(p, p), matrices(update, p), firsts):\n        \
             part.sub_(moved * (lr * first / norm(moved)))\n        \
             part.mul_(first / norm(part))\n"
        }
    }
}
