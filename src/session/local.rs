//! A sweep on this machine.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::saving::note_without_best;
use super::texts::Texts;
use super::{Inputs, Options, Print, Request, Session, hold, planned, prepare};
use crate::config::InitialWeights;
use crate::corpus::Source;
use crate::report::words;
use crate::runner::{Assignment, Processes, SweepResult};
use crate::search::runs_of;

/// Trains what is missing of an experiment and presents its results.
///
/// # Errors
/// A spec that is wrong, a run that failed, or a stop before the end.
pub fn sweep(request: &Request, options: Options, fail_fast: bool, print: Print) -> Result<()> {
    let (mut inputs, work) = prepare(request, &options)?;
    options.check_device()?;
    let held = hold(&inputs, &options)?;
    let mut session = Session::start(work, options)?.holding(held);
    planned::tell(&inputs, &session.options.out)?;
    if session.options.keep_best {
        let note = note_without_best(&session.store, &inputs.plan.runs);
        note.iter().for_each(|note| session.say(note));
    }
    let result = match inputs.spec.is_search() {
        true => search(&mut session, &mut inputs, request.init.as_ref(), fail_fast)?,
        false => {
            let texts = Texts::of(&inputs, !session.pending().is_empty());
            train(&session, &texts, request.init.clone(), fail_fast)?
        }
    };
    session.finish(&inputs, result, print)
}

/// Trains what a search asks for, again and again, until it asks for nothing more.
fn search(
    session: &mut Session,
    inputs: &mut Inputs,
    initial: Option<&InitialWeights>,
    fail_fast: bool,
) -> Result<SweepResult> {
    let (expected, mut texts) = (runs_of(&inputs.spec), None);
    loop {
        inputs.follow(&session.options.out)?;
        planned::tell(inputs, &session.options.out)?;
        session.go_on(&inputs.plan.runs)?;
        inputs.course.iter().flat_map(words::standing).for_each(|line| session.say(&line));
        let pending = session.pending().len();
        if pending == 0 {
            return Ok(SweepResult::default());
        }
        let finished = inputs.plan.runs.len() - pending;
        session.say(&words::left(finished, pending, expected));
        let texts = texts.get_or_insert_with(|| Texts::of(inputs, true));
        let result = train(session, texts, initial.cloned(), fail_fast)?;
        if result != SweepResult::default() {
            return Ok(result);
        }
    }
}

/// Trains what is missing in worker processes of this machine.
pub fn train(
    session: &Session,
    texts: &Texts,
    initial: Option<InitialWeights>,
    fail_fast: bool,
) -> Result<SweepResult> {
    session.check_memory()?;
    let cohorts = session.cohorts();
    if !cohorts.is_empty() {
        // Fail early if there is no adapter, not in every worker.
        session.options.open_device()?;
    }
    let handed = if cohorts.is_empty() { None } else { texts.handed() };
    let executor = processes(session, &texts.source, handed, initial)?;
    let progress = session.progress(&cohorts);
    Ok(session.sweep(&executor, &*progress, fail_fast).run(&cohorts))
}

fn processes(
    session: &Session,
    source: &Source,
    handed: Option<PathBuf>,
    initial: Option<InitialWeights>,
) -> Result<Processes> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let options = &session.options;
    let assignment = Assignment {
        results: options.out.clone(),
        source: source.clone(),
        handed,
        initial,
        backend: options.backend,
        device: options.device.clone(),
        threads: session.layout.threads,
        checkpoint_every: options.checkpoint_every,
        keep_best: options.keep_best,
        provenance: session.provenance.clone(),
        lanes: Vec::new(),
    };
    Ok(Processes::new(program, assignment, session.stop.clone()))
}
