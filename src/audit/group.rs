//! Tensors that decay by one factor.

use super::part::Part;
use super::tensor::Tensor;
use super::verdict::{Factor, Verdict};

/// Tensors that shrink by one factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub factor: Factor,
    pub tensors: Vec<usize>,
}

/// Tensors that decay, by factor; the largest group first.
pub fn groups(tensors: &[Tensor]) -> Vec<Group> {
    let mut decayed: Vec<(usize, Factor)> = Vec::new();
    for (at, one) in tensors.iter().enumerate() {
        if let (Verdict::Decays(factor), true) = (&one.verdict, one.part != Part::Buffer) {
            decayed.push((at, *factor));
        }
    }
    // The finest know best what the others may agree with.
    decayed.sort_by(|a, b| a.1.error.total_cmp(&b.1.error));
    let mut groups: Vec<Group> = Vec::new();
    for (at, factor) in decayed {
        match groups.iter_mut().find(|group| group.factor.agrees(factor)) {
            Some(group) => group.tensors.push(at),
            None => groups.push(Group { factor, tensors: vec![at] }),
        }
    }
    groups.iter_mut().for_each(|group| group.tensors.sort_unstable());
    groups.sort_by_key(|group| std::cmp::Reverse(size(tensors, group)));
    groups
}

/// How many numbers a group has.
pub fn size(tensors: &[Tensor], group: &Group) -> usize {
    group.tensors.iter().map(|at| tensors[*at].elements()).sum()
}
