//! Published rules for the coefficient λ: a TOML file a rule, with its formula, where it was fitted and what it
//! rests on. Data, not code: nothing here knows a rule by name.
//!
//! Every λ is PyTorch's, `w ← (1 − η_t λ) w − η_t u`, at the peak learning rate η; a rule that its authors state for
//! independent decay, ηλ, is divided by η.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::algorithm::Algorithm;
use super::ceiling::Ceiling;
use super::fall::Fall;
use super::law::{Law, Quantity};

/// The files, in the order in which they are shown.
const FILES: [&str; 25] = [
    include_str!("rules/power-lines.toml"),
    include_str!("rules/adana.toml"),
    include_str!("rules/everett-qiu.toml"),
    include_str!("rules/qiu.toml"),
    include_str!("rules/qiu-muon.toml"),
    include_str!("rules/qiu-batch.toml"),
    include_str!("rules/qiu-batch-muon.toml"),
    include_str!("rules/wen.toml"),
    include_str!("rules/wen-others.toml"),
    include_str!("rules/nanochat.toml"),
    include_str!("rules/nanochat-depth.toml"),
    include_str!("rules/marin.toml"),
    include_str!("rules/marin-isoflop.toml"),
    include_str!("rules/timescale-in-epochs.toml"),
    include_str!("rules/kim.toml"),
    include_str!("rules/timescale-carried.toml"),
    include_str!("rules/width.toml"),
    include_str!("rules/width-root.toml"),
    include_str!("rules/lingua.toml"),
    include_str!("rules/normalized.toml"),
    include_str!("rules/constant.toml"),
    include_str!("rules/deepseek.toml"),
    include_str!("rules/olmo.toml"),
    include_str!("rules/palm.toml"),
    include_str!("rules/rotation.toml"),
];

/// A published rule for λ.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaRule {
    /// As scripts name it.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// λ in symbols: η, B and D in tokens, T steps, M steps per epoch, N parameters, TPP = D/N, h width.
    pub formula: String,
    /// What it claims, in words.
    pub says: String,
    /// Where it was published.
    pub source: String,
    /// How well its numbers are known.
    pub status: Status,
    /// What that status rests on.
    pub basis: String,
    /// Which parameters its N are, as far as that is known; missing where it asks for none.
    pub counts: Option<String>,
    /// Optimizers that it was fitted for; empty for any.
    #[serde(default)]
    pub optimizers: Vec<Algorithm>,
    /// Schedules of the learning rate that it was fitted for; empty for any.
    #[serde(default)]
    pub schedules: Vec<Fall>,
    /// Where these ended, as a share of the peak; missing where that was not read.
    pub last_lr_ratio: Option<f64>,
    /// λ above this says that the rule does not hold; with the reason.
    pub weight_decay_at_most: Option<f64>,
    /// Why it does not hold there.
    pub too_large: Option<String>,
    /// λ as a function of the run.
    pub law: Law,
    /// What else than language models it was found for.
    pub domain: Option<String>,
    /// Whether its λ was found by a search; a default, a configuration, a formula in code that no published search
    /// stands behind, or a relation without a target, was not.
    #[serde(default = "yes")]
    pub fitted: bool,
    /// Whether its λ is where a fall to 0 over the run begins.
    #[serde(default)]
    pub falls_to_zero: bool,
    /// Whether its λ falls as the learning rate does, and is that of the peak here.
    #[serde(default)]
    pub falls_with_lr: bool,
    /// The rules that were joined to this one here, by their ids: nobody has published the product, nor fitted it.
    #[serde(default)]
    pub joins: Vec<String>,
    /// The rule whose λ this one has; it stands here for what else it sets.
    pub repeats: Option<String>,
    /// Whether the public runs that it is held against are those that it was fitted to.
    #[serde(default)]
    pub in_sample: bool,
    /// Where it was fitted, ends included.
    #[serde(default)]
    pub range: BTreeMap<Quantity, [f64; 2]>,
    /// Where it was fitted, as far as the end of one range depends on another quantity.
    #[serde(default)]
    pub together: Vec<Ceiling>,
    /// What else its authors set in the same breath.
    #[serde(default)]
    pub also: Vec<Companion>,
}

/// A learning rate or batch that belongs to a rule.
#[derive(Clone, Debug, Deserialize)]
pub struct Companion {
    /// What it gives: `lr`, or `batch` in tokens.
    pub gives: Quantity,
    /// Optimizers that it is given for; empty for all of the rule's.
    #[serde(default)]
    pub optimizers: Vec<Algorithm>,
    /// The rule holds where the run's own value is within this factor of it.
    pub within: Option<f64>,
    /// The rule holds where the run's own value is at most this many times it.
    pub up_to: Option<f64>,
    /// A learning rate above this is one for which the rule halves the batch first.
    pub halve_batch_above: Option<f64>,
    /// Its value as a function of the run.
    #[serde(flatten)]
    pub law: Law,
}

impl Companion {
    /// Whether the rule is held to it.
    pub fn is_bound(&self) -> bool {
        self.within.or(self.up_to).is_some()
    }

