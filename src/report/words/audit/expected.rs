//! What was expected of a trainer, and what was found in its place.

use super::super::super::format::{number, with_error};
use super::listed;
use crate::audit::{Audit, Expected, Factor, FoundMask, From, form_of, is_of_other};
use crate::config::{Form, Mask, Named};
use crate::plural::counted;

/// Groups of another λ that one line names.
const GROUPS: usize = 3;

/// What was expected and what was found, in one line; `None` where everything is as expected.
pub fn unmet(audit: &Audit) -> Option<String> {
    if !audit.is_violated() {
        return None;
    }
    if audit.mask == FoundMask::Untold {
        return Some(format!("expected {}, but nothing can be told", all(&audit.expected)));
    }
    let parts = [of_mask(audit), of_lambda(audit), of_form(audit), untold(audit)];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

/// All that was expected, as `mask matrices, λ = 0.1, form adamw`.
pub fn all(expected: &Expected) -> String {
    let mask = expected.mask.map(|mask| format!("mask {mask}"));
    let lambda = expected.weight_decay.map(|value| format!("λ = {}", number(value)));
    let form = expected.form.map(|form| format!("form {}", form.name()));
    [mask, lambda, form].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn tensors_from(audit: &Audit, is_such: impl Fn(From) -> bool) -> &[usize] {
    let mut found = audit.differences.iter().filter(|one| is_such(one.from));
    found.next().map_or(&[], |one| &one.tensors)
}

fn of_mask(audit: &Audit) -> Option<String> {
    let expected = audit.expected.mask?;
    let others = tensors_from(audit, |from| matches!(from, From::Expected(_)));
    let found = match &audit.mask {
        FoundMask::Nothing => "no decay".to_owned(),
        FoundMask::Untold => "nothing that can be told".to_owned(),
        FoundMask::Fits(masks) => {
            masks.iter().map(Mask::to_string).collect::<Vec<_>>().join(" or ")
        }
        FoundMask::Nearest { mask, .. } => {
            format!("none of wane's masks (the nearest is {mask})")
        }
    };
    let told =
        || format!("expected mask {expected}, found {found}: against it {}", listed(audit, others));
    (!others.is_empty()).then(told)
}

fn of_lambda(audit: &Audit) -> Option<String> {
    let expected = audit.expected.weight_decay?;
    let others = tensors_from(audit, |from| from == From::WeightDecay);
    let told = |found: &str| format!("expected λ = {}, found {found}", number(expected));
    if audit.lacks_decay() {
        return Some(told("no decay"));
    }
    (!others.is_empty()).then(|| told(&found_lambdas(audit, expected).join(", ")))
}

/// Every other λ with its tensors, and those that show none.
pub fn found_lambdas(audit: &Audit, expected: f64) -> Vec<String> {
    let lr = audit.lr.unwrap_or(1.0);
    let others = audit.groups.iter().filter(|group| is_of_other(group.factor, expected, lr));
    let text = |factor: Factor| with_error(factor.shrink() / lr, factor.error / lr);
    let of_group = |group: &crate::audit::Group| {
        format!("λ = {} ({})", text(group.factor), listed(audit, &group.tensors))
    };
    let mut found: Vec<String> = others.clone().take(GROUPS).map(of_group).collect();
    let more = others.count().saturating_sub(GROUPS);
    found.extend((more > 0).then(|| format!("{more} more")));
    let hidden = in_form(audit, Form::L2);
    let names = || format!("L2 in the gradient, which shows no λ ({})", listed(audit, &hidden));
    found.extend((!hidden.is_empty()).then(names));
    found
}

fn of_form(audit: &Audit) -> Option<String> {
    let expected = audit.expected.form?;
    let others = tensors_from(audit, |from| from == From::Form);
    let told = |found: &str| format!("expected form {}, found {found}", expected.name());
    if audit.lacks_decay() {
        return Some(told("no decay"));
    }
    (!others.is_empty()).then(|| told(&found_forms(audit, others)))
}

/// The forms of some tensors, as `l2 (wte.weight, h.*.mlp.weight (×2))`.
pub fn found_forms(audit: &Audit, others: &[usize]) -> String {
    let text = |form: &Form| {
        let of_form = in_form(audit, *form);
        let own: Vec<usize> = others.iter().copied().filter(|at| of_form.contains(at)).collect();
        (!own.is_empty()).then(|| format!("{} ({})", form.name(), listed(audit, &own)))
    };
    Expected::FORMS.iter().filter_map(text).collect::<Vec<_>>().join(", ")
}

fn in_form(audit: &Audit, form: Form) -> Vec<usize> {
    let is_such = |at: &usize| form_of(&audit.tensors[*at]) == Some(form);
    (0..audit.tensors.len()).filter(is_such).collect()
}

fn untold(audit: &Audit) -> Option<String> {
    let tensors = tensors_from(audit, |from| from == From::Unseen);
    let told = || {
        let (expected, count) = (all(&audit.expected), counted(tensors.len(), "tensor"));
        format!("expected {expected}, which cannot be told of {count}: {}", listed(audit, tensors))
    };
    (!tensors.is_empty()).then(told)
}
