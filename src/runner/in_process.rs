use anyhow::Result;

use super::{Executor, Outcome, Tell, Workplace};
use crate::config::RunConfig;

/// Trains in this process.
pub struct InProcess<'a>(pub Workplace<'a>);

impl Executor for InProcess<'_> {
    fn carry_out(&self, lanes: &[RunConfig], tell: &mut dyn Tell) -> Result<Vec<Outcome>> {
        Ok(self.0.carry_out(lanes, tell))
    }
}
