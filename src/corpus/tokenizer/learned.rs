use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, ensure};
use sha2::{Digest, Sha256};
use tokenizers::models::ModelWrapper;

use super::anew::starts_anew;
use super::choice::MOST;
use super::dropped::Drops;
use super::gaps::Gaps;
use super::survived::survived;
use super::{exact, merges};
use crate::corpus::Token;

/// Names of tokens that stand between documents, as tokenizers have them.
const ENDS: [&str; 6] = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[SEP]"];

/// A vocabulary of pieces of text, and the way that leads to them.
#[derive(Clone, Debug)]
pub struct Learned {
    inner: tokenizers::Tokenizer,
    json: String,
    digest: String,
    pieces_digest: String,
    vocabulary: usize,
    end: Option<Token>,
    /// Bytes of text that each token stands for, where tokens are pieces of bytes.
    bytes: Option<Vec<u32>>,
    unknown: Option<Token>,
    gaps: Gaps,
    drops: Drops,
    starts_anew: bool,
}

impl Learned {
    /// As a `tokenizer.json` of Hugging Face says. What it says of cutting or filling up texts and of random
    /// merges is left out: a text has one way to be read.
    ///
    /// # Errors
    /// Bytes that are no such file, merges that its vocabulary does not know, or a vocabulary that is too large for a
    /// token.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        merges::check_json(json)?;
        survived(|| {
            let inner = tokenizers::Tokenizer::from_bytes(json).map_err(|error| anyhow!("{error}"));
            Self::new(
                inner.context("it is no tokenizer.json as Hugging Face's tokenizers write it")?,
            )
        })
    }

    /// Of a tokenizer in memory.
    pub fn new(mut inner: tokenizers::Tokenizer) -> Result<Self> {
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|error| anyhow!("{error}"))?;
        if let ModelWrapper::BPE(bpe) = inner.get_model()
            && bpe.dropout.is_some()
        {
            let mut bpe = bpe.clone();
            bpe.dropout = None;
            inner.with_model(bpe);
        }
        let words = inner.get_vocab(true);
        let vocabulary = words.values().max().map_or(0, |last| *last as usize + 1);
        ensure!(vocabulary > 0, "its vocabulary is empty");
        ensure!(
            vocabulary <= MOST,
            "it has a vocabulary of {vocabulary} tokens, and tokens are kept in 16 bits: at most {MOST}; take a \
             smaller tokenizer, such as GPT-2's, or learn one of the text by bpe:N"
        );
        check_numbers(&words)?;
        let json = inner.to_string(false).map_err(|error| anyhow!("{error}"))?;
        let digest = format!("{:x}", Sha256::digest(&json));
        let pieces_digest =
            pieces_digest(words.into_iter().map(|(piece, id)| (id, piece)).collect());
        let token = |name: &str| inner.token_to_id(name).map(|id| id as Token);
        let end = ENDS.iter().find_map(|name| token(name));
        Ok(Learned {
            bytes: exact::bytes(&inner, vocabulary),
            unknown: unknown(&inner),
            gaps: Gaps::of(&inner),
            drops: Drops::of(&inner),
            starts_anew: starts_anew(&inner),
            inner,
            json,
            digest,
            pieces_digest,
            vocabulary,
            end,
        })
    }

    /// Number of different tokens.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// As a `tokenizer.json`.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// SHA-256 of its `tokenizer.json`.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// SHA-256 over its tokens and their numbers, in whatever file they were: weights mean nothing with others.
    pub fn pieces_digest(&self) -> &str {
        &self.pieces_digest
    }

    /// A token as its vocabulary writes it.
    pub fn piece(&self, token: Token) -> Option<String> {
        self.inner.id_to_token(u32::from(token))
    }

    /// Whether a token was given to it as one that is no piece of text.
    pub fn is_special(&self, token: Token) -> bool {
        let added = self.inner.get_added_tokens_decoder();
        added.get(&u32::from(token)).is_some_and(|token| token.special)
    }

    /// The token between documents.
    pub fn end_of_text(&self) -> Option<Token> {
        self.end
    }

    /// The token of text that no other token can stand for.
    pub fn unknown(&self) -> Option<Token> {
        self.unknown
    }

    /// Bytes of text that each token stands for; `None` where that depends on the text around it.
    pub fn bytes(&self) -> Option<&[u32]> {
        self.bytes.as_deref()
    }

    /// Whether tokens of texts that are cut before a space between two letters are those of the whole.
    pub fn starts_anew(&self) -> bool {
        self.starts_anew
    }

    /// Bytes of a text that each of its tokens stands for: from where the one before it ends to where it ends itself.
    /// Tokens of one character, as those of its bytes are, share them.
    ///
    /// # Errors
    /// A text that its rules cannot read.
    pub fn bytes_in(&self, text: &str) -> Result<Vec<u32>> {
        let encoded =
            survived(|| self.inner.encode(text, false).map_err(|error| anyhow!("{error}")))?;
        let (mut bytes, mut read) = (Vec::with_capacity(encoded.len()), 0);
        for same in encoded.get_offsets().chunk_by(|a, b| a == b) {
            let (count, end) = (same.len(), same[0].1.max(read));
            let until = |place: usize| (end - read) * place / count;
            bytes.extend((0..count).map(|place| (until(place + 1) - until(place)) as u32));
            read = end;
        }
        if let Some(last) = bytes.last_mut() {
            *last += (text.len() - read) as u32;
        }
        Ok(bytes)
    }

    /// Text as tokens.
    ///
    /// # Errors
    /// A text that its rules cannot read, and one with a character that it has no token for.
    pub fn encode(&self, text: &str) -> Result<Vec<Token>> {
        survived(|| {
            self.gaps.check(&self.inner, text)?;
            self.drops.check(&self.inner, text)?;
            self.ids(text, false)
        })
    }

    fn ids(&self, text: &str, with_special: bool) -> Result<Vec<Token>> {
        let encoded = self.inner.encode_fast(text, with_special);
        let encoded = encoded.map_err(|error| anyhow!("{error}"))?;
        Ok(encoded.get_ids().iter().map(|id| *id as Token).collect())
    }

    /// Tokens that its models expect before any text, such as the `<s>` of Llama's.
    pub fn before_text(&self) -> Vec<Token> {
        let tokens = survived(|| self.ids("", true)).unwrap_or_default();
        tokens.into_iter().filter(|token| Some(*token) != self.end).collect()
    }

    /// Tokens as text.
    pub fn decode(&self, tokens: &[Token]) -> String {
        let ids: Vec<u32> = tokens.iter().map(|token| u32::from(*token)).collect();
        let read = || self.inner.decode(&ids, false).map_err(|error| anyhow!("{error}"));
        survived(read).unwrap_or_default()
    }

    /// Whether a text with other white space between its words has the same tokens: spaces and lines are left out, or
    /// become one kind of space.
    fn reads_white_space_alike(&self) -> bool {
        let tokens = |text: &str| survived(|| self.ids(text, false));
        let [space, line] = [tokens("a b"), tokens("a\n\t b")];
        self.bytes.is_none()
            && space.is_ok_and(|space| !space.is_empty() && line.is_ok_and(|line| line == space))
    }

    /// For people.
    pub fn told(&self) -> String {
        let alike = match self.reads_white_space_alike() {
            true => ", which does not tell spaces, tabs and lines apart",
            false => "",
        };
        let model = match self.inner.get_model() {
            ModelWrapper::BPE(_) if exact::is_over_bytes(&self.inner) => {
                "byte-pair encoding over bytes"
            }
            ModelWrapper::BPE(_) => "byte-pair encoding",
            ModelWrapper::WordPiece(_) => "WordPiece",
            ModelWrapper::WordLevel(_) => "words",
            ModelWrapper::Unigram(_) => "a unigram model",
        };
        format!("{model}{alike}")
    }
}

