//! What an experiment is: a TOML file, checked and resolved into arms and seeds, and planned as runs.

mod arm;
mod axis;
mod bare;
mod by_role;
mod canaries;
mod changes;
mod claims;
pub mod cost;
mod data;
mod excerpts;
mod file;
mod foreign;
mod given;
mod grid;
mod idle;
mod lines;
mod meaning;
mod model;
mod overrides;
mod plan;
mod recipe;
mod resolve;
mod searched;
mod sections;
mod seeds;
mod settings;
pub mod shards;
mod slips;
mod spec;
mod terms;
mod top;
mod wrong_key;

use anyhow::{Context, Result};
use toml::Table;

use given::WrongKey;
use resolve::resolve;

pub use arm::Arm;
pub use bare::bare;
pub use changes::{Changes, CommandLine};
pub use grid::find as find_recipe;
pub use plan::{Asked, Entry, Plan};
pub use searched::{SearchedAxis, SearchedRule};
pub use seeds::Seed;
pub use settings::Setting;
pub use spec::Spec;

impl Spec {
    /// Reads the text of a spec and applies the changes of the command line.
    ///
    /// # Errors
    /// Anything wrong in the text or the changes: the message names the key and what was expected.
    pub fn parse(text: &str, changes: &Changes) -> Result<Self> {
        let mut table: Table = text.parse()?;
        // The text alone first: its errors point at a line.
        let alone = resolve(&table, &Changes::default()).map_err(|error| at_line(text, error));
        if *changes == Changes::default() {
            return alone;
        }
        changes.check()?;
        if changes.set.is_empty() {
            alone?;
            return resolve(&table, changes);
        }
        for assignment in &changes.set {
            overrides::apply(&mut table, assignment)?;
        }
        let context = || format!("after --set {}", changes.set.join(" --set "));
        resolve(&table, changes).with_context(context)
    }
}

/// Puts the line of a wrong key before the error.
fn at_line(text: &str, error: anyhow::Error) -> anyhow::Error {
    let wrong = error.chain().find_map(|cause| cause.downcast_ref::<WrongKey>());
    match wrong.and_then(|wrong| lines::find(text, &wrong.place)) {
        Some(line) => error.context(format!("line {line}")),
        None => error,
    }
}

#[cfg(test)]
mod tests;
