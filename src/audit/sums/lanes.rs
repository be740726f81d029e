//! The first pass over a tensor, a block of numbers at a time, as vector units like it.

use safetensors::Dtype;

use super::super::number::{Format, LANES, for_each_block, is_power_of_two};
use super::{Interval, ON_THE_WAY, OUR_OWN, Rounding, Sums};

impl Sums {
    /// What tells whether one factor made all of two stretches, and which: counts, magnitudes, and the factors that
    /// all numbers allow. Of formats of 16 bits, in which people save copies, those that were rounded twice and the
    /// mean are among it; of others they are left out. It takes a fraction of the time of [`of`](Self::of).
    pub fn at_first(dtype: Dtype, before: &[u8], after: &[u8]) -> Self {
        match dtype {
            Dtype::BF16 | Dtype::F16 => first::<true>(dtype, before, after),
            _ => first::<false>(dtype, before, after),
        }
    }

    /// Whether a first pass left out what tells of numbers that were rounded twice.
    pub fn knows_once_alone(&self) -> bool {
        self.used > 0 && self.twice[1] == Interval::NONE
    }
}

fn first<const COPIES: bool>(dtype: Dtype, before: &[u8], after: &[u8]) -> Sums {
    let Some(format) = Format::of(dtype) else { return Sums::default() };
    let (mut lanes, mut rest) = (Lanes::new(), Sums::default());
    for_each_block(dtype, before, after, |before, after| {
        match (before.as_array(), after.as_array()) {
            (Some(b), Some(a)) if are_usable(&format, b, a) => lanes.add::<COPIES>(&format, b, a),
            _ => before.iter().zip(after).for_each(|(b, a)| rest.add(&format, *b, *a)),
        }
    });
    let joined = lanes.into_sums().merged(&rest);
    // Numbers that changed and those that did not are not kept apart.
    let twice = if COPIES { joined.allowed(Rounding::Twice) } else { Interval::NONE };
    Sums {
        once: [Interval::ALL, joined.allowed(Rounding::Once)],
        twice: [Interval::ALL, twice],
        ..joined
    }
}

/// Whether all of a block is finite and no zeros.
#[inline(always)]
fn are_usable(format: &Format, before: &[f64; LANES], after: &[f64; LANES]) -> bool {
    let mut are_usable = true;
    for (b, a) in before.iter().zip(after) {
        are_usable &=
            b.abs() > format.smallest && b.abs() < f64::INFINITY && a.abs() < f64::INFINITY;
    }
    are_usable
}

/// Sums of the first pass, a lane of a vector each. The arithmetic is that of [`Sums::add`] without branches.
struct Lanes {
    blocks: usize,
    changed: [f64; LANES],
    low: [f64; LANES],
    high: [f64; LANES],
    smallest: [f64; LANES],
    largest: [f64; LANES],
    twice_low: [f64; LANES],
    twice_high: [f64; LANES],
    before: [f64; LANES],
    product: [f64; LANES],
    weighted_spacing: [f64; LANES],
}

impl Lanes {
    fn new() -> Self {
        Lanes {
            blocks: 0,
            changed: [0.0; LANES],
            low: [f64::NEG_INFINITY; LANES],
            high: [f64::INFINITY; LANES],
            smallest: [f64::INFINITY; LANES],
            largest: [0.0; LANES],
            twice_low: [f64::NEG_INFINITY; LANES],
            twice_high: [f64::INFINITY; LANES],
            before: [0.0; LANES],
            product: [0.0; LANES],
            weighted_spacing: [0.0; LANES],
        }
    }

    #[inline(always)]
    fn add<const COPIES: bool>(
        &mut self,
        format: &Format,
        before: &[f64; LANES],
        after: &[f64; LANES],
    ) {
        self.blocks += 1;
        for lane in 0..LANES {
            let (b, a) = (before[lane], after[lane]);
            let inverse = 1.0 / b;
            let (ratio, magnitude) = (a * inverse, b.abs());
            let spacing = format.spacing(a);
            let around = spacing * inverse.abs();
            let room = ON_THE_WAY * (1.0 - ratio).abs() * around + OUR_OWN;
            let above = 0.5 * around + room;
            let below = 0.25 * around + room;
            let below = if is_power_of_two(a) & (ratio > 0.0) { below } else { above };
            self.low[lane] = larger(self.low[lane], ratio - below);
            self.high[lane] = smaller(self.high[lane], ratio + above);
            self.smallest[lane] = smaller(self.smallest[lane], magnitude);
            self.largest[lane] = larger(self.largest[lane], magnitude);
            self.changed[lane] += if a == b { 0.0 } else { 1.0 };
            if COPIES {
                let wide = above + 0.5 * ratio.abs() * format.spacing(b) * inverse.abs();
                self.twice_low[lane] = larger(self.twice_low[lane], ratio - wide);
                self.twice_high[lane] = smaller(self.twice_high[lane], ratio + wide);
                self.before[lane] += b * b;
                self.product[lane] += a * b;
                self.weighted_spacing[lane] += b * b * spacing * spacing;
            }
        }
    }

    fn into_sums(self) -> Sums {
        let low = |lanes: [f64; LANES]| lanes.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let high = |lanes: [f64; LANES]| lanes.into_iter().fold(f64::INFINITY, f64::min);
        let sum = |lanes: [f64; LANES]| lanes.into_iter().sum::<f64>();
        let confined = |a, b| [Interval::ALL, Interval { low: low(a), high: high(b) }];
        Sums {
            used: self.blocks * LANES,
            changed: sum(self.changed) as usize,
            magnitudes: Interval { low: high(self.smallest), high: low(self.largest) },
            once: confined(self.low, self.high),
            twice: confined(self.twice_low, self.twice_high),
            before: sum(self.before),
            product: sum(self.product),
            weighted_spacing: sum(self.weighted_spacing),
            ..Sums::default()
        }
    }
}

/// The larger of two numbers, in one instruction.
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}
