use anyhow::Result;

use super::{CohortRunner, Executor, Outcome, Tell};
use crate::config::RunConfig;

/// Trains in this process.
pub struct InProcess<'a>(pub CohortRunner<'a>);

impl Executor for InProcess<'_> {
    fn run_cohort(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Vec<Outcome>> {
        Ok(self.0.run_cohort(lanes, tell))
    }
}
