//! Numbers as people read them.

mod labels;

use indicatif::HumanCount;

use crate::config::{Form, to_digits};
use crate::stats::Estimate;

pub use labels::{exact, labels, number};

/// From here on a number is shown with an exponent: no outlier fills a line.
const LARGE: f64 = 1e6;

/// Stands where there is no number.
pub const MISSING: &str = "–";

/// Below it a number has more zeros than a reader counts.
const SMALL: f64 = 1e-4;

/// Nothing is counted beyond this.
const LARGEST_COUNT: f64 = 1e15;

/// A number with this many decimals: below 0 with the sign of [`signed`], and what rounds to 0 without.
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = match value.abs() < LARGE {
        true => format!("{value:.decimals$}"),
        false => format!("{value:.2e}"),
    };
    let is_zero = !text.contains(|digit: char| ('1'..='9').contains(&digit));
    match text.strip_prefix('-') {
        Some(size) if is_zero => size.to_owned(),
        Some(size) => format!("−{size}"),
        None => text,
    }
}

/// The same; empty where there is none.
pub fn fixed_or_empty(value: Option<f64>, decimals: usize) -> String {
    value.map_or(String::new(), |value| fixed(value, decimals))
}

/// A number with its sign: `+0.100`, `−0.100`.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = match value.abs() < LARGE {
        true => format!("{value:+.decimals$}"),
        false => format!("{value:+.2e}"),
    };
    text.replace('-', "−")
}

/// A mean with its interval: `1.500 ± 0.020`; [`MISSING`] where there is none.
pub fn mean(estimate: Option<Estimate>, decimals: usize) -> String {
    let shown = estimate.map(|one| with_half(fixed(one.mean, decimals), one.half_width, decimals));
    shown.unwrap_or(MISSING.to_owned())
}

/// A mean difference with its sign and interval: `−0.100 ± 0.020`; [`MISSING`] where there is none.
pub fn difference(estimate: Option<Estimate>, decimals: usize) -> String {
    let shown = estimate.map(|one| with_half(signed(one.mean, decimals), one.half_width, decimals));
    shown.unwrap_or(MISSING.to_owned())
}

/// An interval: `[−0.098, −0.010]`; an end that is not known is left open.
pub fn interval([low, high]: [f64; 2], decimals: usize) -> String {
    let end = |value: f64| match value.is_finite() {
        true => signed(value, decimals),
        false => "?".to_owned(),
    };
    format!("[{}, {}]", end(low), end(high))
}

/// A number with half the width of its interval, where that is known.
pub fn with_half(number: String, half_width: Option<f64>, decimals: usize) -> String {
    match half_width {
        Some(half) => format!("{number} ± {}", fixed(half, decimals)),
        None => number,
    }
}

/// A measured number to the first digit of its uncertainty: `0.1000 ± 0.0001`, `3.000e-5 ± 3e-8`.
pub fn with_error(value: f64, error: f64) -> String {
    let exponent = |number: f64| number.abs().max(f64::MIN_POSITIVE).log10().floor() as i32;
    let (large, small) = (exponent(value), exponent(error));
    if (-3..6).contains(&large) {
        let decimals = (-small).clamp(0, 15) as usize;
        return format!("{value:.decimals$} ± {error:.decimals$}");
    }
    let digits = (large - small).clamp(0, 15) as usize;
    format!("{value:.digits$e} ± {error:.0e}")
}

/// p to the precision that anyone should read: `p = 0.025`.
pub fn p(p: f64) -> String {
    match p {
        p if p < 0.0001 => "p < 0.0001".to_owned(),
        p if p < 0.01 => format!("p = {p:.4}"),
        p if p < 0.1 => format!("p = {p:.3}"),
        p => format!("p = {p:.2}"),
    }
}

/// λ; the form without one is named by what it decays with.
pub fn lambda(form: Form, weight_decay: Option<f64>) -> String {
    match weight_decay {
        Some(value) => number(value),
        None if form == Form::LrPower => "lr²".to_owned(),
        None => MISSING.to_owned(),
    }
}

