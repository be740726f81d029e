//! A key of a spec: where it stands, what it may be, how its value is read.

use super::value::{Value, plain};

/// The part of a spec that a key stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Above all tables.
    Top,
    /// `[recipe]`.
    Recipe,
    /// `[data]`.
    Data,
    /// `[model]`, and any `[[arm]]` for its own runs.
    Model,
    /// `[train]`, and any `[[arm]]` for its own runs.
    Train,
    /// `[[arm]]`.
    Arm,
    /// `[analysis]`.
    Analysis,
    /// `[search]`.
    Search,
}

/// Type and range of a value.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A whole number, at least and at most.
    Count(usize, usize),
    /// A finite number.
    Number(Range),
    /// Two numbers of one range.
    Pair(Range),
    /// One of these names.
    Name(fn() -> Vec<&'static str>),
    /// `true` or `false`.
    Flag,
    /// Any text.
    Text,
    /// Whole numbers or tables of them, each once.
    Seeds,
    /// Some of these names, each once.
    Names(fn() -> Vec<&'static str>),
    /// Whole numbers, at least and at most, each above the one before.
    Rising(usize, usize),
}

/// Range of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Above 0.
    Positive,
    /// 0 or above.
    NotNegative,
    /// Above 0, or 0, which turns something off.
    ZeroIsOff,
    /// From 0 to 1.
    Share,
    /// From 0 to below 1.
    Beta,
    /// Between 0 and 1.
    Inside,
}

/// Whether a key is part of a run's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Always.
    Always,
    /// Where it differs from its default.
    UnlessDefault,
    /// Where the optimizer or the family reads it.
    WhenUsed,
    /// Never, and why.
    Not(&'static str),
}

/// A row of the table.
#[derive(Clone, Copy)]
pub struct Key {
    /// Where it stands.
    pub section: Section,
    /// As it is written.
    pub name: &'static str,
    /// Type and range.
    pub kind: Kind,
    /// Unit of its value, empty for none.
    pub unit: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// A value other than the default, as in TOML.
    pub example: &'static str,
    /// Whether it is part of a run's identity.
    pub identity: Identity,
}

impl Key {
    /// Reads a value as TOML has it.
    ///
    /// # Errors
    /// What is wrong with it and what was expected, to follow the key's name.
    pub fn read(&self, value: &toml::Value) -> Result<Value, String> {
        let wrong_type = || format!(" = {value}: expected {}", self.kind.expected());
        let number = |value: &toml::Value, range| {
            let number = value.as_float().or(value.as_integer().map(|whole| whole as f64));
            let checked = check_number(number.ok_or_else(wrong_type)?, range);
            checked.map_err(|problem| format!(" = {problem}"))
        };
        match self.kind {
            Kind::Count(least, most) => {
                let count = value.as_integer().ok_or_else(wrong_type)?;
                let checked = check_count(count, least, most);
                checked.map(Value::Count).map_err(|problem| format!(" = {count}: {problem}"))
            }
            Kind::Number(range) => number(value, range).map(Value::Number),
            Kind::Pair(range) => match value.as_array().map(Vec::as_slice) {
                Some([first, second]) => {
                    Ok(Value::Pair([number(first, range)?, number(second, range)?]))
                }
                _ => Err(wrong_type()),
            },
            Kind::Name(names) => {
                let name = value.as_str().ok_or_else(wrong_type)?;
                let known = names();
                let found = known.iter().copied().find(|known| *known == name);
                found
                    .map(Value::Name)
                    .ok_or_else(|| format!(" = \"{name}\": {}", suggestion(name, &known)))
            }
            Kind::Flag => value.as_bool().map(Value::Flag).ok_or_else(wrong_type),
            Kind::Text => {
                let text = value.as_str().ok_or_else(wrong_type)?;
                Ok(Value::Text(text.to_owned()))
            }
            Kind::Seeds => Err(wrong_type()),
            Kind::Names(names) => read_names(value, &names()).map(Value::Names),
            Kind::Rising(least, most) => {
                read_rising(value, least, most).ok_or_else(wrong_type).map(Value::Counts)
            }
        }
    }
}

