//! From a spec and its data to runs.

use std::collections::HashMap;

use super::{Arm, Seed, Spec};
use crate::config::{RunConfig, RunData, RunId, Stage, Start, Texts, numerics};
use crate::corpus::Corpus;

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
    pub seed: Seed,
    /// Place in [`Plan::runs`].
    pub run: usize,
    /// Identity of that run.
    pub id: RunId,
    /// The stage of a search that asked for it first.
    pub stage: Option<Stage>,
}

/// A run that is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The arm.
    pub arm: Arm,
    /// The seed.
    pub seed: Seed,
    /// The stage of a search that asks for it.
    pub stage: Option<Stage>,
}

impl Plan {
    /// Plans a spec whose arms are all given. `initial` is the SHA-256 of a weight file to start from instead
    /// of drawing the first weights from the seeds.
    pub fn new(spec: &Spec, corpus: &Corpus, initial: Option<&str>) -> Self {
        let seeds = || spec.seeds.iter().copied();
        let of = |arm: &Arm, seed| Asked { arm: arm.clone(), seed, stage: None };
        let asked = spec.arms.iter().flat_map(|arm| seeds().map(move |seed| of(arm, seed)));
        Self::of(asked, corpus, initial)
    }

    /// Plans the runs that are asked for.
    pub fn of(
        asked: impl IntoIterator<Item = Asked>,
        corpus: &Corpus,
        initial: Option<&str>,
    ) -> Self {
        let mut plan = Plan { entries: Vec::new(), runs: Vec::new() };
        let mut known = HashMap::new();
        for asked in asked {
            let config = asked.run(corpus, initial);
            let id = config.id();
            let run = *known.entry(id.clone()).or_insert_with(|| {
                plan.runs.push(config);
                plan.runs.len() - 1
            });
            let Asked { arm, seed, stage } = asked;
            plan.entries.push(Entry { arm, seed, run, id, stage });
        }
        plan
    }

    /// Tokens that all runs together train on.
    pub fn training_tokens(&self) -> u64 {
        let tokens = |run: &RunConfig| run.tokens_of(run.recipe.steps);
        self.runs.iter().map(tokens).fold(0, u64::saturating_add)
    }
}

impl Asked {
    /// The run that answers for it.
    pub fn run(&self, corpus: &Corpus, initial: Option<&str>) -> RunConfig {
        let (arm, seed) = (&self.arm, &self.seed);
        let text_seed = (corpus.texts == Texts::PerSeed).then_some(seed.text);
        let run = RunConfig {
            numerics: 0,
            model: arm.model,
            data: RunData {
                digest: String::new(),
                vocabulary: corpus.vocabulary,
                split: corpus.split,
                seed: seed.data,
                text_seed,
                canaries: corpus.canaries.clone(),
            },
            start: initial
                .map_or(Start::Seed(seed.model), |digest| Start::Weights(digest.to_owned())),
            recipe: arm.recipe,
            decay: arm.decay,
            by_role: arm.by_role.clone(),
        };
        let mut run = run.normalised();
        // All of a text is all of it, whatever it is called.
        if run.recipe.read_tokens == corpus.split.train {
            run.recipe.read_tokens = 0;
        }
        run.data.digest = corpus.beginning(text_seed, run.train_tokens()).digest.clone();
        RunConfig { numerics: numerics(&run.decay), ..run }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Changes;

    fn plan(arms: &str) -> Plan {
        let text = format!("name = 'a'\n[data]\ntrain = 500\nval = 300\n{arms}");
        let spec = Spec::parse(&text, &Changes::default()).unwrap();
        let corpus = spec.load_corpus().unwrap();
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
        let corpus = spec("a").load_corpus().unwrap();
        let ids = |name| -> Vec<RunId> {
            Plan::new(&spec(name), &corpus, None)
                .entries
                .into_iter()
                .map(|entry| entry.id)
                .collect()
        };
        assert_eq!(ids("a"), ids("b"));
    }

    #[test]
    fn runs_of_one_seed_share_their_text_and_a_fixed_text_is_that_of_all() {
        let data = |text: &str, arms: &str| -> Vec<RunData> {
            let text = format!(
                "name = 'a'\nseeds = [0, 5]\n[data]\ntrain = 500\nval = 300\n{text}\n{arms}"
            );
            let spec = Spec::parse(&text, &Changes::default()).unwrap();
            let plan = Plan::new(&spec, &spec.load_corpus().unwrap(), None);
            plan.runs.into_iter().map(|run| run.data).collect()
        };
        let arms = "[[arm]]\nform = 'l2'\nweight_decay = [0.1, 0.2]\n";
        let own = data("", arms);
        assert_eq!(
            own.iter().map(|data| data.text_seed).collect::<Vec<_>>(),
            [Some(0), Some(5), Some(0), Some(5)]
        );
        assert!(own[0].digest == own[2].digest && own[0].digest != own[1].digest);
        let fixed = data("texts = 'fixed'", arms);
        assert!(
            fixed.iter().all(|data| data.text_seed.is_none() && data.digest == fixed[0].digest)
        );
        assert!(fixed.iter().all(|data| data.split.test == 300));
    }

    #[test]
    fn arms_share_a_setting_where_model_and_recipe_are_the_same() {
        let settings = |arms: &str| -> Vec<String> {
            plan(arms).entries.iter().step_by(3).map(|entry| entry.arm.setting()).collect()
        };
        let decays =
            "[[arm]]\nform = ['adamw', 'l2']\nmask = ['matrices', 'global']\nweight_decay = 0.1\n";
        let same = settings(decays);
        assert!(same.len() == 4 && same.iter().all(|one| *one == same[0] && one.len() == 12));
        let other = settings(&format!("[model]\nchannels = 32\n{decays}lr = [1e-3, 2e-3]\n"));
        assert!(other[0] != other[1] && !other.contains(&same[0]));
    }
}
