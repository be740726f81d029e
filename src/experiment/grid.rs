//! From `[[arm]]` tables to arms: lists multiply out, and the sweep is the union of the tables.

use anyhow::{Context, Result, bail, ensure};

use super::given::{Given, WrongKey};
use super::searched::SearchedRule;
use super::{Arm, meaning, model, recipe};
use crate::config::suggestion;
use crate::config::{
    ByRole, Decay, Form, HYPERPARAMETERS, Mask, ModelShape, Named, Recipe, Role, Value,
};
use crate::published::{Published, Transfer};

/// A spec with more runs than this is a mistake.
pub const MOST_RUNS: u128 = 1_000_000;

/// What a spec says for all of its arms.
pub struct Common<'a> {
    /// `[model]`.
    pub model: &'a Given,
    /// `[train]`.
    pub train: &'a Given,
    /// The published recipe of `[recipe]`.
    pub published: Option<&'static Published>,
    /// Runs per arm.
    pub seeds: usize,
    /// Tokens of the train text.
    pub train_tokens: usize,
}

/// The arms of a spec, and what was left out of them.
pub struct Grid {
    /// In the order of the spec.
    pub arms: Vec<Arm>,
    /// Rules with values to be found, and what no decay on their terms has to find.
    pub searched: Vec<SearchedRule>,
    /// Arms that cannot be, and why.
    pub notes: Vec<String>,
}

/// Expands all tables.
///
/// # Errors
/// An empty list, a wrong value, a combination that says nothing, the same arm twice, or more than
/// [`MOST_RUNS`] runs; the message names the key.
pub fn expand(tables: &[Given], common: &Common) -> Result<Grid> {
    let cells: u128 = tables.iter().map(Given::combinations).fold(0, u128::saturating_add);
    let runs = cells.saturating_mul(common.seeds as u128);
    ensure!(runs <= MOST_RUNS, "the grid has {runs} runs; at most {MOST_RUNS} are accepted");
    let mut grid = Grid { arms: Vec::new(), searched: Vec::new(), notes: Vec::new() };
    for (index, table) in tables.iter().enumerate() {
        let context = || format!("in arm {index} (counted from 0)");
        let before = grid.arms.len() + grid.searched.len();
        let notes = grid.notes.len();
        expand_one(index, table, common, &mut grid).with_context(context)?;
        if grid.arms.len() + grid.searched.len() == before {
            bail!("{}: nothing is left to train: {}", context(), grid.notes[notes..].join("; "));
        }
    }
    grid.add_no_decay();
    refuse_duplicates(&grid.all().collect::<Vec<_>>())?;
    let axes = tuned_by_any(&grid.all().collect::<Vec<_>>());
    let first = grid.searched.iter_mut().map(|rule| &mut rule.first);
    grid.arms.iter_mut().chain(first).for_each(|arm| arm.axes = axes.clone());
    refuse_unread(&grid.all().collect::<Vec<_>>(), common.train)?;
    Ok(grid)
}

impl Grid {
    /// Every arm, searched ones where their search starts.
    fn all(&self) -> impl Iterator<Item = &Arm> {
        self.arms.iter().chain(self.searched.iter().map(|rule| &rule.first))
    }

    /// Searched rules are held against no decay on their own terms, whether the spec names it or not.
    fn add_no_decay(&mut self) {
        for rule in self.searched.clone() {
            let none = rule.without_decay();
            let is_none = |arm: &Arm| arm.decay.form == Form::None;
            let is_given = |arm: &Arm| is_none(arm) && arm.is_twin_of(&none.first);
            let is_searched = |one: &SearchedRule| is_none(&one.first) && one.is_twin_of(&none);
            if none.axes.is_empty() && !self.arms.iter().any(is_given) {
                self.arms.push(none.first);
            } else if !none.axes.is_empty() && !self.searched.iter().any(is_searched) {
                self.searched.push(none);
            }
        }
    }
}

/// Everything that the arms of one table under one published recipe have in common.
struct Rules<'a> {
    table: &'a Given,
    train: &'a Given,
    published: Option<&'static Published>,
    forms: Vec<Form>,
    masks: Vec<Mask>,
    base: Recipe,
    recipes: Vec<Recipe>,
    model: ModelShape,
    /// Its index among the `[[arm]]` tables.
    index: usize,
    train_tokens: usize,
}

