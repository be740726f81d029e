//! Angles by which queries and keys turn.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Cosines and sines, `[context, head / 2]` each.
#[derive(Debug)]
pub struct Angles {
    cos: Vec<f32>,
    sin: Vec<f32>,
    half: usize,
}

/// Base by its bits, context, channels of a head.
type Key = (u64, usize, usize);

/// Tables that were computed before: a model asks for one of them again and again.
static TABLES: LazyLock<Mutex<HashMap<Key, Arc<Angles>>>> = LazyLock::new(Mutex::default);

impl Angles {
    /// The table of these sizes.
    pub fn of(base: f64, context: usize, head: usize) -> Arc<Angles> {
        let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Angles::new(base, context, head));
        Arc::clone(tables.entry((base.to_bits(), context, head)).or_insert_with(new))
    }

    fn new(base: f64, context: usize, head: usize) -> Self {
        let half = head / 2;
        let angle = |place: usize| {
            let (position, channel) = (place / half, place % half);
            position as f64 * base.powf(-2.0 * channel as f64 / head as f64)
        };
        let table = |of: fn(f64) -> f64| -> Vec<f32> {
            (0..context * half).map(|place| of(angle(place)) as f32).collect()
        };
        Angles { cos: table(f64::cos), sin: table(f64::sin), half }
    }

    /// Turns a head's channels at a position, in place.
    #[inline(always)]
    pub fn turn(&self, position: usize, channels: &mut [f32]) {
        self.turn_by(position, channels, 1.0);
    }

    /// Turns them back: the gradient of turning.
    #[inline(always)]
    pub fn turn_back(&self, position: usize, channels: &mut [f32]) {
        self.turn_by(position, channels, -1.0);
    }

    #[inline(always)]
    fn turn_by(&self, position: usize, channels: &mut [f32], sign: f32) {
        let (half, start) = (self.half, position * self.half);
        let (first, second) = channels.split_at_mut(half);
        let second = &mut second[..half];
        let (cos, sin) = (&self.cos[start..][..half], &self.sin[start..][..half]);
        for place in 0..half {
            let (a, b) = (first[place], second[place]);
            first[place] = a * cos[place] - b * sin[place] * sign;
            second[place] = b * cos[place] + a * sin[place] * sign;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_back_undoes_turning() {
        let angles = Angles::of(1e4, 5, 6);
        let channels = [0.3, -0.2, 0.9, 1.5, -0.7, 0.1];
        let mut turned = channels;
        angles.turn(4, &mut turned);
        assert_ne!(turned, channels);
        angles.turn_back(4, &mut turned);
        for (a, b) in turned.iter().zip(channels) {
            assert!((a - b).abs() < 1e-6);
        }
    }
}
