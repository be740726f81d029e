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
    let twins = twins(&left.claims, &right.claims);
    let both = twins.iter().any(|[one, other]| claims::can_be_both(one, other));
    let changed = claims::changed([&left.claims, &right.claims], names);
    let found = [findings(&left), findings(&right)];
    let nouns = ["finding on what is known by heart", "findings on what is known by heart"];
    let by_heart = told(nouns, &pairs(&found[0], &found[1]), names);
    let both = both.then(|| claims::BOTH.to_owned());
    Ok(Some([claims, both, changed, by_heart].into_iter().flatten().collect::<Vec<_>>().join("\n")))
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
    /// Whether it was tested and nothing can be told.
    fn is_open(&self) -> bool;
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

    fn is_open(&self) -> bool {
        self.judgement.kind == Kind::Undecided
    }
}

fn findings(data: &Data) -> Vec<Finding> {
    data.memorisation.as_ref().map_or(Vec::new(), |found| found.findings.clone())
}

/// What both judge, and both verdicts.
struct Pair {
    subject: String,
    verdicts: [Option<&'static str>; 2],
    are_open: [bool; 2],
}

/// What both ask.
fn twins<'a, T: Verdict>(left: &'a [T], right: &'a [T]) -> Vec<[&'a T; 2]> {
    let twin = |one: &'a T| {
        let asked = one.asked();
        Some([one, right.iter().find(|other| other.asked() == asked)?])
    };
    left.iter().filter_map(twin).collect()
}

fn pairs<T: Verdict>(left: &[T], right: &[T]) -> Vec<Pair> {
    let pair = |both: [&T; 2]| Pair {
        subject: both[0].subject(),
        verdicts: both.map(T::verdict),
        are_open: both.map(T::is_open),
    };
    twins(left, right).into_iter().map(pair).collect()
}

/// Which verdicts differ. Where one side has none or cannot tell, nothing differs: that is counted by itself. `nouns` are
/// of one and of more.
fn told(nouns: [&str; 2], pairs: &[Pair], names: &[String; 2]) -> Option<String> {
    let counted = |count: usize| format!("{count} {}", nouns[usize::from(count != 1)]);
    let is = |count: usize| if count == 1 { "is" } else { "are" };
    let lines: Vec<String> = pairs.iter().filter_map(|pair| differing(pair, names)).collect();
    let mut told = match lines.len() {
        0 => format!("No {} is judged differently.", nouns[0]),
        count => format!(
            "Of {} that both have, {count} {} judged differently:{}",
            counted(pairs.len()),
            is(count),
            lines.concat()
        ),
    };
    let count = |holds: fn(&Pair) -> bool| pairs.iter().filter(|pair| holds(pair)).count();
    let open = count(|pair| pair.both().is_some() && pair.are_open[0] != pair.are_open[1]);
    if open > 0 {
        told += &format!(
            "\n{} {} decided in one of the two alone: that the other cannot tell is no difference between them.",
            counted(open),
            is(open)
        );
    }
    let untested = count(|pair| pair.verdicts[0].is_some() != pair.verdicts[1].is_some());
    if untested > 0 {
        told +=
            &format!("\n{} {} tested in one of the two alone.", counted(untested), is(untested));
    }
    (!pairs.is_empty()).then_some(told)
}

impl Pair {
    fn both(&self) -> Option<[&'static str; 2]> {
        Some([self.verdicts[0]?, self.verdicts[1]?])
    }
}

/// A line on two verdicts that differ, if both decide.
fn differing(pair: &Pair, names: &[String; 2]) -> Option<String> {
    let [left, right] = pair.both()?;
    let differ = left != right && pair.are_open == [false; 2];
    let subject = &pair.subject;
    differ.then(|| format!("\n  {subject}: {left} in {}, {right} in {}", names[0], names[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_could_not_test_is_no_verdict_that_differs() {
        let names = ["a", "b"].map(str::to_owned);
        let pair = |verdicts: [Option<&'static str>; 2]| Pair {
            subject: "it".to_owned(),
            verdicts,
            are_open: verdicts.map(|one| one == Some("undecided")),
        };
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
        assert_eq!(
            told(nouns, &[pair([Some("lower"), Some("undecided")])], &names).unwrap(),
            "No claim is judged differently.\n1 claim is decided in one of the two alone: that the other cannot tell is \
             no difference between them."
        );
        assert_eq!(told(nouns, &[], &names), None);
    }
}
