//! What one pass over a tensor before and after a step leaves: sums, and the factors that every number allows.
//!
//! A number b that shrinks by the factor f is stored as the nearest number a of its format, so `f b` lies within half
//! a spacing of a: every pair confines f to an interval. If one factor made the whole tensor, the intervals have a
//! point in common, and that is far narrower than the rounding of one number. Weights that are stored as rounded
//! copies of finer ones (float32 masters saved as bfloat16) are rounded on both sides; then the intervals are wider,
//! and the mean over all numbers tells f: `Σ a b / Σ b²`, by least squares.

use safetensors::Dtype;

use super::number::{Format, LANES, for_each_block, is_power_of_two};

/// Room for what a step rounds on the way, in spacings, as a multiple of the relative change.
const ON_THE_WAY: f64 = 2.0;
/// Rounding of our own arithmetic, relative.
const OUR_OWN: f64 = 4.0 * f64::EPSILON;

/// The factors that a set of numbers allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    const ALL: Interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };

    pub fn and(self, other: Interval) -> Interval {
        Interval { low: self.low.max(other.low), high: self.high.min(other.high) }
    }

    pub fn is_empty(&self) -> bool {
        self.low > self.high
    }
}

/// Where numbers were rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// By the step alone: the files hold the weights that were trained.
    Once,
    /// By the step and by saving: the files hold rounded copies of finer weights.
    Twice,
}

/// A pass over a tensor or a part of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sums {
    /// Numbers that can show a factor: finite and no zeros before.
    pub used: usize,
    pub not_finite: usize,
    /// Zeros that the step moved.
    pub zeros_moved: usize,
    pub changed: usize,
    /// Numbers farther from zero than before.
    pub grown: usize,
    /// Smallest and largest magnitude before.
    pub magnitudes: Interval,
    /// Factors that the numbers allow which changed, and those which did not; rounded once.
    once: [Interval; 2],
    /// The same, rounded twice.
    twice: [Interval; 2],
    /// Σ b², Σ a b, and Σ b² spacing(a)².
    before: f64,
    product: f64,
    weighted_spacing: f64,
    /// Of d = b − a: Σ |d|, Σ d², and Σ d sign(b).
    distance: f64,
    distance_squared: f64,
    towards_zero: f64,
    /// Σ spacing(b)².
    spacing: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Sums {
            used: 0,
            not_finite: 0,
            zeros_moved: 0,
            changed: 0,
            grown: 0,
            magnitudes: Interval { low: f64::INFINITY, high: 0.0 },
            once: [Interval::ALL; 2],
            twice: [Interval::ALL; 2],
            before: 0.0,
            product: 0.0,
            weighted_spacing: 0.0,
            distance: 0.0,
            distance_squared: 0.0,
            towards_zero: 0.0,
            spacing: 0.0,
        }
    }
}

impl Sums {
    /// Of two stretches of numbers of one type.
    pub fn of(dtype: Dtype, before: &[u8], after: &[u8]) -> Self {
        let mut sums = Sums::default();
        if let Some(format) = Format::of(dtype) {
            for_each_block(dtype, before, after, |before, after| {
                before.iter().zip(after).for_each(|(b, a)| sums.add(&format, *b, *a));
            });
        }
        sums
    }

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

    /// Adds a number before and after the step.
    #[inline(always)]
    pub fn add(&mut self, format: &Format, b: f64, a: f64) {
        if !(b.is_finite() && a.is_finite()) {
            self.not_finite += 1;
            return;
        }
        let magnitude = b.abs();
        if magnitude <= format.smallest {
            self.zeros_moved += usize::from(a.abs() > format.smallest);
            return;
        }
        let (spacing, own) = (format.spacing(a), format.spacing(b));
        self.used += 1;
        self.grown += usize::from(a.abs() > magnitude);
        self.magnitudes.low = self.magnitudes.low.min(magnitude);
        self.magnitudes.high = self.magnitudes.high.max(magnitude);
        let is_changed = a != b;
        self.changed += usize::from(is_changed);
        self.confine(usize::from(is_changed), b, a, spacing, own);
        let distance = b - a;
        self.before += b * b;
        self.product += a * b;
        self.weighted_spacing += b * b * spacing * spacing;
        self.distance += distance.abs();
        self.distance_squared += distance * distance;
        self.towards_zero += distance * b.signum();
        self.spacing += own * own;
    }

