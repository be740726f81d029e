//! The arms of one table.

use anyhow::{Result, bail, ensure};

use super::super::given::{Given, WrongKey};
use super::super::{Arm, idle, meaning, model, recipe};
use super::{Common, Grid};
use crate::config::{ByRole, Decay, Form, Mask, ModelShape, Named, Recipe, Role, plain};
use crate::published::{NoMatch, Published, Transfer};

/// Everything that the arms of one table under one published recipe have in common.
pub struct Rules<'a> {
    table: &'a Given,
    train: &'a Given,
    published: Option<&'static Published>,
    forms: Vec<Form>,
    masks: Vec<Mask>,
    /// What its arms are told apart from.
    pub base: Recipe,
    recipes: Vec<Recipe>,
    model: ModelShape,
    /// Its index among the `[[arm]]` tables.
    index: usize,
    train_tokens: usize,
}

impl<'a> Rules<'a> {
    /// Of one table under one published recipe and one shape.
    pub fn new(
        index: usize,
        table: &'a Given,
        shape: &Given,
        common: &Common<'a>,
        published: Option<&'static Published>,
    ) -> Result<Self> {
        let forms = match (table.named("form"), published) {
            (Some(forms), _) => forms,
            (None, Some(published)) => vec![published.recipe.form.value],
            (None, None) => bail!("form is missing; expected one such as form = \"adamw\""),
        };
        let own_masks = table.named("mask");
        if own_masks.is_some() && forms.contains(&Form::None) {
            bail!("form `none` decays nothing and takes no mask; give it an arm of its own");
        }
        let masks = own_masks.unwrap_or_else(|| {
            vec![published.map_or(Mask::Matrices, |published| published.recipe.mask.value)]
        });
        let model = model::resolve(shape, published.map(|p| p.recipe.family.value))?;
        let base = recipe::base(published, common.train);
        let recipes = recipe::varied(table, &base, published, common.train)?;
        let (train, train_tokens) = (common.train, common.train_tokens);
        Ok(Rules {
            table,
            train,
            published,
            forms,
            masks,
            base,
            recipes,
            model,
            index,
            train_tokens,
        })
    }

    /// Every form, mask, recipe and λ that the table asks for.
    pub fn tried(&self) -> Result<Vec<Arm>> {
        let coefficients = self.coefficients()?;
        let mut arms = Vec::new();
        for form in &self.forms {
            for mask in &self.masks {
                for recipe in &self.recipes {
                    for weight_decay in &coefficients {
                        let mask = (*form != Form::None).then_some(*mask);
                        let decay = Decay { form: *form, mask, weight_decay: *weight_decay };
                        for by_role in self.by_role(recipe, &decay) {
                            let transfer = self.untouched();
                            arms.push(self.arm(decay, recipe, by_role, transfer)?);
                        }
                    }
                }
            }
        }
        Ok(arms)
    }

    /// The decay of the published recipe, as `transfers` say.
    pub fn carried_over(&self, transfers: &[Transfer], grid: &mut Grid) -> Result<()> {
        let Some(published) = self.published else {
            bail!("transfer carries the decay of a published recipe over; name one with recipe");
        };
        ensure!(
            self.table.list("weight_decay").is_none(),
            "transfer chooses λ by the published recipe; leave weight_decay out"
        );
        let pairs =
            self.forms.iter().flat_map(|form| self.masks.iter().map(move |mask| (*form, *mask)));
        for (form, mask) in pairs {
            ensure!(form != Form::None, "form `none` has no decay to carry over");
            let each =
                self.recipes.iter().flat_map(|one| transfers.iter().map(move |how| (one, how)));
            for (recipe, how) in each {
                match self.transferred(published, (form, mask), recipe, *how) {
                    Ok(decay) => {
                        grid.remarks.extend(in_another_unit(published, &decay, *how));
                        grid.arms.push(self.arm(decay, recipe, ByRole::NONE, Some(*how))?);
                    }
                    Err(why) => {
                        grid.notes.push(format!("{}: no {} arm: {why}", published.name, how.name()))
                    }
                }
            }
        }
        Ok(())
    }

    /// The decay of a published recipe in this form; why there is none where there is none.
    fn transferred(
        &self,
        published: &Published,
        (form, mask): (Form, Mask),
        recipe: &Recipe,
        how: Transfer,
    ) -> Result<Decay, NoMatch> {
        match how {
            Transfer::None => Ok(Decay::NONE),
            Transfer::Raw => {
                let weight_decay = form.takes_weight_decay().then(|| published.coefficient());
                Ok(Decay { form, mask: Some(mask), weight_decay })
            }
            Transfer::Matched => published.matched(form, mask, recipe),
            Transfer::Timescale => {
                published.timed(form, mask, recipe, self.steps_per_epoch(recipe))
            }
        }
    }

