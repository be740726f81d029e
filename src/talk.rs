//! stderr: what people should know. Nothing depends on it: where nobody listens any more, work goes on.

use std::io::Write;

/// Says a line. A reader that has gone, or a full device, is no error.
pub fn say(text: &str) {
    ask(&format!("{text}\n"));
}

/// Says something that an answer follows on the same line.
pub fn ask(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
