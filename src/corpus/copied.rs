//! How much of held-out text was trained on: what stands word for word in train.

mod documents;

use std::collections::HashMap;

use indicatif::HumanCount;

use super::{Corpus, Token};

pub use documents::{Documents, Unit};

/// Tokens of a stretch: as much stands in two places of a text where one is a copy, and hardly ever otherwise.
const STRETCH: usize = 64;
/// Stretches that are sought, about; of longer texts not those at every place.
const MOST: usize = 1 << 18;
/// Below this share copies are the quotations and headings that every text has.
const FEW: f64 = 0.01;
/// Factor of a place in a hash; odd.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Shares of held-out tokens that occur, word for word, in what was read before: by stretches at any place of it, or by
/// whole documents where that is more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Copied {
    /// Of val, in train.
    pub val: f64,
    /// Of test, in train; 0 without test.
    pub test: f64,
    /// Documents of val and of test that are in train as a whole, of how many.
    documents: [(usize, usize); 2],
}

impl Corpus {
    /// What of val and test is in train tokens, which begin where the text of a seed does; `None` where there are too
    /// few, or where they are no text.
    pub(super) fn copied(&self, seed: Option<u64>, train: &[Token]) -> Option<Copied> {
        let is_too_short =
            self.val.len().max(self.test.len()) < STRETCH && self.documents.is_none();
        // The numbers of sums are all drawn from the same few.
        if self.stride != 1 || is_too_short {
            return None;
        }
        let start = self.pool.start(seed, self.split.train);
        let known = self.documents.as_ref();
        let found = known.map(|known| known.in_train(start..start + train.len()));
        let [val, test] = found.unwrap_or_default();
        Some(Copied {
            val: share(&self.val, train).max(val.share),
            test: share(&self.test, train).max(test.share),
            documents: [val, test].map(|found| (found.count, found.all)),
        })
    }

    /// What of held-out text is in another split, for people, if anything.
    pub fn copied_told(&self) -> Option<String> {
        let told: Vec<String> =
            [self.shares_told(), self.documents_told()].into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// How much that is, where it is more than texts have in common; of several train texts in the mean.
    fn shares_told(&self) -> Option<String> {
        let copied: Vec<Copied> = self.read_texts().filter_map(|(_, text)| text.copied).collect();
        let texts = copied.len().max(1) as f64;
        let mean = |of: fn(&Copied) -> f64| copied.iter().map(of).sum::<f64>() / texts;
        let in_val = if copied.is_empty() { 0.0 } else { self.test_in_val() };
        let told = |(what, share, place): (&str, f64, &str)| {
            let percent = 100.0 * share;
            (share >= FEW)
                .then(|| format!("{percent:.0} % of {what} stands word for word in {place}"))
        };
        let in_train = if copied.len() > 1 { "train, in the mean of its texts" } else { "train" };
        let all = [
            ("val", mean(|copied| copied.val), in_train),
            ("test", mean(|copied| copied.test), in_train),
            ("test", in_val, "val"),
        ];
        let told: Vec<String> = all.into_iter().filter_map(told).collect();
        (!told.is_empty()).then(|| {
            format!(
                "{}, by stretches of {} tokens{}: a loss there tells what was seen before, not how well a model \
                 generalizes",
                told.join(", "),
                HumanCount(STRETCH as u64),
                self.documents.as_ref().map_or(String::new(), |known| {
                    format!(" or whole {}", known.unit.name())
                }),
            )
        })
    }

    fn test_in_val(&self) -> f64 {
        let whole = self.documents.as_ref().map_or(0.0, |known| known.test_in_val().share);
        share(&self.test, &self.val).max(whole)
    }

    /// How many documents of val and test are in another split as a whole; of several train texts in that which has the
    /// most.
    fn documents_told(&self) -> Option<String> {
        let known = self.documents.as_ref()?;
        let (unit, in_val) = (known.unit.name(), known.test_in_val());
        let copied: Vec<Copied> = self.read_texts().filter_map(|(_, text)| text.copied).collect();
        let most = |part: usize| copied.iter().map(|copied| copied.documents[part]).max();
        let at_most = if copied.len() > 1 { "at most " } else { "" };
        let all = [
            (at_most, "val", most(0), "train"),
            (at_most, "test", most(1), "train"),
            ("", "test", Some((in_val.count, in_val.all)), "val"),
        ];
        let told = |(most, name, found, place): (&str, &str, Option<(usize, usize)>, &str)| {
            let (count, all) = found.filter(|(count, _)| *count > 0)?;
            let (count, all) = (HumanCount(count as u64), HumanCount(all as u64));
            Some(format!("{most}{count} of {all} {name} {unit} are also in {place}"))
        };
        let told: Vec<String> = all.into_iter().filter_map(told).collect();
        (!told.is_empty()).then(|| format!("{}, word for word", told.join(", ")))
    }
}

/// Share of the tokens of `held` that are in stretches which occur anywhere in `read`.
fn share(held: &[Token], read: &[Token]) -> f64 {
    if held.len() < STRETCH {
        return 0.0;
    }
    let mut wanted = Wanted::of(held);
    for (place, hash) in hashes(read) {
        wanted.find(hash, &read[place..place + STRETCH]);
    }
    wanted.covered() as f64 / held.len() as f64
}

/// Stretches of held-out text that were not found yet, by their hashes.
struct Wanted<'a> {
    held: &'a [Token],
    /// Where those of a hash begin.
    by_hash: HashMap<u64, Vec<usize>>,
    /// A bit for the first bits of every hash: most places of a text need no more.
    some: Vec<bool>,
    shift: u32,
    /// Where those begin that were found.
    found: Vec<usize>,
}

