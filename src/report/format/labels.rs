//! Numbers that people chose, such as λ: as short as tells them apart.

use std::collections::HashMap;

/// Digits up to which a number is shown as it is, and digits of a longer one.
const WHOLE: usize = 6;
const SHORT: usize = 4;

/// A number as people read it: as it is up to six digits, else rounded to four; with an exponent where
/// that is shorter.
pub fn number(value: f64) -> String {
    rounded(value, first_digits(value))
}

/// A number with all its digits, with an exponent where that is shorter.
pub fn exact(value: f64) -> String {
    rounded(value, all_digits(value))
}

/// [`number`] of each; with more digits where two that differ would look the same.
pub fn labels(values: &[f64]) -> Vec<String> {
    let mut digits: Vec<usize> = values.iter().copied().map(first_digits).collect();
    loop {
        let labels: Vec<String> =
            values.iter().zip(&digits).map(|(value, digits)| rounded(*value, *digits)).collect();
        let alike = alike(values, &labels);
        let has_more = |index: &usize| digits[*index] < all_digits(values[*index]);
        let more: Vec<usize> = alike.into_iter().filter(has_more).collect();
        if more.is_empty() {
            return labels;
        }
        more.into_iter().for_each(|index| digits[index] += 1);
    }
}

/// The places of numbers that differ from another of the same label.
fn alike(values: &[f64], labels: &[String]) -> Vec<usize> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, label) in labels.iter().enumerate() {
        places.entry(label).or_default().push(index);
    }
    let differ = |places: &Vec<usize>| places.iter().any(|one| values[*one] != values[places[0]]);
    places.into_values().filter(differ).flatten().collect()
}

fn first_digits(value: f64) -> usize {
    let all = all_digits(value);
    if all <= WHOLE { all } else { SHORT }
}

/// Digits that tell a number from every other.
fn all_digits(value: f64) -> usize {
    let shortest = format!("{value:e}");
    let mantissa = shortest.split('e').next().unwrap_or_default();
    mantissa.chars().filter(char::is_ascii_digit).count().max(1)
}

fn rounded(value: f64, digits: usize) -> String {
    let scientific = format!("{value:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    match scientific.parse::<f64>() {
        Ok(0.0) => "0".to_owned(),
        Ok(rounded) if (1e-4..1e6).contains(&rounded.abs()) => rounded.to_string(),
        _ if mantissa.contains('.') => {
            format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => scientific,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_is_as_it_was_written_or_short() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (0.00025, "0.00025"),
            (1e-5, "1e-5"),
            (0.122_253_866_209_483_97, "0.1223"),
            (1e300, "1e300"),
            (f64::MAX, "1.798e308"),
            (1234.5, "1234.5"),
            (30_000_000.0, "3e7"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn more_digits_are_shown_only_where_two_numbers_would_look_the_same() {
        let near = [0.122_253_866_209_483_97, 0.122_253_9, 0.3, 0.333_333_333_3];
        assert_eq!(labels(&near), ["0.12225387", "0.1222539", "0.3", "0.3333"]);
    }

    proptest! {
        #[test]
        fn distinct_numbers_have_distinct_labels(
            mut values in proptest::collection::vec(prop_oneof![
                proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO,
                1.0..1.000_000_001f64,
                1e-6..1e6f64,
            ], 1..60),
        ) {
            values.sort_by(f64::total_cmp);
            values.dedup();
            let mut labels = labels(&values);
            labels.sort();
            labels.dedup();
            prop_assert_eq!(labels.len(), values.len());
        }

        #[test]
        fn a_number_alone_takes_at_most_twelve_characters(
            value in proptest::num::f64::POSITIVE | proptest::num::f64::NORMAL,
        ) {
            prop_assert!(number(value).len() <= 12, "{}", number(value));
            let error = (number(value).parse::<f64>().unwrap() - value).abs();
            prop_assert!(error <= value.abs() * 6e-4);
        }
    }
}
