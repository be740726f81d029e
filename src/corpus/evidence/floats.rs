//! Token numbers that were written as floating-point numbers: read as integers they are others.

use std::collections::HashSet;

/// Which kind of floating-point numbers all of these words are, if each of those is a whole number that a token may
/// be. Integers are never all of them: those of 16 bits would lie in a few narrow ranges.
pub fn kind(words: &[u16]) -> Option<&'static str> {
    let single = |words: &[u16; 2]| f32::from_bits(u32::from(words[0]) | u32::from(words[1]) << 16);
    let double = |words: &[u16; 4]| {
        let bits = words.iter().rev().fold(0, |bits, word| bits << 16 | u64::from(*word));
        f64::from_bits(bits)
    };
    let doubles = words.as_chunks::<4>().0.iter().map(double);
    let singles = words.as_chunks::<2>().0.iter().map(single).map(f64::from);
    let halves = words.iter().map(|word| half::f16::from_bits(*word).to_f64());
    let brains = words.iter().map(|word| half::bf16::from_bits(*word).to_f64());
    are_tokens(doubles)
        .then_some("float64")
        .or_else(|| are_tokens(singles).then_some("float32"))
        .or_else(|| are_tokens(halves).then_some("float16"))
        .or_else(|| are_tokens(brains).then_some("bfloat16"))
}

/// Values of numbers that are too few to be anybody's tokens.
const FEW_VALUES: usize = 4;
/// Numbers from here on are whole in every kind of 16 bits.
const LARGE: f64 = 128.0;

/// Whole, not negative, no larger than a token, several, and some of them small: large ones of 16 bits are whole
/// whatever they are.
fn are_tokens(numbers: impl Iterator<Item = f64>) -> bool {
    let (mut values, mut has_small) = (HashSet::new(), false);
    for number in numbers {
        if !(0.0..=65535.0).contains(&number) || number.fract() != 0.0 || number.is_sign_negative()
        {
            return false;
        }
        values.insert(number.to_bits());
        has_small |= (1.0..LARGE).contains(&number);
    }
    has_small && values.len() > FEW_VALUES
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tokens_are_no_floating_point_numbers(tokens in prop::collection::vec(0_u16..50_257, 64..300)) {
            prop_assume!(tokens.iter().any(|token| (1..15_000).contains(token)));
            prop_assert_eq!(kind(&tokens), None);
            let wide: Vec<u16> = tokens.iter().flat_map(|token| [*token, 0]).collect();
            prop_assert_eq!(kind(&wide), None);
        }

        #[test]
        fn whole_numbers_of_single_precision_are_seen(tokens in prop::collection::vec(0_u16..2_000, 64..300)) {
            let small = tokens.iter().any(|token| (1..128).contains(token));
            prop_assume!(small && tokens.iter().collect::<HashSet<_>>().len() > FEW_VALUES);
            let words = tokens.iter().map(|token| f32::from(*token).to_bits());
            let words: Vec<u16> = words.flat_map(|bits| [bits as u16, (bits >> 16) as u16]).collect();
            prop_assert_eq!(kind(&words), Some("float32"));
        }
    }
}
