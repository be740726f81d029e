//! How far runs end above where they were lowest, by more than chance.
//!
//! The lowest of many numbers is below the last by chance too, by more the more there are. So means over a tenth of the
//! evaluations are compared, and no run takes part in its own choice: each is measured where the others of its arm are
//! lowest. Of one or two runs there are no others enough; there the scatter of the means themselves is what a rise is
//! held against.

use std::collections::BTreeMap;
use std::iter;

use super::runs::Curve;
use crate::stats::{Estimate, FEWEST_SEEDS, t_quantile};

/// The share of tables of flat arms in which a rise is told of any, at most.
const FALSELY: f64 = 0.05;
/// Stretches of a curve, at most, over each of which a mean is taken.
const STRETCHES: usize = 10;
/// How far the last of them lies above the lowest, in standard deviations of one: of flat curves one in fifty does …
const FARTHEST: f64 = 6.0;
/// … and of so many arms the farthest lies farther by this power of their number, by simulation.
const MORE_ARMS: f64 = 0.26;
/// The median of |x| over the standard deviation of x, where x is normal.
const MEDIAN: f64 = 0.6745;

/// What ends above its lowest.
#[derive(Clone, Debug, PartialEq)]
pub struct Rise {
    pub size: f64,
    /// The first and the last of the steps at which it was lowest.
    pub steps: [f64; 2],
}

/// A step that all runs have, with the number of each.
type Row = (f64, Vec<f64>);
/// The first and the last step of several rows, with the mean of each run.
type Stretch = ([f64; 2], Vec<f64>);

/// How far the ends of an arm's runs lie above where they were lowest, of so many arms that are asked; `None` where that
/// may be chance, or where too little was measured to say so.
pub fn rise(curves: &[Curve], arms: usize) -> Option<Rise> {
    let rows = common(curves);
    match curves.len() >= FEWEST_SEEDS {
        true => by_runs(&in_stretches(&rows), arms),
        false => by_stretches(&rows, arms),
    }
}

/// A tenth of the rows of all runs each, from the last on: first and last step, and the mean of each run.
fn in_stretches(rows: &[Row]) -> Vec<Stretch> {
    let length = rows.len().div_ceil(STRETCHES).max(1);
    let mean = |stretch: &[Row]| {
        let of_run = |run: usize| {
            stretch.iter().map(|(_, values)| values[run]).sum::<f64>() / stretch.len() as f64
        };
        let runs = stretch[0].1.len();
        let steps = [stretch[0].0, stretch[stretch.len() - 1].0];
        (steps, (0..runs).map(of_run).collect())
    };
    rows.rchunks(length).map(mean).collect()
}

fn common(curves: &[Curve]) -> Vec<Row> {
    let Some((first, others)) = curves.split_first() else { return Vec::new() };
    let by_step = |curve: &Curve| -> BTreeMap<u64, f64> {
        curve.iter().map(|(step, value)| (step.to_bits(), *value)).collect()
    };
    let others: Vec<BTreeMap<u64, f64>> = others.iter().map(by_step).collect();
    let row = |(step, value): &(f64, f64)| {
        let own = others.iter().map(|other| other.get(&step.to_bits()).copied());
        let all: Option<Vec<f64>> = iter::once(Some(*value)).chain(own).collect();
        Some((*step, all?))
    };
    first.iter().filter_map(row).collect()
}

/// Each run's end over its mean in the stretch where that of the others is lowest, by a one-sided t-test, corrected for
/// the arms. These rises share their choices: their mean scatters more than that of independent ones, as Nadeau & Bengio
/// (2003) allow for.
fn by_runs(stretches: &[Stretch], arms: usize) -> Option<Rise> {
    let totals: Vec<f64> = stretches.iter().map(|(_, values)| values.iter().sum()).collect();
    let (_, last) = stretches.first()?;
    let measured = |run: usize| {
        let others = |place: &usize| totals[*place] - stretches[*place].1[run];
        let lowest = (0..stretches.len()).min_by(|a, b| others(a).total_cmp(&others(b)))?;
        let (steps, values) = &stretches[lowest];
        Some((*steps, last[run] - values[run]))
    };
    let measured: Option<Vec<([f64; 2], f64)>> = (0..last.len()).map(measured).collect();
    let (steps, rises): (Vec<[f64; 2]>, Vec<f64>) = measured?.into_iter().unzip();
    let Estimate { mean: size, sd, n, .. } = Estimate::of(&rises)?;
    let n = n as f64;
    let error = sd? * (n.recip() + (n - 1.0).recip()).sqrt();
    let is_told = size > t_quantile(1.0 - FALSELY / arms.max(1) as f64, n - 1.0) * error;
    is_told.then(|| Rise { size, steps: ends(&steps.concat()) })
}

