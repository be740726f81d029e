use serde::{Deserialize, Serialize};

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

impl Family {
    /// Every family.
    pub const ALL: [Family; 6] =
        [Family::Gpt2, Family::Llama, Family::Mistral, Family::Mixtral, Family::Grok, Family::Palm];

    /// As written in a spec.
    pub fn name(self) -> &'static str {
        match self {
            Family::Gpt2 => "gpt2",
            Family::Llama => "llama",
            Family::Mistral => "mistral",
            Family::Mixtral => "mixtral",
            Family::Grok => "grok",
            Family::Palm => "palm",
        }
    }
}

/// Shape of a model without its vocabulary, which the data decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelShape {
    /// Architecture.
    pub family: Family,
    /// Transformer blocks.
    pub layers: usize,
    /// Attention heads; they divide `channels`.
    pub heads: usize,
    /// Width of the residual stream.
    pub channels: usize,
    /// Tokens the model sees at once.
    pub context: usize,
    /// Key-value heads, which the attention heads share; `None` for GPT-2, which has one for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv_heads: Option<usize>,
    /// Width inside a gated MLP; `None` for GPT-2, whose MLP is four times as wide as the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<usize>,
    /// Tokens that attention reaches back, itself included; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Experts in the place of each MLP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experts: Option<usize>,
    /// Experts that a token goes through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_experts: Option<usize>,
}

impl ModelShape {
    /// A GPT-2.
    pub fn gpt2(layers: usize, heads: usize, channels: usize, context: usize) -> Self {
        ModelShape {
            family: Family::Gpt2,
            layers,
            heads,
            channels,
            context,
            kv_heads: None,
            hidden: None,
            window: None,
            experts: None,
            active_experts: None,
        }
    }

    /// Channels of one attention head.
    pub fn head_channels(&self) -> usize {
        self.channels / self.heads
    }

    /// Channels of all keys, and of all values.
    pub fn kv_channels(&self) -> usize {
        self.head_channels() * self.kv_heads.unwrap_or(self.heads)
    }

    /// Base of the rotary positions' wavelengths: a million in Mixtral, ten thousand elsewhere.
    pub fn rotary_base(&self) -> f64 {
        if self.family == Family::Mixtral { 1e6 } else { 1e4 }
    }

    /// Width inside an MLP or an expert.
    pub fn hidden_channels(&self) -> usize {
        self.hidden.unwrap_or(4 * self.channels)
    }
}
