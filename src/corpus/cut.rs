//! Where a source of bounded length is cut. The same words of a spec cut it alike every time, and what a
//! spec does not say is decided here and told.

use std::ops::Range;

use anyhow::{Result, bail, ensure};
use indicatif::HumanCount;

use crate::config::{Cut, Texts};

/// A source has texts that differ from seed to seed where it holds this many times `data.train` outside of
/// val and test: below, excerpts are mostly the same text.
const EXCERPTS: usize = 2;

/// Test tokens of a source that has `room` for them: what is asked for, else as many as val.
pub fn test_size(cut: &Cut, room: usize) -> usize {
    cut.test.unwrap_or(cut.val.min(room))
}

/// What people should know of test tokens that their spec does not name, or of none; `place` follows them.
pub fn test_told(cut: &Cut, test: usize, place: &str) -> Option<String> {
    match (cut.test, test) {
        (None, test) => {
            let tokens = HumanCount(test as u64);
            Some(format!("data.test is not given: {tokens} test tokens, {place}"))
        }
        (Some(0), _) => {
            Some("data.test = 0: no loss is measured on text that nothing was chosen on".to_owned())
        }
        _ => None,
    }
}

/// Whether every seed has a text of its own, where train texts are cut from `pool` tokens; with it what
/// people should know of that.
///
/// # Errors
/// Texts per seed that the source does not have.
pub fn texts(source: &str, cut: &Cut, pool: usize) -> Result<(Texts, Option<String>)> {
    let needed = cut.train.saturating_mul(EXCERPTS);
    let why = format!(
        "{source} has {pool} tokens outside of val and test, and excerpts that differ need {EXCERPTS} × \
         data.train = {needed}"
    );
    match (cut.texts, pool >= needed) {
        (Some(Texts::Fixed), _) => Ok((Texts::Fixed, None)),
        (Some(Texts::PerSeed) | None, true) => Ok((Texts::PerSeed, None)),
        (None, false) => {
            Ok((Texts::Fixed, Some(format!("every seed trains on the same text: {why}"))))
        }
        (Some(Texts::PerSeed), false) => {
            bail!("data.texts = \"per-seed\": {why}; lower data.train, or write texts = \"fixed\"")
        }
    }
}

/// The tokens of a source, before it is cut.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// Of the source, for people.
    pub name: &'a str,
    /// What its tokens are, for people.
    pub unit: &'a str,
    pub length: usize,
    /// Where its documents start.
    pub starts: &'a [usize],
}

/// Where train texts are cut from, test and val.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub pool: Range<usize>,
    pub test: Range<usize>,
    pub val: Range<usize>,
}

impl Whole<'_> {
    /// Where the document of a place starts. One document may be cut anywhere.
    fn start(&self, place: usize) -> usize {
        match self.starts {
            [] | [_] => place,
            starts => starts[starts.partition_point(|start| *start <= place).saturating_sub(1)],
        }
    }

    /// The first place from here on where a document starts.
    fn next_start(&self, place: usize) -> usize {
        match self.starts {
            [] | [_] => place,
            starts => {
                let next = starts.partition_point(|start| *start < place);
                starts.get(next).copied().unwrap_or(self.length)
            }
        }
    }

    /// "a.txt has 26 characters".
    fn told(&self) -> String {
        let Whole { name, unit, length, starts } = self;
        match starts.len() {
            0 | 1 => format!("{name} has {length} {unit}"),
            documents => format!(
                "{name} has {length} {unit} in {documents} documents, which are never split"
            ),
        }
    }
}

