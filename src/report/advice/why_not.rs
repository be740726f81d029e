use super::super::format::{magnitude, three_digits, whole};
use crate::advice::WhyNot;
use crate::config::Named;
use crate::published::{Algorithm, Ceiling, LambdaRule, Quantity};

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
        WhyNot::FallsTo { last, fitted } => {
            let end = match *fitted {
                0.0 => "0".to_owned(),
                share => format!("{} of its peak", size(share)),
            };
            format!(
                "for a learning rate that falls to {end}, this run's ends at {} of its peak",
                size(*last)
            )
        }
        WhyNot::FallEnds { ends, steps } => format!(
            "for a fall of the learning rate that ends with the run, this one ends at step {} of {}",
            whole(*ends),
            whole(*steps)
        ),
        WhyNot::Outside { quantity, value, range } => outside(*quantity, *value, *range),
        WhyNot::Beyond { ceiling, value, by } => beyond(ceiling, *value, *by),
        WhyNot::Beside { quantity, value, tuned, within } => format!(
            "tuned beside a {} of {} and asked within a factor of {} of it, this run's is {}",
            quantity.name(),
            size(*tuned),
            size(*within),
            size(*value)
        ),
        WhyNot::Above { quantity, value, best, times } => format!(
            "for up to {} times its best of {} {}, this run has {}",
            size(*times),
            size(*best),
            quantity.name(),
            size(*value)
        ),
        WhyNot::SmallerBatch { lr, limit, batch } => format!(
            "for a smaller batch: its learning rate here is {}, and it halves the batch until that is {} at most, at \
             {} tokens a step",
            size(*lr),
            size(*limit),
            size(*batch)
        ),
        WhyNot::Domain => format!("for {}", rule.domain.as_deref().unwrap_or_default()),
        WhyNot::TooLarge => rule.too_large.clone().unwrap_or_default(),
    }
}

/// As `for 51M to 253M parameters, this run has 610M`.
fn outside(quantity: Quantity, value: f64, [low, high]: [f64; 2]) -> String {
    let range = match low {
        0.0 => format!("up to {}", size(high)),
        low if low == high => size(low),
        low => format!("{} to {}", size(low), size(high)),
    };
    match quantity {
        Quantity::Lr => format!("for a learning rate of {range}, this run's is {}", size(value)),
        _ => format!("for {range} {}, this run has {}", quantity.name(), size(value)),
    }
}

/// As `for at most 256 times 20 tokens a parameter at 51M parameters, 32 at 124M, this run has 256 at 124M`.
fn beyond(ceiling: &Ceiling, value: f64, by: f64) -> String {
    let point = |(place, [at, most]): (usize, &[f64; 2])| match place {
        0 => {
            let (of, by) = (ceiling.of.name(), ceiling.by.name());
            format!("{} {of} at {} {by}", size(*most), size(*at))
        }
        _ => format!("{} at {}", size(*most), size(*at)),
    };
    let points: Vec<String> = ceiling.points.iter().enumerate().map(point).collect();
    format!("for at most {}, this run has {} at {}", points.join(", "), size(value), size(by))
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
