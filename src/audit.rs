//! What a trainer decays, told from its weights before and after one step whose gradients were zero: such a step of
//! decoupled weight decay multiplies every decayed weight by 1 − ηλ and leaves the others as they were.
//!
//! Numbers are values here; `report` makes sentences of them.

mod difference;
mod expected;
mod group;
mod hint;
mod mask;
mod mistakes;
mod multiplied;
mod names;
mod number;
mod part;
mod pass;
mod pattern;
mod question;
mod snippet;
mod sums;
mod tensor;
mod verdict;
mod visible;

use anyhow::{Result, ensure};
use rayon::prelude::*;
use safetensors::Dtype;

use crate::tensors::{Stored, open};
use names::{core, paired, template};
use number::Format;
use pass::Both;
use sums::{Rounding, Sums};
use verdict::verdict;
use visible::Visible;

pub use difference::{Difference, From};
pub use expected::{Expected, form_of, is_of_other};
pub use group::Group;
pub use hint::Hint;
pub use mask::FoundMask;
pub use names::Template;
pub use part::Part;
pub use question::Question;
pub use snippet::Snippet;
pub use tensor::Tensor;
pub use verdict::{Axis, Factor, Pattern, Run, Verdict};

/// What a step did to all tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    pub lr: Option<f64>,
    pub expected: Expected,
    /// In the order of their names.
    pub tensors: Vec<Tensor>,
    pub mask: FoundMask,
    /// Tensors that decay, by how much; the largest group first.
    pub groups: Vec<Group>,
    pub differences: Vec<Difference>,
    pub hints: Vec<Hint>,
}

impl Audit {
    /// Reads two files and tells what the step between them decayed.
    ///
    /// # Errors
    /// A file that cannot be read, or two that have no tensor in common; the message names them.
    pub fn of(question: &Question) -> Result<Self> {
        question.check()?;
        let (before, after) = (open(question.before)?, open(question.after)?);
        let pairs = matched(question, &before, &after)?;
        let tensors = examined(&pairs, question.lr)?;
        let groups = group::groups(&tensors);
        Ok(Audit {
            lr: question.lr,
            expected: question.expected,
            mask: FoundMask::of(&tensors),
            hints: mistakes::hints(&tensors, &groups, question.lr, question.expected.weight_decay),
            differences: difference::differences(&tensors, &groups, question),
            groups,
            tensors,
        })
    }

    /// Whether tensors are against what was expected, or could not be seen to keep it.
    pub fn is_violated(&self) -> bool {
        let told_nothing = self.mask == FoundMask::Untold && self.expected.is_some();
        let is_against = self.differences.iter().any(Difference::is_violation);
        told_nothing || is_against || self.lacks_decay()
    }

    /// Whether nothing decays where something should. What shrank by many factors decays in some way.
    pub fn lacks_decay(&self) -> bool {
        self.mask == FoundMask::Nothing && self.expected.wants_decay() && self.uneven() == 0
    }

    /// How many tensors shrank, but not by one factor.
    pub fn uneven(&self) -> usize {
        let is_uneven = |one: &&Tensor| matches!(one.verdict, Verdict::Unequal(_));
        self.tensors.iter().filter(is_uneven).count()
    }
}

type Pair<'a> = (Option<&'a Stored>, Option<&'a Stored>);

fn matched<'a>(
    question: &Question,
    before: &'a [Stored],
    after: &'a [Stored],
) -> Result<Vec<Pair<'a>>> {
    let names =
        |stored: &'a [Stored]| stored.iter().map(|one| one.name.as_str()).collect::<Vec<_>>();
    let pairs = paired(&names(before), &names(after));
    let example = |stored: &[Stored]| {
        stored.first().map_or("no tensor".to_owned(), |one| format!("`{}`", one.name))
    };
    ensure!(
        pairs.iter().any(|(before, after)| before.is_some() && after.is_some()),
        "{} and {} have no tensor in common: one has {}, the other {}; expected two files of one model",
        question.before.display(),
        question.after.display(),
        example(before),
        example(after)
    );
    let stored =
        |(b, a): (Option<usize>, Option<usize>)| (b.map(|at| &before[at]), a.map(|at| &after[at]));
    Ok(pairs.into_iter().map(stored).collect())
}

