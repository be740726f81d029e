//! A folder of results belongs to one experiment.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{Inputs, owned};
use crate::corpus::Tokenizer;
use crate::exit::usage;
use crate::files::is_there;
use crate::plural::counted;
use crate::record::Status;
use crate::report;
use crate::results::{self, RunRow, read_csv, read_experiment};
use crate::store::{self, Store};

/// Refuses an experiment whose files would replace those of another one that has its name, unless
/// `replace` allows it; returns what people should know of runs that its files will no longer hold.
///
/// The same spec under other seeds, data or `--set` goes on with its own results, and so does a changed
/// spec that keeps every run.
///
/// # Errors
/// A usage error that names the folder and what to do.
pub fn check(inputs: &Inputs, out: &Path, replace: bool) -> Result<Option<String>> {
    let folder = out.join(&inputs.spec.name);
    // Where nothing can be looked at in the folder of results, that is told of it alone.
    let is_closed = out.try_exists().is_err();
    if replace || is_closed {
        return Ok(None);
    }
    if !usage(is_there(&folder.join("experiment.json")))? {
        return usage(check_nothing_is_replaced(&folder)).map(|()| None);
    }
    let other = usage(read_experiment(&folder).with_context(|| {
        format!("{} holds results that cannot be recognised; {WHAT_TO_DO}", folder.display())
    }))?;
    usage(owned::check(&folder, &other))?;
    let is_same = is_same_spec(&other.spec, &inputs.text);
    let rows = match rows(&folder) {
        Ok(rows) => rows,
        // The spec's own are written anew.
        Err(_) if is_same => return Ok(None),
        Err(error) => {
            let what =
                format!("another experiment of the same name, which cannot be read; {WHAT_TO_DO}");
            return usage(Err(error.context(format!("{} holds {what}", folder.display()))));
        }
    };
    usage(check_kept(inputs, out, &rows))?;
    let Some(lost) = lost(inputs, rows) else { return Ok(None) };
    usage(allow(is_same, &folder, &lost))?;
    Ok(Some(format!(
        "{} held {lost} of this spec that are not in this call: its files are written anew without them; what was trained \
         stays in the store, and --set name=… keeps both",
        folder.display()
    )))
}

/// Whatever experiments write beside `experiment.json`, or take away where they do not write it, and the folder of their
/// figures.
fn written() -> impl Iterator<Item = &'static str> {
    let numbers = results::FILES.into_iter().chain([super::results::DECISIONS]);
    numbers.chain(Tokenizer::FILES).chain([report::PAGE]).chain(report::FILES)
}

/// An experiment writes `experiment.json` before anything else: files without it are of something else.
fn check_nothing_is_replaced(folder: &Path) -> Result<()> {
    let in_the_way: Vec<&str> =
        written().filter(|name| fs::symlink_metadata(folder.join(name)).is_ok()).collect();
    ensure!(
        in_the_way.is_empty(),
        "{} holds {} and no experiment.json, so that nothing says of which experiment they are; {WHAT_TO_DO}",
        folder.display(),
        in_the_way.join(", ")
    );
    Ok(())
}

/// Files are written anew from the store: refuses where that knows nothing of runs that they hold, as it does where the
/// folder was brought here without it.
fn check_kept(inputs: &Inputs, out: &Path, rows: &[RunRow]) -> Result<()> {
    let ended = rows.iter().filter(|row| matches!(row.status, Status::Done | Status::Diverged));
    let ended: BTreeSet<&str> = ended.map(|row| row.run.as_str()).collect();
    if ended.is_empty() {
        return Ok(());
    }
    let known: BTreeSet<String> = Store::new(out).names()?.into_iter().collect();
    let planned = inputs.plan.runs.iter().map(|run| run.id().to_string());
    let lost: Vec<String> =
        planned.filter(|id| ended.contains(id.as_str()) && !known.contains(id)).collect();
    ensure!(
        lost.is_empty(),
        "{} holds the numbers of {} of this spec that {} does not have, and its files would be written anew without them; \
         bring that folder here too, give another --out, or train again with --replace",
        out.join(&inputs.spec.name).display(),
        counted(lost.len(), "run"),
        out.join(store::FOLDER).display()
    );
    Ok(())
}

fn allow(is_same: bool, folder: &Path, lost: &str) -> Result<()> {
    ensure!(
        is_same,
        "{} holds another experiment of the same name, with {lost} that are not in this spec; \
         {WHAT_TO_DO}",
        folder.display()
    );
    Ok(())
}

/// The runs in a folder; none where it has no file of them.
fn rows(folder: &Path) -> Result<Vec<RunRow>> {
    let path = folder.join("runs.csv");
    if is_there(&path)? { read_csv(&path) } else { Ok(Vec::new()) }
}

/// Counts the runs that a plan does not have; `None` where there are none.
fn lost(inputs: &Inputs, rows: Vec<RunRow>) -> Option<String> {
    let planned: BTreeSet<String> =
        inputs.plan.runs.iter().map(|run| run.id().to_string()).collect();
    let known: BTreeSet<String> = rows.into_iter().map(|row| row.run).collect();
    let count = known.difference(&planned).count();
    (count > 0).then(|| counted(count, "run"))
}

const WHAT_TO_DO: &str =
    "give this one another name or another --out, or replace those results with --replace";

/// Whether two specs say the same: comments and layout are no part of it.
pub(super) fn is_same_spec(one: &str, other: &str) -> bool {
    let parse = |text: &str| text.parse::<toml::Table>().ok();
    one == other || parse(one).zip(parse(other)).is_some_and(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_layout_do_not_make_another_spec() {
        assert!(is_same_spec("a = 1\nb = [2]", "# why\nb = [ 2 ]\na = 1"));
        assert!(!is_same_spec("a = 1", "a = 2"));
    }
}
