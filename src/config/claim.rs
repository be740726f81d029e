//! What a spec says of its outcome before anything is trained.

use serde::{Deserialize, Serialize};

use super::Named;

/// A claim of the field, as something that runs can show or contradict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim, in a sentence.
    pub text: String,
    /// Who made it, and where.
    pub source: String,
    pub basis: Basis,
    /// What is measured.
    pub quantity: Measured,
    /// What of it is held against what, in words.
    pub finding: String,
    pub expect: Expect,
    /// The smallest effect that matters, in units of the quantity.
    pub smallest: f64,
    /// What would decide it where seeds cannot.
    pub needs: Option<String>,
    /// SHA-256 of what the spec says of it: what must not change once there are runs.
    pub digest: String,
    /// SHA-256 of the arms that it speaks of, whatever their seeds; empty in files of older versions.
    #[serde(default)]
    pub arms: String,
    /// SHA-256 of what the spec says of its data; empty in files of older versions.
    #[serde(default)]
    pub data: String,
    /// Seeds of each arm by their labels; none in files of older versions.
    #[serde(default)]
    pub labels: Vec<u64>,
    /// Comparisons that all must come out as said.
    pub parts: Vec<Part>,
    /// When it was first seen, and what was trained by then; `None` before that is known.
    pub registered: Option<Registration>,
}

/// One comparison of a claim: a weighted sum of what arms measured, less a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What is compared, in words.
    pub label: String,
    pub expect: Expect,
    pub terms: Vec<Term>,
    /// What the sum is held against.
    pub constant: f64,
}

/// What some arms measured, with a weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub weight: f64,
    /// The step at which it is measured; the end where it is missing.
    pub at: Option<usize>,
    /// The arms, each by its runs; of several, the one with the lowest val loss on the other seeds counts.
    pub arms: Vec<Vec<String>>,
}

/// When a claim was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Of the claim.
    pub digest: String,
    /// Coordinated universal time.
    pub at: String,
    /// Runs of the experiment that had begun by then.
    pub runs_before: usize,
    /// [`Claim::arms`] at that time.
    #[serde(default)]
    pub arms: String,
    /// [`Claim::data`] at that time.
    #[serde(default)]
    pub data: String,
    /// [`Claim::labels`] at that time.
    #[serde(default)]
    pub labels: Vec<u64>,
    /// How many those were, in files of older versions.
    #[serde(default)]
    pub seeds: usize,
}

macro_rules! named {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl Named for $name {
            const ALL: &'static [Self] = &[$($name::$variant,)*];

            fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }
    };
}

named! {
    /// How a claim is known.
    Basis {
        /// Read where it was made.
        Primary = "primary",
        /// Read in the abstract of where it was made.
        Abstract = "abstract",
        /// Read in another's account of it.
        SecondHand = "second-hand",
    }
}

named! {
    /// What a comparison is said to come to.
    Expect {
        /// Below 0.
        Lower = "lower",
        /// Above 0.
        Higher = "higher",
        /// Nearer to 0 than the smallest effect that matters.
        Equal = "equal",
    }
}

named! {
    /// What claims speak of. Losses in nats per token.
    Measured {
        /// Test loss at the last step.
        TestLoss = "test-loss",
        /// Test loss at the step of the lowest val loss.
        StoppedTestLoss = "stopped-test-loss",
        /// Val loss.
        ValLoss = "val-loss",
        /// Train loss.
        TrainLoss = "train-loss",
        /// Generalization gap, val − train loss.
        Gap = "gap",
        /// Test loss at the last step less that at the step of the lowest val loss.
        UTurn = "u-turn",
        /// Share of train prompts that are continued word for word, less that of val prompts.
        ByHeart = "by-heart",
        /// Share of val prompts that are continued as the text goes on: of sums, the share that is right.
        Continued = "continued",
        /// Norm of the gradient before clipping, under `l2-loss` with that of its penalty: mean over the logged
        /// steps since the evaluation before.
        GradNorm = "grad-norm",
        /// Norm of all weights.
        WeightNorm = "weight-norm",
        /// Largest over smallest rotation per step of the roles inside the blocks, over the last fifth of the steps.
        RotationSpread = "rotation-spread",
        /// Mean rotation per step over the mean of that at which decay and updates balance, over the last fifth of the steps,
        /// whether weights have settled or not; mean over those roles.
        RotationRatio = "rotation-ratio",
    }
}

impl Measured {
    /// Whether evaluations before the last measure it.
    pub fn has_steps(self) -> bool {
        !matches!(
            self,
            Measured::TestLoss
                | Measured::StoppedTestLoss
                | Measured::UTurn
                | Measured::RotationSpread
                | Measured::RotationRatio
        )
    }

    /// Whether the arm with the lowest val loss of several is the best in it.
    pub fn may_be_tuned(self) -> bool {
        matches!(self, Measured::TestLoss | Measured::StoppedTestLoss | Measured::ValLoss)
    }
}

impl Claim {
    /// Whether runs were there before the claim was.
    pub fn is_late(&self) -> bool {
        self.registered.as_ref().is_some_and(|known| known.runs_before > 0)
    }

    /// Whether it speaks of other arms, or other data, than when it was first seen.
    pub fn has_other_arms(&self) -> bool {
        let differs = |known: &str, now: &str| !known.is_empty() && known != now;
        let known = self.registered.as_ref();
        known.is_some_and(|known| {
            differs(&known.arms, &self.arms) || differs(&known.data, &self.data)
        })
    }

    /// Seeds that it has beside those with which it was first seen.
    pub fn seeds_added(&self) -> usize {
        let Some(known) = &self.registered else { return 0 };
        match (known.labels.is_empty(), known.seeds) {
            (true, 0) => 0,
            (true, seeds) => self.labels.len().saturating_sub(seeds),
            (false, _) => beside(&self.labels, &known.labels),
        }
    }

    /// Seeds with which it was first seen, and that it has no more.
    pub fn seeds_left_out(&self) -> usize {
        self.registered.as_ref().map_or(0, |known| beside(&known.labels, &self.labels))
    }
}

/// How many of these are not among those.
fn beside(these: &[u64], those: &[u64]) -> usize {
    these.iter().filter(|one| !those.contains(one)).count()
}
