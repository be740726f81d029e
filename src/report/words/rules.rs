use crate::config::{Form, Mask};
use crate::stats::{Rule, Side};

/// For sentences: "AdamW on matrices".
pub fn title(rule: &Rule) -> String {
    let mut title = rule.form.title().to_owned();
    if let Some(mask) = rule.mask {
        title += &format!(" on {}", mask.title());
    }
    if !rule.variant.is_empty() {
        title += &format!(" ({})", rule.variant);
    }
    title
}

/// For legends and panels, as in a spec: "adamw on matrices, lr=0.01".
pub fn label(rule: &Rule) -> String {
    let decay = decay_label(rule.form, rule.mask);
    if rule.variant.is_empty() { decay } else { format!("{decay}, {}", rule.variant) }
}

/// "adamw on matrices".
pub fn decay_label(form: Form, mask: Option<Mask>) -> String {
    let mask = mask.map_or(String::new(), |mask| format!(" on {mask}"));
    format!("{form}{mask}")
}

/// "AdamW on matrices, λ = 1".
pub fn arm(side: &Side) -> String {
    title(&side.rule) + &at_lambda(side.weight_decay)
}

/// What follows the name of a rule: ", λ = 1"; empty for the forms without λ.
pub fn at_lambda(weight_decay: Option<f64>) -> String {
    weight_decay.map_or(String::new(), |value| format!(", λ = {value}"))
}
