//! What two experiments say beside their losses: of claims, and of what is known by heart.

use std::path::Path;

use anyhow::Result;

use crate::plural::counted;
use crate::report::figures::Data;
use crate::report::words;
use crate::results::{Experiment, RunRow, read_runs};
use crate::stats::claims::Judged;
use crate::stats::memorisation::{Finding, Measure};

/// Which claims and which findings on what is known by heart are judged differently; `None` where neither experiment has
/// any.
///
/// # Errors
/// A folder whose curves cannot be read; the message names the file.
pub fn beside(
    folders: [&Path; 2],
    experiments: &[Experiment; 2],
    names: &[String; 2],
) -> Result<Option<String>> {
    let says_more = |place: usize| -> Result<bool> {
        let runs = read_runs(folders[place])?;
        Ok(!experiments[place].claims.is_empty() || runs.iter().any(is_asked))
    };
    if !says_more(0)? && !says_more(1)? {
        return Ok(None);
    }
    let missing = folders.iter().find(|folder| !folder.join("curves.csv").is_file());
    if let Some(folder) = missing {
        return Ok(Some(format!(
            "Claims and what is known by heart are not compared: there is no {}.",
            folder.join("curves.csv").display()
        )));
    }
    let [left, right] = [Data::read(folders[0])?, Data::read(folders[1])?];
    let claims = told("claim", pairs(&left.claims, &right.claims), names);
    let found = [findings(&left), findings(&right)];
    let by_heart = told("finding on what is known by heart", pairs(&found[0], &found[1]), names);
    Ok(Some([claims, by_heart].into_iter().flatten().collect::<Vec<_>>().join("\n")))
}

fn is_asked(run: &RunRow) -> bool {
    Measure::ALL.iter().any(|measure| measure.of(run).is_some())
}

/// Something that is judged: what it is, and the verdict in words.
trait Verdict {
    fn subject(&self) -> String;
    fn verdict(&self) -> &'static str;
}

impl Verdict for Judged {
    fn subject(&self) -> String {
        self.claim.text.clone()
    }

    fn verdict(&self) -> &'static str {
        words::claim_verdict(self.verdict)
    }
}

impl Verdict for Finding {
    fn subject(&self) -> String {
        words::by_heart_subject(self)
    }

    fn verdict(&self) -> &'static str {
        words::kind(self.judgement.kind)
    }
}

fn findings(data: &Data) -> Vec<Finding> {
    data.memorisation.as_ref().map_or(Vec::new(), |found| found.findings.clone())
}

/// What both judge, with both verdicts.
fn pairs<T: Verdict>(left: &[T], right: &[T]) -> Vec<(String, [&'static str; 2])> {
    let twin = |one: &T| {
        let subject = one.subject();
        let other = right.iter().find(|other| other.subject() == subject)?;
        Some((subject, [one.verdict(), other.verdict()]))
    };
    left.iter().filter_map(twin).collect()
}

fn told(
    what: &str,
    pairs: Vec<(String, [&'static str; 2])>,
    names: &[String; 2],
) -> Option<String> {
    let differ: Vec<_> = pairs.iter().filter(|(_, [left, right])| left != right).collect();
    if pairs.is_empty() {
        return None;
    }
    if differ.is_empty() {
        return Some(format!("No {what} is judged differently."));
    }
    let lines: String = differ
        .iter()
        .map(|(subject, [left, right])| {
            format!("\n  {subject}: {left} in {}, {right} in {}", names[0], names[1])
        })
        .collect();
    let is = if differ.len() == 1 { "is" } else { "are" };
    let all = counted(pairs.len(), what);
    Some(format!("Of {all} that both have, {} {is} judged differently:{lines}", differ.len()))
}
