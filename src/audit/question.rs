use std::path::Path;

use anyhow::{Result, ensure};

use super::expected::Expected;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub before: &'a Path,
    pub after: &'a Path,
    /// The learning rate of that step.
    pub lr: Option<f64>,
    /// What the trainer should do.
    pub expected: Expected,
}

impl Question<'_> {
    /// Whether it can be answered at all.
    ///
    /// # Errors
    /// What is missing, or the file that stands for both.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.expected.weight_decay.is_none() || self.lr.is_some(),
            "an expected λ is held against 1 − factor over the learning rate of the step; give --lr"
        );
        let same = self.before.canonicalize().ok().zip(self.after.canonicalize().ok());
        ensure!(
            same.is_none_or(|(before, after)| before != after),
            "BEFORE and AFTER are both {}; expected the weights before a step and those after it, in two files",
            self.before.display()
        );
        Ok(())
    }
}
