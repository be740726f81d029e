//! What a tensor is in its model, by its name and shape.

use crate::config::{Mask, Role};

/// Words by which tensors are known. They are compared with the words of names in lower case, which end at anything
/// but a letter or a digit, whole or without digits at their end.
const NORMS: &[&str] = &["ln", "lnf", "rms", "bn", "gn"];
const EMBEDDINGS: &[&str] =
    &["wte", "wpe", "embed", "embeds", "embedding", "embeddings", "embedder", "embedders", "emb"];
/// Layers that are embeddings where they are called so and nothing else: `shared_expert` is none.
const WHOLE_EMBEDDINGS: &[&str] = &["shared", "token", "tokens", "relative_attention_bias"];
const ATTENTION: &[&str] = &["att", "mha"];
const MLP: &[&str] = &[
    "mlp",
    "ffn",
    "ff",
    "moe",
    "expert",
    "experts",
    "router",
    "feed",
    "feedforward",
    "densereludense",
];
/// Projections whose block does not say what they belong to.
const PROJECTIONS: &[(&str, Role)] = &[
    ("q", Role::Attention),
    ("k", Role::Attention),
    ("v", Role::Attention),
    ("qkv", Role::Attention),
    ("wqkv", Role::Attention),
    ("wq", Role::Attention),
    ("wk", Role::Attention),
    ("wv", Role::Attention),
    ("query", Role::Attention),
    ("key", Role::Attention),
    ("value", Role::Attention),
    ("gate", Role::Mlp),
    ("up", Role::Mlp),
    ("down", Role::Mlp),
    ("w1", Role::Mlp),
    ("w2", Role::Mlp),
    ("w3", Role::Mlp),
    ("fc", Role::Mlp),
    ("intermediate", Role::Mlp),
];
/// Layers that are heads wherever they stand, and those that are outside of blocks alone.
const HEADS: &[&str] =
    &["lm_head", "embed_out", "unembed", "unembedding", "token_unembedding", "logits_dense"];
const LAST_LAYERS: &[&str] = &[
    "head",
    "output",
    "output_layer",
    "ff_out",
    "score",
    "classifier",
    "logits",
    "decoder",
    "output_projection",
    "out_head",
];
/// What models keep beside their weights, and optimizers beside them.
const BUFFERS: &[&str] = &[
    "inv_freq",
    "masked_bias",
    "cos_cached",
    "sin_cached",
    "freqs_cis",
    "position_ids",
    "causal_mask",
    "running_mean",
    "running_var",
    "num_batches_tracked",
    "exp_avg",
    "exp_avg_sq",
    "momentum_buffer",
];
/// Ends of names that say what a layer's tensor is, not which layer.
const LEAVES: &[&str] = &[
    "weight",
    "bias",
    "scale",
    "kernel",
    "embedding",
    "gamma",
    "beta",
    "gain",
    "offset",
    "w",
    "b",
    "g",
];

/// What a tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Known by its name.
    Known(Role),
    /// Rank ≥ 2 under a name that says nothing: taken for a linear weight.
    Matrix,
    /// Rank ≤ 1 under such a name: taken for a gain.
    Vector,
    /// A vector with axes of length 1 beside its own, or a table of biases: a matrix by its rank alone, which is what
    /// nanoGPT goes by, and none by what it is, which exported code goes by.
    Either,
    /// Not trained.
    Buffer,
}

impl Part {
    /// Of a tensor with this name and shape.
    pub fn of(name: &str, shape: &[usize]) -> Self {
        let name = Name::new(name);
        if name.is_buffer(shape.len()) {
            return Part::Buffer;
        }
        let layer = words(name.layer);
        if layer.iter().any(|word| is_norm(word)) {
            return Part::Known(Role::Norm);
        }
        if name.is_bias() {
            return Part::Known(Role::Bias);
        }
        if shape.len() < 2 {
            return Part::Vector;
        }
        if name.is_of_biases() || has_one_axis(shape) {
            return Part::Either;
        }
        if name.is_head() {
            return Part::Known(Role::Head);
        }
        if name.leaf == "embedding" || name.is_embedding(&layer) {
            return Part::Known(Role::Embedding);
        }
        name.block().map_or(Part::Matrix, Part::Known)
    }

    /// As people and JSON read it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Known(role) => role.name(),
            Part::Matrix => "matrix",
            Part::Vector => "vector",
            Part::Either => "either",
            Part::Buffer => "buffer",
        }
    }

    /// Whether a mask decays it; `None` for what is no parameter, and where it may either way.
    pub fn is_decayed_by(self, mask: Mask) -> Option<bool> {
        match self {
            Part::Either if mask == Mask::Matrices => None,
            Part::Either => Some(mask.decays(Role::Norm)),
            Part::Known(role) => Some(mask.decays(role)),
            Part::Matrix => Some(mask.decays(Role::Mlp)),
            Part::Vector => Some(mask.decays(Role::Norm)),
            Part::Buffer => None,
        }
    }
}

