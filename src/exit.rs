//! Exit codes: 0 for success, 1 if something failed, 2 if the call, the spec or the data is wrong, 130 if the
//! program was stopped.

use std::any::Any;
use std::fmt;
use std::io::{self, ErrorKind};
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Error, Result, anyhow};

/// Marks an error as the caller's: an argument, a spec or data that is wrong.
#[derive(Debug)]
struct Usage(Error);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Usage {}

/// The user stopped the program before its end.
#[derive(Debug)]
pub struct Stopped {
    /// How far it came, and how to resume.
    pub message: String,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Stopped {}

/// Marks an error as the caller's, unless it is the machine's: neither a full disk nor a stop is a mistake of a call.
///
/// # Errors
/// The same, marked.
pub fn usage<T>(result: Result<T>) -> Result<T> {
    let is_other =
        |cause: &(dyn std::error::Error + 'static)| is_of_machine(cause) || cause.is::<Stopped>();
    result.map_err(|error| match error.chain().any(is_other) {
        true => error,
        false => Error::new(Usage(error)),
    })
}

fn is_of_machine(cause: &(dyn std::error::Error + 'static)) -> bool {
    use ErrorKind::{FileTooLarge, OutOfMemory, QuotaExceeded, StorageFull};
    let of_machine = [FileTooLarge, OutOfMemory, QuotaExceeded, StorageFull];
    let error = cause.downcast_ref::<io::Error>();
    error.is_some_and(|error| of_machine.contains(&error.kind()))
}

/// Runs the program. Where it panics because the system lets it start no thread, as a pool that is made when it is first
/// needed does, that is an error.
///
/// # Errors
/// Those of `run`, and that.
pub fn with_threads(run: impl FnOnce() -> Result<()>) -> Result<()> {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !is_of_threads(panic.payload()) {
            before(panic);
        }
    }));
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        match is_of_threads(&*panic) {
            true => Err(anyhow!(
                "cannot start a thread: the system allows this program no more threads or memory (`ulimit -u`, `ulimit -v`)"
            )),
            false => panic::resume_unwind(panic),
        }
    })
}

/// Whether a panic is that of the standard library or of a pool that cannot start a thread.
fn is_of_threads(panic: &(dyn Any + Send)) -> bool {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    ["failed to spawn thread", "thread pool has not been initialized"]
        .iter()
        .any(|known| text.contains(known))
}

/// The exit code of an error.
pub fn code(error: &Error) -> u8 {
    if error.chain().any(|cause| cause.is::<Usage>()) {
        2
    } else if error.chain().any(|cause| cause.is::<Stopped>()) {
        130
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn a_thread_that_cannot_be_started_is_an_error() {
        let error = with_threads(|| panic!("failed to spawn thread: Os {{ code: 11 }}"));
        let error = error.unwrap_err();
        assert_eq!(code(&error), 1);
        assert!(error.to_string().contains("no more threads"), "{error}");
        with_threads(|| Ok(())).unwrap();
    }

    #[test]
    fn a_full_disk_is_no_mistake_of_a_call() {
        let code_of = |error: Error| code(&usage(Err::<(), _>(error)).unwrap_err());
        assert_eq!(code_of(anyhow!("no such arm")), 2);
        for (kind, expected) in [
            (ErrorKind::NotFound, 2),
            (ErrorKind::PermissionDenied, 2),
            (ErrorKind::StorageFull, 1),
            (ErrorKind::FileTooLarge, 1),
        ] {
            let failed: Result<(), _> = Err(io::Error::from(kind));
            assert_eq!(code_of(failed.context("cannot write train.bin").unwrap_err()), expected);
        }
    }
}
