use std::path::Path;

use anyhow::{Context, Result};

use super::levels::LevelsOfTexts;
use super::presented::Kept;
use super::{Inputs, owned, registered};
use crate::config::RunConfig;
use crate::corpus::Tokenizer;
use crate::files::{is_there, write_atomically};
use crate::record::{End, Provenance, Status};
use crate::report::{self, Told};
use crate::results::{Experiment, RunRow, write_csv, write_results, write_whole};
use crate::store::Store;

/// Takes what belongs on stdout.
pub type Print<'a> = &'a dyn Fn(&Told) -> Result<()>;

/// The decisions of a search, where the spec has one.
pub(super) const DECISIONS: &str = "search.csv";

/// Writes an experiment's files from the store, unless they are as they would be written, and prints what they
/// say; `call` is who writes them.
///
/// # Errors
/// A folder that cannot be written; the message names the file.
pub fn present(
    inputs: &Inputs,
    out: &Path,
    store: &Store,
    call: &Provenance,
    print: Print,
) -> Result<()> {
    let ends: Vec<End> = inputs.plan.runs.iter().filter_map(|run| store.end(run)).collect();
    let claims = registered::claims(inputs, out)?;
    let tokenizer = Some(owned::digest_of(inputs.corpus.tokenizer.as_ref())?);
    let experiment = Experiment { claims, tokenizer, ..experiment(inputs, origin(&ends, call)) };
    let kept = Kept::of(inputs, &experiment, out, (&ends, store));
    if let Some(same) = kept.as_ref().and_then(Kept::same) {
        return print(&same.told);
    }
    let (told, is_whole) = write(inputs, &experiment, out, store)?;
    print(&told)?;
    kept.filter(|_| is_whole).map_or(Ok(()), |kept| kept.keep(told))
}

fn experiment(inputs: &Inputs, provenance: Provenance) -> Experiment {
    Experiment {
        name: inputs.spec.name.clone(),
        question: inputs.spec.question.clone(),
        spec: inputs.text.clone(),
        init: inputs.init.as_ref().map(|path| path.display().to_string()),
        data: inputs.corpus.source.clone(),
        recognised: inputs.corpus.recognised.clone(),
        alphabet: inputs.corpus.alphabet_told(),
        tokenizer: None,
        unseen: inputs.corpus.unseen_told(),
        unseen_shares: Some(inputs.corpus.unseen_shares()),
        copied: inputs.corpus.copied_told(),
        padding: inputs.corpus.padding_told(),
        padding_shares: Some(inputs.corpus.padding_shares()),
        digest: inputs.corpus.digest(),
        splits: Some(inputs.corpus.split),
        texts: Some(inputs.corpus.texts),
        pool: inputs.corpus.excerpts().map(|excerpts| excerpts.pool),
        decided: inputs.corpus.decided.clone(),
        analysis: inputs.spec.analysis.clone(),
        cut_off: inputs.course.as_ref().map_or(Vec::new(), report::words::cut_off),
        claims: Vec::new(),
        provenance,
    }
}

/// Writes the files; returns what they say, and whether they have every run's end.
fn write(
    inputs: &Inputs,
    experiment: &Experiment,
    out: &Path,
    store: &Store,
) -> Result<(Told, bool)> {
    let folder = out.join(&inputs.spec.name);
    let levels = LevelsOfTexts::load(&inputs.plan.runs, &inputs.corpus, out)?;
    let of_text = |run: &RunConfig| (levels.of(run), levels.copied(run));
    let rows = write_whole(&folder, || {
        report::withdraw(&folder)?;
        let rows = write_results(&folder, experiment, &inputs.plan, store, &of_text)?;
        write_tokenizer(&folder, inputs.corpus.tokenizer.as_ref())?;
        let decisions = folder.join(DECISIONS);
        match &inputs.course {
            Some(course) => write_csv(&decisions, &report::decisions(course))?,
            None => remove_if_there(&decisions)?,
        }
        Ok(rows)
    })?;
    let (mut told, mut files) = (Told::default(), Vec::new());
    if rows.iter().any(|row| row.status != Status::Unfinished) {
        let report = report::write(&folder, &folder)?;
        (told.answer, told.plot) = (report.answer, report.plot);
        files.push(format!("report    {}", report.page.display()));
        if rows.iter().any(|row| row.status == Status::Done) {
            files.push(format!("figures   {}", folder.join(report::FIGURES).display()));
        }
    }
    files.push(format!("numbers   {}", folder.join("runs.csv").display()));
    let has_ended = |row: &RunRow| matches!(row.status, Status::Done | Status::Diverged);
    let is_whole = rows.iter().all(has_ended);
    Ok((Told { files: files.join("\n"), ..told }, is_whole))
}

/// What an experiment of the same name left there and this one does not write.
fn remove_if_there(path: &Path) -> Result<()> {
    if !is_there(path)? {
        return Ok(());
    }
    std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))
}

/// Leaves the tokenizer of an experiment in its folder, and no other that was there before.
fn write_tokenizer(folder: &Path, tokenizer: Option<&Tokenizer>) -> Result<()> {
    let kept = tokenizer.map(Tokenizer::kept).transpose()?;
    for name in Tokenizer::FILES {
        let path = folder.join(name);
        match &kept {
            Some((own, contents)) if *own == name => write_atomically(&path, contents)?,
            _ => remove_if_there(&path)?,
        }
    }
    Ok(())
}

/// What produced the numbers of an experiment: everything that its trained runs name, whoever trained
/// them. Only the command is the call's; all of it is, where no run is trained yet.
fn origin(ends: &[End], call: &Provenance) -> Provenance {
    let trained = |end: &&End| matches!(end.status, Status::Done | Status::Diverged);
    let all: Vec<&Provenance> = ends.iter().filter(trained).map(|end| &end.provenance).collect();
    let origin = Provenance::of_all(&all).unwrap_or_else(|| call.clone());
    Provenance { command: call.command.clone(), ..origin }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provenance(backend: &str, host: &str, jobs: usize) -> Provenance {
        Provenance {
            version: "1".into(),
            commit: "c".into(),
            backend: backend.into(),
            adapter: format!("{backend} adapter"),
            host: host.into(),
            cores: 4,
            jobs,
            command: vec![format!("trained on {host}")],
        }
    }

    fn end(status: Status, provenance: &Provenance) -> End {
        End { status, ..End::failed(1, "", provenance) }
    }

    #[test]
    fn the_origin_of_an_experiment_is_that_of_its_trained_runs_and_the_command_is_the_calls() {
        let call = provenance("flex", "here", 1);
        let ends = [
            end(Status::Done, &provenance("wgpu", "n2", 1)),
            end(Status::Diverged, &provenance("flex", "n1", 6)),
            end(Status::Done, &provenance("wgpu", "n1", 2)),
            end(Status::Failed, &provenance("cuda", "n9", 9)),
        ];
        let origin = origin(&ends, &call);
        assert_eq!(origin.backend, "wgpu, flex");
        assert_eq!(origin.adapter, "wgpu adapter, flex adapter");
        assert_eq!((origin.host.as_str(), origin.commit.as_str()), ("n2, n1", "c"));
        assert_eq!((origin.jobs, origin.command), (6, call.command));
    }

    #[test]
    fn without_a_trained_run_the_origin_is_the_call() {
        let call = provenance("flex", "here", 1);
        let failed = end(Status::Failed, &provenance("cuda", "n9", 9));
        assert_eq!(origin(&[failed], &call), call);
    }
}
