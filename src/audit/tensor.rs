//! A tensor and what a step did to it.

use safetensors::Dtype;

use super::names::Template;
use super::number::Format;
use super::part::Part;
use super::verdict::Verdict;

/// A tensor and what happened to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// As the first file that has it names it.
    pub name: String,
    /// Without wrappers and with stars for the numbers of blocks.
    pub template: Template,
    pub shape: Vec<usize>,
    pub dtype: Dtype,
    pub part: Part,
    pub verdict: Verdict,
}

impl Tensor {
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it decays; `None` for what is no parameter, and where that could not be told.
    pub fn decays(&self) -> Option<bool> {
        if self.part == Part::Buffer { None } else { self.verdict.decays() }
    }

    /// The type, as people call it.
    pub fn type_name(&self) -> String {
        Format::of(self.dtype).map_or(self.dtype.to_string(), |format| format.name.to_owned())
    }

    /// The shrink below which its format rounds it away from every number.
    pub fn vanishing(&self) -> Option<f64> {
        Format::of(self.dtype).map(|format| format.half_step() / 2.0)
    }
}