    /// Steps that read the train text once.
    fn steps_per_epoch(&self, recipe: &Recipe) -> f64 {
        let read = if recipe.read_tokens > 0 { recipe.read_tokens } else { self.train_tokens };
        read as f64 / (recipe.batch * recipe.accumulate * self.model.context) as f64
    }

    /// The transfer that a table amounts to which leaves the published decay as it is. One that says
    /// anything of decay itself asks its own question.
    fn untouched(&self) -> Option<Transfer> {
        let own = ["form", "mask", "weight_decay"].iter().any(|key| self.table.list(key).is_some());
        (self.published.is_some() && !own).then_some(Transfer::Raw)
    }

    /// What roles have for themselves: what the table says of them, and λ of what the optimizer leaves to Adam.
    fn by_role(&self, recipe: &Recipe, decay: &Decay) -> Vec<ByRole> {
        let key = "adam.weight_decay";
        let of_adam = self.table.numbers(key).or_else(|| self.train.numbers(key));
        let of_adam =
            of_adam.filter(|_| recipe.optimizer.reads(key) && decay.form.takes_weight_decay());
        let left = |role: &Role| {
            let is_left = recipe.optimizer.of(*role) != recipe.optimizer;
            is_left && decay.mask.is_some_and(|mask| mask.decays(*role)) && self.model.has(*role)
        };
        let mut all = Vec::new();
        for said in self.table.by_role() {
            let Some(of_adam) = &of_adam else {
                all.push(said);
                continue;
            };
            for lambda in of_adam {
                let mut by_role = said.clone();
                let roles = Role::ALL.into_iter().filter(left);
                roles
                    .filter(|role| said.weight_decay(*role).is_none())
                    .for_each(|role| by_role.set_weight_decay(role, *lambda));
                all.push(by_role);
            }
        }
        all
    }

    fn arm(
        &self,
        decay: Decay,
        recipe: &Recipe,
        by_role: ByRole,
        transfer: Option<Transfer>,
    ) -> Result<Arm> {
        meaning::check(self.table, &decay, recipe)?;
        meaning::check_verbatim(&self.model, recipe)?;
        meaning::check_roles(self.table, &self.model, &decay, &by_role)?;
        let mut recipe = *recipe;
        meaning::forget_unread(&decay, &mut recipe);
        let named = self.published.map(|published| published.name.clone()).into_iter();
        let of_shape = model::differences(&self.model, self.table);
        let mut arm = Arm {
            named: named.chain(of_shape).collect(),
            model: self.model,
            decay,
            recipe,
            by_role,
            treatment: String::new(),
            variant: String::new(),
            published: self.published,
            transfer,
            tuned: self.table.names("tune").unwrap_or_default(),
            axes: Vec::new(),
            varied: Vec::new(),
            implied: recipe::implied(&recipe, &[self.table, self.train], self.published),
            untreated: recipe,
            table_index: self.index,
        };
        arm.describe(&self.base);
        idle::check_varied(self.table, &arm)?;
        Ok(arm)
    }

    /// λ of every arm; the published one where the table names none.
    fn coefficients(&self) -> Result<Vec<Option<f64>>> {
        let own = self.table.numbers("weight_decay");
        let list = own.or_else(|| {
            let lambda = self.published?.recipe.weight_decay.as_ref()?.value;
            self.forms.iter().all(|form| form.takes_weight_decay()).then(|| vec![lambda])
        });
        let Some(list) = list else {
            if let Some(form) = self.forms.iter().find(|form| form.takes_weight_decay()) {
                bail!(
                    "form `{form}` needs weight_decay, a number or a list such as [0.0, 0.1, 1.0]"
                );
            }
            let tunes_lambda =
                self.table.names("tune").is_some_and(|keys| keys.contains(&"weight_decay"));
            if tunes_lambda {
                let problem = ": names weight_decay, which this form does not take";
                return Err(WrongKey::new(self.table.at("tune"), problem).into());
            }
            return Ok(vec![None]);
        };
        if let Some(form) = self.forms.iter().find(|form| !form.takes_weight_decay()) {
            bail!("form `{form}` takes no weight_decay; give it an arm of its own without one");
        }
        Ok(list.into_iter().map(Some).collect())
    }
}

/// That the published number is another amount of decay under the form of an arm, where it is taken as it is.
fn in_another_unit(published: &Published, decay: &Decay, how: Transfer) -> Option<String> {
    let own = published.recipe.form.value;
    let lambda = decay.weight_decay.filter(|_| how == Transfer::Raw && decay.form != own)?;
    Some(format!(
        "{}: transfer = \"raw\" takes λ = {} of `{own}` as it is, which is another amount of decay under `{}`; matched and \
         timescale convert it",
        published.name,
        plain(lambda),
        decay.form
    ))
}
