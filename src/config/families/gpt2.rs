//! GPT-2 and GPT-3, under the names of Hugging Face's tensors, whose linear weights are `[in, out]`.

use super::facts::FamilyFacts;
use crate::config::{Layout, ModelShape, ParameterShape, Role};

pub const GPT2: FamilyFacts =
    FamilyFacts { keys: &[], rotary_base: None, layout: Layout::InOut, imply: |_| {}, parameters };

fn parameters(shape: &ModelShape, vocabulary: usize) -> Vec<ParameterShape> {
    let width = shape.channels;
    let mut list = vec![
        ParameterShape::new("wte.weight".into(), Role::Embedding, &[vocabulary, width]),
        ParameterShape::new("wpe.weight".into(), Role::Embedding, &[shape.context, width]),
    ];
    for layer in 0..shape.layers {
        let name = |part: &str| format!("h.{layer}.{part}");
        norm(&mut list, &name("ln_1"), width);
        linear(&mut list, &name("attn.c_attn"), Role::Attention, [width, 3 * width]);
        let packed = list.len() - 2;
        list[packed].parts = 3;
        linear(&mut list, &name("attn.c_proj"), Role::Attention, [width, width]);
        norm(&mut list, &name("ln_2"), width);
        linear(&mut list, &name("mlp.c_fc"), Role::Mlp, [width, 4 * width]);
        linear(&mut list, &name("mlp.c_proj"), Role::Mlp, [4 * width, width]);
    }
    norm(&mut list, "ln_f", width);
    list
}

fn norm(list: &mut Vec<ParameterShape>, name: &str, width: usize) {
    for part in ["weight", "bias"] {
        list.push(ParameterShape::new(format!("{name}.{part}"), Role::Norm, &[width]));
    }
}

fn linear(list: &mut Vec<ParameterShape>, name: &str, role: Role, size: [usize; 2]) {
    list.push(ParameterShape::new(format!("{name}.weight"), role, &size));
    list.push(ParameterShape::new(format!("{name}.bias"), Role::Bias, &size[1..]));
}
