//! Sums modulo a number, as the texts of grokking have them (Power et al. 2022, arXiv 2201.02177): `a b = c` with
//! c = a + b, four tokens an equation. No pair of a and b is in two splits, so that val and test ask for sums that train
//! does not hold. Windows begin where equations do; with a context of 3 each is one equation.

use anyhow::{Result, ensure};

use super::equations::{Equations, LENGTH};
use super::pool::Pool;
use super::{Corpus, Source, cut};
use crate::config::{Cut, Texts};
use crate::random;

/// The numbers that sums may be taken modulo.
const MODULI: std::ops::RangeInclusive<u16> = 5..=997;

/// Cuts the table of sums.
///
/// # Errors
/// A number that is too small or too large, splits of parts of equations, or more of them than there are.
pub fn read(modulus: u16, source: &Source, cut: &Cut) -> Result<Corpus> {
    ensure!(
        MODULI.contains(&modulus),
        "data.source = \"modular:{modulus}\": expected a number from {} to {}, such as modular:31",
        MODULI.start(),
        MODULI.end()
    );
    ensure!(
        source.tokenizer.is_none() && source.text_field.is_none(),
        "data.tokenizer and data.text_field are for texts; the tokens of sums are numbers"
    );
    let test = cut.test.unwrap_or(cut.val);
    for (name, tokens) in [("train", cut.train), ("val", cut.val), ("test", test)] {
        ensure!(
            tokens.is_multiple_of(LENGTH),
            "data.{name} = {tokens}: an equation has {LENGTH} tokens; expected a multiple, such as {}",
            tokens.next_multiple_of(LENGTH)
        );
    }
    let (wanted, all) = (cut.train + cut.val + test, LENGTH * usize::from(modulus).pow(2));
    ensure!(
        wanted <= all,
        "data.train = {}, data.val = {} and data.test = {test} need {wanted} tokens, but modular:{modulus} has {all}: \
         {modulus} × {modulus} equations of {LENGTH}",
        cut.train,
        cut.val
    );
    let numbers = || 0..modulus;
    let mut pairs: Vec<[u16; 2]> = numbers().flat_map(|a| numbers().map(move |b| [a, b])).collect();
    random::shuffle(&mut random::stream("modular", &[&modulus.to_le_bytes()]), &mut pairs);
    let rest = pairs.split_off((cut.val + test) / LENGTH);
    let equations = Equations { modulus, pairs: rest };
    let [val, test_tokens] = [&pairs[..cut.val / LENGTH], &pairs[cut.val / LENGTH..]]
        .map(|pairs| equations.written(pairs));
    Ok(Corpus {
        recognised: format!("sums modulo {modulus}, four tokens each: a, b, = and a + b"),
        decided: cut::test_told(cut, test, "of sums that are nowhere else").into_iter().collect(),
        texts: cut.texts.unwrap_or(Texts::PerSeed),
        test: test_tokens,
        stride: LENGTH,
        ..Corpus::new(
            source.to_string(),
            usize::from(modulus) + 1,
            cut.with_test(test),
            val,
            Pool::Modular(equations),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Token;
    use super::*;
    use crate::config::Order;

    fn load(modulus: u16, train: usize, val: usize, test: usize) -> Result<Corpus> {
        let source = Source::parse(&format!("modular:{modulus}"));
        let cut =
            Cut { train, val, test: Some(test), order: Order::Random, texts: None, canaries: None };
        Corpus::load(&source, &cut, &[0, 1])
    }

    fn equations(tokens: &[Token]) -> BTreeSet<&[Token]> {
        tokens.chunks(LENGTH).collect()
    }

    #[test]
    fn every_equation_holds_and_is_in_one_split() {
        let corpus = load(11, 240, 120, 124).unwrap();
        let train = equations(&corpus.text(Some(0)).tokens);
        let held_out = [&corpus.val, &corpus.test].map(|split| equations(split));
        let all: BTreeSet<&[Token]> =
            train.iter().chain(&held_out[0]).chain(&held_out[1]).copied().collect();
        assert_eq!(all.len(), 121);
        assert!(all.iter().all(|one| one[2] == 11 && (one[0] + one[1]) % 11 == one[3]));
        assert_ne!(corpus.text(Some(0)).tokens.to_vec(), corpus.text(Some(1)).tokens.to_vec());
        assert_eq!((corpus.vocabulary, corpus.stride), (12, 4));
    }

    #[test]
    fn what_the_table_does_not_hold_is_refused_with_its_size() {
        for (modulus, train, expected) in [
            (11, 400, "need 644 tokens, but modular:11 has 484"),
            (
                11,
                241,
                "data.train = 241: an equation has 4 tokens; expected a multiple, such as 244",
            ),
            (3, 4, "expected a number from 5 to 997"),
        ] {
            let error = load(modulus, train, 120, 124).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
