//! Groups of decayed tensors, and mistakes that their factors look like.

use super::Tensor;
use super::multiplied::{NEAR, divided_out, of_lr};
use super::names::core;
use super::part::Part;
use super::verdict::{Factor, Verdict};
use crate::config::Role;

/// Tensors that shrink by one factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub factor: Factor,
    pub tensors: Vec<usize>,
}

/// What the factors look like, or what the files cannot show.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// No number changed in any tensor.
    NothingChanged,
    /// Everything that moved grew.
    Swapped,
    /// λ/η is a usual coefficient: the learning rate is multiplied in twice.
    LrTwice {
        lambda: f64,
        again: f64,
        error: f64,
        /// The usual coefficient.
        meant: f64,
        /// The one that λ may be as it is, where people set such small ones.
        right: Option<f64>,
    },
    /// ηλ is a usual coefficient: the learning rate is not multiplied in.
    LrMissing {
        meant: f64,
    },
    /// λ is 1, as a trust ratio leaves any.
    DividedOut,
    /// λ of a group is twice that of the largest.
    Twice {
        tensors: Vec<usize>,
    },
    /// The same of matrices that are four times as long one way as the other: by the root of that in their learning rate.
    ByShape {
        tensors: Vec<usize>,
    },
    /// A step takes away all of a weight, or more.
    Whole,
    /// No matrix inside a block decays, others do: as if the decay of Muon were not applied.
    HiddenMatricesStay,
    /// L2 in the gradient of an optimizer that normalises it.
    Normalised {
        step: f64,
        tensors: Vec<usize>,
    },
    /// Tensors that moved as if gradients or averages had not been zero.
    Moved {
        tensors: Vec<usize>,
    },
    /// Tensors in which some numbers shrank and others did not.
    Unequal {
        tensors: Vec<usize>,
    },
    /// Nothing is seen of tensors whose format is too coarse for the shrink.
    TooCoarse {
        tensors: Vec<usize>,
    },
    Zeros {
        tensors: Vec<usize>,
    },
    NotFinite {
        tensors: Vec<usize>,
    },
    Unread {
        tensors: Vec<usize>,
    },
    /// In one of the files alone, or of another shape or type.
    Unmatched {
        tensors: Vec<usize>,
    },
    /// Flattened parameters, which hold decayed and undecayed ones together, or pieces of one without its shape.
    Flat {
        tensors: Vec<usize>,
    },
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

fn size(tensors: &[Tensor], group: &Group) -> usize {
    group.tensors.iter().map(|at| tensors[*at].elements()).sum()
}

/// The factor of most numbers. Where an average of the weights is in the files too, of as many, that loses less.
fn usual(tensors: &[Tensor], groups: &[Group]) -> Option<Factor> {
    let most = size(tensors, groups.first()?);
    let alike = groups.iter().filter(|group| size(tensors, group) == most);
    alike.map(|group| group.factor).min_by(|a, b| a.value.total_cmp(&b.value))
}

/// What there is to say about all tensors together; `set` is the λ that the trainer is said to have.
pub fn hints(tensors: &[Tensor], groups: &[Group], lr: Option<f64>, set: Option<f64>) -> Vec<Hint> {
    let mut hints = Vec::new();
    hints.extend(all_still(tensors));
    hints.extend(swapped(tensors));
    hints.extend(normalised(tensors));
    let usual = usual(tensors, groups);
    hints.extend(usual.and_then(|factor| of_lr(factor, lr, set)));
    hints.extend(usual.and_then(|factor| divided_out(factor, lr, set)));
    hints.extend(twice(tensors, groups));
    hints.extend(groups.iter().any(|group| group.factor.value <= 0.0).then_some(Hint::Whole));
    hints.extend(hidden_matrices_stay(tensors));
    hints.extend(by_verdict(tensors));
    let flat = flat(tensors);
    hints.extend((!flat.is_empty()).then_some(Hint::Flat { tensors: flat }));
    hints
}

fn places(tensors: &[Tensor], is_such: impl Fn(&Tensor) -> bool) -> Vec<usize> {
    (0..tensors.len()).filter(|at| is_such(&tensors[*at])).collect()
}

/// What FSDP flattened. With the original parameters it keeps their names and none of their axes.
fn flat(tensors: &[Tensor]) -> Vec<usize> {
    let is_wrapped = |one: &Tensor| one.name.contains("_fsdp_wrapped_module");
    let has_axes = tensors.iter().any(|one| is_wrapped(one) && one.rank() > 1);
    places(tensors, |one| core(&one.name).contains("flat_param") || is_wrapped(one) && !has_axes)
}

