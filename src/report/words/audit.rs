//! Sentences on what a trainer decays.

mod differences;
mod expected;
mod hints;
mod pattern;

use std::collections::BTreeMap;

use super::super::format::{count, with_error};
use crate::audit::{Audit, Factor, FoundMask, From, Group, Part, Pattern, Tensor, Verdict};
use crate::config::Mask;
use crate::plural::counted;

pub use differences::differences;
pub use expected::unmet;
pub use hints::notes;
pub use pattern::pattern;

/// What no step with zero gradients tells.
pub const CANNOT_SHOW: &str = "Zero gradients cannot show: L2 that is added to the loss, whose gradient is set to zero with \
    the rest; a parameter that is in no optimizer, which stays too; L2 in the gradient of an optimizer that does not \
    normalise it in this step (SGD; RAdam in its first five \
    steps), which here is the same as decoupled decay, and which under momentum μ shrinks by up to 1/(1 − μ) times as much \
    in later steps, under Nesterov's by 1 + μ in this one already; which numbers cautious decay picks in a real step (where \
    the update is 0, `u·w ≥ 0` decays all, `u·w > 0` none); what a schedule of λ does later; λ of LAMB and LARS, which their \
    trust ratio divides out; decay of SOAP and optax.MultiSteps in a first step, in which they move nothing, so take as many \
    as they need and save around the last. One step cannot tell ηλ from a λ that is not multiplied by η. Decoupled decay: \
    Loshchilov & Hutter 2019, arXiv 1711.05101.";

/// Names that a sentence lists.
const LISTED: usize = 4;
/// Groups that are listed.
const GROUPS: usize = 6;

/// A verdict in the table.
pub fn short(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Decays(_) => "decays",
        Verdict::Stays { .. } => "stays",
        Verdict::TooCoarse { .. } => "too coarse",
        Verdict::Grows(_) => "grows",
        Verdict::Normalised { .. } => "L2 in Adam",
        Verdict::Unequal(_) => "unequal",
        Verdict::Moved => "moved",
        Verdict::Zeros => "all zeros",
        Verdict::Empty => "empty",
        Verdict::NotFinite { .. } => "not finite",
        Verdict::NotTrained => "integers",
        Verdict::Unread => "not read",
        Verdict::Changed { .. } => "other shape, type",
        Verdict::OnlyBefore => "only before",
        Verdict::OnlyAfter => "only after",
    }
}

