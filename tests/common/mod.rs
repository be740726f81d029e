//! Runs the built binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a call of `wane` printed and how it ended.
pub struct Call {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A call of `wane` from the project's folder.
pub fn command<S: AsRef<str>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wane"));
    command
        .args(arguments.iter().map(AsRef::as_ref))
        .current_dir(project())
        .env("NO_COLOR", "1")
        .env("WANE_CACHE", env!("CARGO_TARGET_TMPDIR"))
        // Tuning GPU kernels takes minutes on a software adapter.
        .env("CUBECL_AUTOTUNE_LEVEL", "minimal");
    command
}

/// Calls `wane` from the project's folder.
pub fn wane<S: AsRef<str>>(arguments: &[S]) -> Call {
    Call::from(command(arguments).output().expect("the binary starts"))
}

/// Calls `wane` and expects success.
pub fn wane_ok<S: AsRef<str>>(arguments: &[S]) -> Call {
    let call = wane(arguments);
    assert_eq!(call.code, Some(0), "{}\n{}", call.stdout, call.stderr);
    call
}

impl From<Output> for Call {
    fn from(output: Output) -> Self {
        Call {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }
}

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the tests.
pub fn fixture(name: &str) -> PathBuf {
    project().join("tests/fixtures").join(name)
}

/// Text of a path.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}

/// Rows of a CSV file as maps from column to value.
pub fn rows(path: &Path) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader =
        csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(|row| row.expect("the row is well-formed")).collect()
}
