use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::Named;

/// An optimizer as the literature names them; more than can be trained here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Adam with decoupled decay.
    #[serde(rename = "adamw")]
    AdamW,
    /// AdamW with Nesterov's momentum.
    #[serde(rename = "nadamw")]
    NAdamW,
    /// Adam-mini.
    AdamMini,
    /// AdamW whose updates leave out what goes against the gradient.
    #[serde(rename = "cautious-adamw")]
    CautiousAdamW,
    /// MARS.
    Mars,
    /// Adafactor.
    Adafactor,
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// Lion.
    Lion,
    /// Muon.
    Muon,
    /// Scion.
    Scion,
    /// SOAP.
    Soap,
    /// Shampoo.
    Shampoo,
    /// PSGD with Kronecker factors.
    Kron,
    /// Sophia.
    Sophia,
}

/// Optimizers whose best λ have been of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kin {
    /// Updates of Adam's size.
    Adam,
    /// Updates made orthogonal, or taken along other axes.
    Matrix,
    /// Anything else: kin to itself alone.
    Alone(Algorithm),
}

impl Named for Algorithm {
    const ALL: &'static [Self] = &[
        Algorithm::AdamW,
        Algorithm::NAdamW,
        Algorithm::AdamMini,
        Algorithm::CautiousAdamW,
        Algorithm::Mars,
        Algorithm::Adafactor,
        Algorithm::Sgd,
        Algorithm::Lion,
        Algorithm::Muon,
        Algorithm::Scion,
        Algorithm::Soap,
        Algorithm::Shampoo,
        Algorithm::Kron,
        Algorithm::Sophia,
    ];

    fn name(self) -> &'static str {
        match self {
            Algorithm::AdamW => "adamw",
            Algorithm::NAdamW => "nadamw",
            Algorithm::AdamMini => "adam-mini",
            Algorithm::CautiousAdamW => "cautious-adamw",
            Algorithm::Mars => "mars",
            Algorithm::Adafactor => "adafactor",
            Algorithm::Sgd => "sgd",
            Algorithm::Lion => "lion",
            Algorithm::Muon => "muon",
            Algorithm::Scion => "scion",
            Algorithm::Soap => "soap",
            Algorithm::Shampoo => "shampoo",
            Algorithm::Kron => "kron",
            Algorithm::Sophia => "sophia",
        }
    }
}

impl Algorithm {
    /// As sentences name it.
    pub fn title(self) -> &'static str {
        match self {
            Algorithm::AdamW => "AdamW",
            Algorithm::NAdamW => "NAdamW",
            Algorithm::AdamMini => "Adam-mini",
            Algorithm::CautiousAdamW => "cautious AdamW",
            Algorithm::Mars => "MARS",
            Algorithm::Adafactor => "Adafactor",
            Algorithm::Sgd => "SGD",
            Algorithm::Lion => "Lion",
            Algorithm::Muon => "Muon",
            Algorithm::Scion => "Scion",
            Algorithm::Soap => "SOAP",
            Algorithm::Shampoo => "Shampoo",
            Algorithm::Kron => "Kron",
            Algorithm::Sophia => "Sophia",
        }
    }

    /// Those that it may be compared with.
    pub fn kin(self) -> Kin {
        use Algorithm::{AdamMini, AdamW, CautiousAdamW, Mars, Muon, NAdamW, Scion, Shampoo, Soap};
        match self {
            AdamW | NAdamW | AdamMini | CautiousAdamW | Mars => Kin::Adam,
            Muon | Scion | Soap | Shampoo => Kin::Matrix,
            other => Kin::Alone(other),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
