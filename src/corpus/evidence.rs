//! How wide the tokens of a file without a header are. Nothing in such a file says it, but a wrong
//! width shows: real tokens do not know whether their place is even or odd.

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};

use super::encoding::is_plain;
use super::floats;
use super::tokens::Width;

/// Fewer 16-bit words than this prove nothing: short texts may have zeros at every second place.
const LEAST_WORDS: usize = 32;

/// Words as large as this or larger are no upper halves of 32-bit tokens: no vocabulary is that large.
const UPPER_HALVES: u16 = 16;

/// What to do where a file is refused that is one of tokens all the same.
const OTHERWISE: &str = "it does not look like tokens; if it holds them, say how wide they are: \"dtype\": \"uint16\" in meta.json";

/// Checks a width that is stated against what the beginning of a file shows beyond doubt.
///
/// # Errors
/// Tokens of 16 bits whose every second one would be 0.
pub fn check_stated(head: &[u8], stated: Width) -> Result<()> {
    let words: Vec<u16> =
        head.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    let halves = Halves::of(&words);
    let is_wide = halves.are_of_four() || halves.are_of_eight();
    ensure!(
        stated != Width::Two || words.len() < LEAST_WORDS || !is_wide || !halves.are_large(),
        "meta.json says that its tokens have 16 bits, but its zeros lie as in tokens of 32 or 64; correct dtype"
    );
    Ok(())
}

/// The width that the beginning of a file of `length` bytes shows; `None` if it shows none, as where it
/// is short or all zero.
///
/// # Errors
/// No tokens, tokens in an order of bytes that is not read, or signs that contradict each other.
pub fn width(head: &[u8], length: u64) -> Result<Option<Width>> {
    ensure!(!is_text(head), "it holds text, not tokens; give the file itself as data.source");
    ensure!(
        length.is_multiple_of(2),
        "it has {length} bytes, an odd number: it is no file of uint16 tokens, or it was cut short"
    );
    let words: Vec<u16> =
        head.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    if words.len() < LEAST_WORDS || words.iter().all(|word| *word == 0) {
        return Ok(None);
    }
    refuse_other_contents(&words).context(OTHERWISE)?;
    let width = match Halves::of(&words) {
        halves if halves.are_of_eight() => Width::Eight,
        halves if halves.are_of_four() => Width::Four,
        halves => {
            halves.refuse_half_evidence()?;
            refuse_places(&words).context(OTHERWISE)?;
            Width::Two
        }
    };
    let bytes = width.bytes();
    ensure!(
        width == Width::Two || length.is_multiple_of(bytes),
        "its zeros lie as in tokens of {bytes} bytes, but {length} bytes are no multiple of {bytes}: \
         it was cut short, or has a header that is not known"
    );
    Ok(Some(width))
}

/// Refuses what would pass as tokens of 16 bits and is none.
fn refuse_other_contents(words: &[u16]) -> Result<()> {
    // A header that is all zero but for its first numbers, as llm.c's is, before something else.
    const HEADER: usize = 512;
    let (start, rest) = words.split_at(words.len().min(HEADER));
    ensure!(
        rest.iter().all(|word| *word == 0)
            || start[0] == 0
            || start[16..].iter().any(|word| *word != 0),
        "it begins with a header of 1 kB that is not known: a few numbers, then zeros; write the \
         tokens alone, such as with numpy's tofile"
    );
    ensure!(
        !are_bytes(words),
        "its bytes look like tokens of one byte each (uint8); write them as uint16, such as with \
         numpy's astype('<u2')"
    );
    if let Some(kind) = floats::kind(words) {
        bail!(
            "it holds whole numbers as {kind}, not as integers; write them with numpy's astype('<u2')"
        );
    }
    let are_swapped = |mut words: std::iter::StepBy<std::slice::Iter<u16>>| {
        words.all(|word| word.is_multiple_of(256))
    };
    let even_zero = words.iter().step_by(2).all(|word| *word == 0);
    let swapped = are_swapped(words.iter().step_by(1)) && vary(words);
    let wide_swapped = even_zero && are_swapped(words[1..].iter().step_by(2)) && vary(words);
    ensure!(
        !swapped && !wide_swapped && !upper_halves_vary_more(words),
        "its bytes lie as in big-endian tokens; write them in little-endian order, such as with \
         numpy's astype('<u2')"
    );
    Ok(())
}