fn expand_one(index: usize, table: &Given, common: &Common, grid: &mut Grid) -> Result<()> {
    let published = match table.texts("recipe") {
        None => vec![common.published],
        Some(names) => {
            let find = |name: &&str| find(name).map(Some).with_context(|| table.at("recipe"));
            names.iter().map(find).collect::<Result<_>>()?
        }
    };
    let transfers = match table.texts("transfer") {
        None => None,
        Some(names) => {
            let parse = |name: &&str| {
                let hint = || format!(" = \"{name}\": {}", suggestion(name, &Transfer::names()));
                Transfer::parse(name).ok_or_else(|| WrongKey::new(table.at("transfer"), hint()))
            };
            Some(names.iter().map(parse).collect::<Result<Vec<_>, _>>()?)
        }
    };
    let searched = table.searched();
    check_searched(table)?;
    let finds_lambda = searched.iter().any(|(key, _)| *key == "weight_decay");
    // The arms where a search starts are those of a table that names some λ.
    let table = match finds_lambda {
        true => &table.clone().with("weight_decay", Value::Number(1.0)),
        false => table,
    };
    let shapes = model::varied(table, common.model);
    let pairs = published.iter().flat_map(|one| shapes.iter().map(move |shape| (*one, shape)));
    for (published, shape) in pairs {
        let rules = Rules::new(index, table, shape, common, published)?;
        match &transfers {
            None => {
                let arms = rules.tried()?;
                if searched.is_empty() {
                    grid.arms.extend(arms);
                } else {
                    let rule = |arm| SearchedRule::new(arm, searched, &rules.base);
                    grid.searched.extend(arms.into_iter().map(rule));
                }
            }
            Some(transfers) => rules.carried_over(transfers, grid)?,
        }
    }
    Ok(())
}

/// What a searched table may not say beside.
fn check_searched(table: &Given) -> Result<()> {
    let Some((key, _)) = table.searched().first() else { return Ok(()) };
    let refused = |other: &str, why: &str| Err(WrongKey::new(table.at(other), why).into());
    if table.list("tune").is_some() {
        return refused("tune", &format!(": {key} is searched; what is searched is tuned"));
    }
    if table.list("transfer").is_some() {
        return refused(
            "transfer",
            &format!(": {key} is searched; give transfer an arm of its own"),
        );
    }
    Ok(())
}

/// The published recipe with this name.
pub fn find(name: &str) -> Result<&'static Published> {
    let known: Vec<&str> = Published::all().iter().map(|p| p.name.as_str()).collect();
    Published::find(name)
        .with_context(|| format!("recipe = \"{name}\": {}", suggestion(name, &known)))
}

impl<'a> Rules<'a> {
    fn new(
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
        let base = recipe::base(published, common.train)?;
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
    fn tried(&self) -> Result<Vec<Arm>> {
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
    fn carried_over(&self, transfers: &[Transfer], grid: &mut Grid) -> Result<()> {
        let Some(published) = self.published else {
            bail!("transfer carries the decay of a published recipe over; name one with recipe");
        };
        ensure!(
            self.table.list("weight_decay").is_none(),
            "transfer chooses λ by the published recipe; leave weight_decay out"
        );
        for (form, mask) in
            self.forms.iter().flat_map(|form| self.masks.iter().map(move |mask| (*form, *mask)))
        {
            ensure!(form != Form::None, "form `none` has no decay to carry over");
            for recipe in &self.recipes {
                for transfer in transfers {
                    let lambda = form.takes_weight_decay().then(|| published.coefficient());
                    let decay = match transfer {
                        Transfer::None => Ok(Decay::NONE),
                        Transfer::Raw => Ok(Decay { form, mask: Some(mask), weight_decay: lambda }),
                        Transfer::Matched => published.matched(form, mask, recipe),
                        Transfer::Timescale => {
                            let steps = self.steps_per_epoch(recipe);
                            published.timed(form, mask, recipe, steps)
                        }
                    };
                    match decay {
                        Ok(decay) => {
                            let none = ByRole::NONE;
                            grid.arms.push(self.arm(decay, recipe, none, Some(*transfer))?);
                        }
                        Err(why) => grid.notes.push(format!(
                            "{}: no {} arm: {why}",
                            published.name,
                            transfer.name()
                        )),
                    }
                }
            }
        }
        Ok(())
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
            implied: recipe::implied(&recipe, &[self.table, self.train], self.published),
            untreated: recipe,
            table_index: self.index,
        };
        arm.describe(&self.base);
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

/// Keys of `[train]` that some arm tunes, in the order of the key table.
fn tuned_by_any(arms: &[&Arm]) -> Vec<&'static str> {
    let keys = HYPERPARAMETERS.iter().map(|row| row.key.name);
    keys.filter(|key| arms.iter().any(|arm| arm.tuned.contains(key))).collect()
}

/// Refuses a key of `[train]` that no arm reads.
fn refuse_unread(arms: &[&Arm], train: &Given) -> Result<()> {
    let recipes: Vec<Recipe> = arms.iter().map(|arm| arm.recipe).collect();
    let unread = train.keys().find(|key| !recipes.iter().any(|one| one.reads(key)));
    match unread {
        Some(key) => Err(recipe::unread_by(&recipes, train, key).into()),
        None => meaning::refuse_unread(arms, train),
    }
}

fn refuse_duplicates(arms: &[&Arm]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for arm in arms {
        let published = arm.published.map(|published| (&published.name, arm.transfer));
        let key = (published, arm.model, arm.decay, arm.recipe, &arm.by_role);
        let key = serde_json::to_string(&key)?;
        ensure!(seen.insert(key), "the arm {} stands twice in the spec; remove one", arm.label());
    }
    Ok(())
}
