//! A hyperparameter that is searched: a lattice on a logarithmic scale.

use crate::config::to_digits;

/// Bracket, factor 2 and √2 are 4, 2 and 1 of these parts of a factor.
pub const PARTS: i32 = 4;

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tuned {
    WeightDecay,
    LearningRate,
    Steps,
    /// A share by which training is disturbed: of numbers, windows or targets.
    Share(&'static str),
}

impl Tuned {
    /// Its key in a spec and in files.
    pub fn key(self) -> &'static str {
        match self {
            Tuned::WeightDecay => "weight_decay",
            Tuned::LearningRate => "lr",
            Tuned::Steps => "steps",
            Tuned::Share(key) => key,
        }
    }
}

/// Where a search stands on each axis, in fourth parts of the axis's factor from its start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub Vec<i32>);

impl Place {
    /// This place, moved along one axis.
    pub fn moved(&self, axis: usize, by: i32) -> Self {
        let mut moved = self.clone();
        moved.0[axis] += by;
        moved
    }

    /// The largest distance on any axis.
    pub fn distance(&self, other: &Self) -> i32 {
        let parts = self.0.iter().zip(&other.0);
        parts.map(|(one, other)| (one - other).abs()).max().unwrap_or(0)
    }
}

/// A hyperparameter on a logarithmic scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub tuned: Tuned,
    pub start: f64,
    /// A step of the bracket.
    pub factor: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    /// Whether the axis ends at 0, where the losses without decay are its losses.
    pub ends_at_zero: bool,
    /// The ends of what is tried before a curve may count as flat, or no decay as its best, wherever it starts.
    pub usual: Option<[f64; 2]>,
}

impl Axis {
    /// By factors of 4 from `start`, without bounds; weight decay and shares end at 0.
    pub fn new(tuned: Tuned, start: f64) -> Self {
        let ends_at_zero = matches!(tuned, Tuned::WeightDecay | Tuned::Share(_));
        Axis { tuned, start, factor: 4.0, lower: None, upper: None, ends_at_zero, usual: None }
    }

    /// The value so many parts from the start, to 3 significant digits, so that a run has the same id on
    /// every machine; steps are whole.
    pub fn value(&self, parts: i32) -> f64 {
        let exact = self.start * self.factor.powf(f64::from(parts) / f64::from(PARTS));
        match self.tuned {
            Tuned::Steps => exact.round().max(1.0),
            _ => to_digits(exact, 3),
        }
    }

    /// Whether that value is within the bounds.
    pub fn holds(&self, parts: i32) -> bool {
        let value = self.value(parts);
        self.lower.is_none_or(|lower| value >= lower)
            && self.upper.is_none_or(|upper| value <= upper)
    }

    /// Whether no usual value lies beyond a place: below it where `by` is below 0, else above it.
    pub fn is_past_usual(&self, parts: i32, by: i32) -> bool {
        let value = self.value(parts);
        self.usual.is_none_or(|[low, high]| if by < 0 { value <= low } else { value >= high })
    }

    /// The farthest lawful place on the way of `by` parts from `parts`, if there is one.
    pub fn toward(&self, parts: i32, by: i32) -> Option<i32> {
        let ways = (1..=by.abs()).rev().map(|way| parts + way * by.signum());
        ways.into_iter().find(|place| self.holds(*place))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_places_of_a_decay_are_round_numbers() {
        let axis = Axis::new(Tuned::WeightDecay, 0.1);
        let values: Vec<f64> = [-8, -4, -2, -1, 0, 1, 2, 4, 8].map(|k| axis.value(k)).to_vec();
        assert_eq!(values, [0.00625, 0.025, 0.05, 0.0707, 0.1, 0.141, 0.2, 0.4, 1.6]);
    }

    #[test]
    fn steps_are_whole_and_end_at_their_bound() {
        let axis = Axis { upper: Some(600.0), ..Axis::new(Tuned::Steps, 300.0) };
        assert_eq!(axis.value(-1), 212.0);
        assert!(!axis.ends_at_zero);
        assert_eq!(axis.toward(0, 4), Some(2));
        assert_eq!(axis.toward(2, 4), None);
        assert_eq!(axis.toward(0, -4), Some(-4));
    }

    proptest! {
        #[test]
        fn values_rise_with_places_and_lie_within_half_a_digit(
            start in 1e-8f64..1e4, factor in 2.0f64..10.0, parts in -40i32..40,
        ) {
            let axis = Axis { factor, ..Axis::new(Tuned::LearningRate, start) };
            let exact = start * factor.powf(f64::from(parts) / 4.0);
            prop_assert!((axis.value(parts) / exact - 1.0).abs() <= 0.0051);
            prop_assert!(axis.value(parts) < axis.value(parts + 1));
            prop_assert_eq!(to_digits(axis.value(parts), 3), axis.value(parts));
        }

        #[test]
        fn places_on_the_way_are_lawful_and_the_farthest(
            start in 1.0f64..1000.0, upper in 1.0f64..5000.0, by in 1i32..9,
        ) {
            let axis = Axis { upper: Some(upper), ..Axis::new(Tuned::Steps, start) };
            if let Some(place) = axis.toward(0, by) {
                prop_assert!(axis.holds(place) && place > 0 && place <= by);
                prop_assert!(place == by || !axis.holds(place + 1));
            } else {
                prop_assert!(!axis.holds(1));
            }
        }
    }
}