/// Whether all axes of three or more but one are of length 1.
fn has_one_axis(shape: &[usize]) -> bool {
    shape.len() > 2 && shape.iter().filter(|length| **length != 1).count() < 2
}

/// A name in its parts, in lower case.
struct Name<'a> {
    parts: Vec<&'a str>,
    /// The last part, if it says what the tensor of a layer is, else nothing.
    leaf: String,
    /// The layer.
    layer: &'a str,
}

impl<'a> Name<'a> {
    fn new(name: &'a str) -> Self {
        let mut parts: Vec<&str> = name.split(['.', '/']).filter(|part| !part.is_empty()).collect();
        // flax.nnx: `fc.kernel.value`.
        let is_leaf = |part: &&str| LEAVES.contains(&part.to_lowercase().as_str());
        if parts.len() > 2 && parts.ends_with(&["value"]) && is_leaf(&parts[parts.len() - 2]) {
            parts.pop();
        }
        // haliax: `c_fc.weight.array`, or the place of the array in what wraps it.
        let is_wrapper = |part: &str| part == "array" || part.parse::<u64>().is_ok();
        while parts.len() > 1 && parts.last().is_some_and(|part| is_wrapper(part)) {
            parts.pop();
        }
        let last = parts.last().copied().unwrap_or_default();
        let lower = last.to_lowercase();
        // TransformerLens has `W_E` and `b_U`.
        let is_lettered = lower.starts_with("w_") || lower.starts_with("b_");
        let is_leaf = parts.len() > 1 && (is_lettered || LEAVES.contains(&lower.as_str()));
        let before = &parts[..parts.len() - usize::from(is_leaf)];
        let is_word = |part: &&&str| part.parse::<u64>().is_err();
        let layer = before.iter().rev().find(is_word).copied().unwrap_or_default();
        Name { leaf: if is_leaf { last.to_lowercase() } else { String::new() }, layer, parts }
    }

    fn last(&self) -> String {
        self.parts.last().copied().unwrap_or_default().to_lowercase()
    }

    fn is_buffer(&self, rank: usize) -> bool {
        let last = self.last();
        // GPT-2 and NeoX keep the causal mask as a bias of rank 4. One of rank 3 is of layers in one tensor, by heads.
        BUFFERS.contains(&last.as_str()) || (last == "bias" && rank > 3)
    }

    fn is_embedding(&self, layer: &[String]) -> bool {
        WHOLE_EMBEDDINGS.contains(&self.layer.to_lowercase().as_str())
            || layer.iter().any(|word| is_one_of(word, EMBEDDINGS))
    }

    fn is_bias(&self) -> bool {
        // As it is written: `B_re` of a state space is a matrix.
        let written = self.parts.last().copied().unwrap_or_default();
        words(&self.last()).last().is_some_and(|word| word == "bias")
            || written == "b"
            || written.starts_with("b_")
    }

    /// As Swin's `relative_position_bias_table`.
    fn is_of_biases(&self) -> bool {
        words(&self.last()).iter().any(|word| word == "bias")
    }

    fn is_head(&self) -> bool {
        let layer = self.layer.to_lowercase();
        let is_outside = self.parts.iter().all(|part| {
            let number = part.rsplit('_').next().unwrap_or_default();
            number.parse::<u64>().is_err()
        });
        HEADS.contains(&layer.as_str()) || (is_outside && LAST_LAYERS.contains(&layer.as_str()))
    }

    /// What the innermost part says that belongs to attention or to an MLP.
    fn block(&self) -> Option<Role> {
        let innermost = |role: fn(&str) -> Option<Role>| {
            self.parts.iter().rev().find_map(|part| words(part).iter().find_map(|word| role(word)))
        };
        innermost(of_block).or_else(|| innermost(of_projection))
    }
}

fn of_block(word: &str) -> Option<Role> {
    if word.contains("attn") || word.contains("attention") || is_one_of(word, ATTENTION) {
        return Some(Role::Attention);
    }
    is_one_of(word, MLP).then_some(Role::Mlp)
}

fn of_projection(word: &str) -> Option<Role> {
    let is_it = |known: &&(&str, Role)| known.0 == word || known.0 == without_number(word);
    PROJECTIONS.iter().find(is_it).map(|known| known.1)
}

fn is_norm(word: &str) -> bool {
    let word = without_number(word);
    word.starts_with("norm") && word != "normal" || word.ends_with("norm") || NORMS.contains(&word)
}

fn is_one_of(word: &str, known: &[&str]) -> bool {
    known.contains(&word) || known.contains(&without_number(word))
}

fn without_number(word: &str) -> &str {
    word.trim_end_matches(|c: char| c.is_ascii_digit())
}

fn words(part: &str) -> Vec<String> {
    let words = part.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
