use serde::{Deserialize, Serialize};

use super::{Named, ParameterShape, Role};

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
    /// Muon (Jordan et al. 2024): averages of gradients of the matrices inside the blocks, made orthogonal;
    /// Adam for everything else.
    Muon,
    /// SOAP (Vyas et al. 2024, arXiv 2409.11321): Adam along the axes of Shampoo's averages, for the matrices
    /// inside the blocks; Adam for everything else.
    Soap,
}

impl Named for OptimizerKind {
    const ALL: &'static [Self] = &[
        OptimizerKind::Adam,
        OptimizerKind::Adafactor,
        OptimizerKind::Sgd,
        OptimizerKind::Lion,
        OptimizerKind::Muon,
        OptimizerKind::Soap,
    ];

    fn name(self) -> &'static str {
        match self {
            OptimizerKind::Adam => "adam",
            OptimizerKind::Adafactor => "adafactor",
            OptimizerKind::Sgd => "sgd",
            OptimizerKind::Lion => "lion",
            OptimizerKind::Muon => "muon",
            OptimizerKind::Soap => "soap",
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
            OptimizerKind::Muon => &[
                "momentum",
                "muon_scale",
                "adam.lr",
                "adam.weight_decay",
                "adam.betas",
                "adam.eps",
            ],
            OptimizerKind::Soap => &[
                "betas",
                "eps",
                "shampoo_beta",
                "precondition_every",
                "adam.lr",
                "adam.weight_decay",
                "adam.betas",
                "adam.eps",
            ],
        }
    }

    /// What it keeps of a parameter that it updates between steps: names, as in checkpoints, and numbers of each.
    pub fn slots(self, parameter: &ParameterShape) -> Vec<(&'static str, usize)> {
        let all = parameter.elements();
        match self {
            OptimizerKind::Adam | OptimizerKind::Adafactor => vec![("first", all), ("second", all)],
            OptimizerKind::Sgd | OptimizerKind::Lion | OptimizerKind::Muon => {
                vec![("momentum", all)]
            }
            OptimizerKind::Soap => {
                let [count, inputs, outputs] = parameter.matrices();
                let (left, right) = (count * inputs * inputs, count * outputs * outputs);
                vec![
                    ("first", all),
                    ("second", all),
                    ("left", left),
                    ("right", right),
                    ("left_axes", left),
                    ("right_axes", right),
                ]
            }
        }
    }

    /// What updates the parameters of a role: itself or, outside of blocks and for vectors, Adam, where it is
    /// made for matrices inside blocks alone.
    pub fn of(self, role: Role) -> OptimizerKind {
        match self {
            OptimizerKind::Muon | OptimizerKind::Soap if !role.is_hidden_linear() => {
                OptimizerKind::Adam
            }
            kind => kind,
        }
    }

    /// Whether it reads a key: one of its own, or one that no optimizer has for itself.
    pub fn reads(self, key: &str) -> bool {
        self.keys().contains(&key) || !Self::ALL.iter().any(|other| other.keys().contains(&key))
    }
}

/// How far an orthogonal update of Muon goes, for a matrix `[in, out]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MuonScale {
    /// 0.2 √max(in, out): the root mean square of an update of Adam's (Liu et al. 2025, arXiv 2502.16982), so
    /// that learning rates of AdamW carry over.
    #[default]
    Moonlight,
    /// √max(1, out/in), as Keller Jordan has it.
    KellerJordan,
}

impl Named for MuonScale {
    const ALL: &'static [Self] = &[MuonScale::Moonlight, MuonScale::KellerJordan];

    fn name(self) -> &'static str {
        match self {
            MuonScale::Moonlight => "moonlight",
            MuonScale::KellerJordan => "keller-jordan",
        }
    }
}

impl MuonScale {
    /// The factor of an orthogonal update.
    pub fn factor(self, [inputs, outputs]: [usize; 2]) -> f64 {
        match self {
            MuonScale::Moonlight => 0.2 * (inputs.max(outputs) as f64).sqrt(),
            MuonScale::KellerJordan => (outputs as f64 / inputs as f64).max(1.0).sqrt(),
        }
    }
}
