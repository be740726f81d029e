//! Where tensors are not treated as something else would have it.

use super::super::super::format::number;
use super::expected::{all, found_forms, found_lambdas};
use super::listed;
use crate::audit::{Audit, Difference, From};
use crate::config::{Form, Named};

/// A sentence for each difference.
pub fn differences(audit: &Audit) -> Vec<String> {
    let sentence = |one: &Difference| {
        let names = listed(audit, &one.tensors);
        match one.from {
            From::Expected(mask) => {
                format!("Against the expected mask {mask}: {}.", in_halves(audit, &one.tensors))
            }
            From::WeightDecay => {
                let lambda = audit.expected.weight_decay.unwrap_or_default();
                let found = found_lambdas(audit, lambda).join(", ");
                format!("Against the expected λ = {}: {found}.", number(lambda))
            }
            From::Form => {
                let form = audit.expected.form.unwrap_or(Form::None);
                let found = found_forms(audit, &one.tensors);
                format!("Against the expected form {}: {found}.", form.name())
            }
            From::Unseen => {
                format!("Expected {}, but it cannot be told of {names}.", all(&audit.expected))
            }
            From::Siblings => {
                format!("Not as in the other blocks: {}.", in_halves(audit, &one.tensors))
            }
            From::Role => format!("Not as most of its role: {}.", in_halves(audit, &one.tensors)),
            From::Rank => format!("Not by rank ≥ 2: {}.", in_halves(audit, &one.tensors)),
        }
    };
    audit.differences.iter().map(sentence).collect()
}

/// Tensors that decay, and those that do not.
fn in_halves(audit: &Audit, places: &[usize]) -> String {
    let half = |decays: bool| -> Vec<usize> {
        places.iter().copied().filter(|at| audit.tensors[*at].decays() == Some(decays)).collect()
    };
    let text = |places: Vec<usize>, verb: &str| {
        let verb = if places.len() == 1 { format!("{verb}s") } else { verb.to_owned() };
        (!places.is_empty()).then(|| format!("{} {verb}", listed(audit, &places)))
    };
    let halves = [text(half(true), "decay"), text(half(false), "stay")];
    halves.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
