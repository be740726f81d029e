//! Pieces of Python, and how values are written there.

use super::groups::ParameterGroup;
use super::rule::Rule;
use crate::config::{DecaySchedule, LrShape, OptimizerKind, Role};

/// A piece with its `{{names}}` filled in.
pub fn filled(piece: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(piece.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

/// A number with every digit that tells it from others.
pub fn number(value: f64) -> String {
    format!("{value:?}")
}

/// Roles as a tuple.
pub fn roles(roles: &[Role]) -> String {
    let names: Vec<String> = roles.iter().map(|role| format!("\"{role}\"")).collect();
    let comma = if names.len() == 1 { "," } else { "" };
    format!("({}{comma})", names.join(", "))
}

/// The lines of all groups; `entries` are the keys of one with their values.
pub fn groups(
    groups: &[ParameterGroup],
    entries: impl Fn(&ParameterGroup) -> Vec<(&'static str, String)>,
) -> String {
    let line = |group: &ParameterGroup| {
        let entries = entries(group).into_iter();
        let rest: String = entries.map(|(key, value)| format!(", \"{key}\": {value}")).collect();
        format!("    {{\"roles\": {}{rest}}},\n", roles(&group.roles))
    };
    format!("GROUPS = [\n{}]\n", groups.iter().map(line).collect::<String>())
}

/// What the schedule and the optimizer go by, as constants.
pub fn constants(rule: &Rule) -> String {
    let recipe = &rule.recipe;
    let mut lines = vec![
        format!(
            "STEPS, WARMUP, HOLD = {}, {}, {}  # all steps, those of linear warm-up, those at the peak after it",
            recipe.steps, recipe.warmup, recipe.hold
        ),
        format!(
            "MIN_LR = {}  # learning rate of the last step, as a share of its peak",
            number(recipe.min_lr_ratio)
        ),
    ];
    if recipe.clip > 0.0 {
        lines.push(format!(
            "CLIP = {}  # bound on the norm of the gradient over all parameters",
            number(recipe.clip)
        ));
    }
    if matches!(recipe.optimizer, OptimizerKind::Sgd | OptimizerKind::Muon) {
        lines.push(format!("MOMENTUM = {}", number(recipe.momentum)));
    }
    lines.join("\n") + "\n"
}

/// β1 and β2 as a tuple.
pub fn pair([first, second]: [f64; 2]) -> String {
    format!("({}, {})", number(first), number(second))
}

/// The fall of the learning rate after its peak, `passed` the share of it that has passed; `math` is the module of
/// its functions.
pub fn fall(shape: LrShape, math: &str) -> String {
    let max = if math == "math" { "max" } else { "jnp.maximum" };
    match shape {
        LrShape::Cosine => {
            format!("MIN_LR + 0.5 * (1 - MIN_LR) * (1 + {math}.cos({math}.pi * passed))")
        }
        LrShape::Linear => "MIN_LR + (1 - MIN_LR) * (1 - passed)".to_owned(),
        LrShape::InverseSqrt => {
            format!("{max}(MIN_LR, {math}.sqrt(max(WARMUP + HOLD, 1) / {max}(step, 1)))")
        }
    }
}

/// λ of a step as a share of its coefficient, an expression of `step` and of `passed`, the share of the run before it.
pub fn lambda(rule: &Rule, math: &str) -> String {
    let recipe = &rule.recipe;
    let [end, low] = [recipe.decay_end, recipe.decay_low].map(number);
    let [hold, turn] = recipe.decay_turns.map(number);
    let to = |from: &str, to: &str, share: String| format!("{from} + ({to} - {from}) * {share}");
    match recipe.decay_schedule {
        DecaySchedule::Constant => "1.0".to_owned(),
        DecaySchedule::Cosine => {
            format!("{end} + 0.5 * (1 - {end}) * (1 + {math}.cos({math}.pi * passed))")
        }
        DecaySchedule::Linear => to("1.0", &end, "passed".to_owned()),
        DecaySchedule::LogTime => {
            format!("1 / (1 + step / ({} * STEPS))", number(recipe.decay_timescale))
        }
        DecaySchedule::HoldDecayRamp => {
            let first = to("1.0", &low, format!("(passed - {hold}) / ({turn} - {hold})"));
            let second = to(&low, &end, format!("(passed - {turn}) / (1 - {turn})"));
            match math {
                "math" => format!(
                    "1.0 if passed <= {hold} else {first} if passed <= {turn} else {second}"
                ),
                _ => format!(
                    "jnp.where(passed <= {hold}, 1.0, jnp.where(passed <= {turn}, {first}, {second}))"
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_python_reads_them() {
        assert_eq!(number(1e-8), "1e-8");
        assert_eq!(number(3.0), "3.0");
        assert_eq!(number(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(roles(&[Role::Mlp]), "(\"mlp\",)");
        assert_eq!(roles(&[Role::Norm, Role::Bias]), "(\"norm\", \"bias\")");
    }

    #[test]
    fn only_the_names_that_are_given_are_filled_in() {
        assert_eq!(filled("{{a}} {b} {{c}}", &[("a", "1"), ("c", "{x}")]), "1 {b} {x}");
    }
}
