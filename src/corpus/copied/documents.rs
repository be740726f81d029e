//! Documents of val and test that are documents of train as well; of a text that is one document, its lines.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::corpus::cut::Parts;

/// Characters of a document, at least, that is copied where it is found twice: shorter ones, such as names and
/// answers, are written again and again.
const SHORTEST: usize = 16;
/// Lines are told where they make up so much of a split: below, they are those that programs and plays have twice.
const MANY_LINES: f64 = 0.5;
/// Of so many texts and more, copies that make up half of a split are told however short they are: a few labels may be all
/// that there is to be written, but a split of known records holds nothing out.
const MANY: usize = 16;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Documents,
    Lines,
}

impl Unit {
    /// For people, of several.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Documents => "documents",
            Unit::Lines => "lines",
        }
    }
}

/// The documents of a source, or the lines of its only one, and where it is cut.
#[derive(Debug)]
pub struct Documents {
    pub unit: Unit,
    /// Of each its text by a number: those that are the same word for word share it.
    texts: Vec<usize>,
    /// Whether each is as long as a copy has to be.
    are_long: Vec<bool>,
    /// Where the tokens of each start.
    starts: Vec<usize>,
    /// Tokens between two of them.
    between: usize,
    parts: Parts,
}

/// What of a split is found elsewhere as whole documents.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Found {
    /// How many documents are.
    pub count: usize,
    /// Of so many.
    pub all: usize,
    /// Share of the split's tokens that are of such documents, short ones aside where they are few.
    pub share: f64,
}

impl Documents {
    /// Of texts, the tokens of each of which start at one of `starts`, with so many tokens between two; `None` of fewer than
    /// two.
    pub fn of<'a>(
        unit: Unit,
        texts: impl Iterator<Item = &'a str>,
        starts: Vec<usize>,
        between: usize,
        parts: &Parts,
    ) -> Option<Self> {
        let mut numbers: HashMap<u64, usize> = HashMap::new();
        let mut number = |text: &str| {
            let next = numbers.len();
            *numbers.entry(by_words(text)).or_insert(next)
        };
        let is_long = |text: &str| text.chars().nth(SHORTEST - 1).is_some();
        let (texts, are_long): (Vec<usize>, Vec<bool>) =
            texts.map(|text| (number(text), is_long(text))).unzip();
        let parts = parts.clone();
        (texts.len() > 1).then_some(Documents { unit, texts, are_long, starts, between, parts })
    }

    /// What of val and test is in these tokens of what train texts are cut from.
    pub fn in_train(&self, tokens: Range<usize>) -> [Found; 2] {
        let known = self.whole_in(&tokens);
        [&self.parts.val, &self.parts.test].map(|part| self.found(part, &known))
    }

    /// What of test is in val.
    pub fn test_in_val(&self) -> Found {
        let known = self.held(&self.parts.val).map(|at| self.texts[at]).collect();
        self.found(&self.parts.test, &known)
    }

    /// The texts of documents all of whose tokens are among these.
    fn whole_in(&self, tokens: &Range<usize>) -> HashSet<usize> {
        let first = self.starts.partition_point(|start| *start < tokens.start);
        let end = |at: usize| match self.starts.get(at + 1) {
            Some(next) => next - self.between,
            None => self.parts.val.end,
        };
        let places = (first..self.starts.len()).take_while(|at| end(*at) <= tokens.end);
        places.map(|at| self.texts[at]).collect()
    }

    /// The documents that a split has tokens of.
    fn held(&self, part: &Range<usize>) -> Range<usize> {
        if part.is_empty() {
            return 0..0;
        }
        let first = self.starts.partition_point(|start| *start <= part.start).saturating_sub(1);
        first..self.starts.partition_point(|start| *start < part.end)
    }

    fn found(&self, part: &Range<usize>, known: &HashSet<usize>) -> Found {
        let held = self.held(part);
        let tokens = |at: &usize| {
            let next = self.starts.get(at + 1).copied().unwrap_or(part.end);
            next.min(part.end) - self.starts[*at].max(part.start)
        };
        let all = held.len();
        let copies: Vec<usize> = held.filter(|at| known.contains(&self.texts[*at])).collect();
        let of_any: usize = copies.iter().map(tokens).sum();
        let of_long: usize = copies.iter().filter(|at| self.are_long[**at]).map(tokens).sum();
        let kinds: HashSet<usize> = copies.iter().map(|at| self.texts[*at]).collect();
        let is_mostly_known = kinds.len() >= MANY && 2 * of_any >= part.len();
        let copied = if is_mostly_known { of_any } else { of_long };
        let share = copied as f64 / part.len().max(1) as f64;
        match self.unit == Unit::Lines && share < MANY_LINES {
            true => Found { count: 0, all, share: 0.0 },
            false => Found { count: copies.len(), all, share },
        }
    }
}

