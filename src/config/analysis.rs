use serde::{Deserialize, Serialize};

use super::Named;

/// A family of tests: what is claimed of one question is corrected together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestFamily {
    /// Decay against no decay, each at its own best point and last step.
    AgainstNone,
    /// Decay at its last step against no decay stopped at its lowest val loss.
    AgainstStopping,
    /// Form against form on the same mask.
    Form,
    /// Mask against mask under the same form.
    Mask,
    /// Decay against what stands in its place or beside it, and against itself on other terms.
    Rival,
    /// Whether what the mask does depends on the form.
    Interaction,
    /// Published recipes at their raw and matched λ against no decay.
    Published,
}

impl Named for TestFamily {
    const ALL: &'static [Self] = &[
        TestFamily::AgainstNone,
        TestFamily::AgainstStopping,
        TestFamily::Form,
        TestFamily::Mask,
        TestFamily::Rival,
        TestFamily::Interaction,
        TestFamily::Published,
    ];

    fn name(self) -> &'static str {
        match self {
            TestFamily::AgainstNone => "against-none",
            TestFamily::AgainstStopping => "against-stopping",
            TestFamily::Form => "form",
            TestFamily::Mask => "mask",
            TestFamily::Rival => "rival",
            TestFamily::Interaction => "interaction",
            TestFamily::Published => "published",
        }
    }
}

/// What a spec says about its own analysis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnalysisTerms {
    /// The families that are tested.
    pub families: Vec<TestFamily>,
    /// The smallest difference that matters, in nats per token; missing for 2% of what decay could gain at
    /// most.
    pub epsilon: Option<f64>,
    /// Share of families in which any difference may be false, and of those in which any equivalence may be.
    pub alpha: f64,
    /// Numbers of fresh seeds after which the verdicts of a search are looked at; none for a grid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<usize>,
}

impl Default for AnalysisTerms {
    fn default() -> Self {
        AnalysisTerms {
            families: TestFamily::ALL.to_vec(),
            epsilon: None,
            alpha: 0.05,
            looks: Vec::new(),
        }
    }
}
