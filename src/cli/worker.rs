use anyhow::Result;
use burn::train::Interrupter;

use crate::runner::serve;
use crate::{allocator, signals};

#[derive(clap::Args, Debug)]
pub struct Args {}

pub fn run(_args: Args) -> Result<()> {
    allocator::keep_what_is_freed();
    let interrupter = Interrupter::new();
    let stopped = interrupter.clone();
    signals::on_stop(move || stopped.stop(Some("stopped by a signal")))?;
    // Slurm warns every process of a task; the one that started this one will stop it.
    signals::on_warning(|| {})?;
    serve(&interrupter)
}
