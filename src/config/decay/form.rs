use std::fmt;

use serde::{Deserialize, Serialize};

use super::mask::Role;
use super::rates::Rates;
use crate::config::Named;

/// How weight decay acts on a weight `w`; `u` is the optimizer's update, η the peak learning rate, η_t
/// the learning rate of step t, λ the coefficient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// No decay: `w ← w − η_t u`.
    None,
    /// AdamW as shipped by PyTorch, Optax and Burn: `w ← (1 − η_t λ) w − η_t u`.
    #[serde(rename = "adamw")]
    AdamW,
    /// L2 in the gradient, after clipping: `g ← g + λ w`, which then enters both moments
    /// (PyTorch's `Adam(weight_decay)`).
    L2,
    /// λ/2 ‖w‖² in the loss: `g ← g + λ w` before clipping.
    L2Loss,
    /// Algorithm 2 of Loshchilov & Hutter 2019, independent of the learning rate's size:
    /// `w ← (1 − (η_t/η) λ) w − η_t u`.
    Independent,
    /// AdamC (Defazio 2025, arXiv 2506.02285): `w ← (1 − λ η_t²/η) w − η_t u` for weight matrices
    /// inside the blocks, whose outputs are normalised; AdamW's for the rest of the mask.
    Corrected,
    /// AdamC's correction for every parameter of the mask, as most code has it.
    CorrectedAll,
    /// PaLM's dynamic decay (Chowdhery et al. 2022, as in t5x): `w ← (1 − η_t²) w − η_t u`, with
    /// no λ.
    LrPower,
    /// Cautious decay (Chen et al. 2025, arXiv 2510.12402, Algorithm 1): AdamW's, on the coordinates
    /// where `u · w ≥ 0`.
    Cautious,
    /// The gradient of λ/2 (‖w‖ − R)², decoupled: `w ← (1 − η_t λ (1 − R/‖w‖)) w − η_t u`, with R a share
    /// of the first norm of the parameter. R = 0 is AdamW.
    TargetNorm,
    /// No decay; every matrix keeps its first norm R, and an update turns it by η_t (Wen et al. 2026, arXiv
    /// 2606.16899): `w ← R N(w − η_t R N(u))`, `N` a matrix divided by its norm.
    Hyperball,
    /// No decay; every matrix has the η_t/‖w‖ of the run that differs in being under AdamW with this λ alone:
    /// its twin in effective learning rate.
    Matched,
}

/// What a form does to the norms of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NormControl {
    /// Nothing of its own.
    Free,
    /// It draws them to a target.
    Target,
    /// It keeps them as they were at first.
    Fixed,
    /// It sets learning rates by them.
    Matched,
}

/// One step of one parameter, as a form sees it.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// η_t.
    pub lr: f64,
    /// η.
    pub peak: f64,
    /// λ.
    pub weight_decay: f64,
    /// What the parameter is.
    pub role: Role,
}

/// What there is to know of a form.
struct Facts {
    name: &'static str,
    /// As sentences name it.
    title: &'static str,
    takes_weight_decay: bool,
    /// What it does to a decayed parameter.
    rates: fn(&Moment) -> Rates,
    /// The share of a weight that it takes away in a step, in symbols.
    rate: fn(Role) -> &'static str,
}

