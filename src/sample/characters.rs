//! Characters as soon as their tokens are all there.

use crate::corpus::{Token, Tokenizer};

/// Bytes of a character in UTF-8, at most: tokens that still make none never will.
const LONGEST: usize = 4;

/// Tokens that come one after another, as text.
#[derive(Debug)]
pub struct Characters<'a> {
    tokenizer: &'a Tokenizer,
    tokens: Vec<Token>,
    /// Tokenizers may write a token differently at the beginning of a text, so these are decoded with those before.
    before: usize,
    /// Tokens whose text was given out.
    given: usize,
}

impl<'a> Characters<'a> {
    /// After a prompt.
    pub fn after(prompt: &[Token], tokenizer: &'a Tokenizer) -> Self {
        let before = prompt.len().saturating_sub(LONGEST);
        Characters { tokenizer, tokens: prompt.to_vec(), before, given: prompt.len() }
    }

    /// The characters that are complete with this token.
    pub fn push(&mut self, token: Token) -> String {
        self.tokens.push(token);
        let waiting = self.tokens.len() - self.given;
        match self.new_text() {
            text if text.ends_with(char::REPLACEMENT_CHARACTER) && waiting < LONGEST => {
                String::new()
            }
            text => self.give(text),
        }
    }

    /// What never became complete.
    pub fn rest(&mut self) -> String {
        let text = self.new_text();
        self.give(text)
    }

    fn new_text(&self) -> String {
        let before = self.tokenizer.decode(&self.tokens[self.before..self.given]);
        let all = self.tokenizer.decode(&self.tokens[self.before..]);
        all.get(before.len()..).unwrap_or_default().to_owned()
    }

    fn give(&mut self, text: String) -> String {
        (self.before, self.given) = (self.given, self.tokens.len());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_several_bytes_come_whole_and_broken_ones_do_not_hold_up_the_rest() {
        let tokenizer = Tokenizer::bytes();
        let mut characters = Characters::after(b"a".map(Token::from).as_slice(), &tokenizer);
        let pushed: Vec<String> =
            "λ→😀b".bytes().map(|byte| characters.push(byte.into())).collect();
        assert_eq!(pushed.iter().filter(|text| !text.is_empty()).count(), 4);
        assert_eq!(pushed.concat(), "λ→😀b");
        let broken = [0xE2, 0x86, 0x78].map(|byte| characters.push(byte)).concat();
        assert_eq!(broken, "\u{FFFD}x");
        assert_eq!(characters.push(0xE2), "");
        assert_eq!(characters.rest(), "\u{FFFD}");
        assert_eq!(characters.rest(), "");
    }
}
