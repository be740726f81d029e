//! What a trainer should do in the step, and the tensors that show something else.

use super::group::Group;
use super::multiplied::divided_out;
use super::tensor::Tensor;
use super::verdict::{Factor, Verdict};
use crate::config::{Form, Mask};

/// A λ this near to the expected one is it, relative; where the files tell less, as near as they tell.
const NEAR: f64 = 0.01;

/// What a trainer should do, as far as that is given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// What decays.
    pub mask: Option<Mask>,
    /// λ of everything that decays.
    pub weight_decay: Option<f64>,
    /// How it decays: one of [`Expected::FORMS`].
    pub form: Option<Form>,
}

impl Expected {
    /// The forms that a step with zero gradients tells apart: no decay, one factor for all numbers, and one distance
    /// for all numbers.
    pub const FORMS: [Form; 3] = [Form::None, Form::AdamW, Form::L2];

    /// Whether anything is expected.
    pub fn is_some(&self) -> bool {
        *self != Expected::default()
    }

    /// Whether something has to decay, whatever it is.
    pub fn wants_decay(&self) -> bool {
        self.weight_decay.is_some() || self.form.is_some_and(|form| form != Form::None)
    }
}

/// Whether a factor is that of a λ, as well as the files tell.
pub fn is_of(factor: Factor, weight_decay: f64, lr: f64) -> bool {
    let off = (factor.shrink() / lr - weight_decay).abs();
    off <= (NEAR * weight_decay).max(factor.error / lr)
}

/// How a tensor decays, as far as the step tells it.
pub fn form_of(one: &Tensor) -> Option<Form> {
    let is_decayed = one.decays() == Some(true);
    let form =
        if matches!(one.verdict, Verdict::Normalised { .. }) { Form::L2 } else { Form::AdamW };
    is_decayed.then_some(form)
}

/// Tensors that decay otherwise.
pub fn of_other_form(tensors: &[Tensor], form: Form) -> Vec<usize> {
    let is_other = |at: &usize| form_of(&tensors[*at]).is_some_and(|found| found != form);
    (0..tensors.len()).filter(is_other).collect()
}

/// Whether a factor is of another λ. That of 1, which the trust ratio of LAMB leaves of any, tells nothing of it.
pub fn is_of_other(factor: Factor, weight_decay: f64, lr: f64) -> bool {
    !is_of(factor, weight_decay, lr) && !hides(factor, weight_decay, lr)
}

fn hides(factor: Factor, weight_decay: f64, lr: f64) -> bool {
    divided_out(factor, Some(lr), Some(weight_decay)).is_some()
}

/// Tensors whose factor hides the λ that was set.
pub fn of_hidden_lambda(groups: &[Group], weight_decay: f64, lr: Option<f64>) -> Vec<usize> {
    let is_hidden = |group: &&Group| lr.is_some_and(|lr| hides(group.factor, weight_decay, lr));
    groups.iter().filter(is_hidden).flat_map(|group| group.tensors.iter().copied()).collect()
}

/// Tensors that decay by another λ, or show none.
pub fn of_other_lambda(
    tensors: &[Tensor],
    groups: &[Group],
    weight_decay: f64,
    lr: Option<f64>,
) -> Vec<usize> {
    let is_other = |group: &&Group| lr.is_none_or(|lr| is_of_other(group.factor, weight_decay, lr));
    let others = groups.iter().filter(is_other).flat_map(|group| group.tensors.iter().copied());
    let mut found: Vec<usize> = others.chain(of_other_form(tensors, Form::AdamW)).collect();
    found.sort_unstable();
    found
}
