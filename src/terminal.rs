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

/// Leaves the terminal whole where the program panics.
pub fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        before(panic);
    }));
}
