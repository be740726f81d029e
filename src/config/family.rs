use serde::{Deserialize, Serialize};

use super::Named;

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