    /// Whether it is given for an optimizer.
    pub fn is_for(&self, optimizer: Algorithm) -> bool {
        self.optimizers.is_empty() || self.optimizers.contains(&optimizer)
    }
}

/// How well the numbers of a rule are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Read in the authors' text, code or configuration.
    Primary,
    /// Read in somebody else's account.
    SecondHand,
    /// Confirmed nowhere that could be read.
    Unverified,
    /// Concluded here from published numbers.
    Inferred,
}

impl Status {
    /// As written in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Status::Primary => "primary",
            Status::SecondHand => "second-hand",
            Status::Unverified => "unverified",
            Status::Inferred => "inferred",
        }
    }
}

fn yes() -> bool {
    true
}

static ALL: LazyLock<Vec<LambdaRule>> = LazyLock::new(|| {
    FILES.iter().map(|text| toml::from_str(text).expect("the tests read every file")).collect()
});

impl LambdaRule {
    /// Every rule.
    pub fn all() -> &'static [LambdaRule] {
        &ALL
    }

    /// Whether it takes the λ of another run over, and says nothing without one.
    pub fn carries_over(&self) -> bool {
        self.law.powers.contains_key(&Quantity::BaseWeightDecay)
    }

    /// Whether it was joined here from rules of others.
    pub fn is_joined(&self) -> bool {
        !self.joins.is_empty()
    }

    /// The rule with this id.
    pub fn find(id: &str) -> Option<&'static LambdaRule> {
        LambdaRule::all().iter().find(|rule| rule.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_named_once() {
        let mut ids: Vec<&str> = LambdaRule::all().iter().map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), FILES.len());
        for rule in LambdaRule::all() {
            assert_eq!(
                rule.weight_decay_at_most.is_some(),
                rule.too_large.is_some(),
                "{}",
                rule.id
            );
            assert!(rule.range.values().all(|[low, high]| low <= high), "{}", rule.id);
            let mut named = rule.repeats.iter().chain(&rule.joins);
            assert!(named.all(|id| LambdaRule::find(id).is_some()), "{}", rule.id);
            assert!(!rule.is_joined() || !rule.fitted, "{}", rule.id);
            let has_fall = rule.last_lr_ratio.is_none() || !rule.schedules.is_empty();
            assert!(has_fall, "{}", rule.id);
            let gives = |one: &Companion| matches!(one.gives, Quantity::Lr | Quantity::Batch);
            assert!(rule.also.iter().all(gives), "{}", rule.id);
            for ceiling in &rule.together {
                assert!(ceiling.points.is_sorted_by(|a, b| a[0] < b[0]), "{}", rule.id);
                assert!(rule.range.contains_key(&ceiling.of), "{}", rule.id);
            }
        }
    }

    /// A number of parameters can be counted with embeddings and without: a rule that asks for it says which.
    #[test]
    fn every_rule_that_asks_for_parameters_says_which_it_counts() {
        use Quantity::{Compute, Overtraining, Params, TokensPerParam};
        for rule in LambdaRule::all() {
            let laws = || rule.also.iter().map(|one| &one.law).chain([&rule.law]);
            let asked =
                laws().flat_map(|law| law.powers.keys().chain(&law.by)).chain(rule.range.keys());
            let by_size = [Params, TokensPerParam, Overtraining, Compute];
            let asks = asked.into_iter().any(|one| by_size.contains(one));
            assert!(!asks || rule.counts.is_some(), "{}", rule.id);
        }
    }

    /// Far below the learning rate that it was tuned beside, a λ that goes with 1/η is beyond all that was tried.
    #[test]
    fn every_fitted_rule_that_divides_by_the_learning_rate_says_where_that_ends() {
        let divides = |rule: &&LambdaRule| {
            (rule.fitted || rule.is_joined())
                && rule.domain.is_none()
                && !rule.carries_over()
                && rule.law.powers.get(&Quantity::Lr) == Some(&-1.0)
        };
        let rules: Vec<_> = LambdaRule::all().iter().filter(divides).collect();
        assert!(rules.len() > 6, "{}", rules.len());
        for rule in rules {
            let has_bound = |optimizer: &Algorithm| {
                let mut own = rule.also.iter().filter(|one| one.is_for(*optimizer));
                own.any(|one| one.gives == Quantity::Lr && one.is_bound())
            };
            let is_bound = rule.weight_decay_at_most.is_some()
                || rule.range.contains_key(&Quantity::Lr)
                || rule.optimizers.iter().all(has_bound);
            assert!(is_bound, "{}", rule.id);
        }
    }

    #[test]
    fn defaults_configurations_formulas_in_code_and_joined_rules_are_not_fitted() {
        let rules = LambdaRule::all().iter().filter(|rule| !rule.fitted);
        let ids: Vec<&str> = rules.map(|rule| rule.id.as_str()).collect();
        let expected = [
            "qiu-batch",
            "qiu-batch-muon",
            "nanochat",
            "marin",
            "marin-isoflop",
            "lingua",
            "constant",
            "deepseek",
            "olmo",
            "palm",
            "rotation",
        ];
        assert_eq!(ids, expected);
    }
}
