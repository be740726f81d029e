//! Parts of a plan for machines that share nothing but a file system.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::cost::core_seconds;
use super::grid::MOST_RUNS;
use crate::config::RunConfig;

/// One of the parts into which a plan is dealt, `NUMBER/COUNT` on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    pub number: usize,
    /// Parts in all.
    pub count: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').map(|(number, count)| (number.parse(), count.parse()));
        // More parts than a plan may have runs are a mistake.
        let is_one = |number: usize, count: usize| {
            (1..=count).contains(&number) && count as u128 <= MOST_RUNS
        };
        match parts {
            Some((Ok(number), Ok(count))) if is_one(number, count) => Ok(Shard { number, count }),
            _ => {
                Err(format!("expected I/N with I from 1 to N and N up to {MOST_RUNS}, such as 3/8"))
            }
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

/// Deals runs into `count` parts that cost about the same, runs of one shape beside each other so that
/// they fill cohorts. The same runs give the same parts on every machine.
pub fn deal(runs: &[RunConfig], count: usize) -> Vec<Vec<RunConfig>> {
    let runs = by_shape(runs);
    let total: f64 = runs.iter().map(core_seconds).sum();
    let mut parts = vec![Vec::new(); count];
    let mut before = 0.0;
    for run in runs {
        let cost = core_seconds(&run);
        let part = (before + cost / 2.0) / total * count as f64;
        parts[(part as usize).min(count - 1)].push(run);
        before += cost;
    }
    parts
}

/// Deals runs into parts of at most `most` runs.
pub fn deal_by(runs: &[RunConfig], most: usize) -> Vec<Vec<RunConfig>> {
    by_shape(runs).chunks(most).map(<[RunConfig]>::to_vec).collect()
}

/// Runs of one shape one after another, shapes in order of first appearance.
fn by_shape(runs: &[RunConfig]) -> Vec<RunConfig> {
    let mut shapes = HashMap::new();
    let mut placed: Vec<(usize, &RunConfig)> = Vec::new();
    for run in runs {
        let next = shapes.len();
        placed.push((*shapes.entry(run.cohort_key()).or_insert(next), run));
    }
    placed.sort_by_key(|(shape, _)| *shape);
    placed.into_iter().map(|(_, run)| run.clone()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Start;
    use crate::config::tests::example;

    fn runs(steps: &[usize]) -> Vec<RunConfig> {
        let run = |(seed, steps): (usize, &usize)| {
            let mut run = RunConfig { start: Start::Seed(seed as u64), ..example() };
            run.recipe.steps = *steps;
            run
        };
        steps.iter().enumerate().map(run).collect()
    }

    fn ids(runs: &[RunConfig]) -> Vec<String> {
        let mut ids: Vec<String> = runs.iter().map(|run| run.id().to_string()).collect();
        ids.sort();
        ids
    }

    #[test]
    fn a_shard_is_written_as_its_number_and_their_count() {
        assert_eq!("3/8".parse(), Ok(Shard { number: 3, count: 8 }));
        for wrong in ["", "3", "0/8", "9/8", "a/b", "1/0", "-1/2", "1/2/3"] {
            assert!(wrong.parse::<Shard>().unwrap_err().contains("3/8"), "{wrong}");
        }
    }

    #[test]
    fn there_are_no_more_shards_than_a_plan_may_have_runs() {
        assert_eq!("1/1000000".parse(), Ok(Shard { number: 1, count: 1_000_000 }));
        for wrong in ["1/1000001", "1/100000000000", "1/9223372036854775807"] {
            let said = wrong.parse::<Shard>().unwrap_err();
            assert!(said.contains("N up to 1000000"), "{wrong}: {said}");
        }
    }

    proptest! {
        #[test]
        fn every_run_is_in_one_part_and_parts_cost_about_the_same(
            steps in prop::collection::vec(1usize..5, 1..60), count in 1usize..12,
        ) {
            let runs = runs(&steps);
            let parts = deal(&runs, count);
            prop_assert_eq!(parts.len(), count);
            prop_assert_eq!(ids(&parts.concat()), ids(&runs));
            let dearest = runs.iter().map(core_seconds).fold(0.0, f64::max);
            let total: f64 = runs.iter().map(core_seconds).sum();
            for part in &parts {
                let cost: f64 = part.iter().map(core_seconds).sum();
                prop_assert!((cost - total / count as f64).abs() <= dearest * 1.001);
            }
        }

        #[test]
        fn parts_of_bounded_size_keep_every_run_once(
            steps in prop::collection::vec(1usize..5, 1..60), most in 1usize..12,
        ) {
            let runs = runs(&steps);
            let parts = deal_by(&runs, most);
            prop_assert!(parts.iter().all(|part| (1..=most).contains(&part.len())));
            prop_assert_eq!(ids(&parts.concat()), ids(&runs));
        }
    }
}