/// A number that texts share which have the same words, whatever stands between them.
fn by_words(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.split_whitespace().for_each(|word| word.hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one token a character and one between documents, of which the last three are test and val.
    fn documents(texts: [&str; 6]) -> Documents {
        let starts: Vec<usize> = (0..6)
            .map(|at| texts[..at].iter().map(|text| text.chars().count() + 1).sum())
            .collect();
        let length = starts[5] + texts[5].chars().count();
        let parts =
            Parts { pool: 0..starts[3], test: starts[3]..starts[4], val: starts[4]..length };
        Documents::of(Unit::Documents, texts.into_iter(), starts, 1, &parts).unwrap()
    }

    const LONG: &str = "To be or not to be";

    #[test]
    fn copies_are_counted_in_the_tokens_that_a_text_reads_alone() {
        let found =
            documents(["Something else.", LONG, "yes", "yes", LONG, "That is the question"]);
        let [val, test] = found.in_train(0..39);
        assert_eq!((val.count, val.all, test.count, test.all), (1, 2, 1, 1));
        assert!((val.share - 19.0 / 39.0).abs() < 1e-12, "{}", val.share);
        assert_eq!(test.share, 0.0, "a word may be written twice");
        assert_eq!(found.in_train(16..34)[0].count, 1, "its last token is the last of these");
        for tokens in [0..33, 17..38, 0..0] {
            assert_eq!(found.in_train(tokens.clone())[0].count, 0, "{tokens:?}");
        }
    }

    #[test]
    fn a_split_of_many_short_records_is_copied_where_they_are_in_train() {
        let share = |record: fn(usize) -> String| {
            let texts: Vec<String> = (0..40).map(|at| record(at % 20)).collect();
            // Each of three characters, with one between them.
            let starts: Vec<usize> = (0..40).map(|at| 4 * at).collect();
            let parts = Parts { pool: 0..80, test: 80..80, val: 80..159 };
            let texts = texts.iter().map(String::as_str);
            let known = Documents::of(Unit::Documents, texts, starts, 1, &parts).unwrap();
            let [val, _] = known.in_train(0..80);
            assert_eq!((val.count, val.all), (20, 20));
            val.share
        };
        assert_eq!(share(|at| format!("n{at:02}")), 1.0);
        assert_eq!(share(|at| ["yes", "no."][at % 2].to_owned()), 0.0, "these may be labels");
    }

    #[test]
    fn test_that_is_in_val_is_found() {
        let found = documents(["a", "b", "c", LONG, LONG, "d"]).test_in_val();
        assert_eq!(found, Found { count: 1, all: 1, share: 1.0 });
    }

    #[test]
    fn one_document_is_no_copy_of_another() {
        let parts = Parts { pool: 0..1, test: 1..2, val: 2..3 };
        let of = |unit| Documents::of(unit, ["abc"].into_iter(), vec![0], 0, &parts);
        assert!(of(Unit::Documents).is_none() && of(Unit::Lines).is_none());
    }

    #[test]
    fn what_stands_between_words_makes_no_other_document() {
        let other = "To be  or not to\r\nbe ";
        let found = documents(["Something else.", LONG, "yes", "no", other, "That is it, alas"]);
        let [val, test] = found.in_train(0..39);
        assert_eq!((val.count, test.count), (1, 0));
    }

    #[test]
    fn lines_are_told_where_they_are_most_of_a_split() {
        let found = |lines: [&str; 4]| {
            let starts = vec![0, 19, 38, 57];
            let parts = Parts { pool: 0..38, test: 38..38, val: 38..76 };
            let known = Documents::of(Unit::Lines, lines.into_iter(), starts, 0, &parts).unwrap();
            known.in_train(0..38)[0]
        };
        let [one, other, new] =
            ["To be or not to be", "That is a question", "Whether it is nobler"];
        assert_eq!(found([one, other, other, one]), Found { count: 2, all: 2, share: 1.0 });
        assert_eq!(found([one, other, new, one]), Found { count: 1, all: 2, share: 0.5 });
        let known = found([one, "to", "to", new]);
        assert_eq!(known, Found { count: 0, all: 2, share: 0.0 });
    }
}
