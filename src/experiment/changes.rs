//! Changes to a spec that the command line asks for.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::overrides;

/// What is asked for beside the text of a spec.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// `KEY=VALUE` assignments.
    pub set: Vec<String>,
    /// Another `data.source`.
    pub data: Option<String>,
    /// Other seeds.
    pub seeds: Option<Vec<u64>>,
}

impl Changes {
    /// Those that a command line made to the models, recipes and data of its spec; its seeds are not read.
    pub fn of_command(command: &[String]) -> Self {
        let mut changes = Changes::default();
        let mut words = command.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            if ["--set", "--data"].contains(&name) {
                let Some(value) = value.or_else(|| words.next().cloned()) else { continue };
                match name {
                    "--set" => changes.set.push(value),
                    _ => changes.data = Some(value),
                }
            }
        }
        changes
    }

    /// That nothing is asked for in two ways.
    pub(super) fn check(&self) -> Result<()> {
        let options = [
            ("--data", "data.source", self.data.is_some()),
            ("--seeds", "seeds", self.seeds.is_some()),
        ];
        for assignment in &self.set {
            let key = overrides::key(assignment);
            let twice = options.iter().find(|(_, own, given)| *given && *own == key);
            if let Some((option, key, _)) = twice {
                bail!("{option} and --set {key} say the same thing twice; give one of them");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_in_either_spelling_and_other_words_are_left_alone() {
        let command =
            ["wane", "sweep", "a.toml", "--set", "train.lr=1e-3", "--set=train.steps=7", "--set"];
        let command = command.map(str::to_owned);
        let expected = ["train.lr=1e-3", "train.steps=7"].map(str::to_owned).to_vec();
        assert_eq!(Changes::of_command(&command), Changes { set: expected, ..Changes::default() });
    }
}
