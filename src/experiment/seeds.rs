//! What the seeds of a spec draw, together or each on its own.

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::given::WrongKey;
use crate::config::{Kind, Order, SearchTerms, Texts, suggestion};

/// One of the seeds under which every arm is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// What pairs the runs of different arms: the number, or the place in the list where any seed of a spec
    /// is a table.
    pub label: u64,
    /// Draws the first weights.
    pub model: u64,
    /// Draws the order of the data.
    pub data: u64,
    /// Draws the train text, where texts are per seed.
    pub text: u64,
}

impl Seed {
    /// A number that draws everything.
    pub fn of(number: u64) -> Self {
        Seed { label: number, model: number, data: number, text: number }
    }
}

/// The seeds of a spec: numbers, or tables of `model`, `data` and `text`, where what is left out is 0.
///
/// # Errors
/// No list of these, none at all, or one that stands twice.
pub fn read(value: &Value) -> Result<Vec<Seed>> {
    let problem = format!(" = {value}: expected {}", Kind::Seeds.expected());
    let list = value.as_array().ok_or_else(|| WrongKey::new("seeds", problem))?;
    let mut seeds = list.iter().map(seed).collect::<Result<Vec<_>>>()?;
    if list.iter().any(Value::is_table) {
        for (place, seed) in seeds.iter_mut().enumerate() {
            seed.label = place as u64;
        }
    }
    check(&seeds)?;
    Ok(seeds)
}

fn seed(value: &Value) -> Result<Seed> {
    match value {
        Value::Table(table) => draws(table),
        value => {
            let problem = format!(
                " holds {value}; expected whole numbers, 0 or above, or tables such as \
                 {{ model = 0, data = 3, text = 1 }}"
            );
            Ok(number(value).map(Seed::of).ok_or_else(|| WrongKey::new("seeds", problem))?)
        }
    }
}

fn draws(table: &Table) -> Result<Seed> {
    let mut seed = Seed::of(0);
    for (key, value) in table {
        let drawn = match key.as_str() {
            "model" => &mut seed.model,
            "data" => &mut seed.data,
            "text" => &mut seed.text,
            other => {
                let hint = suggestion(other, &["model", "data", "text"]);
                bail!(WrongKey::new(
                    "seeds",
                    format!(" holds a table with the key `{other}`; {hint}")
                ));
            }
        };
        let problem = format!(" holds {key} = {value}; expected a whole number, 0 or above");
        *drawn = number(value).ok_or_else(|| WrongKey::new("seeds", problem))?;
    }
    Ok(seed)
}

fn number(value: &Value) -> Option<u64> {
    u64::try_from(value.as_integer()?).ok()
}

/// The seeds that a search finds with: those of the spec, or the first whole numbers.
///
/// # Errors
/// Seeds that draw apart, fewer than the terms ask for, or one that leaves none to judge on.
pub fn of_search(asked: Option<Vec<Seed>>, terms: &SearchTerms) -> Result<Vec<Seed>> {
    let (key, most) = match terms.bracket_seeds > terms.refine_seeds {
        true => ("bracket_seeds", terms.bracket_seeds),
        false => ("refine_seeds", terms.refine_seeds),
    };
    let Some(seeds) = asked else { return Ok((0..most as u64).map(Seed::of).collect()) };
    if seeds.iter().any(|seed| *seed != Seed::of(seed.label)) {
        let problem = " holds tables; a search takes whole numbers, such as [0, 1, 2, 3, 4]";
        bail!(WrongKey::new("seeds", problem));
    }
    let problem = format!(
        " holds {} of them; search.{key} = {most} takes as many, or leave seeds out",
        seeds.len()
    );
    ensure!(seeds.len() >= most, WrongKey::new("seeds", problem));
    check_room(&seeds, terms)?;
    Ok(seeds)
}

/// Refuses a seed after which there are too few to judge on.
fn check_room(seeds: &[Seed], terms: &SearchTerms) -> Result<()> {
    let looks = terms.looks.last().copied().unwrap_or(0) as u64;
    let largest = seeds.iter().map(|seed| seed.label).max().unwrap_or(0);
    let end = largest.checked_add(1).and_then(|first| first.checked_add(looks));
    let problem = format!(
        " holds {largest}; a search judges on the {looks} seeds after the largest: give smaller ones"
    );
    ensure!(end.is_some(), WrongKey::new("seeds", problem));
    Ok(())
}

/// Refuses seeds that pair nothing.
pub fn check(seeds: &[Seed]) -> Result<()> {
    let empty =
        WrongKey::new("seeds", " is an empty list; expected one seed or more, such as [0, 1, 2]");
    ensure!(!seeds.is_empty(), empty);
    for (index, seed) in seeds.iter().enumerate() {
        let same =
            |one: &&Seed| (one.model, one.data, one.text) == (seed.model, seed.data, seed.text);
        if let Some(one) = seeds[..index].iter().find(same) {
            bail!(twice(one, index));
        }
    }
    Ok(())
}

