//! One call of a subcommand: looks up what is there, trains what is missing, presents the results.

mod again;
mod claim;
pub mod collect;
mod command;
mod course;
mod extend;
mod folder;
mod forecast;
mod held;
mod inputs;
mod levels;
pub mod local;
mod owned;
mod planned;
mod presented;
mod prospect;
mod registered;
mod request;
mod results;
mod saving;
pub mod shard;
pub mod single;
pub mod status;
pub mod submit;
mod texts;

use std::sync::Mutex;

use anyhow::{Result, bail, ensure};

use crate::config::RunConfig;
use crate::exit::{Stopped, usage};
use crate::plural::counted;
use crate::record::Provenance;
use crate::runner::layout::{Layout, Shortage};
use crate::runner::{
    Executor, Pending, Progress, Stop, Sweep, SweepResult, Todo, causes, cohorts, progress,
};
use crate::signals;
use crate::store::Store;
use crate::talk::say;

use held::Held;
use request::hopeless;

pub use command::this_call;
pub use folder::{check_is_there, check_out};
pub use forecast::Forecast;
pub use inputs::Inputs;
pub use prospect::Prospect;
pub use request::{Options, Request};
pub use results::Print;
pub use saving::Saves;

/// What one call trains.
pub struct Work {
    /// Name of the experiment.
    pub name: String,
    pub runs: Vec<RunConfig>,
    /// What people should know about the runs.
    pub notes: Vec<String>,
}

impl Work {
    /// Every run of a plan.
    pub fn of(inputs: &Inputs) -> Self {
        let (name, mut notes) = (inputs.spec.name.clone(), inputs.spec.notes.clone());
        notes.extend(inputs.spec.remarks.iter().cloned());
        notes.extend(inputs.spec.tuned_in_vain_told());
        // Given weights are a place to stop besides the last step.
        let is_fresh = inputs.init.is_none();
        notes.extend(inputs.spec.measured_at_ends_told().filter(|_| is_fresh));
        notes.extend(inputs.notes.iter().cloned());
        notes.extend(inputs.corpus.decided.iter().cloned());
        notes.extend(inputs.corpus.unseen_told());
        notes.extend(inputs.corpus.copied_told());
        notes.extend(inputs.corpus.padding_told());
        notes.extend(inputs.corpus.numbers_told());
        Work { name, runs: inputs.plan.runs.clone(), notes }
    }
}

/// Loads what a request names, under the name that its results get, and makes sure that they may be written.
fn prepare(request: &Request, options: &Options) -> Result<(Inputs, Work)> {
    let mut inputs = Inputs::planned(request, &options.out)?;
    usage(check_search(&inputs, options))?;
    if options.extend {
        extend::rename(&mut inputs);
    }
    let mut work = Work::of(&inputs);
    work.notes.extend(claim::check(&inputs, &options.out, options.replace)?);
    Ok((inputs, work))
}

/// Holds the name of an experiment, and makes sure once more that its results may be written: another call may have
/// written its own before the name was held.
fn hold(inputs: &Inputs, options: &Options) -> Result<Held> {
    let held = held::take(inputs, &options.out)?;
    claim::check(inputs, &options.out, options.replace)?;
    Ok(held)
}

/// Refuses what a search cannot do.
fn check_search(inputs: &Inputs, options: &Options) -> Result<()> {
    ensure!(
        !options.extend || !inputs.spec.is_search(),
        "--extend goes on from given arms, but this spec searches; set train.steps and leave --extend out"
    );
    Ok(())
}

/// One call of a subcommand that trains.
pub struct Session {
    pub options: Options,
    pub layout: Layout,
    /// Of this call, for the runs that it trains.
    pub provenance: Provenance,
    pub store: Store,
    pub stop: Stop,
    runs: Vec<RunConfig>,
    todo: Todo,
    held: Option<Held>,
}

impl Session {
    /// Forgets what the user wants trained again, looks up what is left, listens to Ctrl-C.
    pub fn start(work: Work, options: Options) -> Result<Self> {
        let Work { name, runs, notes } = work;
        let layout = options.layout(&runs)?;
        let store = Store::new(&options.out);
        folder::check(&options.out, &name)?;
        let provenance = options.provenance(layout.workers, command::as_text());
        let todo = again::look_up(&runs, &options, &store, &provenance)?;
        todo.check_readable()?;
        let stop = stop_on_signal(options.quiet)?;
        let session = Session { options, layout, provenance, store, stop, runs, todo, held: None };
        session.say(&format!("{name}: {}", counted(session.runs.len(), "run")));
        session.todo.reasons().iter().for_each(|reason| session.say(reason));
        let others = session.todo.of_other_backends(session.options.backend.name());
        others.iter().for_each(|other| session.say(other));
        notes.iter().for_each(|note| session.say(note));
        Ok(session)
    }

    /// Holds the name of its experiment until it ends.
    pub fn holding(self, held: Held) -> Self {
        Session { held: Some(held), ..self }
    }

    /// Goes on with the runs that a plan has now.
    ///
    /// # Errors
    /// A plan without runs.
    pub fn go_on(&mut self, runs: &[RunConfig]) -> Result<()> {
        self.layout = self.options.layout(runs)?;
        self.todo = Todo::of(runs, &self.store);
        self.runs = runs.to_vec();
        Ok(())
    }

    /// Talks to people, unless they asked for quiet.
    pub fn say(&self, text: &str) {
        if !self.options.quiet {
            say(text);
        }
    }

