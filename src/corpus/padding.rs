//! Tokens that only fill a place: the same one over and over.

use indicatif::HumanCount;

use super::{Corpus, Token};

/// So many of one token in a row say nothing of text.
const STRETCH: usize = 64;
/// Below this share they are the rulers and blanks that every text has.
const FEW: f64 = 0.01;

impl Corpus {
    /// How much of train and val is one token over and over, where that is more than texts have; of several train
    /// texts the one that has most.
    pub fn padding_told(&self) -> Option<String> {
        let texts = self.read_texts().map(|(_, text)| ("train", &text.tokens[..]));
        let most = texts.chain([("val", &self.val[..])]).filter_map(|(name, tokens)| {
            let (count, token) = padding(tokens)?;
            Some((count as f64 / tokens.len() as f64, name, token))
        });
        let (share, name, token) = most.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (share >= FEW).then(|| {
            format!(
                "{:.0} % of {name} is stretches of {} and more of one token ({token}): padding is trained on and \
                 measured as text is; write the file without it",
                100.0 * share,
                HumanCount(STRETCH as u64),
            )
        })
    }
}

/// Tokens in such stretches, and the one of the longest.
fn padding(tokens: &[Token]) -> Option<(usize, Token)> {
    let stretches = || tokens.chunk_by(|a, b| a == b).filter(|one| one.len() >= STRETCH);
    let longest = stretches().max_by_key(|one| one.len())?;
    Some((stretches().map(<[Token]>::len).sum(), longest[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::tests::in_memory;

    #[test]
    fn padding_is_told_by_its_share_and_token() {
        let text: Vec<Token> = (0..900).map(|place| (place % 7) as Token).collect();
        let padded = [&text[..], &[9; 100]].concat();
        let told = |train: &[Token], val: &[Token]| in_memory(10, train, val).padding_told();
        let of_train = told(&padded, &text).unwrap();
        assert!(of_train.starts_with("10 % of train is stretches of 64"), "{of_train}");
        assert!(of_train.contains("one token (9)"), "{of_train}");
        assert!(told(&text, &padded).unwrap().starts_with("10 % of val"));
        assert_eq!(told(&text, &text[..500]), None);
        let ruler = [&text.repeat(9)[..], &[3; 70]].concat();
        assert_eq!(told(&ruler, &text), None, "less than a hundredth");
    }
}
