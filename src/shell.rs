//! Words of a command line, written so that a shell takes them as they are.

use std::ffi::OsStr;

/// A word or a path, in quotes where it needs them.
pub fn quoted(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref();
    // Quoting fails on a zero byte alone, which an argument cannot hold.
    let plain = word.to_str().and_then(|text| shlex::try_quote(text).ok());
    plain.map_or_else(|| escaped(word.as_encoded_bytes()), |text| text.into_owned())
}

/// Bytes that are no UTF-8, as bash and zsh read them.
fn escaped(bytes: &[u8]) -> String {
    let letter = |byte: &u8| match byte {
        b' '..=b'~' if !b"'\\".contains(byte) => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("$'{}'", bytes.iter().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_only_where_a_shell_would_read_it_otherwise() {
        assert_eq!(quoted("runs/a.toml"), "runs/a.toml");
        assert_eq!(quoted("a b.toml"), "'a b.toml'");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_of_any_bytes_can_be_pasted() {
        use std::os::unix::ffi::OsStringExt;
        let folder = std::ffi::OsString::from_vec(b"f\xff'a\\/s.toml".to_vec());
        assert_eq!(quoted(&folder), r"$'f\xff\x27a\x5c/s.toml'");
    }
}
