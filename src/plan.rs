//! From a spec and its data to runs, and from runs to cohorts.

pub mod cost;
pub mod layout;
pub mod shards;

use std::collections::HashMap;

use crate::corpus::Corpus;
use crate::plan::cost::core_seconds;
use crate::run::{CohortKey, NUMERICS, RunConfig, RunData, RunId, Start};
use crate::spec::{Arm, Spec};

/// Every run of an experiment.
#[derive(Clone, Debug)]
pub struct Plan {
    /// One entry per arm and seed, in the order of the spec.
    pub entries: Vec<Entry>,
    /// The different runs behind the entries, in order of first appearance.
    pub runs: Vec<RunConfig>,
}

/// One arm under one seed, and the run that answers for it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The arm.
    pub arm: Arm,
    /// The seed.
    pub seed: u64,
    /// Place in [`Plan::runs`].
    pub run: usize,
    /// Identity of that run.
    pub id: RunId,
}

impl Plan {
    /// Plans a spec. `initial` is the SHA-256 of a weight file to start from instead of drawing the
    /// first weights from the seeds.
    pub fn new(spec: &Spec, corpus: &Corpus, initial: Option<&str>) -> Self {
        let mut plan = Plan { entries: Vec::new(), runs: Vec::new() };
        let mut known = HashMap::new();
        for arm in &spec.arms {
            for seed in &spec.seeds {
                let config = resolve(spec, corpus, initial, arm, *seed);
                let id = config.id();
                let run = *known.entry(id.clone()).or_insert_with(|| {
                    plan.runs.push(config);
                    plan.runs.len() - 1
                });
                plan.entries.push(Entry { arm: arm.clone(), seed: *seed, run, id });
            }
        }
        plan
    }

    /// Tokens that all runs together train on.
    pub fn training_tokens(&self) -> u64 {
        let tokens = |run: &RunConfig| run.recipe.steps * run.recipe.batch * run.model.context;
        self.runs.iter().map(|run| tokens(run) as u64).sum()
    }
}

fn resolve(spec: &Spec, corpus: &Corpus, initial: Option<&str>, arm: &Arm, seed: u64) -> RunConfig {
    RunConfig {
        numerics: NUMERICS,
        model: arm.model,
        data: RunData {
            digest: corpus.digest.clone(),
            vocabulary: corpus.vocabulary,
            split: spec.split,
            seed,
        },
        start: initial.map_or(Start::Seed(seed), |digest| Start::Weights(digest.to_owned())),
        recipe: arm.recipe,
        decay: arm.decay.normalised(),
    }
}

/// A run to train, and the steps that it has behind it.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The run.
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
    let mut places = HashMap::new();
    for Pending { run, step } in runs {
        let key = (run.cohort_key(), step);
        let place = *places.entry(key.clone()).or_insert_with(|| {
            shapes.push((key, Vec::new()));
            shapes.len() - 1
        });
        shapes[place].1.push(run);
    }
    // The long ones first: a long one at the end would keep one worker busy and the others idle.
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
    use crate::corpus::Source;
    use crate::run::tests::example;
    use crate::spec::Changes;

    fn plan(arms: &str) -> Plan {
        let text = format!("name = 'a'\n[data]\ntrain = 500\nval = 300\n{arms}");
        let spec = Spec::parse(&text, &Changes::default()).unwrap();
        let corpus = Corpus::load(&Source::Grammar, &spec.split).unwrap();
        Plan::new(&spec, &corpus, None)
    }

    #[test]
    fn runs_without_decay_are_one_whatever_their_form_and_mask() {
        let plan = plan(
            "[[arm]]\nform = ['adamw', 'l2']\nmask = ['matrices', 'global']\nweight_decay = [0.0, 0.1]\n\
             [[arm]]\nform = 'none'\n",
        );
        assert_eq!(plan.entries.len(), 9 * 3);
        assert_eq!(plan.runs.len(), 5 * 3);
        assert_eq!(plan.entries[0].id, plan.entries[26 - 2].id);
    }

    #[test]
    fn a_run_does_not_know_its_experiment() {
        let arm = "[[arm]]\nform = 'l2'\nweight_decay = 0.1\n";
        let spec = |name: &str| {
            Spec::parse(&format!("name = '{name}'\n{arm}"), &Changes::default()).unwrap()
        };
        let corpus = Corpus::load(&Source::Grammar, &spec("a").split).unwrap();
        let ids = |name| -> Vec<RunId> {
            Plan::new(&spec(name), &corpus, None)
                .entries
                .into_iter()
                .map(|entry| entry.id)
                .collect()
        };
        assert_eq!(ids("a"), ids("b"));
    }

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
