//! Numbers that are written in several ways and are one.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;
use crate::config::plain;

/// Numbers below this size keep every digit before their point.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Longer texts without a point are identities.
const LONGEST: usize = 15;
/// A number of single precision that is written in double precision has at least so many digits.
const DIGITS_OF_SINGLE: usize = 13;

/// A number as it is always written, so that 0.10 and 1e-1 are one arm; names that only look like numbers, such as
/// 007 and long identities, stay as they are.
pub fn normal(text: &str) -> String {
    let text = text.trim();
    number(text).map_or(text.to_owned(), plain)
}

/// The number that a text is. There is one zero: −0 is what a subtraction or a sign leaves of it.
fn number(text: &str) -> Option<f64> {
    let has_leading_zeros = text
        .trim_start_matches('-')
        .strip_prefix('0')
        .is_some_and(|rest| rest.starts_with(|one: char| one.is_ascii_digit()));
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    let is_identity = text.len() > LONGEST && !(text.contains('.') && number.abs() < EXACT);
    (!has_leading_zeros && !is_identity).then_some(if number == 0.0 { 0.0 } else { number })
}

/// Whether two numbers are one: the same, or of one single precision where either is what that became when it was written
/// in double precision, as 0.1 becomes 0.10000000149011612.
fn is_same(one: f64, other: f64) -> bool {
    let is_one_single = (one as f32).to_bits() == (other as f32).to_bits();
    one == other || is_one_single && (is_written_single(one) || is_written_single(other))
}

/// Whether a number is of single precision and has the digits of double precision.
fn is_written_single(number: f64) -> bool {
    let text = format!("{number:e}");
    let digits = text.bytes().take_while(|one| *one != b'e').filter(u8::is_ascii_digit).count();
    // Whole numbers are counts.
    number.fract() != 0.0 && f64::from(number as f32) == number && digits >= DIGITS_OF_SINGLE
}

/// Whether a text is a value of a column, which is written as it always is.
pub fn is_named(text: &str, value: &str) -> bool {
    let known = number(value).filter(|known| plain(*known) == value);
    let own = text.trim().parse::<f64>().ok();
    text.trim() == value || own.zip(known).is_some_and(|(own, known)| is_same(own, known))
}

/// How every value of a column is written: of numbers that are one, as the shortest of them.
pub struct Spellings(BTreeMap<String, String>);

impl Spellings {
    pub fn of(table: &Table, column: &str) -> Self {
        let texts: BTreeSet<String> =
            table.rows.iter().filter_map(|row| row.get(column)).map(|text| normal(text)).collect();
        let mut by_single: BTreeMap<u32, Vec<(f64, &String)>> = BTreeMap::new();
        for (number, text) in texts.iter().filter_map(|text| Some((number(text)?, text))) {
            by_single.entry((number as f32).to_bits()).or_default().push((number, text));
        }
        let are_one = |own: &&Vec<(f64, &String)>| own.iter().any(|one| is_written_single(one.0));
        let mut written = BTreeMap::new();
        for own in by_single.values().filter(are_one) {
            let shortest = own.iter().map(|(_, text)| *text).min_by_key(|text| text.len());
            let pairs =
                own.iter().filter_map(|(_, text)| Some(((*text).clone(), shortest?.clone())));
            written.extend(pairs);
        }
        Spellings(written)
    }

    pub fn written(&self, text: &str) -> String {
        let normal = normal(text);
        self.0.get(&normal).cloned().unwrap_or(normal)
    }

    /// Numbers that are written in several ways and count as one.
    pub fn respelled(&self, table: &Table, column: &str) -> Option<String> {
        let mut spelled: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for text in table.rows.iter().filter_map(|row| row.get(column)) {
            spelled.entry(self.written(text)).or_default().insert(text.trim());
        }
        let several = spelled.into_values().find(|ways| ways.len() > 1)?;
        let ways: Vec<String> = several.into_iter().take(3).map(|way| format!("`{way}`")).collect();
        Some(format!("{} in the column `{column}` are one number, and one arm", ways.join(" and ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(texts: &[&str]) -> Vec<String> {
        let mut table = Table::default();
        for text in texts {
            table.push(BTreeMap::from([("wd".to_owned(), (*text).to_owned())]));
        }
        let spellings = Spellings::of(&table, "wd");
        texts.iter().map(|text| spellings.written(text)).collect()
    }

    #[test]
    fn names_that_look_like_numbers_stay_names() {
        for (text, name) in [
            ("007", "007"),
            ("0.10", "0.1"),
            ("1e-1", "0.1"),
            ("0.10000000000000001", "0.1"),
            ("9007199254740993", "9007199254740993"),
            ("9007199254740993.0", "9007199254740993.0"),
            ("-0.5", "-0.5"),
            ("0", "0"),
        ] {
            assert_eq!(normal(text), name);
        }
    }

    #[test]
    fn there_is_one_zero() {
        assert_eq!(written(&["0", "-0.0", "-0", "0e3"]), ["0"; 4]);
    }

    #[test]
    fn a_number_of_single_precision_is_the_one_that_it_was_made_of() {
        assert_eq!(written(&["0.1", "0.10000000149011612"]), ["0.1"; 2]);
        assert_eq!(written(&["1e-4", "9.999999747378752e-05"]), ["0.0001"; 2]);
        assert_eq!(written(&["0.10000000149011612"]), ["0.10000000149011612"], "as it stands");
    }

    #[test]
    fn numbers_that_no_rounding_made_stay_apart() {
        let close = ["0.1", "0.100000001"];
        assert_eq!(written(&close), close, "neither is a number of single precision");
        let counts = ["134217728", "134217730"];
        assert_eq!(written(&counts), counts);
        let far = ["0.3", "0.10000000149011612"];
        assert_eq!(written(&far), far);
    }

    #[test]
    fn a_value_is_named_in_any_spelling() {
        for (text, value) in [
            ("0.0", "0"),
            ("-0.0", "0"),
            ("1e-1", "0.1"),
            ("0.10000000149011612", "0.1"),
            ("0.1", "0.10000000149011612"),
            ("adamw", "adamw"),
        ] {
            assert!(is_named(text, value), "{text} {value}");
        }
        assert!(!is_named("7", "007") && !is_named("0.1", "0.100000001"));
    }
}
