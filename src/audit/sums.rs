//! What one pass over a tensor before and after a step leaves: sums, and the factors that every number allows.
//!
//! A number b that shrinks by the factor f is stored as the nearest number a of its format, so `f b` lies within half
//! a spacing of a: every pair confines f to an interval. If one factor made the whole tensor, the intervals have a
//! point in common, and that is far narrower than the rounding of one number. Weights that are stored as rounded
//! copies of finer ones (float32 masters saved as bfloat16) are rounded on both sides; then the intervals are wider,
//! and the mean over all numbers tells f: `Σ a b / Σ b²`, by least squares.

mod lanes;

use safetensors::Dtype;

use super::number::{Format, for_each_block, is_power_of_two};

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
    const NONE: Interval = Interval { low: f64::INFINITY, high: f64::NEG_INFINITY };

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

    /// How many roundings would have left what one factor does not explain of the way; of one step it is about one.
    pub fn roundings(&self) -> f64 {
        12.0 * self.beside_one_factor() / self.spacing
    }

    /// What one factor does not explain, over the whole way: 0 if it explains all, 1 if nothing.
    pub fn share_beside_one_factor(&self) -> f64 {
        self.beside_one_factor() / self.distance_squared
    }

    /// Σ (a − f b)², with f the factor by least squares.
    fn beside_one_factor(&self) -> f64 {
        let along = self.before - self.product;
        (self.distance_squared - along * along / self.before).max(0.0)
    }

    /// Share of the way that led towards zero: 1 if all of it did, 0 if half.
    pub fn share_towards_zero(&self) -> f64 {
        self.towards_zero / self.distance
    }
}

#[cfg(test)]
mod tests;
