//! One call of a subcommand that trains: looks up what is there, trains what is missing, presents what
//! there is.

pub mod inputs;
pub mod local;
pub mod provenance;
pub mod shard;
pub mod submit;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cli::output::print;
use crate::config::RunConfig;
use crate::exit::Stopped;
use crate::record::{Provenance, Status};
use crate::report;
use crate::results::{Experiment, write_results};
use crate::runner::Pending;
use crate::runner::layout::Layout;
use crate::runner::{Executor, Progress, Stop, Sweep, SweepResult, Todo};
use crate::signals;
use crate::store::{Holder, Store};
use inputs::{Inputs, TrainingArgs};

/// What one call trains.
pub struct Work {
    /// Name of the experiment.
    pub name: String,
    /// The runs.
    pub runs: Vec<RunConfig>,
    /// What people should know of them.
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
    /// Lanes and workers.
    pub layout: Layout,
    /// For the records.
    pub provenance: Provenance,
    /// Where runs are kept.
    pub store: Store,
    /// Stops it.
    pub stop: Stop,
    runs: Vec<RunConfig>,
    todo: Todo,
    out: PathBuf,
    quiet: bool,
}

impl Session {
    /// Forgets what the user wants trained again, looks up what is left, listens to Ctrl-C.
    pub fn start(work: Work, args: &TrainingArgs) -> Result<Self> {
        let Work { name, runs, notes } = work;
        let layout = args.layout(&runs)?;
        let store = Store::new(&args.out);
        let provenance =
            Provenance::collect(args.backend, layout.workers, std::env::args().collect());
        let mut todo = Todo::of(&runs, &store);
        let again = match (args.fresh, args.retry_diverged) {
            (true, _) => runs.clone(),
            (false, true) => todo.diverged(),
            (false, false) => Vec::new(),
        };
        if !again.is_empty() {
            forget(&again, &store, &provenance)?;
            todo = Todo::of(&runs, &store);
        }
        let stop = Stop::default();
        let asked = stop.clone();
        let quiet = args.quiet;
        signals::on_stop(move || {
            if !quiet {
                eprintln!("\nstopping as soon as nothing gets lost; once more stops at once");
            }
            asked.request();
        })?;
        let out = args.out.clone();
        let session = Session { layout, provenance, store, stop, runs, todo, out, quiet };
        session.say(&format!("{name}: {} runs", session.runs.len()));
        session.todo.reasons().iter().for_each(|reason| session.say(reason));
        notes.iter().for_each(|note| session.say(note));
        Ok(session)
    }

    /// Talks to people, unless they asked for quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// Runs to train.
    pub fn pending(&self) -> Vec<Pending> {
        self.todo.pending()
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
    pub fn finish(&self, inputs: &Inputs, result: SweepResult) -> Result<()> {
        present(inputs, &self.out, &self.store, &self.provenance)?;
        self.conclude(result)
    }

    /// Ends as the sweep did.
    pub fn conclude(&self, result: SweepResult) -> Result<()> {
        if !result.failed.is_empty() {
            let list: Vec<String> =
                result.failed.iter().map(|(id, why)| format!("\n  {id}: {why}")).collect();
            bail!("{} of {} runs failed:{}", list.len(), self.runs.len(), list.concat());
        }
        if result.stopped {
            let message = format!(
                "stopped; {} of {} runs have ended. Go on with\n  {}",
                self.look_again().finished(),
                self.runs.len(),
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

/// Writes an experiment's files from the store and prints what they say.
pub fn present(inputs: &Inputs, out: &Path, store: &Store, provenance: &Provenance) -> Result<()> {
    let folder = out.join(&inputs.spec.name);
    let experiment = Experiment {
        name: inputs.spec.name.clone(),
        question: inputs.spec.question.clone(),
        spec: inputs.text.clone(),
        data: inputs.corpus.source.clone(),
        digest: inputs.corpus.digest.clone(),
        provenance: provenance.clone(),
    };
    let rows = write_results(&folder, &experiment, &inputs.plan, store)?;
    if rows.iter().any(|row| row.status == Status::Done) {
        let report = report::write(&folder)?;
        print(&format!("{}\n", report.answer))?;
        print(&format!("report    {}", report.page.display()))?;
        print(&format!("figures   {}", folder.join("figures").display()))?;
    }
    print(&format!("numbers   {}", folder.join("runs.csv").display()))
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

/// The command line without what would throw finished runs away.
fn resuming_command(command: &[String]) -> String {
    let words =
        command.iter().filter(|word| !["--fresh", "--retry-diverged"].contains(&word.as_str()));
    // An argument cannot hold a zero byte, which is all that the other function refuses.
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
