use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::CsvRow;
use crate::config::{
    DecaySchedule, Family, Form, Group, Mask, OptimizerKind, ParameterShape, Role,
};
use crate::experiment::Arm;

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
    /// What turns its gradients into updates.
    #[serde(default)]
    pub optimizer: OptimizerKind,
    /// Its peak learning rate, as a share of the arm's.
    #[serde(default)]
    pub lr_factor: Option<f64>,
    /// How its λ changes over the run; missing where it has none.
    #[serde(default)]
    pub decay_schedule: Option<DecaySchedule>,
    /// Variant of the arm: with its form, mask and λ it tells the arm, as in the other files. Empty in files of older versions.
    #[serde(default)]
    pub variant: String,
}

impl CsvRow for ManifestRow {
    fn columns() -> Vec<Vec<&'static str>> {
        let first = ["form", "mask", "weight_decay", "parameter", "role", "shape", "elements"];
        vec![
            [&first[..], &["decayed", "coefficient"]].concat(),
            vec!["family"],
            vec!["rate"],
            vec!["optimizer", "lr_factor", "decay_schedule"],
            vec!["variant"],
        ]
    }
}

/// What tells an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ArmKey<'a> {
    form: Form,
    mask: Option<Mask>,
    /// In bits.
    weight_decay: Option<u64>,
    family: Family,
    variant: &'a str,
}

impl ManifestRow {
    /// Whether nothing tells its arm from that of another row.
    pub fn shares_arm(&self, other: &Self) -> bool {
        self.arm() == other.arm()
    }

    fn arm(&self) -> ArmKey<'_> {
        ArmKey {
            form: self.form,
            mask: self.mask,
            weight_decay: self.weight_decay.map(f64::to_bits),
            family: self.family,
            variant: &self.variant,
        }
    }
}

/// The rows of each arm, wherever they stand: other programs sort them. Files of older versions do not tell variants of
/// arms, of which each has every parameter once.
pub fn by_arm(rows: &[ManifestRow]) -> Vec<Vec<&ManifestRow>> {
    let mut arms: Vec<Vec<&ManifestRow>> = Vec::new();
    let mut places: HashMap<ArmKey, Vec<usize>> = HashMap::new();
    for part in parts(rows) {
        let names: HashSet<&str> = part.iter().map(|row| row.parameter.as_str()).collect();
        let own = places.entry(part[0].arm()).or_default();
        let has_none =
            |arm: &[&ManifestRow]| !arm.iter().any(|row| names.contains(row.parameter.as_str()));
        let place = own.iter().copied().find(|place| has_none(&arms[*place]));
        match place {
            Some(place) => arms[place].extend(part),
            None => {
                own.push(arms.len());
                arms.push(part.iter().collect());
            }
        }
    }
    arms
}

/// Rows that stand together and are of one arm, with each parameter once.
fn parts(rows: &[ManifestRow]) -> Vec<&[ManifestRow]> {
    let (mut parts, mut start, mut names) = (Vec::new(), 0, HashSet::new());
    for (place, row) in rows.iter().enumerate() {
        if !row.shares_arm(&rows[start]) || !names.insert(row.parameter.as_str()) {
            parts.push(&rows[start..place]);
            start = place;
            names = HashSet::from([row.parameter.as_str()]);
        }
    }
    parts.extend((start < rows.len()).then(|| &rows[start..]));
    parts
}

/// The rows of one arm, in the order of the model.
pub fn manifest(arm: &Arm, parameters: &[ParameterShape]) -> Vec<ManifestRow> {
    parameters.iter().map(|parameter| row(arm, parameter)).collect()
}

fn row(arm: &Arm, parameter: &ParameterShape) -> ManifestRow {
    let (decay, role) = (&arm.decay, parameter.role);
    let group = Group::of(&arm.recipe, decay, &arm.by_role, role);
    let decayed = arm.decays_role(role);
    let has_lambda = decay.form.takes_weight_decay();
    let coefficient = if has_lambda { Some(group.weight_decay) } else { None };
    let sizes: Vec<String> = parameter.shape.iter().map(usize::to_string).collect();
    ManifestRow {
        form: decay.form,
        mask: decay.mask,
        weight_decay: decay.weight_decay,
        parameter: parameter.name.clone(),
        role,
        shape: sizes.join("x"),
        elements: parameter.elements(),
        decayed,
        coefficient: if decayed { coefficient } else { Some(0.0) },
        family: arm.model.family,
        rate: if decayed { decay.form.rate(role).to_owned() } else { "0".to_owned() },
        optimizer: group.recipe.optimizer,
        lr_factor: Some(group.recipe.lr / arm.recipe.lr),
        decay_schedule: (decayed && has_lambda).then_some(arm.recipe.decay_schedule),
        variant: arm.variant.clone(),
    }
}
