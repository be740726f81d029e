//! The command line of this call.

use std::ffi::OsString;

use crate::shell::quoted;

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
    words.map(quoted).collect::<Vec<_>>().join(" ")
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
}
