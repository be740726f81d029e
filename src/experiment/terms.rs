//! How runs are searched for and judged: `[search]` and `[analysis]` on top of the defaults.

use super::given::Given;
use crate::config::{AnalysisTerms, Named, SearchTerms, TestFamily};

/// What `[search]` says on top of the defaults.
pub fn search(given: &Given) -> SearchTerms {
    let default = SearchTerms::default();
    let number = |key| given.numbers(key).and_then(|numbers| numbers.first().copied());
    SearchTerms {
        bracket_seeds: given.count("bracket_seeds").unwrap_or(default.bracket_seeds),
        refine_seeds: given.count("refine_seeds").unwrap_or(default.refine_seeds),
        looks: given.counts("looks").unwrap_or(default.looks),
        epsilon: number("epsilon"),
        most_runs: given.count("most_runs").unwrap_or(default.most_runs),
    }
}

/// What `[analysis]` says on top of the defaults.
pub fn analysis(given: &Given) -> AnalysisTerms {
    let default = AnalysisTerms::default();
    let number = |key| given.numbers(key).and_then(|numbers| numbers.first().copied());
    let families = given
        .names("families")
        .map(|names| names.into_iter().filter_map(TestFamily::parse).collect::<Vec<TestFamily>>());
    AnalysisTerms {
        families: families.unwrap_or(default.families),
        epsilon: number("epsilon"),
        alpha: number("alpha").unwrap_or(default.alpha),
        looks: default.looks,
    }
}