/// Fewer words than this do not tell which halves vary more.
const MANY_WORDS: usize = 512;

/// A few values say nothing of what they are.
const FEW_VALUES: usize = 4;

fn vary(words: &[u16]) -> bool {
    words.iter().collect::<HashSet<_>>().len() > FEW_VALUES
}

/// Tokens do not know whether their place is even or odd. Halves and quarters of floating-point numbers and of wide
/// integers do: where the exponents lie, others hardly ever lie.
fn refuse_places(words: &[u16]) -> Result<()> {
    /// Words at each place modulo 4.
    const LEAST: usize = 64;
    /// Distance in total variation between what stands at two places.
    const APART: f64 = 0.95;
    let count = words.len() / 4;
    if count < LEAST || !vary(words) {
        return Ok(());
    }
    let mut shares = [[0.0_f64; 256]; 4];
    for (place, word) in words.iter().take(4 * count).enumerate() {
        shares[place % 4][usize::from(word >> 8)] += 1.0 / count as f64;
    }
    let distance = |a: usize, b: usize| {
        shares[a].iter().zip(&shares[b]).map(|(one, other)| (one - other).abs()).sum::<f64>() / 2.0
    };
    let is_apart = (0..4).any(|a| (0..a).any(|b| distance(a, b) > APART));
    ensure!(
        !is_apart,
        "what stands at even and at odd places is never alike, as in floating-point numbers or in integers of more \
         than 16 bits in another order; write token numbers as uint16, such as with numpy's astype('<u2')"
    );
    Ok(())
}

/// Whether the upper halves of words take more values than the lower: frequent tokens have small numbers, so that
/// upper halves are the more alike ones, unless the order of bytes is the other. Words of 32 bits are left alone.
fn upper_halves_vary_more(words: &[u16]) -> bool {
    let zeros = words.iter().filter(|word| **word == 0).count();
    if words.len() < MANY_WORDS || 4 * zeros > words.len() {
        return false;
    }
    bits(words.iter().map(|word| word >> 8)) > bits(words.iter().map(|word| word % 256)) + 1.0
}

/// Entropy of bytes, in bits.
fn bits(bytes: impl ExactSizeIterator<Item = u16>) -> f64 {
    let (all, mut counts) = (bytes.len() as f64, [0_u32; 256]);
    bytes.for_each(|byte| counts[usize::from(byte)] += 1);
    let share = |count: &u32| f64::from(*count) / all;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}

/// Whether each half of the words is a token. Words far above 255 have lower halves of all values, and
/// words a little above it have upper halves of 1 and hardly more: here both halves are small.
fn are_bytes(words: &[u16]) -> bool {
    let largest = |half: fn(&u16) -> u8| words.iter().map(half).max().unwrap_or(0);
    let (lower, upper) = (largest(|word| *word as u8), largest(|word| (word >> 8) as u8));
    let values = |half: fn(&u16) -> u8| words.iter().map(half).collect::<HashSet<_>>().len();
    lower < 128
        && upper < 128
        && upper > 0
        && (upper >= 8 || lower < 16)
        && values(|word| *word as u8).min(values(|word| (word >> 8) as u8)) > FEW_VALUES
}

/// The last character of a beginning may be cut.
fn is_text(head: &[u8]) -> bool {
    (0..4).any(|cut| head.len() > cut && is_plain(&head[..head.len() - cut]))
}

/// What tells wide tokens: their upper halves are zero, or tiny beside lower halves that are not.
struct Halves {
    /// How many words there are by their place modulo 4, how many of them are zero, and the largest.
    count: [usize; 4],
    zeros: [usize; 4],
    largest: [u16; 4],
}

