//! Zeros that tell tokens of 32 and 64 bits.

use anyhow::{Result, bail};

/// Words as large as this or larger are no upper halves of 32-bit tokens: no vocabulary is that large.
const UPPER_HALVES: u16 = 16;

/// What tells wide tokens: their upper halves are zero, or tiny beside lower halves that are not.
pub struct Halves {
    /// How many words there are by their place modulo 4, how many of them are zero, and the largest.
    count: [usize; 4],
    zeros: [usize; 4],
    largest: [u16; 4],
}

impl Halves {
    pub fn of(words: &[u16]) -> Self {
        let mut halves = Halves { count: [0; 4], zeros: [0; 4], largest: [0; 4] };
        for (place, word) in words.iter().enumerate() {
            let place = place % 4;
            halves.count[place] += 1;
            halves.zeros[place] += usize::from(*word == 0);
            halves.largest[place] = halves.largest[place].max(*word);
        }
        halves
    }

    pub fn are_of_eight(&self) -> bool {
        let [_, second, third, fourth] = self.largest;
        second < UPPER_HALVES && third == 0 && fourth == 0
    }

    /// Whether words at even places are more than a byte holds.
    pub fn are_large(&self) -> bool {
        self.largest[0].max(self.largest[2]) >= 256
    }

    pub fn are_of_four(&self) -> bool {
        let upper = self.largest[1].max(self.largest[3]);
        // Tokens of a tiny vocabulary in 16 bits are all small, at even places too.
        upper == 0 || (upper < UPPER_HALVES && self.are_large())
    }

    /// Zeros at nine of ten odd places, but not at all and not at even ones, fit neither width.
    pub fn refuse_half_evidence(&self) -> Result<()> {
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