    /// Narrows the factors by those that one number allows.
    #[inline(always)]
    fn confine(&mut self, which: usize, b: f64, a: f64, spacing: f64, own: f64) {
        let inverse = 1.0 / b;
        let ratio = a * inverse;
        let inverse = inverse.abs();
        let around = spacing * inverse;
        let room = ON_THE_WAY * (1.0 - ratio).abs() * around + OUR_OWN;
        let above = 0.5 * around + room;
        // Towards zero from a power of two the next number is half as far.
        let below = if is_power_of_two(a) { 0.25 * around + room } else { above };
        let below = if ratio > 0.0 { below } else { above };
        let saved = 0.5 * ratio.abs() * own * inverse;
        let (once, twice) = (&mut self.once[which], &mut self.twice[which]);
        *once = once.and(Interval { low: ratio - below, high: ratio + above });
        *twice = twice.and(Interval { low: ratio - above - saved, high: ratio + above + saved });
    }

    /// Those of both.
    pub fn merged(self, other: &Sums) -> Self {
        let both = |a: [Interval; 2], b: [Interval; 2]| [a[0].and(b[0]), a[1].and(b[1])];
        Sums {
            used: self.used + other.used,
            not_finite: self.not_finite + other.not_finite,
            zeros_moved: self.zeros_moved + other.zeros_moved,
            changed: self.changed + other.changed,
            grown: self.grown + other.grown,
            magnitudes: Interval {
                low: self.magnitudes.low.min(other.magnitudes.low),
                high: self.magnitudes.high.max(other.magnitudes.high),
            },
            once: both(self.once, other.once),
            twice: both(self.twice, other.twice),
            before: self.before + other.before,
            product: self.product + other.product,
            weighted_spacing: self.weighted_spacing + other.weighted_spacing,
            distance: self.distance + other.distance,
            distance_squared: self.distance_squared + other.distance_squared,
            towards_zero: self.towards_zero + other.towards_zero,
            spacing: self.spacing + other.spacing,
        }
    }

    /// Factors that every number allows.
    pub fn allowed(&self, rounding: Rounding) -> Interval {
        let [still, changed] = self.by_change(rounding);
        still.and(changed)
    }

    /// Factors that every number allows which changed.
    pub fn allowed_by_changed(&self, rounding: Rounding) -> Interval {
        self.by_change(rounding)[1]
    }

    fn by_change(&self, rounding: Rounding) -> [Interval; 2] {
        match rounding {
            Rounding::Once => self.once,
            Rounding::Twice => self.twice,
        }
    }

    /// The factor by least squares.
    pub fn mean_factor(&self) -> f64 {
        self.product / self.before
    }

    /// Standard error of [`mean_factor`](Self::mean_factor) from independent roundings on both sides, each evenly
    /// spread over a spacing. Equal numbers are rounded equally: they count as one.
    pub fn mean_error(&self) -> f64 {
        let count = if self.is_of_one_magnitude() { self.used as f64 } else { 1.0 };
        (2.0 * self.weighted_spacing * count / 12.0).sqrt() / self.before
    }

    /// Whether all numbers but zeros have one magnitude before the step.
    pub fn is_of_one_magnitude(&self) -> bool {
        self.magnitudes.low == self.magnitudes.high
    }

    /// Mean distance that the numbers moved.
    pub fn mean_distance(&self) -> f64 {
        self.distance / self.used as f64
    }