/// The mean of the last stretch over the lowest of a stretch, where evaluations are enough for means to tell how they
/// scatter.
fn by_stretches(rows: &[Row], arms: usize) -> Option<Rise> {
    let length = rows.len() / STRETCHES;
    if length == 0 {
        return None;
    }
    let stretches: Vec<&[Row]> = rows.rchunks_exact(length).take(STRETCHES).collect();
    let mean = |stretch: &&[Row]| {
        let values: Vec<f64> = stretch.iter().flat_map(|(_, values)| values).copied().collect();
        Estimate::of(&values).map_or(f64::NAN, |one| one.mean)
    };
    let means: Vec<f64> = stretches.iter().map(mean).collect();
    let lowest = (0..means.len()).min_by(|a, b| means[*a].total_cmp(&means[*b]))?;
    let size = means[0] - means[lowest];
    let steps: Vec<f64> = stretches[lowest].iter().map(|(step, _)| *step).collect();
    let farthest = FARTHEST * (arms.max(1) as f64).powf(MORE_ARMS);
    (size > farthest * scatter(&means)).then(|| Rise { size, steps: ends(&steps) })
}

/// The standard deviation of such means, from how each differs from its two neighbours, so that a curve may fall or
/// rise; by the median, so that it may bend.
fn scatter(means: &[f64]) -> f64 {
    let bend = |three: &[f64]| (three[0] - 2.0 * three[1] + three[2]).abs();
    let mut bends: Vec<f64> = means.windows(3).map(bend).collect();
    bends.sort_by(f64::total_cmp);
    let middle = f64::midpoint(bends[(bends.len() - 1) / 2], bends[bends.len() / 2]);
    middle / (MEDIAN * 6f64.sqrt())
}

fn ends(steps: &[f64]) -> [f64; 2] {
    let first = steps.iter().copied().fold(f64::INFINITY, f64::min);
    [first, steps.iter().copied().fold(f64::NEG_INFINITY, f64::max)]
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha8Rng;

    use super::*;
    use crate::random::{normals, stream};

    /// Curves that fall to a plateau and rise from two fifths on by so much, a little more or less in each run.
    fn curves(rng: &mut ChaCha8Rng, runs: usize, steps: usize, rise: f64) -> Vec<Curve> {
        let mut run = || {
            let own = normals(rng, 0.005, steps);
            let [level, more] = [0.02, 0.1 * rise].map(|sd| f64::from(normals(rng, sd, 1)[0]));
            let value = |place: usize| {
                let time = place as f64 / (steps - 1) as f64;
                let fall = 0.8 * (-30.0 * time).exp();
                let later = (rise + more) * ((time - 0.4) / 0.6).max(0.0);
                (100.0 * place as f64, 3.0 + level + fall + later + f64::from(own[place]))
            };
            (0..steps).map(value).collect()
        };
        (0..runs).map(|_| run()).collect()
    }

    /// The share of tables of so many arms in which a rise is told of any.
    fn told(arms: usize, runs: usize, steps: usize, rise: f64) -> f64 {
        let mut rng = stream("rises", &[]);
        let worlds = 400;
        let mut is_told = || super::rise(&curves(&mut rng, runs, steps, rise), arms).is_some();
        let any = |_: &usize| (0..arms).fold(false, |any, _| is_told() || any);
        (0..worlds).filter(any).count() as f64 / worlds as f64
    }

    #[test]
    fn tables_of_flat_arms_seldom_tell_a_rise_of_any_and_arms_that_rise_are_nearly_always_told() {
        for runs in [1, 2, 3, 5, 8, 20] {
            let (falsely, rightly) = (told(1, runs, 50, 0.0), told(1, runs, 50, 0.1));
            assert!(falsely < 0.07, "{runs}: {falsely}");
            assert!(rightly > 0.9, "{runs}: {rightly}");
        }
        // With a twentieth for each arm it was a quarter to two thirds of these.
        for (arms, runs, steps) in [(8, 5, 50), (8, 8, 40), (20, 5, 50), (8, 20, 200), (8, 1, 60)] {
            let falsely = told(arms, runs, steps, 0.0);
            assert!(falsely < 0.07, "{arms} arms, {runs} runs: {falsely}");
        }
    }

    #[test]
    fn a_rise_is_measured_where_the_other_runs_are_lowest() {
        let curve =
            |values: [f64; 4]| [1.0, 2.0, 3.0, 4.0].into_iter().zip(values).collect::<Curve>();
        // Each run's own lowest number is a freak of it.
        let all = [[3.0, 2.0, 3.0, 3.0], [3.0, 3.0, 2.0, 3.1], [2.0, 3.0, 3.0, 2.9]].map(curve);
        assert_eq!(rise(&all, 1), None);
        let all = [[3.5, 3.0, 3.2, 3.4], [3.6, 3.1, 3.3, 3.5], [3.4, 3.0, 3.1, 3.4]].map(curve);
        let Rise { size, steps } = rise(&all, 1).unwrap();
        assert!((size - 0.4).abs() < 1e-9 && steps == [2.0, 2.0], "{size} {steps:?}");
    }

    #[test]
    fn few_evaluations_of_one_run_tell_no_rise() {
        let few: Curve = (0..9).map(|place| (f64::from(place), f64::from(place))).collect();
        assert_eq!(rise(&[few], 1), None);
        assert_eq!(rise(&[], 1), None);
    }
}
