//! Tokens that only fill a place: the same one over and over.

use indicatif::HumanCount;

use super::{Corpus, Token};

/// So many of one token in a row say nothing of text.
const STRETCH: usize = 64;
/// Below this share they are the rulers and blanks that every text has.
const FEW: f64 = 0.01;

impl Corpus {
    /// How much of each split is one token over and over, where that is more than texts have; of several train texts the
    /// one that has most.
    pub fn padding_told(&self) -> Option<String> {
        let share = |found: &Option<Padding>| found.map_or(0.0, |found| found.share);
        let texts = self.read_texts().map(|(_, text)| Padding::of(&text.tokens));
        let train = texts.max_by(|a, b| share(a).total_cmp(&share(b))).flatten();
        let [val, test] = [&self.val, &self.test].map(|tokens| Padding::of(tokens));
        let told = |(name, found): (&str, Option<Padding>)| {
            let Padding { share, token } = found.filter(|found| found.share >= FEW)?;
            Some(format!("{:.0} % of {name} (token {token})", 100.0 * share))
        };
        let splits = [("train", train), ("val", val), ("test", test)];
        let told: Vec<String> = splits.into_iter().filter_map(told).collect();
        (!told.is_empty()).then(|| {
            format!(
                "stretches of {} and more of one token are {}: padding is trained on and measured as text is; write the \
                 files without it",
                HumanCount(STRETCH as u64),
                told.join(" and "),
            )
        })
    }

    /// Shares of val and test that are one token over and over.
    pub fn padding_shares(&self) -> [f64; 2] {
        let share = |tokens: &[Token]| Padding::of(tokens).map_or(0.0, |found| found.share);
        [share(&self.val), share(&self.test)]
    }
}

/// Stretches of one token.
#[derive(Clone, Copy)]
struct Padding {
    /// Of all tokens.
    share: f64,
    /// That of the longest.
    token: Token,
}

impl Padding {
    /// `None` where there is none.
    fn of(tokens: &[Token]) -> Option<Self> {
        let stretches = || tokens.chunk_by(|a, b| a == b).filter(|one| one.len() >= STRETCH);
        let longest = stretches().max_by_key(|one| one.len())?;
        let count: usize = stretches().map(<[Token]>::len).sum();
        Some(Padding { share: count as f64 / tokens.len() as f64, token: longest[0] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::tests::in_memory;

    #[test]
    fn padding_is_told_by_its_share_and_token() {
        let text: Vec<Token> = (0..900).map(|place| (place % 7) as Token).collect();
        let padded = [&text[..], &[9; 100]].concat();
        let told = |train: &[Token], val: &[Token], test: &[Token]| {
            in_memory(10, train, val).with_test(test.to_vec()).padding_told()
        };
        let of_train = told(&padded, &text, &text).unwrap();
        let head = "stretches of 64 and more of one token are 10 % of train (token 9): padding";
        assert!(of_train.starts_with(head), "{of_train}");
        let of_held = told(&text, &padded, &padded).unwrap();
        assert!(of_held.contains("10 % of val (token 9) and 10 % of test (token 9)"), "{of_held}");
        assert_eq!(told(&text, &text[..500], &[]), None);
        let shares = in_memory(10, &text, &text).with_test(padded).padding_shares();
        assert_eq!(shares, [0.0, 0.1]);
        let ruler = [&text.repeat(9)[..], &[3; 70]].concat();
        assert_eq!(told(&ruler, &text, &text), None, "less than a hundredth");
    }
}