    /// Standard deviation of that distance over its mean, without what rounding makes of it.
    pub fn spread_of_distance(&self) -> f64 {
        let (count, mean) = (self.used as f64, self.mean_distance());
        let variance = self.distance_squared / count - mean * mean - self.spacing / count / 12.0;
        variance.max(0.0).sqrt() / mean
    }

    /// Share of the way that led towards zero: 1 if all of it did, 0 if half.
    pub fn share_towards_zero(&self) -> f64 {
        self.towards_zero / self.distance
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

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::*;

    fn of_f32(weights: &[f32], factor: f32) -> Sums {
        let after: Vec<f32> = weights.iter().map(|weight| weight * factor).collect();
        Sums::of(Dtype::F32, bytemuck::cast_slice(weights), bytemuck::cast_slice(&after))
    }

    fn weights(count: usize) -> Vec<f32> {
        (0..count).map(|at| ((at as f32 * 0.37).sin() + 0.01) * 0.05).collect()
    }

    #[test]
    fn many_numbers_tell_a_factor_finer_than_one_of_them_can() {
        let factor = 0.999_97_f32;
        let allowed = of_f32(&weights(10_000), factor).allowed(Rounding::Once);
        let near = (allowed.high + allowed.low) / 2.0 - f64::from(factor);
        assert!(!allowed.is_empty() && near.abs() < 1e-10, "{near}");
        assert!(allowed.high - allowed.low < 1e-10);
    }

    #[test]
    fn a_pass_in_parts_is_the_pass_over_all() {
        let weights = weights(1000);
        let whole = of_f32(&weights, 0.9);
        let parts = of_f32(&weights[..300], 0.9).merged(&of_f32(&weights[300..], 0.9));
        assert_eq!(whole.allowed(Rounding::Once), parts.allowed(Rounding::Once));
        assert!((whole.mean_factor() - parts.mean_factor()).abs() < 1e-12);
        assert_eq!((parts.used, parts.changed, parts.grown), (1000, 1000, 0));
    }

    #[test]
    fn the_first_pass_finds_what_the_whole_one_does() {
        let mut weights = weights(1003);
        weights[17] = 0.0;
        weights[40] = f32::NAN;
        weights[300] = 0.25;
        for factor in [1.0, 0.999, -2.0, 0.5] {
            let after: Vec<f32> = weights.iter().map(|weight| weight * factor).collect();
            let (before, after) = (bytemuck::cast_slice(&weights), bytemuck::cast_slice(&after));
            let first = Sums::at_first(Dtype::F32, before, after);
            let whole = Sums::of(Dtype::F32, before, after);
            assert_eq!(first.allowed(Rounding::Once), whole.allowed(Rounding::Once));
            let counts = |sums: &Sums| (sums.used, sums.changed, sums.not_finite, sums.zeros_moved);
            assert_eq!(counts(&first), counts(&whole));
            assert_eq!(first.magnitudes, whole.magnitudes);
        }
    }

    /// Copies in bfloat16 of float32 weights: no factor rounds all of them, the mean still tells it.
    #[test]
    fn rounded_copies_tell_a_factor_by_their_mean() {
        let (weights, factor) = (weights(200_000), 1.0 - 3e-4_f32);
        let stored = |scale: f32| -> Vec<u8> {
            let numbers = weights.iter().map(|weight| bf16::from_f32(weight * scale));
            numbers.flat_map(|number| number.to_le_bytes()).collect()
        };
        let sums = Sums::of(Dtype::BF16, &stored(1.0), &stored(factor));
        assert!(sums.allowed(Rounding::Once).is_empty());
        assert!(!sums.allowed(Rounding::Twice).is_empty());
        let off = (sums.mean_factor() - f64::from(factor)).abs();
        assert!(off < 3.0 * sums.mean_error() && sums.mean_error() < 2e-5, "{off}");
    }
}
