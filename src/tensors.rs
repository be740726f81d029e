//! Files of tensors as people have them: which files a path stands for, what they hold, and what a file is
//! that is no safetensors file.

mod files;
mod foreign;
mod header;

pub use files::{WeightFile, read_files};
pub use foreign::foreign;
pub use header::{Stored, open};
