//! What there is to be warned of.

use std::collections::BTreeSet;

use crate::config::{Form, Mask};
use crate::results::RunRow;
use crate::stats::excerpts::SharedText;
use crate::stats::groups::Rule;
use crate::stats::quantity::Quantity;
use crate::stats::unlike::Unlike;

/// From this share on losses tell what is known by heart.
const MOSTLY_COPIED: f64 = 0.5;

/// What a reader should know before believing the numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Held-out text that stands word for word in train: shares in the mean of all runs.
    Copied {
        val: f64,
        test: f64,
    },
    /// Tokens of held-out text that train never has: shares in the mean of its texts.
    Unseen {
        val: f64,
        test: f64,
    },
    /// Held-out text that is one token over and over: shares of it.
    Padding {
        val: f64,
        test: f64,
    },
    /// Runs that ended no better than by knowing how often each token occurs.
    Collapsed {
        count: usize,
        /// Those of them that were better at their best step.
        overfitted: usize,
        all: usize,
        extent: Extent,
        /// How many of each arm.
        arms: Vec<(ArmName, usize)>,
    },
    /// Runs that reached their last step without such a loss, or with one that is no number.
    Unmeasured {
        quantity: Quantity,
        is_missing: bool,
        runs: Vec<String>,
        all: usize,
    },
    TooFewSeeds {
        seeds: usize,
    },
    /// Arms without rows of seeds that others have: means are over different seeds.
    UnevenSeeds {
        arms: Vec<ArmName>,
    },
    /// Several seeds share each of a few texts.
    FewTexts {
        texts: usize,
        seeds: usize,
    },
    /// Texts of seeds overlap, being more than what they are cut from.
    SharedText(SharedText),
    Diverged {
        count: usize,
        all: usize,
    },
    Failed {
        count: usize,
        all: usize,
    },
    Unfinished {
        count: usize,
        all: usize,
    },
    /// Rules whose search was not sure when it had trained as many runs as it may.
    CutOff {
        rules: Vec<String>,
    },
    /// Rules that are held against others at what their search confirmed, of which it does not tell the best λ: its
    /// interval is open at both ends, or wider than `TELLS_LITTLE`.
    UnknownBest {
        rules: Vec<UnknownBest>,
    },
    /// Rules that are not held against others, or against no decay, which have other values of what they choose among
    /// or hold.
    OtherValues {
        rules: Vec<Unlike>,
    },
    /// λ that are tried both as decoupled decay and in a way in which they are another amount.
    EqualCoefficients {
        kind: CoefficientKind,
        values: Vec<f64>,
    },
    /// Rules that are held against others at the only λ that was tried of them.
    OneLambda {
        rules: Vec<(Rule, f64)>,
    },
    /// Losses were measured at the last step alone, so that no step is known at which stopping is best.
    OneEvaluation,
    /// The best value of an axis lies at the upper end of the grid.
    LargestTried {
        rule: Rule,
        /// `weight_decay` or a key of `[train]`.
        axis: String,
        best: f64,
    },
    /// The best value of an axis lies at the lower end of the grid.
    SmallestTried {
        rule: Rule,
        /// `weight_decay` or a key of `[train]`.
        axis: String,
        best: f64,
    },
    /// Arms whose mean val loss is below that of the best of their rule, which they may not be: a run of them collapsed
    /// on val, or did not reach its end.
    PassedOver {
        arms: Vec<ArmName>,
    },
    /// Arms whose total decay is below [`super::TOO_LITTLE_DECAY`].
    TooLittleDecay {
        arms: Vec<ArmName>,
    },
}

/// What a λ is a coefficient of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoefficientKind {
    /// A step takes η_t λ of a weight.
    Decoupled,
    /// It is added to the gradient, itself or through the loss.
    L2,
    /// A step takes λ η_t/η of a weight, whatever η is.
    Independent,
}

/// A rule of which a search does not tell the best λ.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownBest {
    pub rule: Rule,
    pub interval: [f64; 2],
    /// What its search confirmed.
    pub confirmed: f64,
}

/// An arm by what tells it from the others.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmName {
    pub form: Form,
    /// `None` where all arms have one mask, too.
    pub mask: Option<Mask>,
    /// Empty for the recipe of the spec.
    pub variant: String,
    pub weight_decay: Option<f64>,
}

impl ArmName {
    pub fn of(row: &RunRow, masks_differ: bool) -> Self {
        ArmName {
            form: row.form,
            mask: row.mask.filter(|_| masks_differ),
            variant: row.variant.clone(),
            weight_decay: row.weight_decay,
        }
    }
}

/// Whether arms have different masks.
pub fn masks_differ(rows: &[RunRow]) -> bool {
    rows.iter().filter_map(|row| row.mask).collect::<BTreeSet<_>>().len() > 1
}

/// Which runs have collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Some,
    /// At least one of every arm of a rule or of no decay, so that arms are chosen as if none had.
    EveryArmOfARule,
    /// At least one of every arm, so that arms are chosen as if none had.
    EveryArm,
    /// Every run that reached its end.
    All,
}

impl Warning {
    /// Whether the numbers say nothing of what the experiment asks: it belongs above every answer.
    pub fn is_alarm(&self) -> bool {
        match self {
            Warning::Copied { val, test } => val.max(*test) >= MOSTLY_COPIED,
            Warning::Unseen { .. } | Warning::Padding { .. } => true,
            Warning::Collapsed { extent, .. } => *extent == Extent::All,
            _ => false,
        }
    }
}

/// Each run once: that without decay stands in the rows of several arms.
pub fn runs(rows: &[RunRow]) -> Vec<&RunRow> {
    let mut known = BTreeSet::new();
    rows.iter().filter(|row| known.insert(&row.run)).collect()
}
