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

/// Columns of a line of code.
const COLUMNS: usize = 110;

/// The lines of all groups; `entries` are the keys of one with their values.
pub fn groups(
    groups: &[ParameterGroup],
    entries: impl Fn(&ParameterGroup) -> Vec<(&'static str, String)>,
) -> String {
    let of = |group: &ParameterGroup| {
        let mut lines = vec![format!("    {{\"roles\": {}", roles(&group.roles))];
        for (key, value) in entries(group) {
            let entry = format!("\"{key}\": {value}");
            let last = lines.last_mut().expect("there is a line");
            last.push(',');
            // What closes the group takes two more.
            if last.chars().count() + 1 + entry.chars().count() + 2 <= COLUMNS {
                *last += &format!(" {entry}");
            } else {
                lines.push(format!("     {entry}"));
            }
        }
        lines.join("\n") + "},\n"
    };
    format!("GROUPS = [\n{}]\n", groups.iter().map(of).collect::<String>())
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

/// Statements that return λ of a step as a share of its coefficient, from `step` and from `passed`, the share of the
/// run before it.
pub fn lambda(rule: &Rule, math: &str) -> String {
    let recipe = &rule.recipe;
    let end = number(recipe.decay_end);
    match recipe.decay_schedule {
        DecaySchedule::Constant => "return 1.0".to_owned(),
        DecaySchedule::Cosine => {
            format!("return {end} + 0.5 * (1 - {end}) * (1 + {math}.cos({math}.pi * passed))")
        }
        DecaySchedule::Linear => format!("return {}", line("1.0", &end, "passed")),
        DecaySchedule::LogTime => {
            format!("return 1 / (1 + step / ({} * STEPS))", number(recipe.decay_timescale))
        }
        DecaySchedule::HoldDecayRamp => ramp(rule, math == "math"),
    }
}

fn line(from: &str, to: &str, share: &str) -> String {
    format!("{from} + ({to} - {from}) * {share}")
}

/// Held, then along a line, then along another; with branches, or for arrays without.
fn ramp(rule: &Rule, has_branches: bool) -> String {
    let [end, low] = [rule.recipe.decay_end, rule.recipe.decay_low].map(number);
    let [hold, turn] = rule.recipe.decay_turns.map(number);
    let first = line("1.0", &low, &format!("(passed - {hold}) / ({turn} - {hold})"));
    let second = line(&low, &end, &format!("(passed - {turn}) / (1 - {turn})"));
    let lines = match has_branches {
        true => [
            format!("if passed <= {hold}:\n        return 1.0"),
            format!("if passed <= {turn}:\n        return {first}"),
            format!("return {second}"),
        ],
        false => [
            format!("first = {first}"),
            format!("second = {second}"),
            format!(
                "return jnp.where(passed <= {hold}, 1.0, jnp.where(passed <= {turn}, first, second))"
            ),
        ],
    };
    lines.join("\n    ")
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