/// Names in a list, each known and there once.
fn read_names(value: &toml::Value, known: &[&'static str]) -> Result<Vec<&'static str>, String> {
    let list = value
        .as_array()
        .filter(|list| !list.is_empty())
        .ok_or_else(|| format!(" = {value}: expected a list of some of {}", known.join(", ")))?;
    let mut names: Vec<&'static str> = Vec::new();
    for value in list {
        let name = value.as_str().and_then(|name| known.iter().copied().find(|one| *one == name));
        let name =
            name.ok_or_else(|| format!(" holds {value}; expected some of {}", known.join(", ")))?;
        if names.contains(&name) {
            return Err(format!(" holds \"{name}\" twice"));
        }
        names.push(name);
    }
    Ok(names)
}

/// Whole numbers of a range in a list, each above the one before.
fn read_rising(value: &toml::Value, least: usize, most: usize) -> Option<Vec<usize>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    let counts: Vec<usize> =
        list.iter().map(|one| usize::try_from(one.as_integer()?).ok()).collect::<Option<_>>()?;
    let in_range = |count: &usize| (least..=most).contains(count);
    (counts.is_sorted_by(|a, b| a < b) && counts.iter().all(in_range)).then_some(counts)
}

/// "did you mean …?" where something is near, else the whole list.
pub fn suggestion(word: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity > 0.7);
    match nearest {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => format!("expected one of {}", known.join(", ")),
    }
}

impl Kind {
    /// What was expected, for error messages.
    pub fn expected(&self) -> String {
        match self {
            Kind::Count(0, usize::MAX) => "a whole number, 0 or above".to_owned(),
            Kind::Count(_, usize::MAX) => "a whole number above 0".to_owned(),
            Kind::Count(least, most) => format!("a whole number from {least} to {most}"),
            Kind::Number(range) => format!("a number {}", range.words()),
            Kind::Pair(range) => {
                format!("a pair of numbers {}, such as [0.9, 0.95]", range.words())
            }
            Kind::Name(names) => format!("one of {}", names().join(", ")),
            Kind::Flag => "true or false".to_owned(),
            Kind::Text => "a text in quotation marks".to_owned(),
            Kind::Seeds => "a list of whole numbers, such as [0, 1, 2]".to_owned(),
            Kind::Names(names) => format!("a list of some of {}", names().join(", ")),
            Kind::Rising(least, most) => {
                let example = format!("[{}, {}]", 4.max(*least), 16.min(*most));
                format!("a rising list of whole numbers from {least} to {most}, such as {example}")
            }
        }
    }
}

impl Range {
    /// Whether a number lies in it, and as training computes with it as well, in 32 bits: 1e-50 is 0 there, and
    /// 0.999999999 is 1.
    pub fn contains(self, number: f64) -> bool {
        let single = number as f32;
        self.spans(number) && self.spans(f64::from(single)) && (single == 0.0) == (number == 0.0)
    }

    fn spans(self, number: f64) -> bool {
        number.is_finite()
            && match self {
                Range::Positive => number > 0.0,
                Range::NotNegative | Range::ZeroIsOff => number >= 0.0,
                Range::Share => (0.0..=1.0).contains(&number),
                Range::Beta => (0.0..1.0).contains(&number),
                Range::Inside => 0.0 < number && number < 1.0,
            }
    }

    fn words(self) -> &'static str {
        match self {
            Range::Positive => "above 0",
            Range::NotNegative => "that is 0 or above",
            Range::ZeroIsOff => "above 0, or 0 to turn it off",
            Range::Share => "from 0 to 1",
            Range::Beta => "from 0 to below 1",
            Range::Inside => "between 0 and 1",
        }
    }
}

/// What is wrong with a count, if anything.
pub fn check_count(value: i64, least: usize, most: usize) -> Result<usize, String> {
    match usize::try_from(value) {
        Ok(count) if count > most => Err(format!("expected at most {most}")),
        Ok(count) if count >= least => Ok(count),
        _ if least == 0 => Err("expected a whole number, 0 or above".to_owned()),
        _ if least > 1 => Err(format!("expected a whole number, {least} or above")),
        _ => Err("expected a whole number above 0".to_owned()),
    }
}

/// What is wrong with a number, if anything. Minus zero is zero.
pub fn check_number(value: f64, range: Range) -> Result<f64, String> {
    match (range.contains(value), range.spans(value)) {
        (true, _) => Ok(value + 0.0),
        (false, true) => Err(format!(
            "{}: training computes in 32 bits, where it is {}; expected a number {}",
            plain(value),
            f64::from(value as f32),
            range.words()
        )),
        (false, false) => Err(format!("{}: expected a number {}", plain(value), range.words())),
    }
}