impl Form {
    fn facts(self) -> Facts {
        match self {
            Form::None => Facts {
                name: "none",
                title: "No decay",
                takes_weight_decay: false,
                rates: |_| Rates::default(),
                rate: |_| "0",
            },
            Form::AdamW => Facts {
                name: "adamw",
                title: "AdamW",
                takes_weight_decay: true,
                rates: |at| Rates::shrink(at.lr * at.weight_decay),
                rate: |_| "η_t λ",
            },
            Form::L2 => Facts {
                name: "l2",
                title: "L2 in the gradient",
                takes_weight_decay: true,
                rates: |at| Rates { after_clip: at.weight_decay, ..Rates::default() },
                rate: |_| "g + λ w after the clip",
            },
            Form::L2Loss => Facts {
                name: "l2-loss",
                title: "L2 in the loss",
                takes_weight_decay: true,
                rates: |at| Rates { before_clip: at.weight_decay, ..Rates::default() },
                rate: |_| "g + λ w before the clip",
            },
            Form::Independent => Facts {
                name: "independent",
                title: "Independent decay",
                takes_weight_decay: true,
                rates: |at| Rates::shrink(at.lr / at.peak * at.weight_decay),
                rate: |_| "η_t/η λ",
            },
            Form::Corrected => Facts {
                name: "corrected",
                title: "Corrected decay",
                takes_weight_decay: true,
                rates: |at| match at.role.is_hidden_linear() {
                    true => corrected(at),
                    false => Rates::shrink(at.lr * at.weight_decay),
                },
                rate: |role| if role.is_hidden_linear() { "λ η_t²/η" } else { "η_t λ" },
            },
            Form::CorrectedAll => Facts {
                name: "corrected-all",
                title: "Corrected decay of everything",
                takes_weight_decay: true,
                rates: corrected,
                rate: |_| "λ η_t²/η",
            },
            Form::LrPower => Facts {
                name: "lr-power",
                title: "LR-power decay",
                takes_weight_decay: false,
                rates: |at| Rates::shrink(at.lr * at.lr),
                rate: |_| "η_t²",
            },
            Form::Cautious => Facts {
                name: "cautious",
                title: "Cautious decay",
                takes_weight_decay: true,
                rates: |at| Rates { cautious: at.lr * at.weight_decay, ..Rates::default() },
                rate: |_| "η_t λ where u w ≥ 0",
            },
            Form::TargetNorm => Facts {
                name: "target-norm",
                title: "Decay towards a norm",
                takes_weight_decay: true,
                rates: |at| Rates { towards_target: at.lr * at.weight_decay, ..Rates::default() },
                rate: |_| "η_t λ (1 − R/‖w‖)",
            },
            Form::Hyperball => Facts {
                name: "hyperball",
                title: "Hyperball",
                takes_weight_decay: false,
                rates: |_| Rates::default(),
                rate: |_| "as much as keeps ‖w‖",
            },
            Form::Matched => Facts {
                name: "matched",
                title: "Matched learning rates",
                takes_weight_decay: true,
                rates: |_| Rates::default(),
                rate: |_| "0, with the η_t/‖w‖ of AdamW at λ",
            },
        }
    }

    /// As sentences name it.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// Whether the form has a coefficient λ.
    pub fn takes_weight_decay(self) -> bool {
        self.facts().takes_weight_decay
    }

    /// What it does to the norms of decayed parameters.
    pub fn norm_control(self) -> NormControl {
        match self {
            Form::TargetNorm => NormControl::Target,
            Form::Hyperball => NormControl::Fixed,
            Form::Matched => NormControl::Matched,
            _ => NormControl::Free,
        }
    }

    /// What it does to a decayed parameter in one step.
    pub fn rates(self, at: &Moment) -> Rates {
        (self.facts().rates)(at)
    }

    /// What it does to a decayed parameter of this role in step t, in symbols.
    pub fn rate(self, role: Role) -> &'static str {
        (self.facts().rate)(role)
    }
}

fn corrected(at: &Moment) -> Rates {
    Rates::shrink(at.weight_decay * at.lr * at.lr / at.peak)
}

impl Named for Form {
    const ALL: &'static [Self] = &[
        Form::None,
        Form::AdamW,
        Form::L2,
        Form::L2Loss,
        Form::Independent,
        Form::Corrected,
        Form::CorrectedAll,
        Form::LrPower,
        Form::Cautious,
        Form::TargetNorm,
        Form::Hyperball,
        Form::Matched,
    ];

    fn name(self) -> &'static str {
        self.facts().name
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found_by_the_name_it_is_written_with() {
        for form in Form::ALL {
            assert_eq!(Form::parse(form.name()), Some(*form));
            let json = serde_json::to_string(form).unwrap();
            assert_eq!(json, format!("\"{}\"", form.name()));
        }
    }
}