impl Halves {
    fn of(words: &[u16]) -> Self {
        let mut halves = Halves { count: [0; 4], zeros: [0; 4], largest: [0; 4] };
        for (place, word) in words.iter().enumerate() {
            let place = place % 4;
            halves.count[place] += 1;
            halves.zeros[place] += usize::from(*word == 0);
            halves.largest[place] = halves.largest[place].max(*word);
        }
        halves
    }

    fn are_of_eight(&self) -> bool {
        let [_, second, third, fourth] = self.largest;
        second < UPPER_HALVES && third == 0 && fourth == 0
    }

    /// Whether words at even places are more than a byte holds.
    fn are_large(&self) -> bool {
        self.largest[0].max(self.largest[2]) >= 256
    }

    fn are_of_four(&self) -> bool {
        let upper = self.largest[1].max(self.largest[3]);
        // Tokens of a tiny vocabulary in 16 bits are all small, at even places too.
        upper == 0 || (upper < UPPER_HALVES && self.are_large())
    }

    /// Zeros at nine of ten odd places, but not at all and not at even ones, fit neither width.
    fn refuse_half_evidence(&self) -> Result<()> {
        let share = |places: [usize; 2]| {
            let zeros: usize = places.iter().map(|place| self.zeros[*place]).sum();
            let count: usize = places.iter().map(|place| self.count[*place]).sum();
            zeros as f64 / count as f64
        };
        if share([1, 3]) >= 0.9 && share([0, 2]) <= 0.5 {
            bail!(
                "nearly every second word of 16 bits is zero, as in uint32 tokens, but not all are: it \
                 is neither; write the tokens anew as uint16"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(bytes: &[u8]) -> Result<Option<Width>> {
        width(bytes, bytes.len() as u64)
    }

    fn refused(bytes: &[u8], word: &str) {
        let error = format!("{:#}", of(bytes).unwrap_err());
        assert!(error.contains(word), "{error}");
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = of(&bytes);
        }

        #[test]
        fn tokens_tell_their_width(tokens in proptest::collection::vec(1_u16..50_257, 64..300)) {
            let bytes = |token: &u16| token.to_le_bytes();
            let two: Vec<u8> = tokens.iter().flat_map(bytes).collect();
            let four: Vec<u8> =
                tokens.iter().flat_map(|token| u32::from(*token).to_le_bytes()).collect();
            let eight: Vec<u8> =
                tokens.iter().flat_map(|token| u64::from(*token).to_le_bytes()).collect();
            prop_assert_eq!(of(&two).unwrap(), Some(Width::Two));
            prop_assert_eq!(of(&four).unwrap(), Some(Width::Four));
            prop_assert_eq!(of(&eight).unwrap(), Some(Width::Eight));
        }

        #[test]
        fn tokens_of_a_few_letters_are_not_taken_for_wide_ones(
            tokens in proptest::collection::vec(1_u16..4, 64..300)
        ) {
            let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
            prop_assert_eq!(of(&bytes).unwrap(), Some(Width::Two));
        }
    }

    #[test]
    fn tokens_of_few_values_are_tokens_of_16_bits() {
        let tokens = |of: &dyn Fn(u16) -> u16| -> Vec<u8> {
            (0..4000_u16).flat_map(|n| of(n).to_le_bytes()).collect()
        };
        for token in [
            &(|_: u16| 256_u16) as &dyn Fn(u16) -> u16,
            &|_| 15_999,
            &|_| 16_256,
            &|n| 256 + n % 16,
            &|n| 2048 + n % 52,
            &|n| 15_997 + n % 3,
            &|n| n % 2 * 256,
            &|n| 2048 + n / 32,
            &|n| 25_600 + n % 6144,
            &|n| n % 2,
            &|n| n % 2 * (n / 2 % 997),
        ] {
            assert_eq!(of(&tokens(token)).unwrap(), Some(Width::Two), "{}", token(3));
        }
    }

    #[test]
    fn a_width_that_is_stated_is_taken_unless_every_second_token_would_be_zero() {
        let bytes: Vec<u8> = (0..200_u32).flat_map(|n| (n * 200).to_le_bytes()).collect();
        assert!(check_stated(&bytes, Width::Two).is_err());
        assert!(check_stated(&bytes, Width::Four).is_ok());
        let alternating: Vec<u8> =
            (0..200_u16).flat_map(|n| [(n + 1) % 2, 0]).map(|n| n as u8).collect();
        assert!(check_stated(&alternating, Width::Two).is_ok());
    }

    #[test]
    fn tokens_beyond_16_bits_are_seen() {
        let bytes: Vec<u8> = (0..200_u32).flat_map(|n| (n * 641).to_le_bytes()).collect();
        assert_eq!(of(&bytes).unwrap(), Some(Width::Four));
    }

    #[test]
    fn what_is_no_tokens_is_refused_with_what_it_is() {
        let swapped: Vec<u8> = (1..200_u16).flat_map(u16::to_be_bytes).collect();
        refused(&swapped, "big-endian");
        let wide_swapped: Vec<u8> = (1..200_u32).flat_map(u32::to_be_bytes).collect();
        refused(&wide_swapped, "big-endian");
        let single: Vec<u8> = (0..200_u8).map(|n| n % 65).collect();
        refused(&single, "uint8");
        let kinds = [("float32", 4), ("float64", 8), ("float16", 2), ("bfloat16", 2)];
        for (kind, bytes) in kinds {
            let written = |n: u16| match kind {
                "float32" => f32::from(n).to_le_bytes().to_vec(),
                "float64" => f64::from(n).to_le_bytes().to_vec(),
                "float16" => half::f16::from_f32(f32::from(n)).to_le_bytes().to_vec(),
                _ => half::bf16::from_f32(f32::from(n)).to_le_bytes().to_vec(),
            };
            let floats: Vec<u8> = (0..400_u16).flat_map(|n| written(n * 17 % 251)).collect();
            assert_eq!(floats.len(), 400 * bytes);
            refused(&floats, kind);
        }
        // Any numbers, and whole ones with others between them.
        let any = |n: u32| (n as f32 * 0.37).sin();
        let floats: Vec<u8> = (0..4000).flat_map(|n| any(n).to_le_bytes()).collect();
        refused(&floats, "floating-point");
        let floats: Vec<u8> = (0..4000).flat_map(|n| f64::from(any(n)).to_le_bytes()).collect();
        refused(&floats, "floating-point");
        let padded = |n: u32| if n.is_multiple_of(50) { -100.0 } else { (n * 7919 % 50257) as f32 };
        let floats: Vec<u8> = (0..4000).flat_map(|n| padded(n).to_le_bytes()).collect();
        refused(&floats, "floating-point");
        let swapped: Vec<u8> = (0..4000).flat_map(|n| padded(n).to_be_bytes()).collect();
        refused(&swapped, "floating-point");
        // As Zipf's law has it: the token of rank r for a share of 1/r.
        let zipf = |n: u32| ((8.0 * f64::from(n) / 4000.0).exp() * 10.0) as u16 + (n % 7) as u16;
        let little: Vec<u8> = (0..4000).flat_map(|n| zipf(n).to_le_bytes()).collect();
        let big: Vec<u8> = (0..4000).flat_map(|n| zipf(n).to_be_bytes()).collect();
        assert_eq!(of(&little).unwrap(), Some(Width::Two));
        refused(&big, "big-endian");
        refused("To be or not to be. ".repeat(20).as_bytes(), "holds text");
        let mut header = vec![0; 1024];
        header[0] = 7;
        header.extend((0..400_u16).flat_map(|n| (n * 91).to_le_bytes()));
        refused(&header, "header");
        let torn = |n: u16| [n + 300, u16::from(n.is_multiple_of(20)) * 999];
        let torn: Vec<u8> = (0..200).flat_map(torn).flat_map(u16::to_le_bytes).collect();
        refused(&torn, "neither");
    }

    #[test]
    fn wide_tokens_that_were_cut_are_refused() {
        let bytes: Vec<u8> = (1..200_u32).flat_map(u32::to_le_bytes).collect();
        refused(&bytes[..bytes.len() - 2], "multiple of 4");
    }
}
