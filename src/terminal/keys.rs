use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::io::read;
use rustix::stdio::stdin;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use signal_hook::consts::{SIGINT, SIGQUIT};
use signal_hook::low_level::{emulate_default_handler, raise, register};

/// How often to look for a key.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The terminal as it was found.
static FOUND: OnceLock<Termios> = OnceLock::new();

/// Listens to keys until it is dropped.
pub struct Keys {
    over: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Keys {
    /// `None` where keys come from no terminal, or are meant for another program.
    pub fn listen() -> Option<Self> {
        let found = tcgetattr(stdin()).ok().filter(|_| in_foreground())?;
        let _ = FOUND.set(found.clone());
        restore_on_quit()?;
        tcsetattr(stdin(), OptionalActions::Now, &one_by_one(found)).ok()?;
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let started = std::thread::Builder::new().spawn(move || listen_until(&ended));
        // Without a thread for them Ctrl-C stops all the same.
        let listener = started.inspect_err(|_| restore()).ok()?;
        Some(Keys { over, listener: Some(listener) })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.listener.take().map(JoinHandle::join);
        restore();
    }
}

/// Leaves the terminal as it was found. May be called in a signal handler.
pub fn restore() {
    if let Some(found) = FOUND.get()
        && in_foreground()
    {
        let _ = tcsetattr(stdin(), OptionalActions::Now, found);
    }
}

/// Keys arrive without a newline and are not shown; Ctrl-C and Ctrl-Z stay signals.
fn one_by_one(found: Termios) -> Termios {
    let mut changed = found;
    changed.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    changed.special_codes[SpecialCodeIndex::VMIN] = 0;
    changed.special_codes[SpecialCodeIndex::VTIME] = 0;
    changed
}

fn listen_until(over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let mut keys = [0; 64];
        // A program in the background that reads from the terminal is stopped by the system.
        let count = if in_foreground() { read(stdin(), &mut keys).unwrap_or(0) } else { 0 };
        if keys[..count].contains(&b'q') {
            let _ = raise(SIGINT);
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// Ctrl-\ ends the program at once, without a destructor.
fn restore_on_quit() -> Option<()> {
    let quit = || {
        restore();
        let _ = emulate_default_handler(SIGQUIT);
    };
    // SAFETY: setting the attributes of a terminal and the default action of a signal are allowed in a
    // handler, and reading a `OnceLock` that is set is one atomic load.
    unsafe { register(SIGQUIT, quit) }.ok().map(drop)
}

/// Whether the terminal's keys are for this program.
fn in_foreground() -> bool {
    // SAFETY: the call takes nothing and cannot fail.
    let own = unsafe { libc::getpgrp() };
    tcgetpgrp(stdin()).is_ok_and(|group| group.as_raw_nonzero().get() == own)
}
