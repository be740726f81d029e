//! Whether the tokens of two tokenizers are the same: then rows of weights are too.

use std::borrow::Cow;
use std::collections::HashSet;

use super::as_json::visible;
use super::{Learned, Token, Tokenizer};

impl Tokenizer {
    /// Tokens that stand for another piece of text in another tokenizer, of those that both have. Numbers that either
    /// leaves out are skipped.
    pub fn others(&self, other: &Self) -> impl Iterator<Item = Token> {
        let count = self.vocabulary().min(other.vocabulary());
        let tokens = (0..count).map(|token| token as Token);
        tokens.filter(|token| match (self.piece(*token), other.piece(*token)) {
            (Some(one), Some(another)) => one != another && !self.reads_alike(other, *token),
            _ => false,
        })
    }

    /// The first of [`others`](Self::others).
    pub fn first_other(&self, other: &Self) -> Option<Token> {
        self.others(other).next()
    }

    /// Whether a token is a sign between texts and no piece of one, such as `<|endoftext|>`.
    pub fn is_special(&self, token: Token) -> bool {
        self.learned().is_some_and(|learned| learned.is_special(token))
    }

    /// Whether a token that is written otherwise in another tokenizer is the same text: bytes are written as visible
    /// characters.
    fn reads_alike(&self, other: &Self, token: Token) -> bool {
        let text = self.decode(&[token]);
        let is_whole = !text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER);
        is_whole && text == other.decode(&[token])
    }

    /// A token as its vocabulary writes it.
    fn piece(&self, token: Token) -> Option<String> {
        match self {
            Tokenizer::Characters(alphabet) => {
                alphabet.get(usize::from(token)).map(char::to_string)
            }
            Tokenizer::Bytes => u8::try_from(token).ok().map(|byte| visible(byte).to_string()),
            Tokenizer::Learned(learned) => learned.piece(token),
        }
    }

    /// The character of each token, where each is another one: also of a `tokenizer.json` that says so.
    pub fn single_characters(&self) -> Option<Cow<'_, [char]>> {
        match self {
            Tokenizer::Characters(alphabet) => Some(Cow::Borrowed(alphabet)),
            Tokenizer::Bytes => None,
            Tokenizer::Learned(learned) => single_characters(learned).map(Cow::Owned),
        }
    }

    /// [`Learned::pieces_digest`], of the `tokenizer.json` with the same tokens.
    pub fn pieces_digest(&self) -> Option<String> {
        match self {
            Tokenizer::Learned(learned) => Some(learned.pieces_digest().to_owned()),
            Tokenizer::Characters(_) | Tokenizer::Bytes => {
                let learned = Learned::from_json(self.to_json().as_bytes()).ok()?;
                Some(learned.pieces_digest().to_owned())
            }
        }
    }
}

fn single_characters(learned: &Learned) -> Option<Vec<char>> {
    let character = |token: usize| {
        let text = learned.decode(&[Token::try_from(token).ok()?]);
        let mut characters = text.chars();
        characters.next().filter(|_| characters.next().is_none())
    };
    let all: Vec<char> = (0..learned.vocabulary()).map(character).collect::<Option<_>>()?;
    // Bytes that are no characters alone all read as the replacement character.
    let each_once = all.iter().collect::<HashSet<_>>().len() == all.len();
    each_once.then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::tokenizer::train;

    #[test]
    fn a_sign_between_texts_is_told_from_pieces_of_them() {
        let learned = train(["to be or not to be, to be"].into_iter(), 260).unwrap();
        let json = learned.json().replace("<|endoftext|>", "<|im_end|>");
        let one = Tokenizer::Learned(std::sync::Arc::new(learned));
        let renamed = Tokenizer::from_json(json.as_bytes()).unwrap();
        assert_eq!(one.others(&renamed).collect::<Vec<_>>(), [0]);
        assert!(one.is_special(0) && renamed.is_special(0) && !one.is_special(1));
        assert!(!Tokenizer::Bytes.is_special(0));
    }

    #[test]
    fn tokens_are_compared_by_the_text_that_they_stand_for() {
        let learned = |size| {
            let one = train(["to be or not to be, to be"].into_iter(), size).unwrap();
            Tokenizer::Learned(std::sync::Arc::new(one))
        };
        let characters = Tokenizer::characters(vec![' ', 'a', 'é']);
        // Bytes that are no characters alone are told apart all the same.
        let bytes = Tokenizer::bytes();
        let json = bytes.to_json().replace("\"ÿ\":255", "\"þ\":255");
        let json = json.replace("\"þ\":254", "\"ÿ\":254");
        let swapped = Tokenizer::from_json(json.as_bytes()).unwrap();
        for same in [&characters, &bytes, &learned(262)] {
            let read = Tokenizer::from_json(same.to_json().as_bytes()).unwrap();
            assert_eq!(same.first_other(&read), None, "{}", same.told());
            assert_eq!(same.pieces_digest(), read.pieces_digest(), "{}", same.told());
        }
        assert_eq!(bytes.first_other(&swapped), Some(254));
        assert_eq!(bytes.first_other(&characters), Some(0));
        assert!(bytes.first_other(&learned(262)).is_some());
        // A longer vocabulary has other rows behind the same ones.
        let prefix = Tokenizer::characters(vec![' ', 'a']);
        assert_eq!(characters.first_other(&prefix), None);
        assert!(bytes.single_characters().is_none() && swapped.single_characters().is_none());
    }
}