/// Cuts a source: val from its end, test before it, and of both only whole documents are anywhere else.
///
/// # Errors
/// A source that is too short, with the numbers.
pub fn parts(whole: &Whole, cut: &Cut) -> Result<Parts> {
    let (length, train, val) = (whole.length, cut.train, cut.val);
    let wanted = train + val + cut.test.unwrap_or(0);
    let and_test = match cut.test {
        Some(test) => format!(", data.val = {val} and data.test = {test}"),
        None => format!(" and data.val = {val}"),
    };
    let told = whole.told();
    ensure!(
        wanted <= length,
        "{told}, but data.train = {train}{and_test} need {wanted}: the splits would overlap; lower one of them"
    );
    let before_val = whole.start(length - val);
    let test = match cut.test {
        Some(test) => test,
        None => {
            let least = whole.next_start(train).min(before_val);
            val.min(before_val - least)
        }
    };
    ensure!(
        test > 0 || cut.test.is_some(),
        "{told}, and data.train = {train}{and_test} take all of them: none is left for test; lower one of them, or \
         go without by data.test = 0"
    );
    let pool = before_val
        .checked_sub(test)
        .map_or(0, |place| if test == 0 { place } else { whole.start(place) });
    ensure!(
        train <= pool && test <= before_val || test == 0 || whole.starts.len() != 2,
        "{told}, and two documents make no three splits: go without test by data.test = 0, or join them into one text",
    );
    ensure!(
        train <= pool && test <= before_val,
        "{told}, and {pool} {} are left of those that val and test take, but data.train = {train}; lower data.train, \
         data.val or data.test",
        whole.unit,
    );
    Ok(Parts { pool: 0..pool, test: before_val - test..before_val, val: length - val..length })
}

impl Parts {
    /// What val and test leave of the documents that they are cut from, if anything.
    pub fn left_out_told(&self) -> Option<String> {
        let count = self.test.start - self.pool.end + self.val.start - self.test.end;
        (count > 0).then(|| {
            format!(
                "{} tokens of documents that val and test begin in are in no split",
                HumanCount(count as u64)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Order;

    fn asked(train: usize, val: usize, test: Option<usize>) -> Cut {
        Cut { train, val, test, order: Order::Random, texts: None, canaries: None }
    }

    fn parts_of(starts: &[usize], length: usize, cut: &Cut) -> Result<Parts> {
        parts(&Whole { name: "a", unit: "tokens", length, starts }, cut)
    }

    #[test]
    fn no_document_is_in_two_splits() {
        let found = parts_of(&[0, 10, 20, 30, 40], 50, &asked(10, 5, Some(12))).unwrap();
        assert_eq!(found, Parts { pool: 0..20, test: 28..40, val: 45..50 });
        assert_eq!(found.left_out_told().unwrap().split(' ').next(), Some("13"));
        let error = parts_of(&[0, 30], 40, &asked(10, 5, Some(5))).unwrap_err().to_string();
        assert!(
            error.contains("2 documents, which are never split")
                && error.contains("two documents make no three splits"),
            "{error}"
        );
    }

    #[test]
    fn test_takes_less_than_val_before_it_takes_from_train() {
        let found = parts_of(&[0, 10, 20, 30], 40, &asked(15, 10, None)).unwrap();
        assert_eq!(found, Parts { pool: 0..20, test: 20..30, val: 30..40 });
        let error = parts_of(&[0, 10, 30], 40, &asked(15, 10, None)).unwrap_err().to_string();
        assert!(error.contains("none is left for test"), "{error}");
    }

    proptest! {
        #[test]
        fn splits_are_apart_and_as_long_as_asked_for(
            lengths in prop::collection::vec(1_usize..40, 1..30),
            train in 1_usize..200, val in 1_usize..60, test in prop::option::of(0_usize..60),
        ) {
            let mut length = 0;
            let starts: Vec<usize> = lengths.iter().map(|one| { length += one; length - one }).collect();
            if let Ok(found) = parts_of(&starts, length, &asked(train, val, test)) {
                prop_assert_eq!(found.val.len(), val);
                prop_assert_eq!(test.unwrap_or(found.test.len()), found.test.len());
                prop_assert!(train <= found.pool.end && found.test.end <= found.val.start && found.val.end == length);
                let document = |place: usize| starts.partition_point(|start| *start <= place);
                let is_apart = |one: &Range<usize>, other: &Range<usize>| {
                    one.is_empty() || other.is_empty() || document(one.end - 1) < document(other.start)
                };
                if starts.len() > 1 {
                    prop_assert!(is_apart(&found.pool, &found.test) && is_apart(&found.test, &found.val));
                    prop_assert!(is_apart(&found.pool, &found.val));
                }
            }
        }
    }
}
