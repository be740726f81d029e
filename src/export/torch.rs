//! PyTorch: its own optimizer where that is the same, else one of a page.

use super::groups::ParameterGroup;
use super::python::{constants, fall, filled, groups, lambda, number, pair};
use super::rule::Rule;
use crate::config::{Form, MuonScale, OptimizerKind};

mod own;

const HEAD: &str = "import math\n\nimport torch\n\n";

/// Where a gradient is clipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clip {
    /// By whoever takes the step.
    Outside,
    /// By the optimizer before its step: after what it adds to the gradient.
    Inside,
}

/// The whole snippet.
pub fn code(rule: &Rule) -> String {
    let before = match clip(rule) {
        Clip::Outside if rule.recipe.clip > 0.0 => {
            "    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)\n"
        }
        _ => "",
    };
    let take_step = filled(include_str!("torch/take_step.py"), &[("before", before)]);
    format!("{HEAD}{}{take_step}", body(rule))
}

/// λ/2 ‖w‖² in the loss is a part of the gradient that is clipped.
pub fn clip(rule: &Rule) -> Clip {
    if rule.form() == Form::L2Loss { Clip::Inside } else { Clip::Outside }
}

/// Constants, groups, optimizer and scheduler.
pub fn body(rule: &Rule) -> String {
    let fall = fall(rule.recipe.schedule, "math");
    let mut parts = vec![
        constants(rule),
        own_constants(rule),
        groups(&rule.groups(), |group| entries(rule, group)),
        filled(include_str!("torch/schedule.py"), &[("fall", &fall)]),
    ];
    if rule.schedules_lambda() {
        let lambda = lambda(rule, "math");
        parts.push(filled(include_str!("torch/lambda.py"), &[("lambda", &lambda)]));
    }
    let values = [("matrices", marks(rule)), ("coarse", &coarse(rule))];
    parts.push(filled(include_str!("torch/roles.py"), &values));
    parts.push(penalty(rule));
    parts.push(if is_native(rule) { native(rule) } else { own::code(rule) });
    parts.push(include_str!("torch/loop.py").to_owned());
    parts.concat()
}

/// Statements that say of a parameter which matrices it holds, and refuse what holds them in a way that no rule can tell.
fn marks(rule: &Rule) -> &'static str {
    match rule.recipe.optimizer {
        _ if own::needs_matrices(rule) => include_str!("torch/mark_matrices.py"),
        OptimizerKind::Adafactor => include_str!("torch/mark_stacks.py"),
        _ => "",
    }
}

/// Statements that warn of decay that the type of a parameter rounds away.
fn coarse(rule: &Rule) -> String {
    if !rule.shrinks_weights() {
        return String::new();
    }
    let key = if is_native(rule) && is_per_step(rule) { "coefficient" } else { "weight_decay" };
    let lr = match rule.form() {
        Form::LrPower => "group[\"lr\"] ** 2",
        _ => "group[\"lr\"]",
    };
    let share = format!("{lr} * group[\"{key}\"]");
    filled(include_str!("torch/coarse.py"), &[("share", &share)])
}

/// Constants of what PyTorch has no optimizer for.
fn own_constants(rule: &Rule) -> String {
    let recipe = &rule.recipe;
    match rule.form() {
        Form::TargetNorm => format!(
            "TARGET_NORM = {}  # norm that decay draws a matrix to, as a share of its first\n",
            number(recipe.target_norm)
        ),
        _ => String::new(),
    }
}

/// Whether PyTorch's own optimizer takes the same steps.
fn is_native(rule: &Rule) -> bool {
    match (rule.recipe.optimizer, rule.form()) {
        (_, Form::Cautious | Form::TargetNorm | Form::Hyperball | Form::Matched) => false,
        (OptimizerKind::Adam, _) => true,
        (OptimizerKind::Sgd, form) => matches!(form, Form::None | Form::L2 | Form::L2Loss),
        _ => false,
    }
}

/// Whether λ of PyTorch's optimizer is set anew in every step.
fn is_per_step(rule: &Rule) -> bool {
    let form = rule.form();
    let follows_lr = matches!(form, Form::Corrected | Form::CorrectedAll | Form::LrPower);
    follows_lr || rule.schedules_lambda() && form != Form::L2Loss
}

