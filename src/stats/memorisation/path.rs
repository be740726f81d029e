//! A measure where a run had a given test loss, read off between two evaluations.

use super::measure::Measure;
use crate::results::CurveCsvRow;

/// Step, test loss and a measure at every evaluation of a run.
pub struct Path(Vec<Place>);

#[derive(Clone, Copy, Debug)]
struct Place {
    step: f64,
    loss: f64,
    value: f64,
}

/// What was read off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Read {
    pub value: f64,
    /// How far the curve through the evaluations lies from the straight line between the two around the place, with its
    /// sign; 0 at an evaluation.
    pub bend: f64,
    /// How far the first and the last place with that loss lie from between them: a curve that hardly rises has it several
    /// times by chance.
    pub apart: f64,
}

/// Halvings with which a place is found on a curve.
const HALVINGS: usize = 50;

impl Path {
    pub fn of(curve: &[CurveCsvRow], measure: Measure) -> Self {
        let place = |row: &CurveCsvRow| {
            let step = row.row.step as f64;
            Some(Place { step, loss: row.row.memory.test_loss?, value: measure.at(&row.row)? })
        };
        Path(curve.iter().filter_map(place).collect())
    }

    pub fn lowest(&self) -> Option<f64> {
        self.0.iter().map(|place| place.loss).min_by(f64::total_cmp)
    }

    pub fn end(&self) -> Option<f64> {
        self.0.last().map(|place| place.loss)
    }

    /// The measure where the test loss was this last: on a curve through the evaluations around that place, since what
    /// is known by heart bends away from a line the more, the fewer evaluations there are. Where the loss came and went
    /// since its lowest, or before that, in the middle of the first and the last of these places: the last one alone is
    /// late, as chance may always take a curve below a loss once more.
    pub fn at(&self, loss: f64) -> Option<Read> {
        let has_it = |place: &&Place| place.loss == loss;
        let own = |place: &Place| Read { value: place.value, ..Read::default() };
        let crosses = |pair: &[Place]| (pair[0].loss < loss) != (pair[1].loss < loss);
        let crossed = self.0.windows(2).rposition(crosses);
        // An evaluation that had it tells more than a curve that dips below on its way there.
        let exact = self.0.get(crossed.unwrap_or(0)..)?.iter().rfind(has_it);
        exact.map(own).or_else(|| {
            let last = crossed?;
            let is_alike =
                |at: &usize| (*at >= self.lowest_place()) == (last >= self.lowest_place());
            let mut places = (0..=last).filter(is_alike);
            let first = places.find(|at| crosses(&self.0[*at..*at + 2]))?;
            let [first, last] = [first, last].map(|at| self.between(at, loss));
            Some(Read {
                value: f64::midpoint(first.value, last.value),
                bend: f64::midpoint(first.bend, last.bend),
                apart: 0.5 * (last.value - first.value).abs(),
            })
        })
    }