/// Every tensor with its verdict.
fn examined(pairs: &[Pair], lr: Option<f64>) -> Result<Vec<Tensor>> {
    let comparable: Vec<Option<Both>> = pairs.iter().map(|pair| comparable(*pair)).collect();
    let both: Vec<Both> = comparable.iter().flatten().copied().collect();
    let verdicts = verdicts(&both, lr)?;
    let mut verdicts = verdicts.into_iter();
    let tensor = |(pair, comparable): (&Pair, &Option<Both>)| {
        let found = comparable.and_then(|_| verdicts.next());
        let stored = pair.0.or(pair.1)?;
        Some(Tensor {
            name: stored.name.clone(),
            template: template(&core(&stored.name)),
            shape: stored.shape.clone(),
            dtype: stored.dtype,
            part: Part::of(&stored.name, &stored.shape),
            verdict: found.unwrap_or_else(|| without_numbers(*pair)),
        })
    };
    Ok(pairs.iter().zip(&comparable).filter_map(tensor).collect())
}

/// A pair whose numbers can be compared.
fn comparable<'a>(pair: Pair<'a>) -> Option<Both<'a>> {
    let (before, after) = (pair.0?, pair.1?);
    let is_one = before.dtype == after.dtype && before.shape == after.shape;
    (is_one && Format::of(before.dtype).is_some()).then_some((before, after))
}

/// The verdict on a pair whose numbers cannot be compared.
fn without_numbers(pair: Pair) -> Verdict {
    match pair {
        (Some(before), Some(after))
            if before.dtype != after.dtype || before.shape != after.shape =>
        {
            Verdict::Changed { now: format!("{} {:?}", after.dtype, after.shape) }
        }
        (Some(before), Some(_)) if is_integer(before.dtype) => Verdict::NotTrained,
        (Some(_), Some(_)) => Verdict::Unread,
        (Some(_), None) => Verdict::OnlyBefore,
        (None, _) => Verdict::OnlyAfter,
    }
}

fn is_integer(dtype: Dtype) -> bool {
    use Dtype::{BOOL, I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(dtype, BOOL | U8 | I8 | U16 | I16 | U32 | I32 | U64 | I64)
}

fn verdicts(both: &[Both], lr: Option<f64>) -> Result<Vec<Verdict>> {
    let (sums, copied) = sums(both)?;
    let judge = |(pair, sums): (&Both, &Sums)| -> Result<Verdict> {
        let Some(format) = Format::of(pair.0.dtype) else { return Ok(Verdict::Unread) };
        if pair.0.elements() == 0 {
            return Ok(Verdict::Empty);
        }
        let is_copy = copied.contains(&pair.0.dtype);
        let rounding = if is_copy { Rounding::Twice } else { Rounding::Once };
        match verdict(sums, &format, rounding) {
            Verdict::Unequal(by_number) => {
                let slices = pattern::by_slices(*pair, &format, rounding)?;
                Ok(Verdict::Unequal(slices.unwrap_or(by_number)))
            }
            verdict => Ok(verdict),
        }
    };
    let verdicts: Vec<Verdict> = both.par_iter().zip(&sums).map(judge).collect::<Result<_>>()?;
    let visible = Visible::of(verdicts.iter(), lr);
    Ok(verdicts.into_iter().zip(&sums).map(|(one, sums)| visible.settle(one, sums)).collect())
}

/// The sums of every tensor, and the types whose numbers are rounded copies: tensors of a type are saved in one way.
/// A second pass is made over those alone that one factor cannot have made, as far as the first could tell.
fn sums(both: &[Both]) -> Result<(Vec<Sums>, Vec<Dtype>)> {
    let mut sums = pass::sums(both, Sums::at_first)?;
    let allows = |sums: &Sums, rounding| !sums.allowed(rounding).is_empty();
    let odd = |sums: &Sums| !allows(sums, Rounding::Once) && !allows(sums, Rounding::Twice);
    look_again(both, &mut sums, |_, sums| odd(sums))?;
    let is_copy = |sums: &Sums| !allows(sums, Rounding::Once) && allows(sums, Rounding::Twice);
    let copies = both.iter().zip(&sums).filter(|(_, sums)| is_copy(sums));
    let copied: Vec<Dtype> = copies.map(|(pair, _)| pair.0.dtype).collect();
    look_again(both, &mut sums, |pair, sums| {
        copied.contains(&pair.0.dtype) && sums.knows_once_alone()
    })?;
    Ok((sums, copied))
}

fn look_again(
    both: &[Both],
    sums: &mut [Sums],
    is_wanted: impl Fn(&Both, &Sums) -> bool,
) -> Result<()> {
    let places: Vec<usize> =
        (0..both.len()).filter(|at| is_wanted(&both[*at], &sums[*at])).collect();
    let again: Vec<Both> = places.iter().map(|at| both[*at]).collect();
    for (at, found) in places.into_iter().zip(pass::sums(&again, Sums::of)?) {
        sums[at] = found;
    }
    Ok(())
}
