//! What two experiments say beside their losses: of claims, and of what is known by heart.

mod claims;

use std::path::Path;

use anyhow::Result;

use crate::report::figures::Data;
use crate::report::words;
use crate::results::{Experiment, RunRow, read_runs};
use crate::stats::Kind;
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
    let claims = told(["claim", "claims"], &pairs(&left.claims, &right.claims), names);
    let changed = claims::changed([&left.claims, &right.claims], names);
    let found = [findings(&left), findings(&right)];
    let nouns = ["finding on what is known by heart", "findings on what is known by heart"];
    let by_heart = told(nouns, &pairs(&found[0], &found[1]), names);
    Ok(Some([claims, changed, by_heart].into_iter().flatten().collect::<Vec<_>>().join("\n")))
}

fn is_asked(run: &RunRow) -> bool {
    Measure::ALL.iter().any(|measure| measure.of(run).is_some())
}

/// Something that is judged: what it is, and the verdict in words.
pub trait Verdict {
    /// By which people know it.
    fn subject(&self) -> String;
    /// Everything that it asks: what has it in common is judged on the same.
    fn asked(&self) -> String;
    /// `None` where there was nothing to test.
    fn verdict(&self) -> Option<&'static str>;
}

impl Verdict for Finding {
    fn subject(&self) -> String {
        words::by_heart_subject(self)
    }

    fn asked(&self) -> String {
        self.subject()
    }

    fn verdict(&self) -> Option<&'static str> {
        let kind = self.judgement.kind;
        (kind != Kind::NoTest).then(|| words::kind(kind))
    }
}

fn findings(data: &Data) -> Vec<Finding> {
    data.memorisation.as_ref().map_or(Vec::new(), |found| found.findings.clone())
}

/// What it is that both judge, and both verdicts.
type Pair = (String, [Option<&'static str>; 2]);

fn pairs<T: Verdict>(left: &[T], right: &[T]) -> Vec<Pair> {
    let twin = |one: &T| {
        let asked = one.asked();
        let other = right.iter().find(|other| other.asked() == asked)?;
        Some((one.subject(), [one.verdict(), other.verdict()]))
    };
    left.iter().filter_map(twin).collect()
}

/// Which verdicts differ. Where one side has none, nothing differs: that is counted by itself. `nouns` are of one and of
/// more.
fn told(nouns: [&str; 2], pairs: &[Pair], names: &[String; 2]) -> Option<String> {
    let counted = |count: usize| format!("{count} {}", nouns[usize::from(count != 1)]);
    let is = |count: usize| if count == 1 { "is" } else { "are" };
    let differing = |(subject, [left, right]): &Pair| {
        let (left, right) = ((*left)?, (*right)?);
        let told = || format!("\n  {subject}: {left} in {}, {right} in {}", names[0], names[1]);
        (left != right).then(told)
    };
    let lines: Vec<String> = pairs.iter().filter_map(differing).collect();
    let untested = pairs.iter().filter(|(_, [left, right])| left.is_some() != right.is_some());
    let untested = match untested.count() {
        0 => String::new(),
        count => format!("\n{} {} tested in one of the two alone.", counted(count), is(count)),
    };
    let told = match lines.len() {
        0 => format!("No {} is judged differently.", nouns[0]),
        count => format!(
            "Of {} that both have, {count} {} judged differently:{}",
            counted(pairs.len()),
            is(count),
            lines.concat()
        ),
    };
    (!pairs.is_empty()).then(|| told + &untested)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_could_not_test_is_no_verdict_that_differs() {
        let names = ["a", "b"].map(str::to_owned);
        let pair = |verdicts| ("it".to_owned(), verdicts);
        let untested = [pair([Some("lower"), None]), pair([None, None])];
        let nouns = ["claim", "claims"];
        assert_eq!(
            told(nouns, &untested, &names).unwrap(),
            "No claim is judged differently.\n1 claim is tested in one of the two alone."
        );
        let differing = [pair([Some("lower"), Some("higher")]), pair([Some("lower"); 2])];
        assert_eq!(
            told(nouns, &differing, &names).unwrap(),
            "Of 2 claims that both have, 1 is judged differently:\n  it: lower in a, higher in b"
        );
        assert_eq!(told(nouns, &[], &names), None);
    }
}
