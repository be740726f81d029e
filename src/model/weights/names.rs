//! The names of tensors, whatever programs put before them.

use std::collections::BTreeSet;

use crate::config::{Family, ModelShape, Named, ParameterShape};

/// Of a head that a family may or may not tie to its embedding.
pub const HEAD: &str = "lm_head.weight";

/// Words that programs put before the names of tensors: Hugging Face, torch.compile, data parallelism
/// and adapters.
const WRAPPERS: [&str; 5] = ["transformer", "model", "_orig_mod", "module", "base_model"];

/// Takes off what programs put before the names of a file's tensors.
pub struct Names {
    known: BTreeSet<String>,
    wrappers: BTreeSet<String>,
}

impl Names {
    /// For a model with these parameters and a file with tensors of these names.
    pub fn new<'a>(
        parameters: &[ParameterShape],
        stored: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        let mut wrappers: BTreeSet<String> = WRAPPERS.map(str::to_owned).into();
        let mut known: BTreeSet<String> =
            parameters.iter().map(|one| core(&one.name).to_owned()).collect();
        known.insert(HEAD.to_owned());
        // Other words stand before the embedding as before every tensor.
        for anchor in [core(&parameters[0].name), HEAD] {
            let before = stored.clone().filter_map(|name| name.strip_suffix(anchor));
            wrappers.extend(before.flat_map(|before| before.split('.')).map(str::to_owned));
        }
        wrappers.remove("");
        Names { known, wrappers }
    }

    /// The name of a stored tensor without what was put before it.
    pub fn core<'a>(&self, stored: &'a str) -> &'a str {
        let mut rest = stored;
        while !self.known.contains(rest) {
            match rest.split_once('.') {
                Some((word, tail)) if self.wrappers.contains(word) => rest = tail,
                _ => break,
            }
        }
        rest
    }
}

/// The name of a parameter of ours, or of another family, without its wrappers.
pub fn core(name: &str) -> &str {
    let mut rest = name;
    while let Some((word, tail)) = rest.split_once('.') {
        if !WRAPPERS.contains(&word) {
            break;
        }
        rest = tail;
    }
    rest
}

/// Tensors that files hold beside the parameters and that follow from the shape: one of them, and
/// several.
pub fn buffer(core: &str) -> Option<(&'static str, &'static str)> {
    if core.ends_with(".attn.bias") {
        Some(("causal mask", "causal masks"))
    } else if core.ends_with(".attn.masked_bias") {
        Some(("value of masked scores", "values of masked scores"))
    } else if core.ends_with("rotary_emb.inv_freq") {
        Some(("table of rotary frequencies", "tables of rotary frequencies"))
    } else {
        None
    }
}

/// Blocks that a file has, told by the numbers in its names.
pub fn layers<'a>(cores: impl Iterator<Item = &'a str>) -> usize {
    let number = |core: &str| core.split('.').find_map(|word| word.parse::<usize>().ok());
    cores.filter_map(number).max().map_or(0, |last| last.saturating_add(1))
}

/// Another family whose names fit a file better than those of the spec's.
pub fn likelier_family(cores: &BTreeSet<&str>, shape: &ModelShape) -> Option<Family> {
    let fitting = |family: Family| {
        let ModelShape { heads, channels, context, .. } = *shape;
        let mut other = ModelShape { family, ..ModelShape::gpt2(1, heads, channels, context) };
        (family.facts().imply)(&mut other);
        let parameters = other.parameters(1);
        parameters.iter().filter(|one| cores.contains(core(&one.name))).count()
    };
    let own = fitting(shape.family);
    let others = Family::ALL.iter().copied().rev().map(|family| (fitting(family), family));
    let (most, family) = others.max_by_key(|(count, _)| *count)?;
    (most > own).then_some(family)
}
