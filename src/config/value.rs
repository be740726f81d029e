use std::fmt;

use serde::{Serialize, Serializer};

/// A value of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number, 0 or above.
    Count(usize),
    /// A finite number.
    Number(f64),
    /// Two numbers, such as Adam's β1 and β2.
    Pair([f64; 2]),
    /// One of a few names.
    Name(&'static str),
    /// Some of a few names.
    Names(Vec<&'static str>),
    /// Whole numbers.
    Counts(Vec<usize>),
    /// Whether.
    Flag(bool),
    /// Any text.
    Text(String),
}

/// As in labels: numbers as one would type them, a pair parted by a slash.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Count(count) => count.fmt(f),
            Value::Number(number) => f.write_str(&plain(*number)),
            Value::Pair([first, second]) => write!(f, "{}/{}", plain(*first), plain(*second)),
            Value::Name(name) => f.write_str(name),
            Value::Flag(flag) => flag.fmt(f),
            Value::Names(names) => f.write_str(&names.join(" ")),
            Value::Counts(counts) => {
                let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
                f.write_str(&counts.join(" "))
            }
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// A number as one would type it: every digit that tells it from others, and an exponent where zeros
/// would outnumber digits.
pub fn plain(number: f64) -> String {
    let size = number.abs();
    if number != 0.0 && !(1e-4..1e15).contains(&size) {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}

/// The nearest number of so many decimal digits: what is written in a table is what is trained. Zero and what is not
/// finite stay.
pub fn to_digits(number: f64, digits: usize) -> f64 {
    let decimals = digits.saturating_sub(1);
    format!("{number:.decimals$e}").parse().expect("a formatted number is a number")
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Count(count) => serializer.serialize_u64(*count as u64),
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::Pair(pair) => pair.serialize(serializer),
            Value::Name(name) => serializer.serialize_str(name),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Names(names) => names.serialize(serializer),
            Value::Counts(counts) => counts.serialize(serializer),
            Value::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// A Rust type that a key's value may have.
pub trait Field: Copy {
    /// As a value of a key.
    fn to_value(self) -> Value;

    /// From the value of a key; `None` for a value of another kind.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! fields {
    ($($type:ty => $variant:ident),*) => {
        $(impl Field for $type {
            fn to_value(self) -> Value {
                Value::$variant(self)
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(*value),
                    _ => None,
                }
            }
        })*
    };
}
fields!(usize => Count, f64 => Number, [f64; 2] => Pair, bool => Flag);

/// An enum whose variants are written as names.
pub trait Named: Copy + PartialEq + 'static {
    /// Every variant, in the order in which users see them.
    const ALL: &'static [Self];

    /// As written in a spec and in the CSV files.
    fn name(self) -> &'static str;

    /// The variant with this name.
    fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|variant| variant.name() == name)
    }

    /// Every name.
    fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|variant| variant.name()).collect()
    }
}

impl<T: Named> Field for T {
    fn to_value(self) -> Value {
        Value::Name(self.name())
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Name(name) => T::parse(name),
            _ => None,
        }
    }
}
