//! ε of a model's norms.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::ModelShape;

/// ε of every norm of a model where nobody says another.
const USUAL: f64 = 1e-5;

/// An ε of a model's norms that is not the usual one.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NormEps(f64);

impl PartialEq for NormEps {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for NormEps {}

impl Hash for NormEps {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// Whether two ε are one in 32 bits, in which norms are computed. Programs that keep it in them write 1e-5 as
/// 9.999999747378752e-6.
pub fn is_one_eps(one: f64, other: f64) -> bool {
    one as f32 == other as f32
}

impl ModelShape {
    /// ε of every norm.
    pub fn norm_eps(&self) -> f64 {
        self.norm_eps.map_or(USUAL, |eps| eps.0)
    }

    /// With another ε. The usual one, however it is written, is not kept, so that older runs keep their identity.
    #[must_use]
    pub fn with_norm_eps(self, eps: f64) -> Self {
        ModelShape { norm_eps: (!is_one_eps(eps, USUAL)).then_some(NormEps(eps)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::example;

    #[test]
    fn the_usual_epsilon_is_part_of_no_identity_and_another_is() {
        let base = example();
        let with = |eps: f64| {
            let mut run = base.clone();
            run.model = run.model.with_norm_eps(eps);
            run
        };
        for usual in [1e-5, f64::from(1e-5_f32), 9.999999999999999e-6] {
            assert_eq!(with(usual), base, "{usual:e}");
        }
        assert!(!serde_json::to_string(&base).unwrap().contains("norm_eps"));
        for eps in [1e-6, 9.99999e-6, 1e-12, 0.1] {
            let other = with(eps);
            assert_ne!(other.id(), base.id(), "{eps:e}");
            assert_ne!(other.model, base.model, "{eps:e}");
            let read = serde_json::from_str(&serde_json::to_string(&other.model).unwrap()).unwrap();
            assert_eq!(other.model, read, "{eps:e}");
        }
    }
}
