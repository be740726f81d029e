//! Model families as data: what each takes for granted, what it may be told, which parameters it has.
//! What they compute is in [`model`](crate::model), a file for each.

mod gpt2;
mod llama;
mod palm;

use serde::{Deserialize, Serialize};

use super::{ModelShape, Named, Role};

/// Model families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// GPT-2 and GPT-3: pre-LayerNorm, learned positions, GELU, biases, tied head.
    #[default]
    Gpt2,
    /// LLaMA 1 and 2: RMSNorm, rotary positions, SwiGLU, no biases, untied head.
    Llama,
    /// Mistral: LLaMA with grouped-query and sliding-window attention.
    Mistral,
    /// Mixtral: Mistral with a mixture of experts in the place of each MLP.
    Mixtral,
    /// Grok-1: a mixture of experts with GELU gates, tied head.
    Grok,
    /// PaLM: attention and MLP in parallel, one key-value head, no biases, tied head.
    Palm,
}

/// What a family is, apart from its arithmetic.
pub struct FamilyFacts {
    /// As written in a spec.
    pub name: &'static str,
    /// Keys of `[model]` that it reads beside those that every family has.
    pub keys: &'static [&'static str],
    /// Base of the rotary positions' wavelengths; `None` for learned positions.
    pub rotary_base: Option<f64>,
    /// How its weight files keep the matrix of a linear layer.
    pub layout: Layout,
    /// Fills in what a spec leaves out.
    pub imply: fn(&mut ModelShape),
    /// Its parameters in the order of the model.
    pub parameters: fn(&ModelShape, usize) -> Vec<ParameterShape>,
}

/// How a weight file keeps the matrix of a linear layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `[in, out]`, as the parameters of every model here.
    InOut,
    /// `[out, in]`, as PyTorch's `nn.Linear`.
    OutIn,
}

/// A parameter of a model, as every lane has it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterShape {
    /// Its name in weight files, such as `h.0.attn.c_attn.weight`.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Its shape without the lane axis.
    pub shape: Vec<usize>,
    /// Matrices that it holds side by side, such as those of queries, keys and values.
    pub parts: usize,
}

impl ParameterShape {
    fn new(name: String, role: Role, shape: &[usize]) -> Self {
        ParameterShape { name, role, shape: shape.to_vec(), parts: 1 }
    }

    /// Whether it is the matrix of a linear layer.
    pub fn is_linear(&self) -> bool {
        matches!(self.role, Role::Attention | Role::Mlp | Role::Head)
    }

    /// How many matrices it is, with the inputs and outputs of each; a vector is one with one input.
    pub fn matrices(&self) -> [usize; 3] {
        match *self.shape.as_slice() {
            [inputs, outputs] => [self.parts, inputs, outputs / self.parts],
            _ => [1, 1, self.elements()],
        }
    }

    /// The block that it stands in, the first is 0; `None` outside of blocks.
    pub fn block(&self) -> Option<usize> {
        self.name.split('.').find_map(|part| part.parse().ok())
    }

    /// Numbers per lane.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

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

impl Named for Family {
    const ALL: &'static [Self] = &[
        Family::Gpt2,
        Family::Llama,
        Family::Mistral,
        Family::Mixtral,
        Family::Grok,
        Family::Palm,
    ];

    fn name(self) -> &'static str {
        self.facts().name
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

/// Two thirds of four times the width, so that the three matrices of a gated MLP have the parameters of
/// two.
fn gated_width(channels: usize) -> usize {
    (8 * channels).div_ceil(3).next_multiple_of(8)
}
