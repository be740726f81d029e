use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::Named;

/// What a parameter is. Masks go by role, so that they cannot go stale the way a rule over names
/// does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Token or position embedding, the tied head included.
    Embedding,
    /// Weight matrix inside attention.
    Attention,
    /// Weight matrix inside the MLP, an expert or its router.
    Mlp,
    /// Weight matrix of an untied head.
    Head,
    /// Gain or bias of a norm.
    Norm,
    /// Bias of a linear layer.
    Bias,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 6] =
        [Role::Embedding, Role::Attention, Role::Mlp, Role::Head, Role::Norm, Role::Bias];

    /// As written in the manifest and in the columns of curves.
    pub fn name(self) -> &'static str {
        match self {
            Role::Embedding => "embedding",
            Role::Attention => "attention",
            Role::Mlp => "mlp",
            Role::Head => "head",
            Role::Norm => "norm",
            Role::Bias => "bias",
        }
    }

    /// Whether the parameter is a weight matrix inside a block: its output is normalised again further
    /// on, unlike a head's.
    pub fn is_hidden_linear(self) -> bool {
        matches!(self, Role::Attention | Role::Mlp)
    }

    /// Whether the parameter is the weight matrix of a linear layer.
    pub fn is_linear(self) -> bool {
        matches!(self, Role::Attention | Role::Mlp | Role::Head)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which parameters decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mask {
    /// Rank ≥ 2 without the lane axis: linear weights and embeddings (GPT-1, nanoGPT, llm.c).
    /// "Selective" in this project's question.
    Matrices,
    /// Linear weights alone (minGPT, OLMo 1, levanter).
    Linear,
    /// Everything but embeddings (OLMo 2, SmolLM3).
    NoEmbeddings,
    /// Everything (PyTorch's default, nanotron, t5x).
    Global,
}

impl Mask {
    /// What it decays, as sentences name it.
    pub fn title(self) -> &'static str {
        match self {
            Mask::Matrices => "matrices",
            Mask::Linear => "linear weights",
            Mask::NoEmbeddings => "all but embeddings",
            Mask::Global => "everything",
        }
    }

    /// Whether a parameter of this role decays.
    pub fn decays(self, role: Role) -> bool {
        match self {
            Mask::Matrices => role.is_linear() || role == Role::Embedding,
            Mask::Linear => role.is_linear(),
            Mask::NoEmbeddings => role != Role::Embedding,
            Mask::Global => true,
        }
    }
}

impl Named for Mask {
    const ALL: &'static [Self] = &[Mask::Matrices, Mask::Linear, Mask::NoEmbeddings, Mask::Global];

    fn name(self) -> &'static str {
        match self {
            Mask::Matrices => "matrices",
            Mask::Linear => "linear",
            Mask::NoEmbeddings => "no-embeddings",
            Mask::Global => "global",
        }
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_decay_the_roles_that_the_projects_they_come_from_decay() {
        let decayed = |mask: Mask| -> Vec<Role> {
            Role::ALL.into_iter().filter(|role| mask.decays(*role)).collect()
        };
        assert_eq!(
            decayed(Mask::Matrices),
            [Role::Embedding, Role::Attention, Role::Mlp, Role::Head]
        );
        assert_eq!(decayed(Mask::Linear), [Role::Attention, Role::Mlp, Role::Head]);
        assert_eq!(
            decayed(Mask::NoEmbeddings),
            [Role::Attention, Role::Mlp, Role::Head, Role::Norm, Role::Bias]
        );
        assert_eq!(decayed(Mask::Global), Role::ALL);
    }

    #[test]
    fn every_mask_is_found_by_the_name_it_is_written_with() {
        for mask in Mask::ALL.iter().copied() {
            assert_eq!(Mask::parse(mask.name()), Some(mask));
            assert_eq!(serde_json::to_string(&mask).unwrap(), format!("\"{}\"", mask.name()));
        }
    }
}
