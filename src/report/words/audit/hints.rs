//! What the factors look like, and what the files do not show.

use super::super::super::format::{number, with_error};
use super::{listed, pattern};
use crate::audit::{Audit, Hint, Verdict};
use crate::config::to_digits;

/// Patterns that are told one by one.
const PATTERNS: usize = 3;
/// Formats that lose a smaller shrink alone are as fine as float32.
const SINGLE: f64 = 1e-6;

/// A sentence for each hint.
pub fn notes(audit: &Audit) -> Vec<String> {
    audit
        .hints
        .iter()
        .flat_map(|hint| sentences(audit, hint))
        .map(|text| format!("Note: {text}"))
        .collect()
}

fn sentences(audit: &Audit, hint: &Hint) -> Vec<String> {
    let list = |tensors: &[usize]| listed(audit, tensors);
    vec![match hint {
        Hint::NothingChanged => "not one number differs between the two files. Either nothing decays, whatever λ \
            was set or printed (a record of modded-nanogpt printed λ and never applied it), or by so little that \
            rounding takes it (a learning rate multiplied in twice), or the decay is a term of the loss, λ/2 ‖w‖², \
            whose gradient was set to zero with the rest, or the step did not happen: PyTorch skips parameters whose \
            grad is None, a schedule may start at a learning rate of 0, SOAP only makes its state in its first step, and \
            optax.MultiSteps moves in the last of several."
            .to_owned(),
        Hint::Swapped => "everything that moved grew: are BEFORE and AFTER swapped?".to_owned(),
        Hint::LrTwice { lambda, again, error, meant, right } => {
            let asked = "is the learning rate multiplied in twice?";
            let question = right.map_or(asked.to_owned(), |right| {
                format!(
                    "if {} was set, all is well; if {} was, {asked} --expect-weight-decay tells which",
                    number(right),
                    number(*meant)
                )
            });
            format!(
                "λ is {}; divided by the learning rate once more it is {}: {question}",
                number(rounded(*lambda)),
                with_error(*again, *error)
            )
        }
        Hint::LrMissing { meant } => format!(
            "1 − factor is {} itself: is the learning rate not multiplied in (independent decay)?",
            number(*meant)
        ),
        Hint::DividedOut => "λ is 1, which LAMB shows whatever was set: its trust ratio divides λ out, so of LAMB λ cannot \
            be read here."
            .to_owned(),
        Hint::ByShape { tensors } => format!(
            "{}: decayed by twice as much as most, and four times as long one way as the other: as by Muon with a \
             learning rate that goes by √(rows/columns), or as parameters that are in two groups.",
            list(tensors)
        ),
        Hint::Twice { tensors } => format!(
            "{}: decayed by twice as much as most, as a parameter that is in two groups, or a tied one.",
            list(tensors)
        ),
        Hint::Whole => "the step took away all of a weight, or more: ηλ is 1 or above.".to_owned(),
        Hint::HiddenMatricesStay => "no matrix inside a block decays, though others do: was the optimizer of the \
            matrices stepped, and does it apply its λ? SOAP only makes its state in its first step, and optax.MultiSteps \
            moves in the last of several: save around one that moves. Muon's in tinygrad did not apply it (PR #17709)."
            .to_owned(),
        Hint::Normalised { step, tensors } => format!(
            "{}: every number moved by about {} towards zero, large or small. That is L2 in the gradient of an \
             optimizer that normalises it (Adam(weight_decay), RMSprop, signs), not decoupled decay; λ cannot be read \
             from it.",
            list(tensors),
            number(rounded(*step))
        ),
        Hint::Moved { tensors } => format!(
            "{}: moved otherwise than by shrinking. Gradients or the optimizer's averages were not zero (take a fresh \
             optimizer), or L2 went through an optimizer that mixes the numbers of a matrix (Muon, SOAP).",
            list(tensors)
        ),
        Hint::Unequal { tensors } => return unequal(audit, tensors),
        Hint::TooCoarse { tensors } => too_coarse(audit, tensors),
        Hint::Zeros { tensors } => format!(
            "{}: all zeros, which cannot show that they decay; fill them before the step.",
            list(tensors)
        ),
        Hint::NotFinite { tensors } => format!("{}: infinite or not a number; nothing is told of them.", list(tensors)),
        Hint::Unread { tensors } => format!(
            "{}: not read; expected float32, bfloat16, float16 or float64. In 8 bits a shrink below 3% is rounded \
             away from every number.",
            list(tensors)
        ),
        Hint::Unmatched { tensors } => format!(
            "{}: in one of the files alone, or of another shape or type in the other; nothing is told of them.",
            list(tensors)
        ),
        Hint::Flat { tensors } => format!(
            "{}: flat shards of FSDP, which tell neither rank nor what decays together; save the full state.",
            list(tensors)
        ),
    }]
}

fn unequal(audit: &Audit, tensors: &[usize]) -> Vec<String> {
    let told = tensors.iter().take(PATTERNS).filter_map(|at| match &audit.tensors[*at].verdict {
        Verdict::Unequal(found) => {
            Some(format!("{}: not by one factor: {}.", audit.tensors[*at].name, pattern(found)))
        }
        _ => None,
    });
    let mut lines: Vec<String> = told.collect();
    if tensors.len() > PATTERNS {
        lines.push(format!("{}: so are {} in all.", listed(audit, tensors), tensors.len()));
    }
    lines
}

fn too_coarse(audit: &Audit, tensors: &[usize]) -> String {
    let vanishing = tensors
        .iter()
        .filter_map(|at| Some((&audit.tensors[*at], audit.tensors[*at].vanishing()?)));
    let coarsest = vanishing.max_by(|a, b| a.1.total_cmp(&b.1));
    let (kind, share) =
        coarsest.map_or((String::new(), 0.0), |(one, share)| (one.type_name(), share));
    let remedy = if share < SINGLE {
        "Give this one step a larger learning rate."
    } else {
        "A trainer without float32 copies of them loses its decay here, whatever λ says; one that has copies should \
         save those. A larger learning rate in this one step shows it too."
    };
    format!(
        "{}: too coarse to tell. Nothing changed beyond rounding, but in {kind} a shrink below {} = {}% is rounded \
         away from every number. {remedy}",
        listed(audit, tensors),
        power(share),
        number(rounded(100.0 * share))
    )
}

fn power(value: f64) -> String {
    format!("2^{}", value.log2().round())
}

fn rounded(value: f64) -> f64 {
    to_digits(value, 3)
}
