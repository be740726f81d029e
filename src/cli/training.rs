//! What the subcommands that train have in common: from the store's state to the files at the end.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::inputs::{Inputs, TrainingArgs};
use super::output::print;
use crate::exit::Stopped;
use crate::plan::Pending;
use crate::plan::layout::Layout;
use crate::record::{Provenance, Status};
use crate::report;
use crate::results::{Experiment, write_results};
use crate::run::RunConfig;
use crate::signals;
use crate::store::{Holder, Store};
use crate::sweep::{Executor, Progress, Stop, Sweep, Todo, Verdict};

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
    todo: Todo,
    out: PathBuf,
    quiet: bool,
}

impl Session {
    /// Forgets what the user wants trained again, looks up what is left, listens to Ctrl-C.
    pub fn start(inputs: &Inputs, args: &TrainingArgs) -> Result<Self> {
        let layout = args.layout(&inputs.plan)?;
        let store = Store::new(&args.out);
        let provenance =
            Provenance::collect(args.backend, layout.workers, std::env::args().collect());
        let mut todo = Todo::of(&inputs.plan.runs, &store);
        let again = match (args.fresh, args.retry_diverged) {
            (true, _) => inputs.plan.runs.clone(),
            (false, true) => todo.diverged(),
            (false, false) => Vec::new(),
        };
        if !again.is_empty() {
            forget(&again, &store, &provenance)?;
            todo = Todo::of(&inputs.plan.runs, &store);
        }
        let stop = Stop::default();
        let asked = stop.clone();
        let quiet = args.quiet;
        signals::on_stop(move || {
            if !quiet {
                eprintln!("\nstopping after a checkpoint; once more stops at once");
            }
            asked.request();
        })?;
        let session =
            Session { layout, provenance, store, stop, todo, out: args.out.clone(), quiet };
        session.say(&format!("{}: {} runs", inputs.spec.name, inputs.plan.runs.len()));
        session.todo.reasons().iter().for_each(|reason| session.say(reason));
        inputs.spec.notes.iter().for_each(|note| session.say(note));
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
    pub fn finish(&self, inputs: &Inputs, verdict: Verdict) -> Result<()> {
        let folder = self.out.join(&inputs.spec.name);
        let experiment = Experiment {
            name: inputs.spec.name.clone(),
            question: inputs.spec.question.clone(),
            spec: inputs.text.clone(),
            data: inputs.corpus.source.clone(),
            digest: inputs.corpus.digest.clone(),
            provenance: self.provenance.clone(),
        };
        let rows = write_results(&folder, &experiment, &inputs.plan, &self.store)?;
        if rows.iter().any(|row| row.status == Status::Done) {
            let report = report::write(&folder)?;
            print(&format!("{}\n", report.answer))?;
            print(&format!("report    {}", report.page.display()))?;
            print(&format!("figures   {}", folder.join("figures").display()))?;
        }
        print(&format!("numbers   {}", folder.join("runs.csv").display()))?;
        self.conclude(inputs, verdict)
    }

    fn conclude(&self, inputs: &Inputs, verdict: Verdict) -> Result<()> {
        if !verdict.failed.is_empty() {
            let list: Vec<String> =
                verdict.failed.iter().map(|(id, why)| format!("\n  {id}: {why}")).collect();
            bail!("{} of {} runs failed:{}", list.len(), inputs.plan.runs.len(), list.concat());
        }
        if verdict.stopped {
            let runs = &inputs.plan.runs;
            let finished = Todo::of(runs, &self.store).finished();
            let message = format!(
                "stopped; {finished} of {} runs have ended. Go on with\n  {}",
                runs.len(),
                resuming_command(&self.provenance.command)
            );
            return Err(Stopped { message }.into());
        }
        Ok(())
    }
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
    let quoted = |word: &String| {
        let plain =
            |character: char| character.is_alphanumeric() || "-_./=,:+@".contains(character);
        match !word.is_empty() && word.chars().all(plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', r"'\''")),
        }
    };
    let words =
        command.iter().filter(|word| !["--fresh", "--retry-diverged"].contains(&word.as_str()));
    words.map(quoted).collect::<Vec<_>>().join(" ")
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
