//! One call of a subcommand: looks up what is there, trains what is missing, presents the results.

mod claim;
pub mod collect;
mod forecast;
mod inputs;
pub mod local;
mod request;
mod results;
pub mod shard;
pub mod single;
pub mod status;
pub mod submit;

use anyhow::{Context, Result, bail};

use crate::config::RunConfig;
use crate::exit::Stopped;
use crate::plural::counted;
use crate::record::Provenance;
use crate::runner::layout::Layout;
use crate::runner::{
    Executor, Pending, Progress, Stop, Sweep, SweepResult, Todo, cohorts, progress,
};
use crate::signals;
use crate::store::{Holder, Store};

pub use forecast::Forecast;
pub use inputs::Inputs;
pub use request::{Options, Request};

/// Takes what belongs on stdout.
pub type Print<'a> = &'a dyn Fn(&str) -> Result<()>;

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
        let (name, notes) = (inputs.spec.name.clone(), inputs.spec.notes.clone());
        Work { name, runs: inputs.plan.runs.clone(), notes }
    }
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
}

impl Session {
    /// Forgets what the user wants trained again, looks up what is left, listens to Ctrl-C.
    pub fn start(work: Work, options: Options) -> Result<Self> {
        let Work { name, runs, notes } = work;
        let layout = options.layout(&runs)?;
        let store = Store::new(&options.out);
        let command = std::env::args().collect();
        let provenance = Provenance::of_call(options.backend, layout.workers, command);
        let todo = look_up(&runs, &options, &store, &provenance)?;
        let stop = stop_on_signal(options.quiet)?;
        let session = Session { options, layout, provenance, store, stop, runs, todo };
        session.say(&format!("{name}: {}", counted(session.runs.len(), "run")));
        session.todo.reasons().iter().for_each(|reason| session.say(reason));
        notes.iter().for_each(|note| session.say(note));
        Ok(session)
    }

    /// Talks to people, unless they asked for quiet.
    pub fn say(&self, text: &str) {
        if !self.options.quiet {
            eprintln!("{text}");
        }
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
        progress::for_sweep(cohorts, lane_steps, self.options.quiet)
    }

    /// A sweep over what is left.
    pub fn sweep<'a>(
        &'a self,
        executor: &'a dyn Executor,
        progress: &'a dyn Progress,
        fail_fast: bool,
    ) -> Sweep<'a> {
        let (store, stop) = (&self.store, &self.stop);
        Sweep { workers: self.layout.workers, fail_fast, executor, store, progress, stop }
    }

    /// Writes an experiment's files from the store, prints what they say, and ends as the sweep did.
    pub fn finish(&self, inputs: &Inputs, result: SweepResult, print: Print) -> Result<()> {
        results::present(inputs, &self.options.out, &self.store, &self.provenance, print)?;
        self.conclude(result)
    }

    /// Ends as the sweep did.
    pub fn conclude(&self, result: SweepResult) -> Result<()> {
        if !result.failed.is_empty() {
            let list: Vec<String> =
                result.failed.iter().map(|(id, why)| format!("\n  {id}: {why}")).collect();
            let runs = counted(self.runs.len(), "run");
            bail!("{} of {runs} failed:{}", list.len(), list.concat());
        }
        if result.stopped {
            let message = format!(
                "stopped; {} of {} trained. Resume with\n  {}",
                self.look_again().finished(),
                counted(self.runs.len(), "run"),
                resuming_command(&self.provenance.command)
            );
            return Err(Stopped { message }.into());
        }
        Ok(())
    }

    /// What is left now.
    pub fn look_again(&self) -> Todo {
        Todo::of(&self.runs, &self.store)
    }
}

/// What is left to train, after forgetting what the user wants trained again.
fn look_up(
    runs: &[RunConfig],
    options: &Options,
    store: &Store,
    provenance: &Provenance,
) -> Result<Todo> {
    let todo = Todo::of(runs, store);
    let again = match (options.fresh, options.retry_diverged) {
        (true, _) => runs.to_vec(),
        (false, true) => todo.diverged(),
        (false, false) => return Ok(todo),
    };
    forget(&again, store, provenance)?;
    Ok(Todo::of(runs, store))
}

fn forget(runs: &[RunConfig], store: &Store, provenance: &Provenance) -> Result<()> {
    for run in runs {
        let id = run.id();
        let lock = store.lock(&id, &Holder::new(&provenance.host, 0))?;
        let lock = lock.with_context(|| {
            format!("run {id} is being trained by another process; wait for it or stop it")
        })?;
        store.forget(&lock, &id)?;
    }
    Ok(())
}

/// Asked to stop by Ctrl-C and the like.
fn stop_on_signal(quiet: bool) -> Result<Stop> {
    let stop = Stop::default();
    let asked = stop.clone();
    signals::on_stop(move || {
        if !quiet {
            eprintln!("\nStopping after a checkpoint; press Ctrl-C again to quit now.");
        }
        asked.request();
    })?;
    Ok(stop)
}

/// The command line without the flags that would train finished runs again.
fn resuming_command(command: &[String]) -> String {
    let words =
        command.iter().filter(|word| !["--fresh", "--retry-diverged"].contains(&word.as_str()));
    // Joining fails on a zero byte alone, which an argument cannot hold.
    shlex::try_join(words.map(String::as_str)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resuming_command_can_be_pasted_and_keeps_what_is_finished() {
        let command = ["wane", "sweep", "a b.toml", "--fresh", "--set", "arm.0.lr=[1,2]"];
        let command = command.map(str::to_owned);
        assert_eq!(resuming_command(&command), "wane sweep 'a b.toml' --set 'arm.0.lr=[1,2]'");
    }
}
