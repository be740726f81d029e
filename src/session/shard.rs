//! One part of a plan, on one of several machines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, ensure};

use super::texts::Texts;
use super::{Inputs, Options, Request, Session, Work, held, local, planned};
use crate::cluster::slurm::requeue_this_task;
use crate::cluster::snapshot::{Frozen, Program};
use crate::config::InitialWeights;
use crate::exit::usage;
use crate::experiment::shards::{Shard, deal};
use crate::runner::Pending;
use crate::signals;
use crate::talk::say;

/// What a shard trains and with what.
struct Part {
    work: Work,
    texts: Texts,
    initial: Option<InitialWeights>,
    options: Options,
    /// The whole plan, unless it was told when the sweep was frozen.
    inputs: Option<Inputs>,
}

/// Trains one part of a plan: of a spec, or of a sweep that was frozen for a cluster.
///
/// # Errors
/// A spec that is wrong, a run that failed, or a stop before the end.
pub fn sweep(request: &Request, options: Options, shard: Shard, fail_fast: bool) -> Result<()> {
    let frozen = Frozen::is_at(&request.spec);
    let part = match frozen {
        true => part_of_frozen(request, options, shard)?,
        false => part_of_spec(request, options, shard)?,
    };
    if part.work.runs.is_empty() {
        if !part.options.quiet {
            say(&format!("shard {shard} has no runs"));
        }
        return Ok(());
    }
    part.options.check_device()?;
    let held = part.inputs.as_ref().map(|inputs| held::take(inputs, &part.options.out));
    let _held = held.transpose()?;
    let session = Session::start(part.work, part.options)?;
    if let Some(inputs) = &part.inputs {
        planned::tell(inputs, &session.options.out)?;
    }
    let warned = listen_to_warnings(&session)?;
    let before = steps_left(&session.pending());
    let result = local::train(&session, &part.texts, part.initial, fail_fast)?;
    if frozen && result.stopped && warned.load(Ordering::Relaxed) {
        let after = steps_left(&session.look_again().pending());
        ensure!(after < before, "the time limit leaves no time for a step and a checkpoint");
        session.say("the time limit is near: queued again, to resume from this checkpoint");
        return requeue_this_task();
    }
    session.conclude(result)
}

fn part_of_spec(request: &Request, options: Options, shard: Shard) -> Result<Part> {
    let inputs = Inputs::planned(request, &options.out)?;
    let mut work = Work::of(&inputs);
    work.name = format!("{} {shard}", work.name);
    work.runs = deal(&work.runs, shard.count).swap_remove(shard.number - 1);
    let texts = Texts::of(&inputs, !work.runs.is_empty());
    Ok(Part { work, texts, initial: request.init.clone(), options, inputs: Some(inputs) })
}

fn part_of_frozen(request: &Request, options: Options, shard: Shard) -> Result<Part> {
    let frozen = usage(Frozen::open(&request.spec))?;
    frozen.check_program(&Program::this()?)?;
    let runs = usage(frozen.shard(shard))?;
    let contents = &frozen.contents;
    let Options { quiet, plain, verbose, .. } = options;
    let options = Options { quiet, plain, verbose, ..Options::of_frozen(&frozen) };
    let texts = Texts::unread(contents.source.clone(), &runs);
    let work = Work { name: format!("{} {shard}", contents.name), runs, notes: Vec::new() };
    Ok(Part { work, texts, initial: contents.init(), options, inputs: None })
}

/// Stops when Slurm warns of the time limit; the flag says that it did.
fn listen_to_warnings(session: &Session) -> Result<Arc<AtomicBool>> {
    let came = Arc::new(AtomicBool::new(false));
    let (flag, stop) = (Arc::clone(&came), session.stop.clone());
    signals::on_warning(move || {
        flag.store(true, Ordering::Relaxed);
        stop.request();
    })?;
    Ok(came)
}

fn steps_left(pending: &[Pending]) -> usize {
    pending.iter().map(Pending::steps_left).sum()
}