impl<'a> Wanted<'a> {
    /// Those at every place, or at so many.
    fn of(held: &'a [Token]) -> Self {
        let step = (held.len() / MOST).clamp(1, STRETCH);
        let count = held.len() / step;
        let places = (16 * count).next_power_of_two();
        let shift = u64::BITS - places.ilog2();
        let (by_hash, some, found) = (HashMap::new(), vec![false; places], Vec::new());
        let mut wanted = Wanted { held, by_hash, some, shift, found };
        for (place, hash) in hashes(held).step_by(step) {
            wanted.some[(hash >> shift) as usize] = true;
            wanted.by_hash.entry(hash).or_default().push(place);
        }
        wanted
    }

    /// Notes which of them these tokens are.
    fn find(&mut self, hash: u64, tokens: &[Token]) {
        if !self.some[(hash >> self.shift) as usize] {
            return;
        }
        let Some(places) = self.by_hash.get_mut(&hash) else { return };
        let same = |place: &mut usize| self.held[*place..*place + STRETCH] == *tokens;
        self.found.extend(places.extract_if(.., same));
    }

    /// How many tokens those cover that were found.
    fn covered(mut self) -> usize {
        self.found.sort_unstable();
        let mut end = 0;
        let own = self.found.iter().map(|place| {
            let first = end.max(*place);
            end = place + STRETCH;
            end - first
        });
        own.sum()
    }
}

fn hash(tokens: &[Token]) -> u64 {
    tokens.iter().fold(0, |hash, token| append(hash, *token))
}

fn append(hash: u64, token: Token) -> u64 {
    hash.wrapping_mul(FACTOR).wrapping_add(u64::from(token) + 1)
}

/// The hash of the stretch at every place, each made of the one before it.
fn hashes(tokens: &[Token]) -> impl Iterator<Item = (usize, u64)> {
    let first_place = FACTOR.wrapping_pow(STRETCH as u32);
    let first = tokens.get(..STRETCH).map(hash);
    let rest = tokens.iter().zip(tokens.iter().skip(STRETCH)).enumerate();
    let next = move |last: &mut u64, (place, (left, entering)): (usize, (&Token, &Token))| {
        let gone = (u64::from(*left) + 1).wrapping_mul(first_place);
        *last = append(*last, *entering).wrapping_sub(gone);
        Some((place + 1, *last))
    };
    first.map(|hash| (0, hash)).into_iter().chain(rest.scan(first.unwrap_or(0), next))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::tests::in_memory;

    #[test]
    fn what_of_val_is_in_train_is_told_by_its_share() {
        let train: Vec<Token> = (0..2000).map(|place| (place * place % 251) as Token).collect();
        let other: Vec<Token> = (0..640).map(|place| 300 + (place % 97) as Token).collect();
        let half = [&train[701..701 + 320], &other[..320]].concat();
        let told = |val: &[Token]| in_memory(400, &train, val).copied_told();
        assert!(told(&half).unwrap().starts_with("50 % of val stands word for word in train, by"));
        assert!(told(&train[100..800]).unwrap().starts_with("100 % of val"));
        assert_eq!(told(&other), None);
        assert_eq!(told(&train[..40]), None, "too few tokens to tell");
    }

    proptest! {
        #[test]
        fn the_share_is_that_of_looking_everywhere(
            read in prop::collection::vec(0_u16..2, 0..400),
            held in prop::collection::vec(0_u16..2, 0..200),
            copies in prop::collection::vec(0_usize..300, 0..4),
        ) {
            let mut held = held;
            for place in copies {
                held.extend(read.iter().skip(place).take(STRETCH));
            }
            let is_there = |stretch: &[Token]| read.windows(STRETCH).any(|window| window == stretch);
            let stretches = held.windows(STRETCH).enumerate();
            let found: Vec<usize> =
                stretches.filter(|(_, stretch)| is_there(stretch)).map(|(place, _)| place).collect();
            let is_covered =
                |token: &usize| found.iter().any(|place| (*place..place + STRETCH).contains(token));
            let covered = (0..held.len()).filter(is_covered).count();
            prop_assert_eq!(share(&held, &read), covered as f64 / held.len().max(1) as f64);
        }

        #[test]
        fn every_stretch_has_its_own_hash(tokens in prop::collection::vec(any::<u16>(), 0..300)) {
            let rolled: Vec<u64> = hashes(&tokens).map(|(_, hash)| hash).collect();
            let direct: Vec<u64> = tokens.windows(STRETCH).map(hash).collect();
            prop_assert_eq!(rolled, direct);
        }
    }
}