    /// Compares what training here needs with the memory that there is.
    ///
    /// # Errors
    /// Where even one run is too much.
    pub fn check_memory(&self) -> Result<()> {
        match self.layout.shortage().filter(|_| !self.pending().is_empty()) {
            None => {}
            Some(Shortage::Likely(text)) => {
                self.say(&format!("{text}; fewer --jobs or --lanes need less"));
            }
            Some(Shortage::Hopeless(text)) => return Err(hopeless(&text)),
        }
        Ok(())
    }

    /// Groups what is left into cohorts and announces them.
    pub fn cohorts(&self) -> Vec<Vec<RunConfig>> {
        let cohorts = cohorts(self.pending(), self.layout.lanes, self.layout.workers);
        self.announce(&cohorts);
        cohorts
    }

    fn announce(&self, cohorts: &[Vec<RunConfig>]) {
        let runs: usize = cohorts.iter().map(Vec::len).sum();
        // The longest cohorts come first, not the largest.
        let mut sizes: Vec<usize> = cohorts.iter().map(Vec::len).collect();
        sizes.sort_by_key(|size| std::cmp::Reverse(*size));
        let at_once: usize = sizes.iter().take(self.layout.workers).sum();
        match runs {
            0 => return self.say("nothing left to train"),
            1 => self.say("training 1 run"),
            _ => self.say(&format!("training {runs} runs, {at_once} at a time")),
        }
        if self.options.verbose {
            self.say(&format!("in {}", self.layout.describe(cohorts.len())));
        }
    }

    /// Runs to train.
    pub fn pending(&self) -> Vec<Pending> {
        self.todo.pending()
    }

    /// Shows how far the training of these cohorts is.
    pub fn progress(&self, cohorts: &[Vec<RunConfig>]) -> Box<dyn Progress> {
        let lane_steps = self.pending().iter().map(|run| run.steps_left() as u64).sum();
        progress::for_sweep(cohorts, lane_steps, self.options.shown())
    }

    /// A sweep over what is left.
    pub fn sweep<'a>(
        &'a self,
        executor: &'a dyn Executor,
        progress: &'a dyn Progress,
        fail_fast: bool,
    ) -> Sweep<'a> {
        let (store, stop) = (&self.store, &self.stop);
        let told = Mutex::default();
        Sweep { workers: self.layout.workers, fail_fast, executor, store, progress, stop, told }
    }

    /// Writes an experiment's files from the store, prints what they say, and ends as the sweep did.
    pub fn finish(&self, inputs: &Inputs, result: SweepResult, print: Print) -> Result<()> {
        let (out, call) = (&self.options.out, &self.provenance);
        let presented = self
            .check_own(inputs)
            .and_then(|()| results::present(inputs, out, &self.store, call, print));
        let concluded = self.conclude(result);
        if let (Err(error), Err(_)) = (&presented, &concluded) {
            say(&format!("{error:#}"));
        }
        concluded.and(presented)
    }

    /// Makes sure once more that the results are this call's to write: training takes hours, in which another experiment
    /// may have taken the place.
    fn check_own(&self, inputs: &Inputs) -> Result<()> {
        self.held.as_ref().map_or(Ok(()), Held::check_is_here)?;
        claim::check(inputs, &self.options.out, self.options.replace).map(drop)
    }

    /// Ends as the sweep did.
    pub fn conclude(&self, result: SweepResult) -> Result<()> {
        if !result.failed.is_empty() {
            let causes = result.failed.iter().map(|(id, why)| (id, why.as_str()));
            let (count, runs) = (result.failed.len(), counted(self.runs.len(), "run"));
            bail!("{count} of {runs} failed:{}", indented(&causes::lines("failed", causes)));
        }
        if result.stopped {
            let message = format!(
                "stopped; {} of {} trained. Resume with\n  {}",
                self.look_again().finished(),
                counted(self.runs.len(), "run"),
                command::to_resume()
            );
            return Err(Stopped { message }.into());
        }
        // What had ended before is not trained again, and looking takes as long as reading every curve.
        if self.pending().is_empty() {
            return Ok(());
        }
        check_complete(&self.look_again(), self.runs.len())
    }

    /// What is left now.
    pub fn look_again(&self) -> Todo {
        Todo::of(&self.runs, &self.store)
    }
}

/// Whatever came between, a sweep that says that all is well has trained every run.
fn check_complete(todo: &Todo, runs: usize) -> Result<()> {
    let left = todo.pending().len();
    ensure!(
        left == 0,
        "{left} of {} ended unfinished; the same command trains them again:{}",
        counted(runs, "run"),
        indented(&todo.reasons())
    );
    Ok(())
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

/// Asked to stop by Ctrl-C and the like.
fn stop_on_signal(quiet: bool) -> Result<Stop> {
    let stop = Stop::default();
    let asked = stop.clone();
    signals::on_stop(move || {
        if !quiet {
            say("\nStopping after a checkpoint; press Ctrl-C again to quit now.");
        }
        asked.request();
    })?;
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::example;

    #[test]
    fn a_sweep_with_runs_that_are_not_in_the_store_does_not_end_well() {
        let results = tempfile::tempdir().unwrap();
        let todo = Todo::of(&[example()], &Store::new(results.path()));
        let error = check_complete(&todo, 1).unwrap_err().to_string();
        assert!(error.starts_with("1 of 1 run ended unfinished"), "{error}");
        assert!(error.contains("1 new"), "{error}");
        assert!(check_complete(&Todo::of(&[], &Store::new(results.path())), 0).is_ok());
    }
}