/// Whether no number of any tensor with numbers changed.
fn all_still(tensors: &[Tensor]) -> Option<Hint> {
    let is_still = |one: &Tensor| match &one.verdict {
        Verdict::Stays { .. } | Verdict::Zeros | Verdict::Empty | Verdict::NotTrained => true,
        Verdict::TooCoarse { .. } => one.verdict.factor().is_some_and(|factor| factor.value == 1.0),
        _ => false,
    };
    let told = tensors.iter().any(|one| matches!(one.verdict, Verdict::Stays { .. }));
    (told && tensors.iter().all(is_still)).then_some(Hint::NothingChanged)
}

fn swapped(tensors: &[Tensor]) -> Option<Hint> {
    let grown = places(tensors, |one| matches!(one.verdict, Verdict::Grows(_)));
    let moved = places(tensors, |one| {
        matches!(one.verdict, Verdict::Decays(_) | Verdict::Moved | Verdict::Unequal(_))
    });
    (!grown.is_empty() && moved.is_empty()).then_some(Hint::Swapped)
}

fn normalised(tensors: &[Tensor]) -> Option<Hint> {
    let step = |one: &Tensor| match one.verdict {
        Verdict::Normalised { step } => Some(step),
        _ => None,
    };
    let found = places(tensors, |one| step(one).is_some());
    let steps = found.iter().filter_map(|at| Some((tensors[*at].elements(), step(&tensors[*at])?)));
    let (_, step) = steps.max_by_key(|(elements, _)| *elements)?;
    Some(Hint::Normalised { step, tensors: found })
}

fn twice(tensors: &[Tensor], groups: &[Group]) -> Option<Hint> {
    let (first, others) = groups.split_first()?;
    let double =
        |group: &&Group| (group.factor.shrink() / first.factor.shrink() - 2.0).abs() < 2.0 * NEAR;
    let found = others.iter().find(double)?.tensors.clone();
    // Muon's learning rate may go by the root of rows over columns.
    let is_long = |at: &usize| match tensors[*at].shape[..] {
        [rows, columns] => rows == 4 * columns || columns == 4 * rows,
        _ => false,
    };
    let is_by_shape = found.iter().all(is_long) && !first.tensors.iter().all(is_long);
    Some(if is_by_shape {
        Hint::ByShape { tensors: found }
    } else {
        Hint::Twice { tensors: found }
    })
}

fn hidden_matrices_stay(tensors: &[Tensor]) -> Option<Hint> {
    let is_hidden =
        |one: &&Tensor| matches!(one.part, Part::Known(role) if role.is_hidden_linear());
    let told = || tensors.iter().filter(|one| one.decays().is_some());
    let has_hidden = told().any(|one| is_hidden(&one));
    let all_stay = told().filter(is_hidden).all(|one| one.decays() == Some(false));
    let other_matrix = told().any(|one| {
        let is_other = matches!(one.part, Part::Known(Role::Embedding | Role::Head));
        is_other && one.decays() == Some(true)
    });
    (has_hidden && all_stay && other_matrix).then_some(Hint::HiddenMatricesStay)
}

fn by_verdict(tensors: &[Tensor]) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut say = |tensors: Vec<usize>, hint: &dyn Fn(Vec<usize>) -> Hint| {
        if !tensors.is_empty() {
            hints.push(hint(tensors));
        }
    };
    let coarse = places(tensors, |one| {
        one.part != Part::Buffer && matches!(one.verdict, Verdict::TooCoarse { .. })
    });
    let of = |is_such: fn(&Verdict) -> bool| places(tensors, |one| is_such(&one.verdict));
    say(of(|verdict| matches!(verdict, Verdict::Moved)), &|tensors| Hint::Moved { tensors });
    say(of(|verdict| matches!(verdict, Verdict::Unequal(_))), &|tensors| Hint::Unequal { tensors });
    say(coarse, &|tensors| Hint::TooCoarse { tensors });
    say(of(|verdict| matches!(verdict, Verdict::Zeros)), &|tensors| Hint::Zeros { tensors });
    say(of(|verdict| matches!(verdict, Verdict::NotFinite { .. })), &|tensors| Hint::NotFinite {
        tensors,
    });
    say(of(|verdict| matches!(verdict, Verdict::Unread)), &|tensors| Hint::Unread { tensors });
    let is_unmatched = |verdict: &Verdict| {
        matches!(verdict, Verdict::OnlyBefore | Verdict::OnlyAfter | Verdict::Changed { .. })
    };
    say(of(is_unmatched), &|tensors| Hint::Unmatched { tensors });
    hints
}
