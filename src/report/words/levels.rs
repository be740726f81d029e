//! Levels, ε and the sources of the spread in words.

use super::loss;
use crate::report::format;
use crate::stats::{Analysis, Epsilon, EpsilonOrigin, Levels, Reference, Spread, Varied};

const FEWEST_DECIMALS: usize = 3;
const MOST_DECIMALS: usize = 9;

/// A model that counts, or the floor: "counting 5-grams", "counting 3- to 5-grams" where texts differ in that.
pub fn reference(reference: Reference) -> String {
    match reference {
        Reference::Uniform => "guessing among all tokens".to_owned(),
        Reference::Unigram => "counting tokens".to_owned(),
        Reference::Ngram(None) => "counting n-grams".to_owned(),
        Reference::Ngram(Some([least, most])) if least == most => format!("counting {most}-grams"),
        Reference::Ngram(Some([least, most])) => format!("counting {least}- to {most}-grams"),
        Reference::Floor => "the floor".to_owned(),
    }
}

/// How far the best arm is from what counting reaches, and from the floor.
pub fn levels(analysis: &Analysis) -> Option<String> {
    let own = analysis.best_point().map(|(_, point)| &point.cell);
    let best = own.or(analysis.best().map(|(_, cell)| cell))?;
    let own = best.mean(|run| analysis.loss.of(run))?;
    // Of its own texts: other arms may read more of them.
    let levels = Levels::of(&best.runs, analysis.loss);
    let (name, level) = levels.best_counting()?;
    let side = if own >= level { "above" } else { "below" };
    let size = format::fixed((own - level).abs(), 2);
    let floor = levels.floor.map_or(String::new(), |floor| {
        format!(", {} above the floor ({})", format::fixed(own - floor, 2), format::fixed(floor, 2))
    });
    let bits = |nats: f64| levels.in_bits_per_byte(nats).map(|bits| format::fixed(bits, 3));
    let in_bits = bits(own).zip(bits(level)).map_or(String::new(), |(own, level)| {
        format!(" Per byte of text it is {own} bits, against {level}.")
    });
    let whose = match analysis.best_without_decay() {
        Some(_) => "Of the others the best arm's",
        None => "The best arm's",
    };
    // Longer n-grams are counted for a test split, and are a higher bar.
    let alone = match (analysis.loss.is_on_test(), levels.ngram) {
        (false, None) => "; n-grams, which know more, are counted on test alone",
        _ => "",
    };
    Some(format!(
        "{whose} {} is {size} {side} {} ({}){floor}{alone}.{in_bits}",
        loss(analysis),
        reference(name),
        format::fixed(level, 2)
    ))
}

/// The smallest difference that matters, and why.
pub fn epsilon(Epsilon { value, origin }: &Epsilon) -> String {
    let value = format::three_digits(*value);
    match origin {
        EpsilonOrigin::Spec => format!("ε = {value}, as the spec says"),
        EpsilonOrigin::Distance { from, to } => format!(
            "ε = {value}: 2% of the distance between no decay ({}{}) and {}",
            format::fixed(from.loss, 2),
            match from.settings {
                1 => String::new(),
                settings => format!(", the mean of {settings} toys"),
            },
            reference(*to)
        ),
    }
}

/// Decimals of losses and differences: three, and more where smaller differences matter.
pub fn decimals(analysis: &Analysis) -> usize {
    let epsilon = analysis.epsilon.map_or(1.0, |epsilon| epsilon.value);
    let needed = (-epsilon.log10()).floor() + 1.0;
    (needed as usize).clamp(FEWEST_DECIMALS, MOST_DECIMALS)
}

/// Where the spread over seeds comes from, as far as the design tells.
pub fn spread(spread: &Spread) -> String {
    let sd = |sd: f64| format::fixed(sd, 3);
    match spread {
        Spread::OneText { sd: all, varied } => format!(
            "Without decay it varies by {} (sd) between seeds, all of it {}: the text is one.",
            sd(*all),
            match (varied.weights, varied.order) {
                (true, false) => "first weights",
                (false, true) => "order",
                _ => "first weights and order",
            }
        ),
        Spread::Together { sd: all, varied: Varied { weights: false, order: false } } => format!(
            "Without decay it varies by {} (sd) between seeds, all of it texts: first weights and order are the same.",
            sd(*all)
        ),
        Spread::Together { sd: all, varied } => format!(
            "Without decay it varies by {} (sd) between seeds; {} change together, so their shares are not known.",
            sd(*all),
            match (varied.weights, varied.order) {
                (true, false) => "text and first weights",
                (false, true) => "text and order",
                _ => "text, first weights and order",
            }
        ),
        Spread::Crossed { text, seed, rest } => format!(
            "Without decay it varies by {} (sd) between texts, by {} between first weights, and by {} beside.",
            sd(*text),
            sd(*seed),
            sd(*rest)
        ),
    }
}
