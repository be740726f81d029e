use std::collections::HashMap;

use crate::config::{CohortKey, RunConfig};
use crate::experiment::cost::core_seconds;

/// A run to train.
#[derive(Clone, Debug)]
pub struct Pending {
    pub run: RunConfig,
    /// Steps taken before, 0 for a run that starts.
    pub step: usize,
}

impl Pending {
    /// Steps left to take.
    pub fn steps_left(&self) -> usize {
        self.run.recipe.steps - self.step
    }
}

/// Groups runs of one shape and one step into cohorts of at most `lanes`, as even as can be, in a
/// number that `workers` can share evenly where there are enough runs; the longest first.
pub fn cohorts(runs: Vec<Pending>, lanes: usize, workers: usize) -> Vec<Vec<RunConfig>> {
    let mut shapes: Vec<((CohortKey, usize), Vec<RunConfig>)> = Vec::new();
    let mut indices = HashMap::new();
    for Pending { run, step } in runs {
        let key = (run.cohort_key(), step);
        let index = *indices.entry(key.clone()).or_insert_with(|| {
            shapes.push((key, Vec::new()));
            shapes.len() - 1
        });
        shapes[index].1.push(run);
    }
    // The longest first: a long one at the end would keep one worker busy and the others idle.
    shapes.sort_by(|(_, a), (_, b)| core_seconds(&b[0]).total_cmp(&core_seconds(&a[0])));
    shapes.into_iter().flat_map(|(_, members)| split_evenly(members, lanes, workers)).collect()
}

fn split_evenly(members: Vec<RunConfig>, lanes: usize, workers: usize) -> Vec<Vec<RunConfig>> {
    let count = members.len();
    let parts = count.div_ceil(lanes).next_multiple_of(workers).min(count);
    let mut members = members.into_iter();
    (0..parts)
        .map(|part| {
            let size = (part + 1) * count / parts - part * count / parts;
            members.by_ref().take(size).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Start;
    use crate::config::tests::example;

    fn pending(runs: Vec<RunConfig>) -> Vec<Pending> {
        runs.into_iter().map(|run| Pending { run, step: 0 }).collect()
    }

    #[test]
    fn runs_that_stopped_at_different_steps_train_apart() {
        let mut runs = pending(vec![example(), example(), example()]);
        runs[1].step = 2;
        let groups = cohorts(runs, 8, 1);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn cohorts_hold_runs_of_one_shape() {
        let mut other = example();
        other.recipe.steps += 1;
        let groups = cohorts(pending(vec![example(), other.clone(), example(), other]), 8, 1);
        assert_eq!(groups.len(), 2);
        assert!(groups.iter().all(|group| group[0].cohort_key() == group[1].cohort_key()));
    }

    proptest! {
        #[test]
        fn cohorts_keep_every_run_once_and_stay_within_their_lanes(
            count in 1usize..60, lanes in 1usize..20, workers in 1usize..5,
        ) {
            let runs: Vec<RunConfig> = (0..count as u64)
                .map(|seed| RunConfig { start: Start::Seed(seed), ..example() })
                .collect();
            let groups = cohorts(pending(runs.clone()), lanes, workers);
            prop_assert!(groups.iter().all(|group| (1..=lanes).contains(&group.len())));
            prop_assert_eq!(groups.concat(), runs);
            let sizes = groups.iter().map(Vec::len);
            prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
        }
    }
}