/// A number as it is; [`MISSING`] where there is none.
pub fn or_missing(value: Option<f64>) -> String {
    value.map_or(MISSING.to_owned(), |value| value.to_string())
}

/// A whole number with its thousands apart: `255,000`.
pub fn count(value: usize) -> String {
    HumanCount(value as u64).to_string()
}

/// A whole number with its commas, or to three digits where that is no number of anything.
pub fn whole(value: f64) -> String {
    if value < LARGEST_COUNT { count(value.round() as usize) } else { three_digits(value) }
}

/// A size to three digits with a letter: `610M`, `12.2B`.
pub fn magnitude(value: f64) -> String {
    let units = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
    // 999.9M to three digits is 1B.
    let shown = to_digits(value, 3);
    match units.iter().find(|(unit, _)| shown >= *unit) {
        Some((unit, letter)) => format!("{}{letter}", three_digits(value / unit)),
        None => three_digits(value),
    }
}

/// A positive number to three digits.
pub fn three_digits(value: f64) -> String {
    if value >= LARGE || (value > 0.0 && value < SMALL) {
        return number(to_digits(value, 3));
    }
    let decimals = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
    let text = fixed(value, decimals);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.27628, "0.276"),
            (4.1, "4.1"),
            (19.84, "19.8"),
            (166_666.7, "166667"),
            (3e7, "3e7"),
            (0.00843, "0.00843"),
            (0.000_123_4, "0.000123"),
            (6.18e-6, "6.18e-6"),
            (1e-7, "1e-7"),
            (4.995e-8, "5e-8"),
        ] {
            assert_eq!(three_digits(value), text);
        }
    }

    #[test]
    fn a_size_has_the_letter_that_its_digits_ask_for() {
        for (value, text) in [
            (610e6, "610M"),
            (12.24e9, "12.2B"),
            (999.4e6, "999M"),
            (999.9e6, "1B"),
            (999.7e9, "1T"),
            (999.7, "1k"),
            (999.4, "999"),
            (0.0, "0"),
        ] {
            assert_eq!(magnitude(value), text);
        }
    }

    #[test]
    fn outliers_take_no_more_room_than_other_numbers() {
        assert_eq!(fixed(31_234_567.0, 3), "3.12e7");
        assert_eq!(signed(-1e300, 4), "−1.00e300");
        assert_eq!(fixed(999.5, 1), "999.5");
    }

    #[test]
    fn a_measured_number_ends_where_its_uncertainty_starts() {
        for (value, error, text) in [
            (0.1, 1e-4, "0.1000 ± 0.0001"),
            (3e-5, 3e-8, "3.000e-5 ± 3e-8"),
            (-0.5, 0.02, "-0.50 ± 0.02"),
            (1.0, 30.0, "1 ± 30"),
            (0.0, 0.0, "0e0 ± 0e0"),
        ] {
            assert_eq!(with_error(value, error), text);
        }
    }

    #[test]
    fn differences_have_a_sign_and_sizes_have_none() {
        let estimate = Estimate { mean: -0.1, sd: None, half_width: Some(0.02), n: 3 };
        assert_eq!(difference(Some(estimate), 3), "−0.100 ± 0.020");
        assert_eq!(mean(Some(Estimate { half_width: None, ..estimate }), 1), "−0.1");
        assert_eq!(
            [-0.1, -0.00001, 0.00001].map(|one| fixed(one, 4)),
            ["−0.1000", "0.0000", "0.0000"]
        );
        assert_eq!(difference(None, 3), MISSING);
    }

    #[test]
    fn a_missing_coefficient_is_that_of_the_form_without_one_or_none() {
        assert_eq!(lambda(Form::AdamW, Some(0.1)), "0.1");
        assert_eq!(lambda(Form::LrPower, None), "lr²");
        assert_eq!(lambda(Form::None, None), "–");
    }
}