    /// Which evaluation has the lowest test loss.
    fn lowest_place(&self) -> usize {
        let losses = self.0.iter().map(|place| place.loss).enumerate();
        losses.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(place, _)| place)
    }

    /// Between an evaluation and the next one, which have the loss between theirs.
    fn between(&self, at: usize, loss: f64) -> Read {
        let [before, after] = [self.0[at], self.0[at + 1]];
        let share = (loss - before.loss) / (after.loss - before.loss);
        let line = before.value + share * (after.value - before.value);
        let value = self.along(at, self.share_of(at, loss), |place| place.value);
        Read { value, bend: value - line, apart: 0.0 }
    }

    /// The share of the steps between two evaluations after which the curve of the losses has this one.
    fn share_of(&self, at: usize, loss: f64) -> f64 {
        let rises = self.0[at + 1].loss > self.0[at].loss;
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            let is_before = (self.along(at, middle, |place| place.loss) < loss) == rises;
            *(if is_before { &mut low } else { &mut high }) = middle;
        }
        0.5 * (low + high)
    }

    /// A number between two evaluations, a share of their steps after the first: the cubic with their values and slopes.
    fn along(&self, at: usize, share: f64, of: impl Fn(&Place) -> f64 + Copy) -> f64 {
        let [before, after] = [&self.0[at], &self.0[at + 1]];
        let width = after.step - before.step;
        let slopes = [at, at + 1].map(|at| width * self.slope(at, of));
        let left = 1.0 - share;
        let (near, far) = (left * left * share, share * share * left);
        let ends = left * of(before) + share * of(after);
        let rise = of(after) - of(before);
        ends + near * (slopes[0] - rise) - far * (slopes[1] - rise)
    }

    /// A number's change per step at an evaluation, by the parabola through it and its neighbours.
    fn slope(&self, at: usize, of: impl Fn(&Place) -> f64) -> f64 {
        let last = self.0.len() - 1;
        if last < 2 {
            return (of(&self.0[last]) - of(&self.0[0])) / (self.0[last].step - self.0[0].step);
        }
        let middle = at.clamp(1, last - 1);
        let [a, b, c] = [&self.0[middle - 1], &self.0[middle], &self.0[middle + 1]];
        let [first, second] = [(a, b), (b, c)].map(|(a, b)| (of(b) - of(a)) / (b.step - a.step));
        let step = self.0[at].step;
        first + (second - first) / (c.step - a.step) * ((step - a.step) + (step - b.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(points: &[(f64, f64)]) -> Path {
        let place = |(step, (loss, value)): (usize, &(f64, f64))| Place {
            step: 50.0 * step as f64,
            loss: *loss,
            value: *value,
        };
        Path(points.iter().enumerate().map(place).collect())
    }

    #[test]
    fn a_path_is_read_where_it_had_the_loss_last() {
        let path = path(&[(4.0, 0.0), (2.0, 0.1), (1.5, 0.3), (1.8, 0.9)]);
        assert_eq!((path.lowest(), path.end()), (Some(1.5), Some(1.8)));
        assert_eq!(path.at(1.8), Some(Read { value: 0.9, ..Read::default() }));
        let on_the_way_up = path.at(1.65).unwrap().value;
        assert!(on_the_way_up > 0.5 && on_the_way_up < 0.8, "{on_the_way_up}");
        let first = path.at(3.0).unwrap();
        assert!(first.value > 0.0 && first.value < 0.1);
        assert!((path.at(1.5).unwrap().value - 0.3).abs() < 1e-9);
        assert_eq!((path.at(5.0), path.at(1.0)), (None, None));
    }

    #[test]
    fn a_loss_that_came_and_went_is_read_off_between_its_first_and_its_last_place() {
        let path = path(&[(3.0, 0.0), (1.0, 0.2), (1.2, 0.4), (1.1, 0.6), (1.3, 0.8)]);
        let read = path.at(1.15).unwrap();
        let [first, last] = [1, 3].map(|at| path.between(at, 1.15).value);
        assert!(first < 0.4 && last > 0.6 && read.value == f64::midpoint(first, last), "{read:?}");
        assert!((read.apart - 0.5 * (last - first)).abs() < 1e-12, "{read:?}");
        // On its way down it had it once, long before.
        assert!(path.at(2.0).unwrap().value < 0.2 && path.at(2.0).unwrap().apart == 0.0);
    }

    #[test]
    fn a_parabola_is_read_off_as_it_is_and_a_line_has_no_bend() {
        // Loss 4 − u, by heart u² at u = 0, 1, 2, 3.
        let parabola = path(&[(4.0, 0.0), (3.0, 1.0), (2.0, 4.0), (1.0, 9.0)]);
        for u in [0.3, 1.5, 2.5, 2.9f64] {
            let read = parabola.at(4.0 - u).unwrap();
            assert!((read.value - u * u).abs() < 1e-9, "{u}: {read:?}");
            let below = u.floor();
            let line = below * below + (u - below) * (2.0 * below + 1.0);
            assert!((read.bend - (u * u - line)).abs() < 1e-9, "{u}: {read:?}");
        }
        let line = path(&[(4.0, 0.0), (3.0, 1.0), (2.5, 1.5), (1.0, 3.0)]);
        let read = line.at(2.75).unwrap();
        assert!((read.value - 1.25).abs() < 1e-9 && read.bend.abs() < 1e-9, "{read:?}");
        let two = path(&[(4.0, 0.0), (2.0, 1.0)]).at(3.0).unwrap();
        assert!((two.value - 0.5).abs() < 1e-9 && two.bend.abs() < 1e-9, "{two:?}");
    }
}
