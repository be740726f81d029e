//! The keys of the terminal while runs train: `q` does what Ctrl-C does. Keys arrive one by one meanwhile,
//! and however the program ends, the terminal is left as it was found.

#[cfg(unix)]
mod keys;

#[cfg(unix)]
pub use keys::{Keys, restore};

#[cfg(not(unix))]
mod none {
    /// Nothing: only Ctrl-C stops here.
    pub struct Keys;

    impl Keys {
        pub fn listen() -> Option<Self> {
            None
        }
    }

    pub fn restore() {}
}

#[cfg(not(unix))]
pub use none::{Keys, restore};

/// Columns of the terminal that stdout is; `None` where it is none.
pub fn columns() -> Option<usize> {
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
        (size.ws_col > 0).then_some(size.ws_col.into())
    }
    #[cfg(not(unix))]
    None
}

/// Whether the locale's characters are Unicode.
pub fn is_unicode() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let locale = locale.to_lowercase();
    cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")
}

/// Leaves the terminal whole where the program panics.
pub fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        before(panic);
    }));
}
