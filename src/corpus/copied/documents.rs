//! Documents of val and test that are documents of train as well.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::corpus::cut::Parts;

/// Characters of a document, at least, that is copied where it is found twice: shorter ones, such as names and
/// answers, are written again and again.
const SHORTEST: usize = 16;
/// Of so many texts and more, copies that make up half of a split are told however short they are: a few labels may be all
/// that there is to be written, but a split of known records holds nothing out.
const MANY: usize = 16;

/// The documents of a source, and where it is cut.
#[derive(Debug)]
pub struct Documents {
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
    /// `None` of a text that is one document.
    pub fn of(texts: &[String], starts: &[usize], between: usize, parts: &Parts) -> Option<Self> {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut number = |text| {
            let next = numbers.len();
            *numbers.entry(text).or_insert(next)
        };
        let is_long = |text: &String| text.chars().nth(SHORTEST - 1).is_some();
        (texts.len() > 1).then(|| Documents {
            texts: texts.iter().map(|text| number(text.as_str())).collect(),
            are_long: texts.iter().map(is_long).collect(),
            starts: starts.to_vec(),
            between,
            parts: parts.clone(),
        })
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
        Found { count: copies.len(), all, share: copied as f64 / part.len().max(1) as f64 }
    }
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
        Documents::of(&texts.map(str::to_owned), &starts, 1, &parts).unwrap()
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
            let [val, _] = Documents::of(&texts, &starts, 1, &parts).unwrap().in_train(0..80);
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
        assert!(Documents::of(&["abc".to_owned()], &[0], 0, &parts).is_none());
    }
}
