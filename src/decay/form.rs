use std::fmt;

use serde::{Deserialize, Serialize};

/// How weight decay acts on a weight `w`; `u` is Adam's update, η the peak learning rate, η_t the
/// learning rate of step t, λ the coefficient.
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
    /// AdamC of Defazio 2025: `w ← (1 − λ η_t²/η) w − η_t u`.
    Corrected,
    /// PaLM's dynamic decay (Chowdhery et al. 2022, as in t5x): `w ← (1 − η_t²) w − η_t u`, with
    /// no λ.
    LrPower,
    /// Cautious decay (Chen et al. 2025, arXiv 2510.12402): AdamW's, on the coordinates where `u`
    /// has the sign of `w`.
    Cautious,
}

impl Form {
    /// Every form, in the order in which they are listed to users.
    pub const ALL: [Form; 8] = [
        Form::None,
        Form::AdamW,
        Form::L2,
        Form::L2Loss,
        Form::Independent,
        Form::Corrected,
        Form::LrPower,
        Form::Cautious,
    ];

    /// As written in a spec and in the CSV files.
    pub fn name(self) -> &'static str {
        match self {
            Form::None => "none",
            Form::AdamW => "adamw",
            Form::L2 => "l2",
            Form::L2Loss => "l2-loss",
            Form::Independent => "independent",
            Form::Corrected => "corrected",
            Form::LrPower => "lr-power",
            Form::Cautious => "cautious",
        }
    }

    /// The form with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Form::ALL.into_iter().find(|form| form.name() == name)
    }

    /// As sentences name it.
    pub fn title(self) -> &'static str {
        match self {
            Form::None => "No decay",
            Form::AdamW => "AdamW",
            Form::L2 => "L2 in the gradient",
            Form::L2Loss => "L2 in the loss",
            Form::Independent => "Independent decay",
            Form::Corrected => "Corrected decay",
            Form::LrPower => "LR-power decay",
            Form::Cautious => "Cautious decay",
        }
    }

    /// Whether the form has a coefficient λ.
    pub fn takes_weight_decay(self) -> bool {
        !matches!(self, Form::None | Form::LrPower)
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
            assert_eq!(Form::parse(form.name()), Some(form));
            let json = serde_json::to_string(&form).unwrap();
            assert_eq!(json, format!("\"{}\"", form.name()));
        }
    }
}
