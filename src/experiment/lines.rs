//! Where in its file a key of a spec stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The line of a key such as `arm.0.lr`, counted from 1.
pub fn find(text: &str, place: &str) -> Option<usize> {
    let spec = DeTable::parse(text).ok()?;
    let (mut table, mut line) = (spec.get_ref(), None);
    let mut names = place.split('.');
    while let Some(name) = names.next() {
        let (key, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
        line = Some(line_at(text, key.span().start));
        table = match value.get_ref() {
            DeValue::Table(inner) => inner,
            DeValue::Array(list) => match element(list.iter(), names.next()) {
                Some(inner) => inner,
                None => return line,
            },
            _ => return line,
        };
    }
    line
}

fn element<'a, 'i: 'a>(
    mut list: impl Iterator<Item = &'a Spanned<DeValue<'i>>>,
    index: Option<&str>,
) -> Option<&'a DeTable<'i>> {
    match list.nth(index?.parse().ok()?)?.get_ref() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_tables_and_in_lists_of_tables() {
        let text = "name = 'a'\n[train]\nlr = 1\n\n[[arm]]\nform = 'l2'\n[[arm]]\nlr = [1]\n";
        let lines = [("name", Some(1)), ("train.lr", Some(3)), ("arm.1.lr", Some(8)), ("x", None)];
        for (place, line) in lines {
            assert_eq!(find(text, place), line, "{place}");
        }
    }
}
