use super::{magnitude, three_digits};
use crate::advice::WhyNot;
use crate::config::Named;
use crate::published::{Algorithm, LambdaRule, Quantity};

/// Why a rule should not be asked, in words.
pub fn words(rule: &LambdaRule, why: &WhyNot) -> String {
    match why {
        WhyNot::Missing(quantities) => {
            let arguments: Vec<&str> = quantities.iter().map(|one| argument(*one)).collect();
            format!("give {}", arguments.join(" and "))
        }
        WhyNot::Optimizer(own) => {
            let names: Vec<&str> =
                rule.optimizers.iter().map(|one| Algorithm::title(*one)).collect();
            format!("for {}, not {}", names.join(", "), own.title())
        }
        WhyNot::Schedule(own) => {
            let names: Vec<&str> = rule.schedules.iter().map(|one| one.name()).collect();
            let own =
                own.map_or("give --schedule".to_owned(), |own| format!("this run's is {own}"));
            format!("for a {} schedule, {own}", names.join(" or "))
        }
        WhyNot::Outside { quantity, value, range: [low, high] } => {
            let range = match *low {
                0.0 => format!("up to {}", size(*high)),
                low if low == *high => size(low),
                low => format!("{} to {}", size(low), size(*high)),
            };
            format!("for {range} {}, this run has {}", quantity.name(), size(*value))
        }
        WhyNot::Domain => format!("for {}", rule.domain.as_deref().unwrap_or_default()),
        WhyNot::TooLarge => rule.too_large.clone().unwrap_or_default(),
    }
}

fn size(value: f64) -> String {
    if value >= 1e4 { magnitude(value) } else { three_digits(value) }
}

/// The arguments that say a quantity.
fn argument(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::UniqueTokens | Quantity::StepsPerEpoch | Quantity::Epochs => "--unique-tokens",
        Quantity::Width => "--width",
        Quantity::WidthRatio => "--width and --base-width",
        Quantity::Depth => "--depth",
        Quantity::NonEmbeddingParams => "--width and --depth",
        Quantity::BaseWeightDecay => "--base-weight-decay",
        Quantity::BaseLr => "--base-lr",
        Quantity::BaseStepsPerEpoch => "--base-steps-per-epoch",
        Quantity::Rotation => "--rotation",
        Quantity::Averaging => "--beta1",
        Quantity::Params
        | Quantity::TokensPerParam
        | Quantity::Overtraining
        | Quantity::Compute => "--params",
        Quantity::Tokens | Quantity::Steps => "--tokens",
        Quantity::Batch => "--batch",
        Quantity::Lr => "--lr",
    }
}
