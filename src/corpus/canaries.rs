//! Random sequences that are planted in a train text.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use chacha20::ChaCha8Rng;

use super::Token;
use crate::config::Canaries;
use crate::random::{below, stream};

/// Canaries are noise to a text: they take no more than half of it.
const LARGEST_SHARE: usize = 2;

/// So many times as many sequences there must be as are drawn: where a model knows some of all there are, the rank of one
/// says little.
const FEWEST_TIMES: f64 = 16.0;

/// What was planted in a train text, and what might have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The canaries.
    pub canaries: Vec<Vec<Token>>,
    /// [`Canaries::CANDIDATES`] sequences that were drawn as they were, and planted nowhere.
    pub candidates: Vec<Vec<Token>>,
}

impl Planted {
    /// Plants the canaries of a seed in its text, in the place of tokens that are there: at random places that do not
    /// overlap.
    ///
    /// # Errors
    /// A text that they would take more than half of, or too few sequences of their length; with the numbers.
    pub fn plant(
        terms: &Canaries,
        vocabulary: usize,
        seed: Option<u64>,
        text: &mut [Token],
    ) -> Result<Self> {
        let (length, taken) = (terms.length, terms.tokens());
        ensure!(
            taken <= text.len() / LARGEST_SHARE,
            "data.canaries = {}, each of {length} tokens and planted {} times in turn, take {taken} tokens, and \
             data.train = {} has room for half as many as itself; lower one of data.canaries, data.canary_length and \
             data.canary_repeats, or raise data.train",
            terms.count,
            listed(&terms.repeats),
            text.len()
        );
        check_there_are_enough(terms, vocabulary)?;
        let rng = |purpose: &str| {
            // The text for all seeds is no seed's.
            let key = seed.map_or(Vec::new(), |seed| seed.to_le_bytes().to_vec());
            stream(purpose, &[&key])
        };
        let mut known = BTreeSet::new();
        let mut sequences = |purpose: &str, count: usize| {
            sequences(&mut rng(purpose), count, (length, vocabulary), &mut known)
        };
        let planted = Planted {
            canaries: sequences("canaries", terms.count),
            candidates: sequences("canary candidates", Canaries::CANDIDATES),
        };
        let mut rng = rng("canary places");
        let copies = terms.plantings().zip(&planted.canaries);
        let mut copies: Vec<&Vec<Token>> =
            copies.flat_map(|(repeats, canary)| std::iter::repeat_n(canary, repeats)).collect();
        let starts = places(&mut rng, copies.len(), length, text.len());
        for start in starts {
            let canary = copies.swap_remove(below(&mut rng, copies.len()));
            text[start..start + length].copy_from_slice(canary);
        }
        Ok(planted)
    }
}

fn check_there_are_enough(terms: &Canaries, vocabulary: usize) -> Result<()> {
    let drawn = terms.count + Canaries::CANDIDATES;
    let all = (vocabulary as f64).powf(terms.length as f64);
    ensure!(
        all >= FEWEST_TIMES * drawn as f64,
        "data.canary_length = {}: of {vocabulary} tokens there are {all} sequences of that length, too few for {} canaries \
         and the {} that each is ranked among; raise data.canary_length",
        terms.length,
        terms.count,
        Canaries::CANDIDATES
    );
    Ok(())
}

/// Sequences that are not known yet, each as likely as any other.
fn sequences(
    rng: &mut ChaCha8Rng,
    count: usize,
    (length, vocabulary): (usize, usize),
    known: &mut BTreeSet<Vec<Token>>,
) -> Vec<Vec<Token>> {
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let sequence: Vec<Token> = (0..length).map(|_| below(rng, vocabulary) as Token).collect();
        if known.insert(sequence.clone()) {
            drawn.push(sequence);
        }
    }
    drawn
}

/// Starts of so many sequences that do not overlap, by rising place: gaps between them are drawn, all alike.
fn places(rng: &mut ChaCha8Rng, count: usize, length: usize, text: usize) -> Vec<usize> {
    let free = text - count * length;
    let mut before: Vec<usize> = (0..count).map(|_| below(rng, free + 1)).collect();
    before.sort_unstable();
    before.iter().enumerate().map(|(index, before)| before + index * length).collect()
}

fn listed(repeats: &[usize]) -> String {
    repeats.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> Canaries {
        Canaries { count: 4, length: 8, repeats: vec![1, 3] }
    }

    fn planted(seed: Option<u64>) -> (Planted, Vec<Token>) {
        // 40 is no token of the vocabulary: what is left of the text is known by it.
        let mut text = vec![40; 200];
        let planted = Planted::plant(&terms(), 30, seed, &mut text).unwrap();
        (planted, text)
    }

    #[test]
    fn every_canary_stands_in_the_text_as_often_as_it_should_and_nothing_else_is_changed() {
        for seed in [None, Some(0), Some(1)] {
            let (planted, text) = planted(seed);
            assert_eq!(text.len(), 200);
            let occurrences = |canary: &Vec<Token>| {
                text.windows(8).filter(|window| window == &canary.as_slice()).count()
            };
            let found: Vec<usize> = planted.canaries.iter().map(occurrences).collect();
            assert_eq!(found, [1, 3, 1, 3]);
            assert_eq!(text.iter().filter(|token| **token == 40).count(), 200 - 8 * 8);
            assert!(planted.candidates.iter().all(|candidate| occurrences(candidate) == 0));
        }
    }

    #[test]
    fn canaries_are_those_of_their_seed() {
        let all: BTreeSet<Vec<Token>> = [None, Some(0), Some(1)]
            .into_iter()
            .flat_map(|seed| planted(seed).0.canaries)
            .collect();
        assert_eq!(all.len(), 12);
        assert_eq!(planted(Some(1)), planted(Some(1)));
    }

    #[test]
    fn no_sequence_is_drawn_twice_and_too_few_are_refused() {
        let of = |length: usize, vocabulary: usize| {
            let terms = Canaries { count: 4, length, repeats: vec![1] };
            Planted::plant(&terms, vocabulary, Some(1), &mut [40; 200])
        };
        let planted = of(2, 70).unwrap();
        let all: BTreeSet<&Vec<Token>> =
            planted.canaries.iter().chain(&planted.candidates).collect();
        assert_eq!(all.len(), 4 + Canaries::CANDIDATES);
        let error = of(4, 2).unwrap_err().to_string();
        assert!(error.contains("of 2 tokens there are 16 sequences"), "{error}");
    }

    #[test]
    fn places_are_anywhere_and_never_overlap() {
        let mut rng = stream("test", &[]);
        let mut seen = BTreeSet::new();
        for _ in 0..300 {
            let places = places(&mut rng, 3, 4, 16);
            assert!(places.windows(2).all(|pair| pair[1] >= pair[0] + 4) && places[2] <= 12);
            seen.extend(places);
        }
        assert_eq!(seen, (0..=12).collect());
    }

    #[test]
    fn a_text_with_too_little_room_is_refused_with_the_numbers() {
        let error = Planted::plant(&terms(), 30, None, &mut [0; 100]).unwrap_err().to_string();
        for part in
            ["data.canaries = 4", "8 tokens", "1, 3 times", "take 64 tokens", "data.train = 100"]
        {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
