use std::path::Path;

use super::train_text::digest;
use super::*;
use crate::config::Order;

const CUT: Cut =
    Cut { train: 3000, val: 2000, test: None, order: Order::Random, texts: None, canaries: None };

/// A corpus of one train text and val.
pub(crate) fn in_memory(vocabulary: usize, train: &[Token], val: &[Token]) -> Corpus {
    let split = Split { train: train.len(), val: val.len(), order: Order::Random, test: 0 };
    let pool = Pool::Memory(train.to_vec().into());
    let mut corpus = Corpus::new("test".into(), vocabulary, split, val.to_vec(), pool);
    corpus.read_text(None).unwrap();
    corpus
}

fn grammar(cut: &Cut, seeds: &[u64]) -> Corpus {
    Corpus::load(&Source::GRAMMAR, cut, seeds).unwrap()
}

#[test]
fn the_grammar_fills_every_split_and_knows_its_floor() {
    let corpus = grammar(&CUT, &[7]);
    assert_eq!(corpus.text(Some(7)).tokens.len(), 3000);
    assert_eq!((corpus.val.len(), corpus.test.len()), (2000, 2000));
    let floor = corpus.val_floor(64, 16).unwrap();
    assert!((0.3..2.0).contains(&floor), "{floor}");
}

#[test]
fn seeds_have_texts_of_their_own_and_share_val_and_test() {
    let one = grammar(&CUT, &[0, 1]);
    let (zero, first) = (one.text(Some(0)), one.text(Some(1)));
    assert_eq!(one.texts, Texts::PerSeed);
    assert_ne!(zero.tokens, first.tokens);
    assert_ne!(zero.digest, first.digest);
    let fixed = grammar(&Cut { texts: Some(Texts::Fixed), ..CUT }, &[0, 1]);
    assert_eq!((&fixed.val, &fixed.test), (&one.val, &one.test));
    assert_eq!(fixed.read_texts().count(), 1);
    assert_ne!(fixed.text(None).tokens, zero.tokens);
}

#[test]
fn a_corpus_without_test_has_the_digest_that_it_had_before_there_was_test() {
    let without = Cut { test: Some(0), texts: Some(Texts::Fixed), ..CUT };
    let with = Cut { test: None, ..without.clone() };
    let (with, without) = (grammar(&with, &[]), grammar(&without, &[]));
    assert_eq!(with.text(None).tokens, without.text(None).tokens);
    assert_ne!(with.digest(), without.digest());
    assert_eq!(
        without.digest(),
        digest(without.vocabulary, [&without.text(None).tokens, &without.val, &[]])
    );
    assert!(without.levels(without.text(None), 64, 16).is_none());
}

/// Train counts 3, 1, 0 become 4, 2, 1 of 7; the only window of val has targets 1, 2, 0.
#[test]
fn the_unigram_loss_smooths_the_frequencies_of_train() {
    let corpus = in_memory(3, &[0, 0, 0, 1], &[2, 1, 2, 0]);
    let expected = ((7.0 / 2.0f64).ln() + 7f64.ln() + (7.0 / 4.0f64).ln()) / 3.0;
    assert!((corpus.val_unigram(corpus.text(None), 3, 9).unwrap() - expected).abs() < 1e-12);
}

/// An interpolated Witten–Bell 5-gram of 6,000 characters of the grammar scores 1.41.
#[test]
fn levels_lie_in_their_order_and_where_they_were_found_before() {
    let corpus = grammar(&Cut { train: 6000, val: 20_000, texts: Some(Texts::Fixed), ..CUT }, &[]);
    let text = corpus.text(None);
    let levels = corpus.levels(text, 64, 128).unwrap();
    assert!(levels.floor.unwrap() < levels.ngram, "{levels:?}");
    assert!(levels.ngram < levels.unigram && levels.unigram < levels.uniform, "{levels:?}");
    assert_eq!(levels.uniform, 51_f64.ln());
    assert_eq!(levels.ngram_order, 5);
    assert!((levels.ngram - 1.41).abs() < 0.06, "{levels:?}");
}

/// `tests/fixtures/ngram/make.py` computes them from the formula, in another language.
#[test]
fn levels_are_those_of_an_independent_implementation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/ngram");
    let expected = std::fs::read(folder.join("expected.json")).unwrap();
    let expected: Levels = serde_json::from_slice(&expected).unwrap();
    let fixed = Some(Texts::Fixed);
    let cut = Cut { train: 6000, val: 1500, test: Some(1500), texts: fixed, ..CUT };
    let corpus =
        Corpus::load(&Source::parse(folder.join("text.txt").to_str().unwrap()), &cut, &[]).unwrap();
    let levels = corpus.levels(corpus.text(None), 32, 20).unwrap();
    assert_eq!((levels.ngram_order, levels.floor), (expected.ngram_order, None));
    for (found, expected) in [
        (levels.uniform, expected.uniform),
        (levels.unigram, expected.unigram),
        (levels.ngram, expected.ngram),
    ] {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}

#[test]
fn a_split_shorter_than_a_window_is_refused_with_its_numbers() {
    for (short, cut) in
        [("val", Cut { val: 10, test: Some(2000), ..CUT }), ("test", Cut { test: Some(10), ..CUT })]
    {
        let error = grammar(&cut, &[0]).check_context(64).unwrap_err().to_string();
        assert!(error.contains(short) && error.contains("10") && error.contains("66"), "{error}");
    }
    assert!(grammar(&Cut { test: Some(0), ..CUT }, &[0]).check_context(64).is_ok());
}

#[test]
fn the_digest_tells_the_splits_apart() {
    assert_ne!(digest(9, [&[1, 2], &[3], &[]]), digest(9, [&[1], &[2, 3], &[]]));
    assert_ne!(digest(9, [&[1, 2], &[3], &[]]), digest(8, [&[1, 2], &[3], &[]]));
    assert_ne!(digest(9, [&[1, 2], &[3], &[]]), digest(9, [&[1, 2], &[3], &[3]]));
}

#[test]
fn canaries_change_train_texts_alone() {
    let canaries = Some(Canaries { count: 3, length: 16, repeats: vec![1, 2, 4] });
    let (plain, with) = (grammar(&CUT, &[7]), grammar(&Cut { canaries, ..CUT }, &[7]));
    let (a, b) = (plain.text(Some(7)), with.text(Some(7)));
    assert_eq!(a.tokens.len(), b.tokens.len());
    let changed = a.tokens.iter().zip(b.tokens.iter()).filter(|(a, b)| a != b).count();
    assert!((90..=7 * 16).contains(&changed), "{changed}");
    assert_ne!(a.digest, b.digest);
    assert_eq!(
        (&plain.val, &plain.test, plain.vocabulary),
        (&with.val, &with.test, with.vocabulary)
    );
    assert!(a.planted.is_none() && b.planted.as_ref().unwrap().canaries.len() == 3);
}

#[test]
fn the_truth_is_told_of_the_grammar_alone() {
    let truth = grammar(&CUT, &[7]).test_truth().unwrap();
    assert!(truth.len() == 2000 && truth.iter().all(|shares| shares.len() == 51));
    assert!(in_memory(3, &[0, 1, 0], &[2, 1, 2, 0]).test_truth().is_none());
}
