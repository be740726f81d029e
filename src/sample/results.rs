//! The runs of an experiment: the one that is named, or those of an arm.

use anyhow::{Context, Result, bail, ensure};

use super::request::Asked;
use super::source::{Source, Voice, Weights};
use super::tokenizer;
use crate::config::RunConfig;
use crate::corpus::Tokenizer;
use crate::export::Arms;
use crate::model::{check_weights, origin};
use crate::record::best_evaluation;
use crate::results::{Experiment, RunRow, check_rows, check_written, read_experiment, read_runs};
use crate::stats::Analysis;
use crate::store::Store;

/// An experiment on disk.
struct Folder<'a> {
    asked: &'a Asked<'a>,
    experiment: Experiment,
    arms: Arms,
    store: Store,
}

pub fn open(asked: &Asked) -> Result<Source> {
    ensure!(
        asked.runs.is_empty() || asked.arm.is_none(),
        "--run names runs and --arm all of an arm; give one of them"
    );
    check_written(asked.path)?;
    let experiment = read_experiment(asked.path)?;
    let rows = read_runs(asked.path)?;
    check_rows(asked.path, &rows)?;
    let path = asked.path.canonicalize().context("the folder of the experiment")?;
    let store = Store::new(path.parent().context("it stands in no folder")?);
    let folder = Folder { asked, arms: Arms::of(&rows), experiment, store };
    let chosen = folder.chosen(&rows)?;
    let voices = chosen.iter().map(|(label, row)| folder.voice(label, row));
    let voices = voices.collect::<Result<_>>()?;
    let files = Tokenizer::FILES.map(|name| asked.path.join(name));
    let tokenizer = tokenizer::of(asked.tokenizer, || tokenizer::kept(&files))?;
    tokenizer::source(voices, tokenizer)
}

impl Folder<'_> {
    /// The runs that are meant, each with its arm's name.
    fn chosen(&self, rows: &[RunRow]) -> Result<Vec<(String, RunRow)>> {
        if !self.asked.runs.is_empty() {
            return self.asked.runs.iter().map(|id| self.named(id.trim())).collect();
        }
        let arm = match self.asked.arm {
            Some(asked) => self.arms.find(asked)?.arm,
            None => self.arms.best_of_all(&Analysis::on(rows, &self.experiment.analysis))?,
        };
        Ok(arm.rows.iter().map(|row| (arm.label.clone(), row.clone())).collect())
    }

    /// A run by its identity or the beginning of it.
    fn named(&self, id: &str) -> Result<(String, RunRow)> {
        let all = self.arms.iter().flat_map(|arm| arm.rows.iter().map(move |row| (arm, row)));
        let mut found: Vec<_> =
            all.filter(|(_, row)| !id.is_empty() && row.run.starts_with(id)).collect();
        // A run without decay stands in the rows of several masks.
        found.dedup_by(|a, b| a.1.run == b.1.run);
        let first = found.first().map(|(arm, row)| (arm.label.clone(), (*row).clone()));
        let name = self.asked.path.display();
        match first {
            Some(one) if found.iter().all(|(_, row)| row.run == one.1.run) => Ok(one),
            Some(_) => bail!(
                "the identities of several runs of {name} begin with {id}; give more of its digits"
            ),
            None => bail!(
                "{name} has no run {id}; runs.csv has the identities of its runs in its first column"
            ),
        }
    }

    fn voice(&self, label: &str, row: &RunRow) -> Result<Voice> {
        let id = &row.run;
        let run = self.store.described(id);
        let run = run.with_context(|| {
            format!(
                "the weights of run {id} cannot be read: where only the numbers of {} were kept, `wane sweep SPEC` trains \
                 its runs again",
                self.asked.path.display()
            )
        })?;
        let title = format!("{label}, seed {} (run {id})", row.seed);
        let (weights, name) = match self.asked.best {
            true => self.best(&run, &title)?,
            false => self.last(run.clone(), &title)?,
        };
        let (shape, vocabulary) = (run.model, run.data.vocabulary);
        Ok(Voice { title, name, run: Some(id.clone()), shape, vocabulary, weights })
    }

    fn last(&self, run: RunConfig, title: &str) -> Result<(Weights, String)> {
        let id = run.id();
        let step = self.store.checkpoint(&run).map(|checkpoint| checkpoint.step);
        let step = step.with_context(|| match self.store.end(&run).map(|end| end.status) {
            Some(crate::record::Status::Diverged) => {
                format!("run {id} diverged, and there are no last weights")
            }
            _ => format!("there are no last weights of run {id}"),
        })?;
        Ok((
            Weights::Checkpoint(self.store.clone(), Box::new(run)),
            format!("{title} at step {step}"),
        ))
    }

    fn best(&self, run: &RunConfig, title: &str) -> Result<(Weights, String)> {
        let (id, kept) = (run.id().to_string(), self.store.best_weights(run));
        let (so_far, first) = (self.store.so_far(run), run.start.first_stop());
        let first = so_far.end.map_or(first, |end| end.first_stop(first));
        let best = best_evaluation(&so_far.curve, first);
        let of_best = best.filter(|(_, step)| origin(&kept) == Some((id.clone(), *step)));
        let (loss, step) = of_best.with_context(|| {
            format!(
                "the best weights of run {id} were not kept; `wane sweep --save-best --fresh` and `wane train \
                 --save-best FILE --fresh` keep them"
            )
        })?;
        check_weights(&kept)?;
        Ok((Weights::File(kept), format!("{title} at step {step}, val loss {loss:.3}")))
    }
}