/// A seed that stands at another place too.
fn twice(one: &Seed, place: usize) -> WrongKey {
    let twice = match *one == Seed::of(one.label) {
        true => format!("{} twice", one.label),
        false => format!("the same seed at places {} and {place}", one.label),
    };
    WrongKey::new("seeds", format!(" holds {twice}"))
}

/// Refuses seeds that differ in nothing that a run reads: they would count one run as several.
///
/// # Errors
/// The places of two such seeds, and what they differ in.
pub fn check_drawn(seeds: &[Seed], texts: Texts, order: Order) -> Result<()> {
    let drawn = |seed: &Seed| {
        let text = (texts == Texts::PerSeed).then_some(seed.text);
        let data = (order == Order::Random).then_some(seed.data);
        (seed.model, data, text)
    };
    for (index, seed) in seeds.iter().enumerate() {
        if let Some(one) = seeds[..index].iter().find(|one| drawn(one) == drawn(seed)) {
            let why = match (one.text == seed.text, one.data == seed.data) {
                (true, true) => bail!(twice(one, index)),
                (false, _) => "text, but all seeds train on the same text",
                (true, false) => "data, but data.order = \"sequential\" draws nothing",
            };
            let places = format!(" holds two seeds, at places {} and {index},", one.label);
            bail!(WrongKey::new("seeds", format!("{places} that differ in nothing but {why}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Seed>> {
        read(&format!("seeds = {text}").parse::<Table>().unwrap()["seeds"])
    }

    #[test]
    fn a_number_draws_everything_and_a_table_each_on_its_own() {
        assert_eq!(parsed("[4, 9]").unwrap(), [Seed::of(4), Seed::of(9)]);
        let mixed = parsed("[4, { model = 1, text = 7 }, { data = 3 }]").unwrap();
        assert_eq!(mixed[0], Seed { label: 0, model: 4, data: 4, text: 4 });
        assert_eq!(mixed[1], Seed { label: 1, model: 1, data: 0, text: 7 });
        assert_eq!(mixed[2], Seed { label: 2, model: 0, data: 3, text: 0 });
    }

    #[test]
    fn what_is_no_seed_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("[]", "empty"),
            ("3", "expected"),
            ("[-1]", "-1"),
            ("[1, 1]", "1 twice"),
            ("[1, {model = 1, data = 1, text = 1}]", "the same seed at places 0 and 1"),
            ("[{modle = 1}]", "did you mean `model`?"),
            ("[{model = 'a'}]", "model = \"a\""),
        ] {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.starts_with("seeds") && error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn seeds_that_draw_nothing_different_are_refused() {
        let seeds = parsed("[{text = 1}, {text = 2}]").unwrap();
        assert!(check_drawn(&seeds, Texts::PerSeed, Order::Random).is_ok());
        let error = check_drawn(&seeds, Texts::Fixed, Order::Random).unwrap_err().to_string();
        assert!(error.contains("places 0 and 1") && error.contains("the same text"), "{error}");
        let seeds = parsed("[{data = 1}, {data = 2}]").unwrap();
        let error = check_drawn(&seeds, Texts::PerSeed, Order::Sequential).unwrap_err().to_string();
        assert!(error.contains("sequential"), "{error}");
        let seeds = [Seed::of(7), Seed::of(3), Seed::of(7)];
        let error = check_drawn(&seeds, Texts::PerSeed, Order::Random).unwrap_err().to_string();
        assert_eq!(error, "seeds holds 7 twice");
    }

    #[test]
    fn a_search_names_the_key_that_asks_for_the_most_seeds() {
        for (bracket_seeds, refine_seeds, expected) in [
            (5, 3, "search.bracket_seeds = 5"),
            (3, 5, "search.refine_seeds = 5"),
            (5, 5, "search.refine_seeds = 5"),
        ] {
            let terms = SearchTerms { bracket_seeds, refine_seeds, ..SearchTerms::default() };
            let error = of_search(Some(vec![Seed::of(0)]), &terms).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_search_refuses_a_seed_that_leaves_none_to_judge_on() {
        let terms = SearchTerms::default();
        let with = |largest: u64| [largest, 1, 2, 3, 4].map(Seed::of).to_vec();
        assert!(of_search(Some(with(i64::MAX as u64)), &terms).is_ok());
        for largest in [u64::MAX, u64::MAX - 20] {
            let error = of_search(Some(with(largest)), &terms).unwrap_err().to_string();
            assert!(error.contains("the 20 seeds after the largest"), "{error}");
        }
        assert!(of_search(Some(with(u64::MAX - 21)), &terms).is_ok());
    }
}
