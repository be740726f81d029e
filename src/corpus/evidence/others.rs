//! What would pass as tokens of 16 bits and is something else.

use std::collections::HashSet;

use anyhow::{Result, bail, ensure};

use super::floats;

/// What tokens of one byte are called, and what to do.
const AS_BYTES: &str = "its bytes look like tokens of one byte each (uint8), which \"dtype\": \"uint8\" in meta.json says; \
                        or write them as uint16, such as with numpy's astype('<u2')";

/// Refuses what would pass as tokens of 16 bits and is none.
pub fn refuse_other_contents(words: &[u16]) -> Result<()> {
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
    ensure!(!are_bytes(words), AS_BYTES);
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

/// Whether words take more than a few values.
pub fn vary<'a>(words: impl IntoIterator<Item = &'a u16>) -> bool {
    words.into_iter().collect::<HashSet<_>>().len() > FEW_VALUES
}

/// Tokens do not know whether their place is even or odd. Halves and quarters of floating-point numbers and of wide
/// integers do: where the exponents lie, others hardly ever lie.
pub fn refuse_places(words: &[u16]) -> Result<()> {
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

/// Refuses tokens of one byte each, two of which a word would be: bytes do not know which half they are, and both halves
/// hold the same ones equally often. Upper halves of larger tokens are the more alike ones.
pub fn refuse_bytes(words: &[u16]) -> Result<()> {
    /// Distance in total variation between both halves, beyond what so many words make of it by chance.
    const APART: f64 = 0.05;
    /// Fewer words, from which chance makes more, tell nothing.
    const CHANCE: f64 = 0.07;
    /// Of tokens that take all values equally often, in either width, both halves are alike.
    const MOST_BITS: f64 = 7.8;
    let (lower, upper) = (words.iter().map(|word| word % 256), words.iter().map(|word| word >> 8));
    let [of_lower, of_upper] = [shares(lower.clone()), shares(upper.clone())];
    let pairs = || of_lower.iter().zip(&of_upper);
    let apart = pairs().map(|(one, other)| (one - other).abs()).sum::<f64>() / 2.0;
    let all = std::f64::consts::PI * words.len() as f64;
    let chance: f64 = pairs().map(|(one, other)| ((one + other) / 2.0 / all).sqrt()).sum();
    let values = |of: &[f64; 256]| of.iter().filter(|share| **share > 0.0).count();
    ensure!(
        chance > CHANCE
            || apart > chance + APART
            || bits(lower).max(bits(upper)) > MOST_BITS
            || values(&of_lower).min(values(&of_upper)) <= FEW_VALUES,
        AS_BYTES
    );
    Ok(())
}

/// How often each byte occurs, as a share of all.
fn shares(bytes: impl ExactSizeIterator<Item = u16>) -> [f64; 256] {
    let (all, mut shares) = (bytes.len() as f64, [0.0; 256]);
    bytes.for_each(|byte| shares[usize::from(byte)] += 1.0 / all);
    shares
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
