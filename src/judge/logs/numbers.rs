//! Numbers as lines of a log write them.

/// The number at the beginning of a text, after `:`, `=` or blanks, and what goes on behind a comma at once: thousands,
/// or the decimals of a decimal comma.
pub fn number_at(text: &str) -> Option<(&str, &str)> {
    let after = text.trim_start_matches([':', '=', ' ', '\t']);
    let is_apart = after.len() < text.len();
    let (number, rest) = after.split_at(word_end(after));
    let number = number.trim_end_matches('.');
    let is_number = number.parse::<f64>().is_ok();
    (is_apart && is_number).then(|| (number, behind_commas(rest)))
}

fn word_end(text: &str) -> usize {
    let is_of_number = |one: char| one.is_ascii_alphanumeric() || "+-._".contains(one);
    text.find(|one: char| !is_of_number(one)).unwrap_or(text.len())
}

/// The parts of a number that a text goes on with, a comma before each.
fn behind_commas(text: &str) -> &str {
    let mut end = 0;
    while let Some(after) =
        text[end..].strip_prefix(',').filter(|after| after.starts_with(is_digit))
    {
        end += 1 + word_end(after);
    }
    text[..end].trim_end_matches('.')
}

/// A whole number with its groups of thousands; `None` for a decimal comma.
pub fn with_thousands((first, groups): (&str, &str)) -> Option<String> {
    if groups.is_empty() {
        return Some(first.to_owned());
    }
    let is_whole = first.len() <= 3 && !first.starts_with('0') && first.chars().all(is_digit);
    let is_group = |group: &str| group.len() == 3 && group.chars().all(is_digit);
    let are_thousands = is_whole && groups.split(',').skip(1).all(is_group);
    are_thousands.then(|| format!("{first}{}", groups.replace(',', "")))
}

fn is_digit(one: char) -> bool {
    one.is_ascii_digit()
}
