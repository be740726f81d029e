//! The losses that a search may look at.

use std::collections::BTreeMap;

use super::Place;

/// Losses by place and by index of the seed, in whatever order they came; +∞ is a run that diverged.
/// One that collapsed has its loss: without decay that is what it may come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    places: BTreeMap<Place, BTreeMap<usize, f64>>,
    none: BTreeMap<usize, f64>,
}

impl Known {
    pub fn add(&mut self, place: &Place, seed: usize, loss: f64) {
        self.places.entry(place.clone()).or_default().insert(seed, loss);
    }

    /// The loss without decay, on the same seed.
    pub fn add_none(&mut self, seed: usize, loss: f64) {
        self.none.insert(seed, loss);
    }

    /// The losses of seeds 0 to `seeds` − 1; `None` while one is missing.
    pub fn losses(&self, place: &Place, seeds: usize) -> Option<Vec<f64>> {
        first(self.places.get(place), seeds)
    }

    /// The same without decay.
    pub fn none(&self, seeds: usize) -> Option<Vec<f64>> {
        first(Some(&self.none), seeds)
    }
}

fn first(losses: Option<&BTreeMap<usize, f64>>, seeds: usize) -> Option<Vec<f64>> {
    (0..seeds).map(|seed| losses?.get(&seed).copied()).collect()
}
