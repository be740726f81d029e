use serde::{Deserialize, Serialize};

use crate::config::{Decay, Family, Form, Mask, ParameterShape, Role};

/// A row of `manifest.csv`: what an arm does to one parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestRow {
    /// Form of the arm.
    pub form: Form,
    /// Mask of the arm.
    pub mask: Option<Mask>,
    /// λ of the arm.
    pub weight_decay: Option<f64>,
    /// Name in weight files.
    pub parameter: String,
    /// What it is.
    pub role: Role,
    /// Shape without the lane axis, such as `64x192`.
    pub shape: String,
    /// Numbers in it.
    pub elements: usize,
    /// Whether the arm decays it.
    pub decayed: bool,
    /// λ that acts on it; missing for the form without one.
    pub coefficient: Option<f64>,
    /// Family of the model.
    #[serde(default)]
    pub family: Family,
    /// What the form does to it in step t: the share that it loses, or what is added to its gradient.
    #[serde(default)]
    pub rate: String,
}

/// The rows of one arm, in the order of the model.
pub fn manifest(family: Family, decay: &Decay, parameters: &[ParameterShape]) -> Vec<ManifestRow> {
    parameters.iter().map(|parameter| row(family, decay, parameter)).collect()
}

fn row(family: Family, decay: &Decay, parameter: &ParameterShape) -> ManifestRow {
    let decayed = decay.acts_on(parameter.role);
    let sizes: Vec<String> = parameter.shape.iter().map(usize::to_string).collect();
    ManifestRow {
        form: decay.form,
        mask: decay.mask,
        weight_decay: decay.weight_decay,
        parameter: parameter.name.clone(),
        role: parameter.role,
        shape: sizes.join("x"),
        elements: parameter.elements(),
        decayed,
        coefficient: if decayed { decay.weight_decay } else { Some(0.0) },
        family,
        rate: if decayed { decay.form.rate(parameter.role).to_owned() } else { "0".to_owned() },
    }
}
