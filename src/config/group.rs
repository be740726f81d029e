use super::{ByRole, Decay, Recipe, Role};

/// A parameter group: what updates the parameters of one role.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// The recipe as these parameters see it.
    pub recipe: Recipe,
    /// λ.
    pub weight_decay: f64,
}

impl Group {
    /// How a run of this recipe updates the parameters of a role.
    pub fn of(recipe: &Recipe, decay: &Decay, by_role: &ByRole, role: Role) -> Self {
        let mut own = Recipe { optimizer: recipe.optimizer.of(role), ..*recipe };
        if own.optimizer != recipe.optimizer {
            (own.lr, own.betas, own.eps) = (recipe.adam_lr, recipe.adam_betas, recipe.adam_eps);
        }
        own.lr = by_role.lr(role).unwrap_or(own.lr);
        let weight_decay = by_role.weight_decay(role).unwrap_or(decay.coefficient());
        Group { recipe: own, weight_decay }
    }
}
