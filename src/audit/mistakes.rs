//! Finds mistakes that the factors of all tensors look like, and what the files cannot show.

use super::group::{Group, size};
use super::hint::Hint;
use super::multiplied::{NEAR, divided_out, of_lr};
use super::names::core;
use super::part::Part;
use super::tensor::Tensor;
use super::verdict::{Factor, Verdict};
use crate::config::Role;

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
