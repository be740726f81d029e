//! A spec's table as what it says: checked, with its defaults, and its arms expanded.

use anyhow::{Context, Result, ensure};
use toml::{Table, Value as Toml};

use super::given::{Given, WrongKey};
use super::grid::{self, Grid};
use super::searched::{self, SearchedRule};
use super::seeds::{self, Seed};
use super::top::Top;
use super::{Changes, Spec, canaries, claims, data, excerpts, idle, terms};
use crate::config::{AnalysisTerms, Cut, SearchTerms, Section};
use crate::published::Published;

/// Seeds of a spec that names none.
const DEFAULT_SEEDS: usize = 3;

/// What a spec says under the changes of the command line.
///
/// # Errors
/// Anything wrong in it: the message names the key and what was expected.
pub fn resolve(table: &Table, changes: &Changes) -> Result<Spec> {
    let part = |section| part(table, section);
    let Top { name, question, seeds: named } = Top::read(table)?;
    let (data, model, train) = (part(Section::Data)?, part(Section::Model)?, part(Section::Train)?);
    let asked = changes.seeds.as_ref().map(|seeds| seeds.iter().copied().map(Seed::of).collect());
    let asked: Option<Vec<Seed>> = asked.or(named);
    asked.iter().try_for_each(|seeds| seeds::check(seeds))?;
    let search_terms = part(Section::Search)?;
    let search = terms::search(&search_terms);
    let source = data::source(&data, changes.data.as_deref())?;
    let cut = data::cut(&data)?;
    let published = published(table, &part(Section::Recipe)?)?;
    let common = grid::Common {
        model: &model,
        train: &train,
        published,
        seeds: asked.as_ref().map_or(DEFAULT_SEEDS, Vec::len),
        train_tokens: cut.train,
    };
    let grid = grid::expand(&arms(table, published.is_some())?, &common)?;
    check_text(&cut, &grid)?;
    let mut analysis = terms::analysis(&part(Section::Analysis)?);
    let Seeds { seeds, fresh_seeds } = Seeds::of(asked, &grid.searched, &search, &mut analysis)?;
    let asked_claims = claims::read(table, &grid.arms, !grid.searched.is_empty())?;
    let (Grid { arms, searched, notes, mut remarks }, table) = (grid, table.clone());
    remarks.extend(idle::unread_search(&search_terms, !searched.is_empty()));
    Ok(Spec {
        name,
        question,
        seeds,
        fresh_seeds,
        source,
        cut,
        arms,
        searched,
        search,
        notes,
        remarks,
        analysis,
        asked_claims,
        table,
    })
}

/// A table of a spec; nothing where it is missing.
fn part(table: &Table, section: Section) -> Result<Given> {
    match table.get(section.name()) {
        None => Ok(Given::default().under(section)),
        Some(Toml::Table(inner)) => Given::read(section, inner, section.name()),
        Some(_) => {
            let problem = format!(" is a value; expected a table [{}]", section.name());
            Err(WrongKey::new(section.name(), problem).into())
        }
    }
}

/// The published recipe that all arms start from.
fn published(table: &Table, recipe: &Given) -> Result<Option<&'static Published>> {
    if !table.contains_key("recipe") {
        return Ok(None);
    }
    let name = recipe.text("name");
    grid::find(name.context("recipe.name is missing, such as name = \"gpt-3\"")?).map(Some)
}

/// The arms as they are written; a recipe alone is one arm.
fn arms(table: &Table, has_recipe: bool) -> Result<Vec<Given>> {
    let no_list = || WrongKey::new("arm", " is not a list of tables; expected [[arm]]");
    let written = match table.get("arm") {
        None => Vec::new(),
        Some(Toml::Array(list)) => list.iter().map(|arm| arm.as_table()).collect(),
        Some(_) => return Err(no_list().into()),
    };
    let mut arms = Vec::new();
    for (index, arm) in written.into_iter().enumerate() {
        let arm = arm.ok_or_else(no_list)?;
        arms.push(Given::read(Section::Arm, arm, &format!("arm.{index}"))?);
    }
    if arms.is_empty() {
        ensure!(
            has_recipe,
            "a spec needs at least one [[arm]], such as form = \"adamw\", weight_decay = [0.0, 0.1], \
             or a [recipe]"
        );
        arms.push(Given::default().under(Section::Arm));
    }
    Ok(arms)
}

/// Checks what arms read of a text, and what is planted in it.
fn check_text(cut: &Cut, grid: &Grid) -> Result<()> {
    canaries::check(cut.canaries.as_ref(), grid.all())?;
    excerpts::check(cut, grid.all())
}

/// The seeds of an experiment; in a search those that find and those that judge.
struct Seeds {
    seeds: Vec<Seed>,
    fresh_seeds: Vec<Seed>,
}

impl Seeds {
    /// Where something is to be found, the looks of its search are those of its analysis.
    fn of(
        asked: Option<Vec<Seed>>,
        searched: &[SearchedRule],
        search: &SearchTerms,
        analysis: &mut AnalysisTerms,
    ) -> Result<Self> {
        if searched.is_empty() {
            let default = || (0..DEFAULT_SEEDS as u64).map(Seed::of).collect();
            return Ok(Seeds { seeds: asked.unwrap_or_else(default), fresh_seeds: Vec::new() });
        }
        analysis.looks.clone_from(&search.looks);
        // One size matters: that to which the search looks matters where it is judged too.
        analysis.epsilon = analysis.epsilon.or(search.epsilon);
        let seeds = seeds::of_search(asked, search)?;
        Ok(Seeds { fresh_seeds: searched::fresh_seeds(&seeds, search), seeds })
    }
}
