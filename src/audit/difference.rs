//! Where a tensor is not treated as something else would have it.

use std::collections::BTreeMap;

use super::expected::{of_hidden_lambda, of_other_form, of_other_lambda};
use super::group::Group;
use super::mask::against;
use super::part::Part;
use super::question::Question;
use super::tensor::Tensor;
use crate::config::Mask;

/// Tensors of a group among which one of its largest camp is looked for.
const CANDIDATES: usize = 64;

/// What a tensor differs from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// The mask that was expected.
    Expected(Mask),
    /// The λ that was expected.
    WeightDecay,
    /// The form that was expected.
    Form,
    /// What was expected, of which a tensor could not be seen to keep it.
    Unseen,
    /// The tensors of its name in other blocks.
    Siblings,
    /// Most tensors of its role.
    Role,
    /// The rule that what has rank 2 or more decays, and nothing else.
    Rank,
}

/// Tensors that differ from the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub from: From,
    pub tensors: Vec<usize>,
}

impl Difference {
    /// Whether it goes against what was expected.
    pub fn is_violation(&self) -> bool {
        matches!(self.from, From::Expected(_) | From::WeightDecay | From::Form | From::Unseen)
    }
}

/// All differences, those from what was expected first.
pub fn differences(tensors: &[Tensor], groups: &[Group], question: &Question) -> Vec<Difference> {
    let mut found = from_expected(tensors, groups, question);
    let siblings = from_siblings(tensors);
    let alike = |at: &usize| siblings.binary_search(at).is_err();
    let of_role: Vec<usize> = from_role(tensors).into_iter().filter(alike).collect();
    found.push((From::Siblings, siblings));
    found.push((From::Role, of_role));
    found.push((From::Rank, from_rank(tensors)));
    let some = found.into_iter().filter(|(_, tensors)| !tensors.is_empty());
    some.map(|(from, tensors)| Difference { from, tensors }).collect()
}

fn from_expected(
    tensors: &[Tensor],
    groups: &[Group],
    question: &Question,
) -> Vec<(From, Vec<usize>)> {
    let expected = question.expected;
    let by_mask = expected.mask.map(|mask| (From::Expected(mask), against(tensors, mask)));
    let other = |lambda| of_other_lambda(tensors, groups, lambda, question.lr);
    let by_lambda = expected.weight_decay.map(|lambda| (From::WeightDecay, other(lambda)));
    let by_form = expected.form.map(|form| (From::Form, of_other_form(tensors, form)));
    let hidden = |lambda| of_hidden_lambda(groups, lambda, question.lr);
    let hidden = expected.weight_decay.map(hidden).unwrap_or_default();
    let untold = expected.is_some().then(|| (From::Unseen, sorted(unseen(tensors), hidden)));
    [by_mask, by_lambda, by_form, untold].into_iter().flatten().collect()
}

fn sorted(mut some: Vec<usize>, others: Vec<usize>) -> Vec<usize> {
    some.extend(others);
    some.sort_unstable();
    some.dedup();
    some
}

fn unseen(tensors: &[Tensor]) -> Vec<usize> {
    let is_unseen = |one: &Tensor| one.part != Part::Buffer && one.verdict.is_unclear();
    (0..tensors.len()).filter(|at| is_unseen(&tensors[*at])).collect()
}

fn from_rank(tensors: &[Tensor]) -> Vec<usize> {
    let differs = |one: &Tensor| {
        one.part != Part::Buffer && one.decays().is_some_and(|decays| decays != (one.rank() >= 2))
    };
    (0..tensors.len()).filter(|at| differs(&tensors[*at])).collect()
}

/// Tensors of one name in several blocks that are not treated as most of them.
fn from_siblings(tensors: &[Tensor]) -> Vec<usize> {
    let groups = grouped(tensors, |one| one.template.text.as_str());
    let mut found: Vec<usize> =
        groups.values().flat_map(|group| minority(tensors, group)).collect();
    found.sort_unstable();
    found
}

/// Those that are neither as most of the first nor of its factor.
fn minority(tensors: &[Tensor], group: &[usize]) -> Vec<usize> {
    let alike = |a: usize, b: usize| {
        let (a, b) = (&tensors[a], &tensors[b]);
        let factors = a.verdict.factor().zip(b.verdict.factor());
        a.decays() == b.decays() && factors.is_none_or(|(a, b)| a.agrees(b))
    };
    let is_told = |at: &&usize| tensors[**at].decays().is_some();
    let told: Vec<usize> = group.iter().filter(is_told).copied().collect();
    let support = |at: usize| told.iter().filter(|other| alike(at, **other)).count();
    // The first of the largest camp, so that a tie is settled by order.
    let leader = told.iter().copied().take(CANDIDATES).rev().max_by_key(|at| support(*at));
    leader.map_or(Vec::new(), |leader| told.into_iter().filter(|at| !alike(*at, leader)).collect())
}

/// Tensors that decay where most of their role do not, or the other way round.
fn from_role(tensors: &[Tensor]) -> Vec<usize> {
    let mut found = Vec::new();
    for group in grouped(tensors, |one| one.part).into_values() {
        let decaying: Vec<usize> =
            group.iter().filter(|at| tensors[**at].decays() == Some(true)).copied().collect();
        let still: Vec<usize> =
            group.iter().filter(|at| tensors[**at].decays() == Some(false)).copied().collect();
        if decaying.len() != still.len() {
            let fewer = if decaying.len() < still.len() { decaying } else { still };
            found.extend(fewer);
        }
    }
    found.sort_unstable();
    found
}

fn grouped<'a, K: Ord>(
    tensors: &'a [Tensor],
    key: impl Fn(&'a Tensor) -> K,
) -> BTreeMap<K, Vec<usize>> {
    let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (at, one) in tensors.iter().enumerate() {
        groups.entry(key(one)).or_default().push(at);
    }
    groups
}
