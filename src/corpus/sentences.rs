//! The built-in grammar as a source: of one kind, or of another from the middle of a train text on.

use anyhow::{Result, ensure};

use super::grammar::{self, Dialect, Stream};
use super::pool::Pool;
use super::token_bytes::TokenBytes;
use super::{Corpus, HeldOutNats, Source, Tokenizer, TokenizerChoice, cut};
use crate::config::{Cut, Texts};

/// Cuts the sentences of a pool: val is of the kind that train texts begin with, test of the kind that they end with.
///
/// # Errors
/// A tokenizer or a field, which the grammar does not have.
pub fn read(pool: Pool, source: &Source, cut: &Cut) -> Result<Corpus> {
    ensure!(
        source.tokenizer.as_ref().is_none_or(|choice| *choice == TokenizerChoice::Characters),
        "data.tokenizer: the grammar's tokens are its characters; a tokenizer is for texts"
    );
    ensure!(
        source.text_field.is_none(),
        "data.text_field: the grammar has no fields, JSON lines have"
    );
    let alphabet = grammar::alphabet();
    let test = cut.test.unwrap_or(cut.val);
    let split = cut.with_test(test);
    let mut of_val = grammar::write(Dialect::Plain, Stream::Fixed, cut.train + cut.val);
    let of_test = grammar::write(dialect_of_test(&pool), Stream::Test, test);
    let val = grammar::encode(&of_val.characters[cut.train..], &alphabet);
    let test_tokens = grammar::encode(&of_test.characters, &alphabet);
    let nats = HeldOutNats { val: of_val.nats.split_off(cut.train), test: of_test.nats };
    let tokenizer = Tokenizer::characters(alphabet);
    let recognised = match pool {
        Pool::ShiftedGrammar => {
            "the built-in grammar, whose words are used otherwise from the middle of every train text on: val is \
             of the first kind, test of the second"
        }
        _ => "the built-in grammar",
    };
    Ok(Corpus {
        recognised: recognised.into(),
        decided: cut::test_told(cut, test, "of a stream of its own").into_iter().collect(),
        texts: cut.texts.unwrap_or(Texts::PerSeed),
        test: test_tokens,
        nats: Some(nats),
        bytes: TokenBytes::known(&tokenizer),
        ..Corpus::new(source.to_string(), tokenizer.vocabulary(), split, val, pool)
            .with_tokenizer(tokenizer)
    })
}

/// For each token of test the true probabilities of all tokens; `None` for a pool that is no grammar.
pub fn test_truth(pool: &Pool, test: usize) -> Option<Vec<Vec<f64>>> {
    let is_grammar = matches!(pool, Pool::Grammar | Pool::ShiftedGrammar);
    is_grammar.then(|| grammar::distributions(dialect_of_test(pool), Stream::Test, test))
}

fn dialect_of_test(pool: &Pool) -> Dialect {
    match pool {
        Pool::ShiftedGrammar => Dialect::Shifted,
        _ => Dialect::Plain,
    }
}
