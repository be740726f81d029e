use serde::{Deserialize, Serialize};

use super::Named;

/// What turns gradients into updates. Its arithmetic is in `optim/rules`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Adam (Kingma & Ba 2015) with bias correction.
    #[default]
    Adam,
    /// Adafactor (Shazeer & Stern 2018) without factorization, as in PaLM: β2 = 1 − k^−0.8 at step
    /// k, updates in units of the parameter's root mean square.
    Adafactor,
    /// Stochastic gradient descent with momentum, as PyTorch defines it: dampening 0, no Nesterov.
    Sgd,
    /// Lion (Chen et al. 2023, arXiv 2302.06675): the sign of an average of gradients.
    Lion,
}

impl Named for OptimizerKind {
    const ALL: &'static [Self] =
        &[OptimizerKind::Adam, OptimizerKind::Adafactor, OptimizerKind::Sgd, OptimizerKind::Lion];

    fn name(self) -> &'static str {
        match self {
            OptimizerKind::Adam => "adam",
            OptimizerKind::Adafactor => "adafactor",
            OptimizerKind::Sgd => "sgd",
            OptimizerKind::Lion => "lion",
        }
    }
}

impl OptimizerKind {
    /// The keys of `[train]` that it reads beside those that every optimizer has.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            OptimizerKind::Adam | OptimizerKind::Adafactor => &["betas", "eps"],
            OptimizerKind::Sgd => &["momentum"],
            OptimizerKind::Lion => &["betas"],
        }
    }

    /// Names of what it keeps of every parameter between steps, as in checkpoints.
    pub fn slots(self) -> &'static [&'static str] {
        match self {
            OptimizerKind::Adam | OptimizerKind::Adafactor => &["first", "second"],
            OptimizerKind::Sgd | OptimizerKind::Lion => &["momentum"],
        }
    }

    /// Whether it reads a key: one of its own, or one that no optimizer has for itself.
    pub fn reads(self, key: &str) -> bool {
        self.keys().contains(&key) || !Self::ALL.iter().any(|other| other.keys().contains(&key))
    }
}
