//! Factors of dropout (Srivastava et al. 2014) from random words.

use super::simd::vectorised;

/// A factor for every word: 0 where it is below a bound, of 2³² equally likely words, and `kept` for the others.
pub fn factors(words: &[u32], below: u64, kept: f32, out: &mut [f32]) {
    assert_eq!(words.len(), out.len());
    match u32::try_from(below) {
        Ok(below) => factors_below(words, below, kept, out),
        Err(_) => out.fill(0.0),
    }
}

vectorised! {
    fn factors_below(words: &[u32], below: u32, kept: f32, out: &mut [f32]) = factors_below_body
}

#[inline(always)]
fn factors_below_body<const BITS: usize>(words: &[u32], below: u32, kept: f32, out: &mut [f32]) {
    let count = words.len().min(out.len());
    let (words, out) = (&words[..count], &mut out[..count]);
    for place in 0..count {
        out[place] = if words[place] < below { 0.0 } else { kept };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_below_the_bound_are_dropped_and_no_others() {
        for count in [0, 1, 17, 64] {
            let words: Vec<u32> = (0..count).map(|word| word * 0x0333_3333).collect();
            for below in [0, 1, 0x0333_3333, 1 << 31, u64::from(u32::MAX), 1 << 32] {
                let mut out = vec![f32::NAN; words.len()];
                factors(&words, below, 1.25, &mut out);
                for (word, factor) in words.iter().zip(out) {
                    assert_eq!(factor, if u64::from(*word) < below { 0.0 } else { 1.25 });
                }
            }
        }
    }
}
