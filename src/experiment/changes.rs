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
        let CommandLine { set, data, .. } = CommandLine::of_command(command);
        Changes { set, data, seeds: None }
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

/// What a command line asked for beside its spec, in words as they were given, whichever way each option was spelled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommandLine {
    /// `KEY=VALUE` assignments, those of one key together, in the order of their keys.
    pub set: Vec<String>,
    pub data: Option<String>,
    pub seeds: Option<String>,
    /// The file of first weights.
    pub init: Option<String>,
    pub is_cropped: bool,
}

impl CommandLine {
    pub fn of_command(command: &[String]) -> Self {
        let mut asked = CommandLine::default();
        let mut words = command.iter();
        while let Some(word) = words.next() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            asked.is_cropped |= name == "--init-crop";
            if !["--set", "--data", "--seeds", "--init"].contains(&name) {
                continue;
            }
            let Some(value) = value.or_else(|| words.next().cloned()) else { continue };
            match name {
                "--set" => asked.set.push(value),
                "--data" => asked.data = Some(value),
                "--seeds" => asked.seeds = Some(value),
                _ => asked.init = Some(value),
            }
        }
        // Of one key the last says what it is.
        asked.set.sort_by(|one, other| overrides::key(one).cmp(overrides::key(other)));
        asked
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

    #[test]
    fn a_command_asks_for_the_same_in_any_order_of_other_keys_and_the_last_of_one_key_stays_last() {
        let asked = |line: &str| {
            CommandLine::of_command(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        };
        let one = asked("wane sweep a.toml --set b=2 --seeds 0,1 --set=a=1 --set a=3 --data x.txt");
        let other =
            asked("wane sweep a.toml --data=x.txt --set a=1 --set a=3 --set b=2 --seeds=0,1");
        assert_eq!(one, other);
        assert_eq!(one.set, ["a=1", "a=3", "b=2"]);
        assert_ne!(
            one,
            asked("wane sweep a.toml --data=x.txt --set a=3 --set a=1 --set b=2 --seeds 0,1")
        );
        assert!(asked("wane train a.toml --init w --init-crop").is_cropped);
    }
}
