//! Variables of a shell, as whole words.

use crate::advice::keys::Keys;

/// A variable that is a word and nothing else.
pub struct Variable<'a> {
    pub name: &'a str,
    /// What `${NAME:-value}` has where nothing was assigned.
    otherwise: Option<&'a str>,
}

impl<'a> Variable<'a> {
    /// `$NAME`, `${NAME}`, `${NAME[@]}` or `${NAME:-value}`, in quotes or without.
    pub fn of(word: &'a str) -> Option<Self> {
        let bare = unquoted(word).strip_prefix('$')?;
        let Some(inside) = bare.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            return Some(Variable { name: bare, otherwise: None });
        };
        let end = inside.find([':', '-', '=', '[']).unwrap_or(inside.len());
        let (name, rest) = inside.split_at(end);
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        Some(Variable { name, otherwise: rest.strip_prefix(['-', '=']).map(unquoted) })
    }
}

/// What a word has: its variable's value, or the one that the script has for a variable that nobody set.
pub fn resolved<'a>(word: &'a str, keys: &'a Keys) -> &'a str {
    let word = unquoted(word);
    let value = Variable::of(word).and_then(|one| keys.value(one.name)).unwrap_or(word);
    // `NAME=${1:-value}` is assigned as it is written.
    Variable::of(value).and_then(|one| one.otherwise).unwrap_or(value)
}

/// A word without the quotation marks around it.
pub fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_what_its_variable_was_assigned_or_has_otherwise() {
        let keys: Keys = [("A", "a.yaml"), ("B", "${1:-b.yaml}")].into_iter().collect();
        for (word, value) in [
            ("$A", "a.yaml"),
            ("\"${A}\"", "a.yaml"),
            ("${A[@]}", "a.yaml"),
            ("${A:-c.yaml}", "a.yaml"),
            ("$B", "b.yaml"),
            ("${C:-c.yaml}", "c.yaml"),
            ("${C-\"c.yaml\"}", "c.yaml"),
            ("${C:=c-d.yaml}", "c-d.yaml"),
            ("$C", "$C"),
            ("${A}/a.yaml", "${A}/a.yaml"),
            ("A", "A"),
        ] {
            assert_eq!(resolved(word, &keys), value, "{word}");
        }
    }
}
