use std::collections::BTreeMap;
use std::io::Write;
use std::process::ChildStdin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::train::Interrupter;

/// Stops a sweep, in this process and in its workers. A worker process stops at the end of its stdin, so
/// also when the process that started it is gone.
#[derive(Clone, Default)]
pub struct Stop {
    interrupter: Interrupter,
    inputs: Arc<Mutex<BTreeMap<u32, ChildStdin>>>,
}

impl Stop {
    /// Every cohort finishes its step and writes a checkpoint.
    pub fn request(&self) {
        self.interrupter.stop(Some("stopped by the user"));
        self.inputs().clear();
    }

    pub fn is_requested(&self) -> bool {
        self.interrupter.should_stop()
    }

    /// For training in this process, which knows Burn's way to stop.
    pub fn interrupter(&self) -> &Interrupter {
        &self.interrupter
    }

    /// Keeps the stdin of a worker process open until it should stop.
    pub(super) fn hold(&self, process: u32, input: ChildStdin) {
        let mut inputs = self.inputs();
        if !self.is_requested() {
            inputs.insert(process, input);
        }
    }

    /// Writes a line to a worker process; one that has stopped gets nothing.
    pub(super) fn send(&self, process: u32, line: &[u8]) {
        if let Some(input) = self.inputs().get_mut(&process) {
            let _ = input.write_all(line).and_then(|()| input.flush());
        }
    }

    /// Forgets a worker process that has ended.
    pub(super) fn release(&self, process: u32) {
        self.inputs().remove(&process);
    }

    fn inputs(&self) -> MutexGuard<'_, BTreeMap<u32, ChildStdin>> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