/// What a tensor differs from, for the table.
pub fn differs_from(audit: &Audit, at: usize) -> String {
    let of = audit.differences.iter().filter(|one| one.tensors.binary_search(&at).is_ok());
    let words = of.map(|one| match one.from {
        From::Expected(_) => "mask",
        From::WeightDecay => "λ",
        From::Form => "form",
        From::Unseen => "untold",
        From::Siblings => "blocks",
        From::Role => "role",
        From::Rank => "rank",
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Tensors of one template by one name: with a star where they are all of it.
pub fn named(audit: &Audit, places: &[usize]) -> String {
    let Some(first) = places.first().map(|at| &audit.tensors[*at]) else { return String::new() };
    let template = &first.template;
    let all = audit.tensors.iter().filter(|one| one.template.text == template.text).count();
    match (places.len(), template.numbers.len()) {
        (1, _) => first.name.clone(),
        (found, 1) if found < all => {
            let numbers: Vec<usize> = places
                .iter()
                .filter_map(|at| audit.tensors[*at].template.numbers.first().copied())
                .collect();
            template.text.replacen('*', &format!("{{{}}}", ranges(&numbers)), 1)
        }
        _ => template.text.clone(),
    }
}

/// The same without wrappers, for the table.
pub fn named_short(audit: &Audit, places: &[usize]) -> String {
    match places {
        [at] => {
            let template = &audit.tensors[*at].template;
            let fill = |text: String, number: &usize| text.replacen('*', &number.to_string(), 1);
            template.numbers.iter().fold(template.text.clone(), fill)
        }
        _ => named(audit, places),
    }
}

/// Numbers as `0,3–5`.
fn ranges(numbers: &[usize]) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let runs = sorted.chunk_by(|a, b| b.checked_sub(*a) == Some(1));
    let texts = runs.map(|run| match run {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}–{last}"),
        [] => String::new(),
    });
    texts.collect::<Vec<_>>().join(",")
}

/// Tensors by their names, those of several blocks together, the first of them.
fn listed(audit: &Audit, places: &[usize]) -> String {
    let mut by_template: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for at in places {
        by_template.entry(&audit.tensors[*at].template.text).or_default().push(*at);
    }
    let name = |places: &Vec<usize>| match places.len() {
        1 => named(audit, places),
        several => format!("{} (×{several})", named(audit, places)),
    };
    let names: Vec<String> = by_template.values().take(LISTED).map(name).collect();
    match by_template.len().saturating_sub(LISTED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// The answer: what decays by how much, and which mask that is.
pub fn verdict(audit: &Audit) -> Vec<String> {
    let mut lines: Vec<String> = audit
        .groups
        .iter()
        .take(GROUPS)
        .map(|group| format!("Decays: {}.", of_group(audit, group)))
        .collect();
    if audit.groups.len() > GROUPS {
        lines.push(format!(
            "And {} groups more, each with a factor of its own.",
            audit.groups.len() - GROUPS
        ));
    }
    let normalised: Vec<usize> = (0..audit.tensors.len())
        .filter(|at| matches!(audit.tensors[*at].verdict, Verdict::Normalised { .. }))
        .collect();
    if !normalised.is_empty() {
        lines.push(format!("Has L2 in its gradient: {}.", size(audit, &normalised)));
    }
    let still: Vec<usize> =
        (0..audit.tensors.len()).filter(|at| audit.tensors[*at].decays() == Some(false)).collect();
    if !still.is_empty() {
        lines.push(format!("Stays: {}.", size(audit, &still)));
    }
    lines.push(mask(audit));
    lines
}

fn of_group(audit: &Audit, group: &Group) -> String {
    let shrink =
        |factor: Factor, over: f64| with_error(factor.shrink() / over, factor.error / over);
    let lambda = match audit.lr {
        Some(lr) => format!("λ = {}", shrink(group.factor, lr)),
        None => format!("ηλ = {}", shrink(group.factor, 1.0)),
    };
    let names = if audit.groups.len() > 1 {
        format!(" ({})", listed(audit, &group.tensors))
    } else {
        String::new()
    };
    format!("{}, {lambda}{names}", size(audit, &group.tensors))
}

fn size(audit: &Audit, places: &[usize]) -> String {
    let elements: usize = places.iter().map(|at| audit.tensors[*at].elements()).sum();
    format!("{} of {} numbers", counted(places.len(), "tensor"), count(elements))
}

fn mask(audit: &Audit) -> String {
    match &audit.mask {
        FoundMask::Nothing => match audit.uneven() {
            0 => "Nothing decays of what could be told.".to_owned(),
            count => {
                let by = if is_nearly_one(audit) { "nearly one factor" } else { "several" };
                let tensors = counted(count, "tensor");
                format!("Nothing decays by one factor; {tensors} shrank by {by}.")
            }
        },
        FoundMask::Untold => "Of no tensor it can be told whether it decays.".to_owned(),
        FoundMask::Fits(masks) => match &masks[..] {
            [mask] => format!("{} the mask {mask} ({}).", this_is(audit), as_in(*mask)),
            masks => {
                let names: Vec<String> = masks.iter().map(Mask::to_string).collect();
                format!(
                    "{} the mask {}: these tensors do not tell them apart.",
                    this_is(audit),
                    names.join(" or ")
                )
            }
        },
        FoundMask::Nearest { mask, exceptions } => format!(
            "{} none of the masks of wane; the nearest is {mask} ({}), but for {}.",
            this_is(audit),
            as_in(*mask),
            listed(audit, exceptions)
        ),
    }
}

/// Whether all that shrank unevenly did so by nearly one factor.
fn is_nearly_one(audit: &Audit) -> bool {
    audit.tensors.iter().all(|one| match &one.verdict {
        Verdict::Unequal(found) => matches!(found, Pattern::Nearly { .. }),
        _ => true,
    })
}

fn this_is(audit: &Audit) -> &'static str {
    let is_open = |one: &Tensor| one.part != Part::Buffer && one.verdict.is_unclear();
    if audit.tensors.iter().any(is_open) { "Of what could be told, this is" } else { "This is" }
}

fn as_in(mask: Mask) -> &'static str {
    match mask {
        Mask::Matrices => "rank 2 and more, as in GPT-1, nanoGPT and llm.c",
        Mask::Linear => "linear weights alone, as in minGPT and OLMo 1",
        Mask::NoEmbeddings => "all but embeddings, as in OLMo 2 and SmolLM3",
        Mask::Global => "everything, as by PyTorch's default",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_blocks_are_shown_as_ranges() {
        assert_eq!(ranges(&[3, 0, 4, 5, 9]), "0,3–5,9");
        assert_eq!(ranges(&[usize::MAX, 0]), format!("0,{}", usize::MAX));
    }
}
