//! What stands in a spec above its tables.

use anyhow::{Context, Result, ensure};
use toml::Table;

use super::given::Given;
use super::sections::SECTIONS;
use super::seeds::{self, Seed};
use crate::config::Section;

/// What stands above all tables.
pub struct Top {
    pub name: String,
    pub question: Option<String>,
    pub seeds: Option<Vec<Seed>>,
}

impl Top {
    pub fn read(table: &Table) -> Result<Self> {
        let (mut own, mut given) = (Table::new(), None);
        for (key, value) in table {
            match key.as_str() {
                "seeds" => given = Some(seeds::read(value)?),
                key if SECTIONS.contains(&key) => {}
                _ => drop(own.insert(key.clone(), value.clone())),
            }
        }
        let own = Given::read(Section::Top, &own, "")?;
        let name = own.text("name").context("name is missing; expected name = \"…\"")?;
        check_name(name)?;
        let question = own.text("question").map(str::to_owned);
        Ok(Top { name: name.to_owned(), question, seeds: given })
    }
}

/// Longest name of an experiment; file systems take 255 bytes, and submitted sweeps add a number.
const LONGEST_NAME: usize = 200;

fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    ensure!(
        !name.is_empty() && name.chars().all(plain) && !name.starts_with('.'),
        "name = \"{name}\": it names a folder; expected letters, digits, `-`, `_` and `.`, not starting with `.`"
    );
    ensure!(
        name.len() <= LONGEST_NAME,
        "name has {} characters: it names a folder; expected at most {LONGEST_NAME}",
        name.len()
    );
    Ok(())
}
