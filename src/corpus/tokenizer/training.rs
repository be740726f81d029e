//! Byte-pair encoding over bytes, learned from a text (Sennrich, Haddow & Birch 2016, "Neural Machine
//! Translation of Rare Words with Subword Units"; Radford et al. 2019 for bytes and the cut into words).

use anyhow::{Result, anyhow};
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{
    AddedToken, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer, Trainer,
};

use super::Learned;

/// What stands between documents.
pub const END_OF_TEXT: &str = "<|endoftext|>";

/// Bytes of a word at most that is learned of whole: the time of each merge grows with the square of them. No word of a
/// language is as long. It is for learning alone, and every word is still encoded whole.
const LONGEST: usize = 4096;

/// A tokenizer of at most `size` tokens: fewer where the text has no more pairs that occur twice. The same
/// texts in the same order give the same tokenizer.
///
/// # Errors
/// A text that cannot be cut into words.
pub fn train<T: AsRef<str> + Send>(
    texts: impl Iterator<Item = T> + Send,
    size: usize,
) -> Result<Learned> {
    let mut trainer = BpeTrainer::builder()
        .vocab_size(size)
        .min_frequency(2)
        .show_progress(false)
        .special_tokens(vec![AddedToken::from(END_OF_TEXT, true)])
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    let mut bpe = BPE::default();
    let fed = trainer.feed(texts, |text| words(text, LONGEST));
    let special = fed.and_then(|()| trainer.train(&mut bpe)).map_err(|error| anyhow!("{error}"))?;
    let mut tokenizer = over_bytes(bpe);
    tokenizer.add_special_tokens(special).map_err(|error| anyhow!("{error}"))?;
    Learned::new(tokenizer)
}

/// Words as the trainer counts them. Longer ones are counted in parts.
fn words(text: &str, longest: usize) -> tokenizers::Result<Vec<String>> {
    let mut seen = PreTokenizedString::from(text);
    as_gpt2().pre_tokenize(&mut seen)?;
    let words = seen.get_splits(OffsetReferential::Original, OffsetType::None);
    Ok(words.into_iter().flat_map(|(word, ..)| parts(word, longest)).collect())
}

/// A character of a word stands for a byte.
fn parts(word: &str, longest: usize) -> Vec<String> {
    if word.len() <= longest {
        return vec![word.to_owned()];
    }
    let bytes: Vec<char> = word.chars().collect();
    bytes.chunks(longest).map(|part| part.iter().collect()).collect()
}

fn as_gpt2() -> ByteLevel {
    ByteLevel::new(false, true, true)
}

/// A tokenizer that cuts text into words as GPT-2's does, and words into bytes.
pub fn over_bytes(bpe: BPE) -> Tokenizer {
    let mut tokenizer = Tokenizer::new(bpe);
    tokenizer.with_pre_tokenizer(Some(as_gpt2())).with_decoder(Some(as_gpt2()));
    tokenizer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::tokenizer::pieces::pieces;

    const TEXT: &str = "To be, or not to be: that is the question: whether 'tis nobler in the mind to suffer the \
                        slings and arrows of outrageous fortune, or to take arms against a sea of troubles.\n";

    fn learned(size: usize) -> Learned {
        train([TEXT, &TEXT.repeat(3)].iter(), size).unwrap()
    }

    #[test]
    fn the_same_text_gives_the_same_tokenizer() {
        assert_eq!(learned(300).json(), learned(300).json());
        assert_eq!(learned(300).vocabulary(), 300);
        assert_eq!(learned(300).end_of_text(), Some(0));
    }

    #[test]
    fn a_short_text_gives_fewer_tokens_than_were_asked_for() {
        assert!((258..2000).contains(&learned(5000).vocabulary()));
    }

    #[test]
    fn words_are_learned_of_whole_but_for_those_that_no_language_has() {
        let text = format!("to be {}é\n", "a".repeat(8));
        assert_eq!(words(&text, 99).unwrap(), ["to", "Ġbe", "ĠaaaaaaaaÃ©", "Ċ"]);
        assert_eq!(words(&text, 5).unwrap(), ["to", "Ġbe", "Ġaaaa", "aaaaÃ", "©", "Ċ"]);
        let started = std::time::Instant::now();
        let long = format!("{TEXT}{}", "a".repeat(1 << 19));
        let one = train([&long].iter(), 300).unwrap();
        assert_eq!(one.decode(&one.encode(&long).unwrap()), long);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }

    #[test]
    fn a_tokenizer_is_read_again_as_it_was_written() {
        let one = learned(300);
        let other = Learned::from_json(one.json().as_bytes()).unwrap();
        assert_eq!(
            (one.digest(), one.encode(TEXT).unwrap()),
            (other.digest(), other.encode(TEXT).unwrap())
        );
    }

    #[test]
    fn the_bytes_of_the_tokens_are_those_of_the_text() {
        let one = learned(300);
        for text in [TEXT, "Übermaß 😀 \u{7}", "\r\n\t  x", ""] {
            let tokens = one.encode(text).unwrap();
            let bytes = one.bytes().unwrap();
            let sum: u32 = tokens.iter().map(|token| bytes[usize::from(*token)]).sum();
            assert_eq!((sum as usize, one.decode(&tokens).as_str()), (text.len(), text));
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_and_pieces_have_the_tokens_of_the_whole(
            words in prop::collection::vec("[a-zé.,!' \n]{0,8}|\\PC{0,6}|[0-9]{1,4}", 0..40),
            least in 0_usize..30,
        ) {
            let (one, text) = (learned(320), words.join(" "));
            let whole = one.encode(&text).unwrap();
            prop_assert_eq!(one.decode(&whole), text.clone());
            let parts = pieces(&text, least).into_iter().flat_map(|piece| one.encode(piece).unwrap());
            prop_assert_eq!(parts.collect::<Vec<_>>(), whole);
        }
    }
}
