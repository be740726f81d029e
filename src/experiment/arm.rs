use sha2::{Digest, Sha256};

use crate::config::{
    ByRole, DECAY_TERMS, Decay, Form, Group, HYPERPARAMETERS, Hyperparameter, ModelShape, RIVALS,
    Recipe, Role, SHAPE_KEYS, is_treatment,
};
use crate::published::{Published, Transfer};

/// One cell of the grid: a model, a way to decay and a recipe.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The model.
    pub model: ModelShape,
    /// Form, mask and λ as the spec names them.
    pub decay: Decay,
    /// The recipe.
    pub recipe: Recipe,
    /// What roles have for themselves.
    pub by_role: ByRole,
    /// What else it does against overfitting, or says of how decay acts, than the rest of the spec: such as
    /// `dropout=0.1 embedding.weight_decay=0`.
    pub treatment: String,
    /// The published recipe by name and the numbers in which the arm differs from `[train]`; empty
    /// where there is neither.
    pub variant: String,
    /// The published recipe that the arm takes over.
    pub published: Option<&'static Published>,
    /// How its decay is carried over.
    pub transfer: Option<Transfer>,
    /// What its variant begins with: the published recipe, and the numbers of the model that it names.
    pub(super) named: Vec<String>,
    /// Keys over whose values its rule is compared at its own best point, beside λ.
    pub(super) tuned: Vec<&'static str>,
    /// Keys of `[train]` that any arm of the spec tunes.
    pub(super) axes: Vec<&'static str>,
    /// Keys of `[model]` and `[train]` that any arm of the spec has otherwise than they say.
    pub(super) varied: Vec<&'static str>,
    /// Keys of its recipe whose values follow from others.
    pub(super) implied: Vec<&'static str>,
    /// Its recipe without its treatment.
    pub(super) untreated: Recipe,
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

    /// Identity of model and recipe, 12 hex digits: arms that share it differ in their decay and in what stands
    /// beside it alone.
    pub fn setting(&self) -> String {
        self.identity_with(&self.untreated)
    }

    /// Says what differs in its recipe from what the spec says for all, in its variant and in its treatment.
    pub(super) fn describe(&mut self, base: &Recipe) {
        let base = base.normalised();
        let of_roles = [self.by_role.lr_label(), self.by_role.decay_label()];
        let words = |which: &dyn Fn(&str) -> bool| -> Vec<String> {
            let differences = self.recipe.differences(&base);
            let is_said = |key: &str| which(key) && !self.implied.contains(&key);
            let differences = differences.into_iter().filter(|(key, _)| is_said(key));
            differences.map(|(key, value)| format!("{key}={value}")).collect()
        };
        // Without decay it does not matter how it would act.
        let decays = self.decays();
        let of_treatment = words(&|key| is_treatment(key) && (decays || RIVALS.contains(&key)));
        let of_all = words(&|_| true);
        let joined = |words: Vec<String>| -> String {
            let words = words.into_iter().filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join(" ")
        };
        self.variant =
            joined(self.named.iter().cloned().chain(of_all).chain(of_roles.clone()).collect());
        let of_lambda = of_roles[1].clone();
        self.treatment =
            joined(of_treatment.into_iter().chain(decays.then_some(of_lambda)).collect());
        self.untreated = self.recipe;
        for row in HYPERPARAMETERS.iter().filter(|row| is_treatment(row.key.name)) {
            row.set(&mut self.untreated, &(row.get)(&base));
        }
    }

    /// Identity of model and recipe without what any arm of the spec tunes.
    pub fn base(&self) -> String {
        let mut recipe = self.untreated;
        for row in self.axes() {
            row.set(&mut recipe, &(row.get)(&Recipe::DEFAULT));
        }
        self.identity_with(&recipe)
    }

    /// Whether it decays the parameters of a role.
    pub fn decays_role(&self, role: Role) -> bool {
        let lambda = Group::of(&self.recipe, &self.decay, &self.by_role, role).weight_decay;
        self.decay.acts_on(role, lambda)
    }

    /// Whether it decays anything.
    pub fn decays(&self) -> bool {
        Role::ALL.into_iter().any(|role| self.decays_role(role))
    }

    /// Whether another arm asks for the same runs, as points of the same rule.
    pub fn asks_as(&self, other: &Arm) -> bool {
        self.decay == other.decay
            && self.model == other.model
            && self.recipe == other.recipe
            && self.by_role == other.by_role
            && self.tuned == other.tuned
    }

    /// Whether another arm updates every parameter of the same model as it does, but for numbers that are the
    /// same for all parameters.
    pub fn updates_as(&self, other: &Arm) -> bool {
        let of = |arm: &Arm| {
            let rates = Role::ALL.map(|role| {
                let group = Group::of(&arm.recipe, &arm.decay, &arm.by_role, role);
                group.recipe.lr / arm.recipe.lr
            });
            (arm.model, arm.decay, arm.by_role.clone(), arm.recipe.optimizer, rates)
        };
        of(self) == of(other) && self.recipe.decay_schedule == other.recipe.decay_schedule
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

    /// What other arms of the spec have otherwise and this one has as `[model]` and `[train]` say, with its values here:
    /// `batch=4`. Its variant does not name it.
    pub fn common(&self) -> String {
        let named = self.named_keys();
        let is_common = |key: &str| self.varied.contains(&key) && !named.contains(&key);
        let model = SHAPE_KEYS.iter().filter(|row| is_common(row.key.name));
        let model = model.filter_map(|row| Some((row.key.name, (row.get)(&self.model)?)));
        let is_read = |key: &str| reads(&self.decay, &self.recipe, key);
        let train = HYPERPARAMETERS
            .iter()
            .filter(|row| is_common(row.key.name) && is_read(row.key.name))
            .map(|row| (row.key.name, (row.get)(&self.recipe)));
        let words = model.chain(train).map(|(key, value)| format!("{key}={value}"));
        words.collect::<Vec<_>>().join(" ")
    }

    /// The keys that its variant names.
    pub(super) fn named_keys(&self) -> Vec<&str> {
        let words = self.variant.split(' ').filter_map(|word| word.split_once('='));
        words.map(|(key, _)| key).collect()
    }

    fn axes(&self) -> impl Iterator<Item = &'static Hyperparameter> {
        HYPERPARAMETERS.iter().filter(|row| self.axes.contains(&row.key.name))
    }

    fn identity_with(&self, recipe: &Recipe) -> String {
        let rates = self.by_role.without_decay();
        let text = match rates.is_empty() {
            true => serde_json::to_string(&(self.model, recipe)),
            false => serde_json::to_string(&(self.model, recipe, rates)),
        };
        let hash = Sha256::digest(text.expect("numbers and names can be written as JSON"));
        hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether an arm reads a key of `[train]`.
pub fn reads(decay: &Decay, recipe: &Recipe, key: &str) -> bool {
    match key {
        "target_norm" => decay.form == Form::TargetNorm,
        key if DECAY_TERMS.contains(&key) => decay.form.takes_weight_decay() && recipe.reads(key),
        key => recipe.reads(key),
    }
}
