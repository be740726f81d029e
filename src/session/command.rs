//! The command line of this call.

use std::ffi::{OsStr, OsString};

/// For records, which hold text alone.
pub fn as_text() -> Vec<String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// This call, ready to be pasted.
pub fn this_call() -> String {
    joined(std::env::args_os())
}

/// What goes on with this call, ready to be pasted.
pub fn to_resume() -> String {
    without_restart(std::env::args_os())
}

/// A command line without the flags that would train finished runs again.
fn without_restart(command: impl Iterator<Item = OsString>) -> String {
    joined(command.filter(|word| word != "--fresh" && word != "--retry-diverged"))
}

fn joined(words: impl Iterator<Item = OsString>) -> String {
    words.map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
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
    fn the_resuming_command_can_be_pasted_and_keeps_what_is_finished() {
        let command = ["wane", "sweep", "a b.toml", "--fresh", "--set", "arm.0.lr=[1,2]"];
        let resuming = without_restart(command.map(OsString::from).into_iter());
        assert_eq!(resuming, "wane sweep 'a b.toml' --set 'arm.0.lr=[1,2]'");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_of_any_bytes_can_be_pasted() {
        use std::os::unix::ffi::OsStringExt;
        let folder = OsString::from_vec(b"f\xff'a\\/s.toml".to_vec());
        assert_eq!(quoted(&folder), r"$'f\xff\x27a\x5c/s.toml'");
    }
}
