use sha2::{Digest, Sha256};

use crate::config::{Decay, HYPERPARAMETERS, Hyperparameter, ModelShape, Recipe};
use crate::published::{Published, Transfer};

/// One cell of the grid: a model, a way to decay and a recipe.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The model; arms differ in what their families imply alone.
    pub model: ModelShape,
    /// Form, mask and λ as the spec names them.
    pub decay: Decay,
    /// The recipe.
    pub recipe: Recipe,
    /// The published recipe by name and the numbers in which the arm differs from `[train]`; empty
    /// where there is neither.
    pub variant: String,
    /// The published recipe that the arm takes over.
    pub published: Option<&'static Published>,
    /// How its decay is carried over.
    pub transfer: Option<Transfer>,
    /// Keys over whose values its rule is compared at its own best point, beside λ.
    pub(super) tuned: Vec<&'static str>,
    /// Keys of `[train]` that any arm of the spec tunes.
    pub(super) axes: Vec<&'static str>,
    /// Which of the spec's `[[arm]]` tables it comes from, from 0.
    pub(super) table_index: usize,
}

impl Arm {
    /// Form, mask, λ and variant in one line.
    pub fn label(&self) -> String {
        match self.variant.as_str() {
            "" => self.decay.label(),
            variant => format!("{} {variant}", self.decay.label()),
        }
    }

    /// Identity of model and recipe, 12 hex digits: arms that share it differ in their decay alone.
    pub fn setting(&self) -> String {
        self.identity_with(&self.recipe)
    }

    /// The same of what no arm of the spec tunes.
    pub fn base(&self) -> String {
        let mut recipe = self.recipe;
        for row in self.axes() {
            row.set(&mut recipe, &(row.get)(&Recipe::DEFAULT));
        }
        self.identity_with(&recipe)
    }

    /// Keys of `[train]` that any arm of the spec tunes, with their values here: `lr=0.003 steps=600`.
    pub fn place(&self) -> String {
        let values = self.axes().map(|row| format!("{}={}", row.key.name, (row.get)(&self.recipe)));
        values.collect::<Vec<_>>().join(" ")
    }

    /// Keys over whose values its rule is compared at its own best point, such as `lr weight_decay`.
    pub fn tuned(&self) -> String {
        self.tuned.join(" ")
    }

    fn axes(&self) -> impl Iterator<Item = &'static Hyperparameter> {
        HYPERPARAMETERS.iter().filter(|row| self.axes.contains(&row.key.name))
    }

    fn identity_with(&self, recipe: &Recipe) -> String {
        let text = serde_json::to_string(&(self.model, recipe));
        let hash = Sha256::digest(text.expect("numbers and names can be written as JSON"));
        hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}
