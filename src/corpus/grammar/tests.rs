use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use super::*;
use crate::corpus::lexicon::NAMES;

fn reachable() -> Vec<(State, Rc<Vec<Piece>>)> {
    let mut cache = Pieces::default();
    let mut seen = HashSet::new();
    let mut open = vec![State::start(None)];
    let mut all = Vec::new();
    while let Some(state) = open.pop() {
        if seen.insert(state) {
            let list = cache.of(state, Dialect::Plain);
            open.extend(list.iter().map(|piece| piece.next));
            all.push((state, list));
        }
    }
    all
}

#[test]
fn every_state_is_a_distribution_over_pieces_none_of_which_starts_another() {
    for (state, list) in reachable() {
        let total: f64 = list.iter().map(|piece| piece.probability).sum();
        assert!((total - 1.0).abs() < 1e-12, "{state:?} sums to {total}");
        assert!(list.iter().all(|piece| piece.probability > 0.0), "{state:?}");
        let mut texts: Vec<&str> = list.iter().map(|piece| piece.text.as_str()).collect();
        texts.sort_unstable();
        for pair in texts.windows(2) {
            assert!(!pair[1].starts_with(pair[0]), "{state:?}: {pair:?}");
        }
    }
}

#[test]
fn a_longer_text_starts_with_the_shorter_one() {
    let (short, long) =
        (write(Dialect::Plain, Stream::Fixed, 500), write(Dialect::Plain, Stream::Fixed, 2000));
    assert_eq!(short.characters, long.characters[..500]);
    assert_eq!(short.nats, long.nats[..500]);
}

#[test]
fn every_stream_is_a_text_of_its_own_and_its_characters_are_those_with_likelihoods() {
    let streams = [Stream::Fixed, Stream::Test, Stream::Seed(0), Stream::Seed(1)];
    let texts: HashSet<Vec<char>> =
        streams.iter().map(|one| characters(Dialect::Plain, *one, 700)).collect();
    assert_eq!(texts.len(), streams.len());
    for stream in streams {
        assert_eq!(
            characters(Dialect::Plain, stream, 700),
            write(Dialect::Plain, stream, 700).characters
        );
    }
}

#[test]
fn the_probabilities_of_the_next_character_are_those_by_which_the_text_is_scored() {
    let (text, alphabet) = (write(Dialect::Plain, Stream::Test, 3000), alphabet());
    let all = distributions(Dialect::Plain, Stream::Test, 3000);
    assert_eq!(all.len(), 3000);
    let mut entropy = 0.0;
    for ((shares, character), nats) in all.iter().zip(&text.characters).zip(&text.nats) {
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let place = alphabet.binary_search(character).unwrap();
        assert!((-shares[place].ln() - nats).abs() < 1e-9);
        entropy -= shares.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>() / 3000.0;
    }
    // What the characters score is what they are expected to, but for what is drawn.
    let scored = text.nats.iter().sum::<f64>() / 3000.0;
    assert!((scored - entropy).abs() < 0.06, "{scored} {entropy}");
}

#[test]
fn the_likelihood_of_the_characters_of_a_piece_multiplies_to_that_of_the_piece() {
    let list = Pieces::default().of(State::start(None), Dialect::Plain);
    for chosen in 0..list.len() {
        let mut text = Text { characters: Vec::new(), nats: Vec::new() };
        append(&mut text, &list, chosen);
        let nats: f64 = text.nats.iter().sum();
        assert!((nats + list[chosen].probability.ln()).abs() < 1e-9);
    }
}

#[test]
fn the_alphabet_is_every_character_that_can_be_written() {
    let pieces = reachable();
    let pieces = pieces.iter().flat_map(|(_, list)| list.iter());
    let written: BTreeSet<char> = pieces.flat_map(|piece| piece.text.chars()).collect();
    assert_eq!(alphabet(), written.into_iter().collect::<Vec<_>>());
}

#[test]
fn the_text_reads_like_english() {
    let text = write(Dialect::Plain, Stream::Fixed, 5000);
    let string: String = text.characters.iter().collect();
    assert!(string.contains(". ") && string.contains(" the "));
}

#[test]
fn the_shifted_grammar_writes_the_same_sentences_with_other_favourites() {
    let count = |dialect, word: &str| {
        let text: String = characters(dialect, Stream::Seed(1), 60_000).into_iter().collect();
        text.matches(word).count() as f64
    };
    let (first, later) = (NAMES[0], NAMES[NAMES.len() / 3]);
    let favoured = |dialect| count(dialect, first) / count(dialect, later);
    assert!(favoured(Dialect::Plain) > 1.5, "{}", favoured(Dialect::Plain));
    assert!(favoured(Dialect::Shifted) < 0.9, "{}", favoured(Dialect::Shifted));
    let shares = Pieces::default().of(State::start(None), Dialect::Shifted);
    let sum: f64 = shares.iter().map(|piece| piece.probability).sum();
    assert!((sum - 1.0).abs() < 1e-12);
    assert_ne!(
        characters(Dialect::Shifted, Stream::Test, 500),
        characters(Dialect::Shifted, Stream::Fixed, 500)
    );
}
