use chacha20::ChaCha8Rng;

use super::*;
use crate::random::{normals, stream};

/// An arm of runs of so many seeds from one on, each with its number.
fn arm(first: usize, values: &[f64]) -> Arm {
    let run = |(place, value): (usize, &f64)| (Some((first + place).to_string()), *value);
    Arm {
        name: first.to_string(),
        runs: values.iter().enumerate().map(run).collect(),
        ..Arm::default()
    }
}

/// Two arms of so many runs that share so many seeds, which do nothing; the second is higher by `difference`.
fn arms(
    rng: &mut ChaCha8Rng,
    [left, right]: [usize; 2],
    common: usize,
    difference: f64,
) -> [Arm; 2] {
    let mut draw = |count: usize, level: f64| -> Vec<f64> {
        normals(rng, 0.03, count).into_iter().map(|one| level + f64::from(one)).collect()
    };
    [arm(0, &draw(left, 3.0)), arm(left - common, &draw(right, 3.0 + difference))]
}

fn compared(arms: &[Arm; 2]) -> Contest {
    let terms = Terms { alpha: 0.05, epsilon: None };
    judged(vec![contest(JudgedFamily::Pairs, arms, [0, 1])], &terms).remove(0)
}

#[test]
fn common_seeds_are_pairs_where_they_are_half_of_the_smaller_arm() {
    let mut rng = stream("pairs", &[]);
    for (runs, common, test, unpaired) in [
        ([8, 8], 4, Test::Paired, 8),
        ([8, 8], 3, Test::Welch, 0),
        ([3, 20], 3, Test::Paired, 17),
        ([5, 20], 3, Test::Paired, 19),
        ([20, 20], 9, Test::Welch, 0),
        ([4, 4], 2, Test::Welch, 0),
    ] {
        let found = compared(&arms(&mut rng, runs, common, 0.0));
        assert_eq!((found.test, found.unpaired), (test, unpaired), "{runs:?} {common}");
        let own = if test == Test::Paired { [common; 2] } else { runs };
        assert_eq!((found.runs, found.by_seed.is_empty()), (own, test == Test::Welch));
    }
}

/// Three pairs of them would claim this difference in one of ten, and the runs that they throw away are 34 of 40.
#[test]
fn three_common_seeds_of_twenty_runs_do_not_hide_what_all_runs_say() {
    let mut rng = stream("few pairs", &[]);
    let mut told = |difference: f64| {
        let worlds = 500;
        let is_told = |_: &usize| {
            let found = compared(&arms(&mut rng, [20, 20], 3, difference));
            matches!(found.judgement.kind, Kind::Lower | Kind::Higher)
        };
        (0..worlds).filter(is_told).count() as f64 / worlds as f64
    };
    let (falsely, rightly) = (told(0.0), told(0.03));
    assert!(falsely < 0.08, "{falsely}");
    assert!(rightly > 0.75, "{rightly}");
}
