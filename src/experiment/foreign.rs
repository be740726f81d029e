//! Keys that people bring from nanoGPT, llm.c, Hugging Face, Lightning, Megatron and torch.optim, and what
//! to write here instead.

mod names;

use crate::config::Named;
use crate::config::{Key, Kind, Section, keys, suggestion};
use names::{CALL, Row, SHAPE, TABLES, TRAINING};

/// What to do about a key from elsewhere.
#[derive(Clone, Copy)]
pub enum Answer {
    /// A line of ours, and where it stands.
    Write(Section, &'static str),
    /// The same, with what else to know.
    WriteThough(Section, &'static str, &'static str),
    /// There is no such key; what is so instead.
    Say(&'static str),
}

/// Every row.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    SHAPE.iter().chain(TRAINING).chain(CALL)
}

/// What to do about a key that a section does not have; `is_table` says that it has keys itself.
pub fn hint(section: Section, name: &str, is_table: bool) -> String {
    let plain = name.to_lowercase().replace('-', "_");
    let table = TABLES.iter().find(|(names, _)| is_table && has(names, &plain));
    if let Some((_, ours)) = table {
        return format!("write the table {ours}");
    }
    if is_table && section == Section::Arm && has("model train", &plain) {
        return "write its keys in the [[arm]] itself".to_owned();
    }
    let elsewhere = |is_judging: bool| {
        let is_of = move |key: &&Key| is_of_judging(key) == is_judging;
        let mut keys = keys::all().filter(is_of).filter(|key| key.section != section);
        keys.find(|key| key.name == plain).map(|key| write(key.section, &example(key)))
    };
    let known = || rows().find(|(names, _)| has(names, &plain)).map(|(_, answer)| answer.text());
    // `epsilon` is the optimizer's to most people.
    elsewhere(false).or_else(known).or_else(|| elsewhere(true)).unwrap_or_else(|| {
        match is_table && section == Section::Top {
            true => suggestion(name, &super::sections::SECTIONS),
            false => suggestion(name, &section.keys()),
        }
    })
}

/// Whether a key says how runs are chosen and judged, not what one is.
fn is_of_judging(key: &Key) -> bool {
    matches!(key.section, Section::Analysis | Section::Search)
}

fn has(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|known| known == name)
}

impl Answer {
    fn text(self) -> String {
        match self {
            Answer::Write(section, line) => write(section, line),
            Answer::WriteThough(section, line, note) => {
                format!("{}; {note}", write(section, line))
            }
            Answer::Say(text) => text.to_owned(),
        }
    }
}

fn write(section: Section, line: &str) -> String {
    let place = match section {
        Section::Top => "above all tables".to_owned(),
        Section::Arm => "in an [[arm]]".to_owned(),
        _ => format!("in [{}]", section.name()),
    };
    let name = line.split(' ').next().unwrap_or_default();
    let families = keys::find(section, name).and_then(|key| key.families()).unwrap_or_default();
    match families.first() {
        Some(family) => format!("write {line} {place}, beside family = \"{}\"", family.name()),
        None => format!("write {line} {place}"),
    }
}

fn example(key: &Key) -> String {
    let value = key.example.trim_matches('\'');
    match key.kind {
        Kind::Name(_) | Kind::Text => format!("{} = \"{value}\"", key.name),
        _ => format!("{} = {value}", key.name),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use Answer::{Write, WriteThough};
    use Section::{Arm, Data, Model, Top, Train};

    use super::*;

    #[test]
    fn every_name_is_answered_once_and_is_no_key_of_ours() {
        let mut seen = BTreeSet::new();
        for (names, _) in rows() {
            for name in names.split_whitespace() {
                assert!(seen.insert(name), "{name} stands twice");
                let mut ours = keys::all().filter(|key| !is_of_judging(key));
                assert!(ours.all(|key| key.name != name), "{name} is a key of ours");
                assert_eq!(name, name.to_lowercase().replace('-', "_"));
            }
        }
        assert!(seen.len() >= 150, "{}", seen.len());
    }

    #[test]
    fn every_line_that_is_proposed_is_one_that_we_read() {
        for (names, answer) in rows() {
            let (Write(section, line) | WriteThough(section, line, _)) = *answer else { continue };
            let table: toml::Table = line.parse().unwrap();
            let (name, value) = table.iter().next().unwrap();
            let key = keys::find(section, name).unwrap_or_else(|| panic!("{names:?}: {line}"));
            let values = match value.as_array() {
                Some(list) if section == Arm => list.clone(),
                _ => vec![value.clone()],
            };
            match name.as_str() {
                "seeds" => drop(super::super::seeds::read(value).unwrap()),
                _ => values.iter().for_each(|value| drop(key.read(value).unwrap())),
            }
        }
    }

    #[test]
    fn a_key_of_another_section_is_sent_there() {
        for (section, name, expected) in [
            (Train, "weight_decay", "weight_decay = 0.3 in an [[arm]]"),
            (Top, "steps", "steps = 600 in [train]"),
            (Top, "lr", "lr = 1e-3 in [train]"),
            (Model, "batch", "batch = 16 in [train]"),
            (Train, "context", "context = 32 in [model]"),
            (Train, "seeds", "seeds = [7] above all tables"),
            (Data, "form", "form = \"independent\" in an [[arm]]"),
            (Train, "epsilon", "eps = "),
            (Train, "families", "families = ['against-none'] in [analysis]"),
        ] {
            let hint = hint(section, name, false);
            assert!(hint.contains(expected), "{name}: {hint}");
        }
        assert_eq!(hint(Top, "optimizer", true), "write the table [train]");
        for table in ["train", "model"] {
            assert_eq!(hint(Arm, table, true), "write its keys in the [[arm]] itself");
        }
        assert_eq!(hint(Train, "stepz", false), "did you mean `steps`?");
    }
}