/// Checks that no two pieces have one number, by which nobody could tell them apart.
fn check_numbers<'a>(pieces: impl IntoIterator<Item = (&'a String, &'a u32)>) -> Result<()> {
    let mut pieces: Vec<(u32, &String)> =
        pieces.into_iter().map(|(piece, id)| (*id, piece)).collect();
    pieces.sort_unstable();
    for pair in pieces.windows(2) {
        let [(id, one), (other_id, other)] = pair else { continue };
        ensure!(
            id != other_id,
            "the pieces {one:?} and {other:?} of its vocabulary have one number, {id}, so that its tokens would not \
             tell them apart; every piece needs a number of its own"
        );
    }
    Ok(())
}

fn pieces_digest(pieces: BTreeMap<u32, String>) -> String {
    let mut hash = Sha256::new();
    for (id, piece) in pieces {
        hash.update(id.to_le_bytes());
        hash.update((piece.len() as u64).to_le_bytes());
        hash.update(piece);
    }
    format!("{:x}", hash.finalize())
}

/// The token of text that no other can stand for.
fn unknown(inner: &tokenizers::Tokenizer) -> Option<Token> {
    let name = match inner.get_model() {
        ModelWrapper::BPE(bpe) => bpe.unk_token.clone()?,
        ModelWrapper::WordPiece(words) => words.unk_token.clone(),
        ModelWrapper::WordLevel(words) => words.unk_token.clone(),
        // It goes by number, whatever the name; the library shows it only where it is written.
        ModelWrapper::Unigram(unigram) => {
            let written = serde_json::to_value(unigram).ok()?;
            return written["unk_id"].as_u64().map(|id| id as Token);
        }
    };
    inner.token_to_id(&name).map(|id| id as Token)
}
