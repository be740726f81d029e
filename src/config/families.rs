//! Model families as data: what each takes for granted, what it may be told, which parameters it has.
//! What they compute is in [`model`](crate::model), a file for each.

mod facts;
mod gpt2;
mod llama;
mod palm;

use super::family::Family;
use super::parameter::ParameterShape;
use super::{ModelShape, Role};
use facts::FamilyFacts;

impl Family {
    /// What it is, apart from its arithmetic.
    pub fn facts(self) -> &'static FamilyFacts {
        match self {
            Family::Gpt2 => &gpt2::GPT2,
            Family::Llama => &llama::LLAMA,
            Family::Mistral => &llama::MISTRAL,
            Family::Mixtral => &llama::MIXTRAL,
            Family::Grok => &llama::GROK,
            Family::Palm => &palm::PALM,
        }
    }
}

impl ModelShape {
    /// Its parameters in the order of the model.
    pub fn parameters(&self, vocabulary: usize) -> Vec<ParameterShape> {
        (self.family.facts().parameters)(self, vocabulary)
    }

    /// Whether any of its parameters has a role.
    pub fn has(&self, role: Role) -> bool {
        self.parameters(1).iter().any(|parameter| parameter.role == role)
    }

    /// Numbers that one lane of it trains.
    pub fn parameter_count(&self, vocabulary: usize) -> usize {
        self.parameters(vocabulary).iter().map(ParameterShape::elements).sum()
    }
}
