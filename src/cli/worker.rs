use anyhow::Result;
use burn::train::Interrupter;

use crate::runner::serve;
use crate::signals;

#[derive(clap::Args, Debug)]
pub struct Args {}

pub fn run(_args: Args) -> Result<()> {
    let interrupter = Interrupter::new();
    let stopped = interrupter.clone();
    signals::on_stop(move || stopped.stop(Some("stopped by a signal")))?;
    // A warning is for the process that started this one, which then stops it.
    signals::on_warning(|| {})?;
    serve(&interrupter)
}