/// The keys of a group.
fn entries(rule: &Rule, group: &ParameterGroup) -> Vec<(&'static str, String)> {
    let mut entries = vec![("lr", number(group.lr))];
    let lambda = coefficient(rule, group);
    if rule.form() == Form::L2Loss {
        entries.extend([("weight_decay", number(0.0)), ("penalty", lambda)]);
    } else if is_native(rule) && is_per_step(rule) {
        entries.extend([("weight_decay", number(0.0)), ("coefficient", lambda)]);
    } else {
        entries.push(("weight_decay", lambda));
    }
    let form = rule.form();
    if matches!(form, Form::Corrected | Form::CorrectedAll) {
        entries.extend([("peak_lr", number(group.lr)), ("power", group.power.to_string())]);
    }
    if !is_native(rule) {
        entries.extend(own::entries(rule, group));
    }
    entries
}

/// λ of a group; that of independent decay over its learning rate, by which optimizers multiply it.
fn coefficient(rule: &Rule, group: &ParameterGroup) -> String {
    let lambda = number(group.coefficient());
    match rule.form() {
        Form::Independent if group.decayed => format!("{lambda} / {}", number(group.lr)),
        _ => lambda,
    }
}

/// What adds λ w to the gradient before the clip.
fn penalty(rule: &Rule) -> String {
    if rule.form() != Form::L2Loss {
        return String::new();
    }
    let [count, lambda] = match rule.schedules_lambda() {
        true => [
            "        group[\"penalised\"] = step = group.get(\"penalised\", 0) + 1\n",
            " * lambda_factor(step)",
        ],
        false => ["", ""],
    };
    let clip = match rule.recipe.clip > 0.0 {
        true => {
            "    every = [p for group in optimizer.param_groups for p in group[\"params\"]]\n    \
             torch.nn.utils.clip_grad_norm_(every, CLIP)\n"
        }
        false => "",
    };
    filled(
        include_str!("torch/clip_inside.py"),
        &[("count", count), ("penalty", &format!("group[\"penalty\"]{lambda}")), ("clip", clip)],
    )
}

/// PyTorch's own optimizer.
fn native(rule: &Rule) -> String {
    let (form, recipe) = (rule.form(), &rule.recipe);
    let says = match (recipe.optimizer, form) {
        (_, Form::L2) => "Decay enters the gradient after the clip, as PyTorch has it.",
        (_, Form::L2Loss) => "Decay enters the gradient before the clip, so the optimizer clips.",
        (_, Form::None) => "Nothing decays.",
        (_, Form::Independent) => "PyTorch decays by lr · weight_decay, here by lr/peak · λ.",
        _ => "Decay apart from the update, by lr · weight_decay, as PyTorch has it.",
    };
    let made = match recipe.optimizer {
        OptimizerKind::Sgd => {
            "torch.optim.SGD(parameter_groups(model), lr=GROUPS[0][\"lr\"], momentum=MOMENTUM)"
                .to_owned()
        }
        _ => format!(
            "torch.optim.{}(parameter_groups(model), betas={}, eps={})",
            if matches!(form, Form::L2 | Form::L2Loss) { "Adam" } else { "AdamW" },
            pair(recipe.betas),
            number(recipe.eps)
        ),
    };
    if is_per_step(rule) {
        let count = match rule.schedules_lambda() {
            true => "        group[\"taken\"] = step = group.get(\"taken\", 0) + 1\n",
            false => "",
        };
        return filled(
            include_str!("torch/native_per_step.py"),
            &[
                ("count", count),
                ("per_step", &per_step(rule)),
                ("says", says),
                ("make", &format!("optimizer = {made}")),
            ],
        );
    }
    let make = match clip(rule) {
        Clip::Inside => format!(
            "optimizer = {made}\n    optimizer.register_step_pre_hook(add_penalty_and_clip)\n    return optimizer"
        ),
        Clip::Outside => format!("return {made}"),
    };
    filled(include_str!("torch/native.py"), &[("says", says), ("make", &make)])
}

/// Statements that set λ of a step under PyTorch's own optimizer.
fn per_step(rule: &Rule) -> String {
    let mut lines = vec!["group[\"weight_decay\"] = group[\"coefficient\"]"];
    if rule.schedules_lambda() {
        lines.push("group[\"weight_decay\"] *= lambda_factor(step)");
    }
    match rule.form() {
        Form::LrPower => lines.push("group[\"weight_decay\"] *= group[\"lr\"]"),
        Form::Corrected | Form::CorrectedAll => lines.push(
            "group[\"weight_decay\"] *= (group[\"lr\"] / group[\"peak_lr\"]) ** group[\"power\"]",
        ),
        _ => {}
    }
    lines.join("\n        ")
}

/// How far an orthogonal update goes.
fn muon_scale(scale: MuonScale) -> &'static str {
    match scale {
        MuonScale::Moonlight => "0.2 * math.sqrt(max(inputs, outputs))",
        MuonScale::KellerJordan => "math.sqrt(max(1.0, outputs / inputs))",
    }
}
