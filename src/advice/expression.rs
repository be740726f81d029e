//! Arithmetic of numbers, as configuration files in Python and shells have it: `5 * 8`, `2**19`, `6e-4`.

use std::iter::Peekable;
use std::str::Chars;

/// The value of an expression of numbers, names, `+ - * / // **` and parentheses; `None` for anything else.
pub fn value_of(text: &str, named: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
    let mut reader = Reader { rest: text.trim().chars().peekable(), named, depth: 0 };
    let value = reader.sum()?;
    (reader.rest.next().is_none() && value.is_finite()).then_some(value)
}

/// Deeper expressions are nobody's learning rate.
const DEEPEST: usize = 32;

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    named: &'a dyn Fn(&str) -> Option<f64>,
    depth: usize,
}

impl Reader<'_> {
    fn sum(&mut self) -> Option<f64> {
        let mut value = self.product()?;
        loop {
            if self.takes("+") {
                value += self.product()?;
            } else if self.takes("-") {
                value -= self.product()?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<f64> {
        let mut value = self.signed()?;
        loop {
            if self.takes("//") {
                value = (value / self.signed()?).floor();
            } else if self.takes("*") {
                value *= self.signed()?;
            } else if self.takes("/") {
                value /= self.signed()?;
            } else {
                return Some(value);
            }
        }
    }

    fn signed(&mut self) -> Option<f64> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = if self.takes("-") { -self.signed()? } else { self.power()? };
        self.depth -= 1;
        Some(value)
    }

    /// A power binds closer than the sign before it, and its exponent may have one.
    fn power(&mut self) -> Option<f64> {
        let value = self.grouped()?;
        if self.takes("**") { Some(value.powf(self.signed()?)) } else { Some(value) }
    }

    fn grouped(&mut self) -> Option<f64> {
        if self.takes("(") {
            let value = self.sum()?;
            return self.takes(")").then_some(value);
        }
        self.atom()
    }

    fn atom(&mut self) -> Option<f64> {
        self.skip_spaces();
        let mut word = String::new();
        while let Some(next) = self.rest.peek().copied() {
            let is_exponents_sign = matches!(next, '+' | '-')
                && word.starts_with(|first: char| first.is_ascii_digit() || first == '.')
                && word.ends_with(['e', 'E']);
            if !(next.is_alphanumeric() || matches!(next, '_' | '.') || is_exponents_sign) {
                break;
            }
            word.push(next);
            self.rest.next();
        }
        let number =
            word.replace('_', "").parse().ok().filter(|_| !word.starts_with(char::is_alphabetic));
        number.or_else(|| (self.named)(&word))
    }

    /// Takes an operator, unless it is the start of a longer one.
    fn takes(&mut self, operator: &str) -> bool {
        self.skip_spaces();
        let mut ahead = self.rest.clone();
        if !operator.chars().all(|one| ahead.next() == Some(one)) {
            return false;
        }
        if operator == "*" && ahead.peek() == Some(&'*') {
            return false;
        }
        self.rest = ahead;
        true
    }

    fn skip_spaces(&mut self) {
        while self.rest.next_if(|next| next.is_whitespace()).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_their_arithmetic_are_read_and_nothing_else_is() {
        let of = |text: &str| value_of(text, &|name| (name == "eight").then_some(8.0));
        for (text, value) in [
            ("6e-4", 6e-4),
            ("5 * eight", 40.0),
            ("2**19", 524_288.0),
            ("600_000", 600_000.0),
            ("12 * (1024 + 1) // 2 - 1", 6149.0),
            ("-1e+2", -100.0),
            ("2 * 3 ** 2", 18.0),
            ("7 / 2", 3.5),
            ("-2**2", -4.0),
            ("2**-1", 0.5),
        ] {
            assert_eq!(of(text), Some(value), "{text}");
        }
        for text in [
            "",
            "True",
            "nine",
            "1 +",
            "os.system('x')",
            "(1",
            "1 2",
            "1/0",
            "\"0.1\"",
            "nan",
            "inf",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
        for deep in ["(", "-", "2**"] {
            assert_eq!(of(&deep.repeat(100_000)), None);
        }
    }
}
