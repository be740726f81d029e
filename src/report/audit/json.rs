//! The audit as JSON, under keys that stay.

use serde::Serialize;

use super::super::words::audit::{differences, notes, pattern, verdict};
use crate::audit::{Audit, FoundMask, From, Tensor, Verdict};
use crate::config::{Mask, Named};

#[derive(Serialize)]
struct Json<'a> {
    lr: Option<f64>,
    /// The mask.
    expected: Option<&'static str>,
    expected_weight_decay: Option<f64>,
    expected_form: Option<&'static str>,
    violated: bool,
    tensors: Vec<TensorJson<'a>>,
    mask: MaskJson<'a>,
    groups: Vec<GroupJson<'a>>,
    differences: Vec<DifferenceJson<'a>>,
    verdict: String,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct TensorJson<'a> {
    name: &'a str,
    shape: &'a [usize],
    dtype: String,
    role: &'static str,
    rank: usize,
    factor: Option<f64>,
    factor_error: Option<f64>,
    weight_decay: Option<f64>,
    weight_decay_error: Option<f64>,
    verdict: &'static str,
    decays: Option<bool>,
    detail: Option<String>,
}

#[derive(Serialize)]
struct MaskJson<'a> {
    /// The one mask that fits, `none` where nothing decays; null where none or several do.
    name: Option<&'static str>,
    fits: Vec<&'static str>,
    nearest: Option<&'static str>,
    exceptions: Vec<&'a str>,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    factor: f64,
    factor_error: f64,
    weight_decay: Option<f64>,
    weight_decay_error: Option<f64>,
    tensors: Vec<&'a str>,
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    from: &'static str,
    tensors: Vec<&'a str>,
    text: String,
}

/// The audit as one indented JSON object.
pub fn audit_json(audit: &Audit) -> String {
    let json = Json {
        lr: audit.lr,
        expected: audit.expected.mask.map(Named::name),
        expected_weight_decay: audit.expected.weight_decay,
        expected_form: audit.expected.form.map(Named::name),
        violated: audit.is_violated(),
        tensors: audit.tensors.iter().map(|one| tensor(one, audit.lr)).collect(),
        mask: mask(audit),
        groups: groups(audit),
        differences: audit
            .differences
            .iter()
            .zip(differences(audit))
            .map(|(one, text)| DifferenceJson {
                from: from(one.from),
                tensors: names(audit, &one.tensors),
                text,
            })
            .collect(),
        verdict: verdict(audit).join(" "),
        notes: notes(audit),
    };
    serde_json::to_string_pretty(&json).expect("an audit is plain data")
}

fn names<'a>(audit: &'a Audit, places: &[usize]) -> Vec<&'a str> {
    places.iter().map(|at| audit.tensors[*at].name.as_str()).collect()
}

fn tensor(one: &Tensor, lr: Option<f64>) -> TensorJson<'_> {
    let factor = one.verdict.factor();
    let lr = lr.filter(|lr| *lr > 0.0);
    let detail = match &one.verdict {
        Verdict::Unequal(found) => Some(pattern(found)),
        Verdict::Normalised { step } => {
            Some(format!("every number moved by {step:e} towards zero"))
        }
        Verdict::NotFinite { count } => Some(format!("{count} numbers are not finite")),
        Verdict::Changed { now } => Some(format!("{now} after the step")),
        _ => None,
    };
    TensorJson {
        name: &one.name,
        shape: &one.shape,
        dtype: one.type_name(),
        role: one.part.name(),
        rank: one.rank(),
        factor: factor.map(|factor| factor.value),
        factor_error: factor.map(|factor| factor.error),
        weight_decay: factor.zip(lr).map(|(factor, lr)| factor.shrink() / lr),
        weight_decay_error: factor.zip(lr).map(|(factor, lr)| factor.error / lr),
        verdict: one.verdict.name(),
        decays: one.decays(),
        detail,
    }
}

fn mask(audit: &Audit) -> MaskJson<'_> {
    let empty = MaskJson { name: None, fits: Vec::new(), nearest: None, exceptions: Vec::new() };
    match &audit.mask {
        FoundMask::Nothing => MaskJson { name: Some("none"), ..empty },
        FoundMask::Untold => empty,
        FoundMask::Fits(masks) => {
            let fits: Vec<&str> = masks.iter().map(|mask| mask.name()).collect();
            let only = if let [mask] = fits[..] { Some(mask) } else { None };
            MaskJson { name: only, fits, ..empty }
        }
        FoundMask::Nearest { mask, exceptions } => MaskJson {
            nearest: Some(Mask::name(*mask)),
            exceptions: names(audit, exceptions),
            ..empty
        },
    }
}

fn groups(audit: &Audit) -> Vec<GroupJson<'_>> {
    let lr = audit.lr.filter(|lr| *lr > 0.0);
    let json = |group: &crate::audit::Group| GroupJson {
        factor: group.factor.value,
        factor_error: group.factor.error,
        weight_decay: lr.map(|lr| group.factor.shrink() / lr),
        weight_decay_error: lr.map(|lr| group.factor.error / lr),
        tensors: group.tensors.iter().map(|at| audit.tensors[*at].name.as_str()).collect(),
    };
    audit.groups.iter().map(json).collect()
}

fn from(from: From) -> &'static str {
    match from {
        From::Expected(_) => "expected",
        From::WeightDecay => "expected-weight-decay",
        From::Form => "expected-form",
        From::Unseen => "unseen",
        From::Siblings => "siblings",
        From::Role => "role",
        From::Rank => "rank",
    }
}
