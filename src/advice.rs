//! What published rules for λ say of a run that somebody is about to train, what the λ that it has amounts to, and
//! the same decay as other programs write it.

mod config_file;
mod equivalents;
mod expression;
mod fit;
mod hindsight;
mod keys;
mod question;
mod rules;
mod run;
mod trainers;
mod units;

pub use config_file::read_config;
pub use equivalents::{Equivalent, Kept, equivalents};
pub use fit::WhyNot;
pub use hindsight::{Hindsight, Kind, Reading};
pub use question::{Question, question};
pub use rules::{Said, ask, speaking, spread};
pub use run::{BaseRun, LearningRate, Run, RunFields, WSD_FALL};

#[cfg(test)]
mod tests;
