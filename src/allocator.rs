//! What mimalloc, the program's allocator, does with memory that is freed.

use std::ffi::c_int;

use libmimalloc_sys::mi_option_set;

/// `mi_option_purge_delay`, which the bindings leave out: milliseconds until freed memory goes back to the system.
const PURGE_DELAY: c_int = 15;

/// From now on the process keeps what it frees. A large model's buffers come back every step; given to the system in
/// between, their pages are cleared each time, which takes up to a seventh of a step. For processes that train, before
/// they start threads.
pub fn keep_what_is_freed() {
    // SAFETY: it sets a number; that this is not done while other threads read it is what the documentation asks for.
    unsafe { mi_option_set(PURGE_DELAY, -1) };
}

#[cfg(test)]
mod tests {
    use libmimalloc_sys::mi_option_get;

    use super::*;

    /// In a process of its own, whose environment names the option.
    #[test]
    fn the_option_is_the_one_that_the_allocator_calls_purge_delay() {
        const GIVEN: &str = "MIMALLOC_PURGE_DELAY";
        if std::env::var_os(GIVEN).is_none() {
            let name = std::thread::current().name().unwrap().to_owned();
            let again = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", &name])
                .env(GIVEN, "77")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&again.stdout);
            assert!(again.status.success() && said.contains("1 passed"), "{said}");
            return;
        }
        let value = || {
            // SAFETY: it reads a number.
            unsafe { mi_option_get(PURGE_DELAY) }
        };
        assert_eq!(value(), 77);
        keep_what_is_freed();
        assert_eq!(value(), -1);
    }
}
