//! The first pass over a tensor, a block of numbers at a time, as vector units like it.

use safetensors::Dtype;

use super::super::number::{Format, LANES, for_each_block, is_power_of_two};
use super::{Interval, ON_THE_WAY, OUR_OWN, Rounding, Sums};

impl Sums {
    /// What tells whether one factor made all of two stretches, and which: counts, magnitudes, and the factors that
    /// all numbers allow which were rounded once. It takes a fraction of the time of [`of`](Self::of).
    pub fn at_first(dtype: Dtype, before: &[u8], after: &[u8]) -> Self {
        let Some(format) = Format::of(dtype) else { return Sums::default() };
        let (mut lanes, mut rest) = (Lanes::new(), Sums::default());
        for_each_block(dtype, before, after, |before, after| {
            match (before.as_array(), after.as_array()) {
                (Some(b), Some(a)) if are_usable(&format, b, a) => lanes.add(&format, b, a),
                _ => before.iter().zip(after).for_each(|(b, a)| rest.add(&format, *b, *a)),
            }
        });
        let (allowed, used, changed) = (rest.allowed(Rounding::Once), rest.used, rest.changed);
        let magnitudes = rest.magnitudes;
        Sums {
            used: used + lanes.blocks * LANES,
            not_finite: rest.not_finite,
            zeros_moved: rest.zeros_moved,
            changed: changed + lanes.changed.iter().sum::<f64>() as usize,
            magnitudes: Interval {
                low: lanes.smallest.into_iter().fold(magnitudes.low, f64::min),
                high: lanes.largest.into_iter().fold(magnitudes.high, f64::max),
            },
            once: [Interval::ALL, lanes.allowed().and(allowed)],
            ..Sums::default()
        }
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
        }
    }

    #[inline(always)]
    fn add(&mut self, format: &Format, before: &[f64; LANES], after: &[f64; LANES]) {
        self.blocks += 1;
        for lane in 0..LANES {
            let (b, a) = (before[lane], after[lane]);
            let inverse = 1.0 / b;
            let (ratio, magnitude) = (a * inverse, b.abs());
            let around = format.spacing(a) * inverse.abs();
            let room = ON_THE_WAY * (1.0 - ratio).abs() * around + OUR_OWN;
            let above = 0.5 * around + room;
            let below = 0.25 * around + room;
            let below = if is_power_of_two(a) & (ratio > 0.0) { below } else { above };
            self.low[lane] = larger(self.low[lane], ratio - below);
            self.high[lane] = smaller(self.high[lane], ratio + above);
            self.smallest[lane] = smaller(self.smallest[lane], magnitude);
            self.largest[lane] = larger(self.largest[lane], magnitude);
            self.changed[lane] += if a == b { 0.0 } else { 1.0 };
        }
    }

    fn allowed(&self) -> Interval {
        Interval {
            low: self.low.into_iter().fold(f64::NEG_INFINITY, f64::max),
            high: self.high.into_iter().fold(f64::INFINITY, f64::min),
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
