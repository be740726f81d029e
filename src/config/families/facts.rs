use crate::config::{Layout, ModelShape, ParameterShape};

/// What a family is, apart from its arithmetic.
pub struct FamilyFacts {
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
