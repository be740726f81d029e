//! Ctrl-C, and the signals by which systems stop a program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;
use signal_hook::low_level::{exit, register};

use crate::terminal;

/// How often to look whether a signal has arrived.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What arrives within this time of the first is the same wish: `timeout` and some schedulers send a signal to a
/// process and then to its whole group.
const SAME_WISH: Duration = Duration::from_millis(500);

/// Lets a write fail that would make a file larger than `ulimit -f` allows, so that its error is told: by itself the
/// system ends the program without a word. Programs that this one starts have it from here.
pub fn survive_limit_of_files() {
    #[cfg(unix)]
    // SAFETY: ignoring a signal is allowed at any time, and replaces no handler of this program.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN)
    };
}

/// Calls `stop` at the first SIGINT or SIGTERM; a second, later one ends the program with exit code 130.
///
/// # Errors
/// A system that lets no handler be set, or no thread be started.
pub fn on_stop(stop: impl FnOnce() + Send + 'static) -> Result<()> {
    let (came, again) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    for signal in [SIGINT, SIGTERM] {
        register_quit(signal, Arc::clone(&again))
            .and_then(|()| flag::register(signal, Arc::clone(&came)).map(drop))
            .context("cannot listen to signals")?;
    }
    call_once_set(came, move || {
        stop();
        std::thread::sleep(SAME_WISH);
        again.store(true, Ordering::Relaxed);
    })
}

/// Ends the program at a signal, once that is what one means.
fn register_quit(signal: i32, again: Arc<AtomicBool>) -> std::io::Result<()> {
    let quit = move || {
        if again.load(Ordering::Relaxed) {
            terminal::restore();
            exit(130);
        }
    };
    // SAFETY: loading an atomic, setting the attributes of a terminal and this `exit` are allowed in a
    // handler.
    unsafe { register(signal, quit) }.map(drop)
}

/// Calls `warned` at the first SIGUSR1, by which Slurm warns of a time limit.
///
/// # Errors
/// A system that lets no handler be set, or no thread be started.
pub fn on_warning(warned: impl FnOnce() + Send + 'static) -> Result<()> {
    let came = Arc::new(AtomicBool::new(false));
    flag::register(SIGUSR1, Arc::clone(&came)).context("cannot listen to signals")?;
    call_once_set(came, warned)
}

fn call_once_set(came: Arc<AtomicBool>, act: impl FnOnce() + Send + 'static) -> Result<()> {
    let wait = move || {
        while !came.load(Ordering::Relaxed) {
            std::thread::sleep(POLL_INTERVAL);
        }
        act();
    };
    let started = std::thread::Builder::new().spawn(wait);
    started
        .map(drop)
        .context("cannot listen to signals: the system allows no more threads or memory")
}
