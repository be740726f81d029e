//! What the names of runs and files say.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};

/// A pattern with places such as `wd{weight_decay}-s{seed}`, which become columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What stands before each place, and its column.
    places: Vec<(String, String)>,
    /// What stands after the last one.
    end: String,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// One without places, with a bracket that is not closed, or with two places and nothing between.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut places, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((column, after)) = after.split_once('}') else {
                bail!(
                    "`{text}`: a {{ is not closed; expected such as wd{{weight_decay}}-s{{seed}}"
                );
            };
            ensure!(!column.trim().is_empty(), "`{text}`: a place has no name");
            ensure!(
                places.is_empty() || !before.is_empty(),
                "`{text}`: two places with nothing between them cannot be told apart"
            );
            places.push((before.to_owned(), column.trim().to_owned()));
            rest = after;
        }
        ensure!(
            !places.is_empty(),
            "`{text}` has no places; expected such as wd{{weight_decay}}-s{{seed}}"
        );
        Ok(Pattern { places, end: rest.to_owned() })
    }

    /// What a name says by column; `None` where it does not fit. Each place takes as little as it can.
    pub fn read(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let mut rest = name.strip_prefix(&self.places[0].0)?;
        let mut found = BTreeMap::new();
        for (index, (_, column)) in self.places.iter().enumerate() {
            let next = self.places.get(index + 1).map(|(before, _)| before.as_str());
            let (value, after) = match next {
                Some(next) => rest.split_once(next)?,
                None => (rest.strip_suffix(self.end.as_str())?, ""),
            };
            if value.is_empty() {
                return None;
            }
            found.insert(column.clone(), value.to_owned());
            rest = after;
        }
        Some(found)
    }
}

/// Words before a number that is no seed: how far a run had come, and what it was set to.
const NO_SEEDS: [&str; 26] = [
    "checkpoint",
    "ckpt",
    "step",
    "steps",
    "iter",
    "iteration",
    "epoch",
    "epochs",
    "ep",
    "version",
    "bs",
    "batch",
    "size",
    "lr",
    "wd",
    "lambda",
    "layer",
    "layers",
    "width",
    "depth",
    "dim",
    "tokens",
    "context",
    "gpu",
    "gpus",
    "rank",
];

/// A name that ends in a seed, such as `adamw-0.1-seed3`, `adamw_s3`, `wd0/2`: the arm and the seed. A number that is
/// part of a decimal, one that a letter other than a seed's touches, and one behind the name of a setting is no seed.
pub fn arm_and_seed(name: &str) -> Option<(String, String)> {
    let digits = name.chars().rev().take_while(char::is_ascii_digit).count();
    let (before, seed) = name.split_at(name.len() - digits);
    if seed.is_empty() || seed.len() > 9 {
        return None;
    }
    // The exponent of a number is no seed.
    let exponent = before.trim_end_matches(['-', '+']).strip_suffix(['e', 'E']);
    if exponent
        .is_some_and(|mantissa| mantissa.ends_with(|one: char| one.is_ascii_digit() || one == '.'))
    {
        return None;
    }
    let separators = ['-', '_', '/', ' ', '=', ':'];
    // Other letters may change their lengths with their case.
    let lower = before.to_ascii_lowercase();
    let bare = lower.trim_end_matches(separators);
    let word = ["seed", "run", "rep", "s"].iter().find_map(|word| {
        let left = bare.strip_suffix(word)?;
        (left.is_empty() || left.ends_with(separators)).then_some(left.len())
    });
    let is_of_another = NO_SEEDS.iter().any(|word| {
        let left = bare.strip_suffix(word);
        left.is_some_and(|left| left.is_empty() || left.ends_with(separators))
    });
    let is_apart = (before.is_empty() || before.ends_with(separators)) && !is_of_another;
    let end = word.or(is_apart.then_some(bare.len()))?;
    let arm = before[..end].trim_end_matches(separators);
    (!arm.is_empty()).then(|| (arm.to_owned(), seed.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_reads_its_places_and_nothing_else() {
        let pattern = Pattern::parse("{optimizer}-wd{weight_decay}-s{seed}").unwrap();
        let found = pattern.read("adamw-wd0.1-s3").unwrap();
        assert_eq!(
            (&*found["optimizer"], &*found["weight_decay"], &*found["seed"]),
            ("adamw", "0.1", "3")
        );
        assert_eq!(pattern.read("adamw-wd0.1"), None);
        assert_eq!(pattern.read("adamw-wd-s3"), None);
        for text in ["none", "{a}{b}", "{a", "{}"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seeds_at_the_ends_of_names_are_told_from_other_numbers() {
        for (name, arm, seed) in [
            ("adamw-0.1-seed3", "adamw-0.1", "3"),
            ("adamw_s3", "adamw", "3"),
            ("wd0/2", "wd0", "2"),
            ("muon-run-07", "muon", "07"),
            ("no decay 1", "no decay", "1"),
            ("İİİ-Seed3", "İİİ", "3"),
            ("затухание_S2", "затухание", "2"),
        ] {
            assert_eq!(arm_and_seed(name), Some((arm.to_owned(), seed.to_owned())), "{name}");
        }
        for name in [
            "adamw-wd0.1",
            "adamw-lr1e-3",
            "muon-lr1E-04",
            "wd1e+2",
            "gpt2",
            "adamw",
            "3",
            "9f1c2d3e4a5b6c7d8",
            "wd0.1/checkpoint-500",
            "adamw_epoch_3",
            "adamw_bs_64",
            "lr=1",
            "",
        ] {
            assert_eq!(arm_and_seed(name), None, "{name}");
        }
    }
}
