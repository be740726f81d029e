use super::Role;

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
    /// A vector, or a matrix of one part.
    pub fn new(name: String, role: Role, shape: &[usize]) -> Self {
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
