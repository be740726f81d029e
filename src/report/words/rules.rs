use crate::config::{Form, Mask};
use crate::report::format;
use crate::stats::{Rule, Side};

/// For sentences: "AdamW on matrices".
pub fn title(rule: &Rule) -> String {
    let mut title = rule.form.title().to_owned();
    if let Some(mask) = rule.mask {
        title += &format!(" on {}", mask.title());
    }
    let title = capitalised(&beside(rule, &title));
    match variant(rule) {
        variant if variant.is_empty() => title,
        variant => format!("{title} ({variant})"),
    }
}

/// What a rule does, with the rivals of decay that stand beside it, or in its place: "dropout and averaged weights".
fn beside(rule: &Rule, decay: &str) -> String {
    let rivals: Vec<String> = rule.treatment.split(' ').filter_map(rival).collect();
    match (rivals.is_empty(), rule.form) {
        (true, _) => decay.to_owned(),
        (false, Form::None) => listed(&rivals),
        (false, _) => format!("{decay} with {}", listed(&rivals)),
    }
}

/// A rival of decay by name, with its value where the rule does not tune it.
fn rival(word: &str) -> Option<String> {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    let name = match key {
        "dropout" => "dropout",
        "stochastic_depth" => "stochastic depth",
        "label_smoothing" => "label smoothing",
        "ema" => "averaged weights",
        _ => return None,
    };
    Some(if value.is_empty() { name.to_owned() } else { format!("{name} {value}") })
}

/// Keys of what a rule does against overfitting, by name: "decay", "dropout and averaged weights".
pub fn treatments(keys: &[&str]) -> String {
    let name = |key: &&str| rival(key).unwrap_or_else(|| "decay".to_owned());
    listed(&keys.iter().map(name).collect::<Vec<_>>())
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// For legends and panels, as in a spec: "adamw on matrices, lr=0.01".
pub fn label(rule: &Rule) -> String {
    with_variant(rule, &variant(rule))
}

/// [`label`] of each; with every digit of its variant where two rules would look the same.
pub fn labels(rules: &[&Rule]) -> Vec<String> {
    let short: Vec<String> = rules.iter().map(|rule| label(rule)).collect();
    let is_alone = |text: &String| short.iter().filter(|one| *one == text).count() == 1;
    let full = |(rule, text): (&&Rule, &String)| match is_alone(text) {
        true => text.clone(),
        false => with_variant(rule, &rule.variant),
    };
    rules.iter().zip(&short).map(full).collect()
}

fn with_variant(rule: &Rule, variant: &str) -> String {
    let decay = beside(rule, &decay_label(rule.form, rule.mask));
    if variant.is_empty() { decay } else { format!("{decay}, {variant}") }
}

/// The variant of a rule with its numbers as people read them.
pub fn variant(rule: &Rule) -> String {
    let short = |word: &str| match word.split_once('=') {
        Some((key, value)) => match value.parse::<f64>() {
            Ok(value) => format!("{key}={}", format::number(value)),
            Err(_) => word.to_owned(),
        },
        None => word.to_owned(),
    };
    let told = |word: &&str| rival(word).is_none();
    rule.variant.split(' ').filter(told).map(short).collect::<Vec<_>>().join(" ")
}

/// "adamw on matrices".
pub fn decay_label(form: Form, mask: Option<Mask>) -> String {
    let mask = mask.map_or(String::new(), |mask| format!(" on {mask}"));
    format!("{form}{mask}")
}

/// "AdamW on matrices, λ = 1", with the values of what else its rule tunes.
pub fn arm(side: &Side) -> String {
    title(&side.rule) + &at_point(side)
}

/// What follows the name of a rule: ", λ = 1, lr = 0.001"; empty where it tunes nothing.
pub fn at_point(side: &Side) -> String {
    at_lambda(side.weight_decay) + &at_others(&side.at)
}

/// ", lr = 0.001"; empty where nothing else is tuned.
pub fn at_others(at: &str) -> String {
    let words = at.split(' ').filter_map(|word| word.split_once('='));
    words.map(|(key, value)| format!(", {key} = {value}")).collect()
}

/// What follows the name of a rule: ", λ = 1"; empty for the forms without λ.
pub fn at_lambda(weight_decay: Option<f64>) -> String {
    weight_decay.map_or(String::new(), |value| format!(", λ = {}", format::number(value)))
}

/// A text with a capital letter.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().collect::<String>());
    first.unwrap_or_default() + characters.as_str()
}
