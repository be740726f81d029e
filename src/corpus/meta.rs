//! The vocabulary of a folder of tokens: `meta.json`, or nanoGPT's `meta.pkl`.

mod contents;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use indicatif::HumanCount;
use serde_json::Value;

use super::layout::Width;
use super::tokenizer::{self, Choice, Tokenizer};
use super::{Token, input, pickle};
use crate::json;
use contents::Meta;

/// Vocabulary of GPT-2's tokenizer, which wrote most such files; used where nothing names another.
const GPT2: usize = 50_257;
/// Vocabulary of Llama 3's.
const LLAMA3: usize = 128_256;
const MOST: usize = Token::MAX as usize + 1;

/// What token files show of their vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct TokenSigns {
    /// Whether their headers say that Llama 3's tokenizer made them.
    pub llama: bool,
    pub width: Width,
}

/// What a folder says of its tokens.
#[derive(Debug)]
pub struct Vocabulary {
    /// Number of different tokens.
    pub size: usize,
    /// What made the tokens, where it is known.
    pub tokenizer: Option<Tokenizer>,
    /// The file that says it; `None` where it is assumed.
    file: Option<&'static str>,
    /// Whether its tokens are 16 bits with a sign: half of them would be numbers below 0.
    is_signed: bool,
}

/// Vocabulary of tokens of 8 bits, of which there are no more.
const BYTES: usize = 256;

impl Vocabulary {
    /// Reads `meta.json` and `meta.pkl` of a folder; `asked` is the tokenizer that the user names.
    ///
    /// # Errors
    /// A file that is damaged, does not say the size or contradicts the other; a size that does not fit
    /// a token; a tokenizer that cannot have made the tokens.
    pub fn of(folder: &Path, signs: &TokenSigns, asked: Option<&Choice>) -> Result<Self> {
        let given = Self::given(folder)?;
        let vocabulary = match asked {
            None => given.map_or_else(|| Self::assumed(folder, signs), Ok),
            Some(choice) => Self::asked(choice, given).context("data.tokenizer"),
        }?;
        let is_signed = stated_type(folder)?.is_some_and(|name| ["int16", "i2"].contains(&&*name));
        Ok(Vocabulary { is_signed, ..vocabulary })
    }

    /// With the tokenizer that the user names.
    fn asked(choice: &Choice, given: Option<Self>) -> Result<Self> {
        let tokenizer = match choice {
            Choice::Bytes => Tokenizer::Bytes,
            Choice::File(path) => tokenizer::read(path)?,
            Choice::Characters => {
                let known = given.as_ref().and_then(|given| given.tokenizer.clone());
                known.filter(|known| known.alphabet().is_some()).context(
                    "the data is tokens already, and no meta.json or meta.pkl names a character for each",
                )?
            }
            Choice::Bpe(_) => bail!(
                "{choice}: the data is tokens already; give the file that they were made with"
            ),
        };
        let size = tokenizer.vocabulary();
        let file = given.as_ref().and_then(|given| given.file);
        let room = given.as_ref().map_or(size, |given| given.size);
        // Trainers round vocabularies up.
        ensure!(
            size <= room,
            "{choice} has {size} tokens, but {} says {room}",
            file.unwrap_or("the data"),
        );
        let known = given.and_then(|given| given.tokenizer);
        if let Some(known) = &known
            && let Some(token) = known.first_difference(&tokenizer)
        {
            bail!(
                "{choice} did not make these tokens: token {token} is {:?} there, and {:?} by what {} names; leave \
                 data.tokenizer out",
                tokenizer.decode(&[token]),
                known.decode(&[token]),
                file.unwrap_or("the data"),
            );
        }
        Ok(Vocabulary {
            size: room,
            tokenizer: known.or(Some(tokenizer)),
            file: file.or(Some("its tokenizer")),
            is_signed: false,
        })
    }

    fn given(folder: &Path) -> Result<Option<Self>> {
        let json =
            Self::read(folder, "meta.json", |bytes| Ok(json::parse(std::str::from_utf8(bytes)?)?))?;
        let pickle = Self::read(folder, "meta.pkl", pickle::read);
        match json {
            // meta.json is the way out where a pickle holds objects, so that need not be readable.
            Some(json) => json.beside(pickle.ok().flatten(), folder).map(Some),
            None => pickle,
        }
    }

    fn beside(self, pickle: Option<Self>, folder: &Path) -> Result<Self> {
        let Some(pickle) = pickle else { return Ok(self) };
        ensure!(
            self.size == pickle.size,
            "{}: meta.json has vocab_size {}, but meta.pkl {}; remove the wrong one",
            folder.display(),
            self.size,
            pickle.size,
        );
        Ok(Vocabulary { tokenizer: self.tokenizer.or(pickle.tokenizer), ..self })
    }

    fn assumed(folder: &Path, signs: &TokenSigns) -> Result<Self> {
        ensure!(
            !signs.llama,
            "{} holds tokens of Llama 3 by their header: a vocabulary of {LLAMA3}, but at most {MOST} \
             fit; if they are another tokenizer's, write meta.json with its vocab_size",
            folder.display(),
        );
        let size = if signs.width == Width::One { BYTES } else { GPT2 };
        Ok(Vocabulary { size, tokenizer: None, file: None, is_signed: false })
    }

    fn read(
        folder: &Path,
        file: &'static str,
        parse: fn(&[u8]) -> Result<Value>,
    ) -> Result<Option<Self>> {
        let path = folder.join(file);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = input::read(&path)?;
        let name = path.display();
        let meta = parse(&bytes).and_then(Meta::new).with_context(|| expected(&path, file))?;
        ensure!(
            (1..=MOST).contains(&meta.size),
            "{name}: vocab_size is {}, expected 1 to {MOST}: tokens are kept in 16 bits",
            meta.size
        );
        let tokenizer = meta.tokenizer(folder).with_context(|| name.to_string())?;
        Ok(Some(Vocabulary { size: meta.size, tokenizer, file: Some(file), is_signed: false }))
    }

    /// Its size and where that is from.
    pub fn told(&self) -> String {
        let size = HumanCount(self.size as u64);
        match self.file {
            Some(file) => format!("{size} from {file}"),
            None => {
                let whose = if self.size == GPT2 { "GPT-2's" } else { "all that 8 bits can be" };
                format!("{size} assumed, {whose}, as there is no meta.json or meta.pkl")
            }
        }
    }

    /// The tokens of a file, all of which must belong to the vocabulary, and to the tokenizer where it is known: trainers
    /// round vocabularies up, but no tokenizer makes what is added.
    ///
    /// # Errors
    /// One that does not, with its place.
    pub fn check(&self, file: &Path, tokens: &[Token]) -> Result<()> {
        let below_zero = |token: &Token| self.is_signed && token.cast_signed() < 0;
        if let Some(place) = tokens.iter().position(below_zero) {
            bail!(
                "{}: the token at place {place} of the split is {}, and tokens are 0 or more: leave out what only marks a \
                 place, such as -100",
                file.display(),
                tokens[place].cast_signed(),
            );
        }
        let made = self.tokenizer.as_ref().map_or(self.size, Tokenizer::vocabulary).min(self.size);
        let Some(place) = tokens.iter().position(|token| usize::from(*token) >= made) else {
            return Ok(());
        };
        ensure!(
            usize::from(tokens[place]) >= self.size
                || self.tokenizer.as_ref().is_none_or(|one| one.alphabet().is_none()),
            "{}: the token at place {place} of the split is {}, but {} names only {made} characters as tokens; name the \
             character of each",
            file.display(),
            tokens[place],
            self.file.unwrap_or("the data"),
        );
        ensure!(
            usize::from(tokens[place]) >= self.size,
            "{}: the token at place {place} of the split is {}, but the tokenizer that is named has {made} tokens: it did \
             not make this file; name the one that did",
            file.display(),
            tokens[place],
        );
        let what_to_do = match self.file {
            Some(file) => format!("correct vocab_size in {file}"),
            None => {
                "GPT-2's is assumed, as there is no meta.json or meta.pkl; write meta.json with \
                     vocab_size, unless the file is something else than little-endian integers"
                    .to_owned()
            }
        };
        bail!(
            "{}: the token at place {place} of the split is {}, outside the vocabulary of {}; {what_to_do}",
            file.display(),
            tokens[place],
            self.size,
        )
    }
}

/// The width of tokens that `meta.json` in a folder states, if it does: `dtype`, as NumPy names it.
///
/// # Errors
/// A type that is no integer of 8, 16, 32 or 64 bits.
pub fn stated_width(folder: &Path) -> Result<Option<Width>> {
    let Some(dtype) = stated_type(folder)? else { return Ok(None) };
    match dtype.as_str() {
        "uint8" | "u1" => Ok(Some(Width::One)),
        "uint16" | "u2" | "int16" | "i2" => Ok(Some(Width::Two)),
        "uint32" | "u4" | "int32" | "i4" => Ok(Some(Width::Four)),
        "uint64" | "u8" | "int64" | "i8" => Ok(Some(Width::Eight)),
        _ => bail!(
            "{}: dtype is {dtype}; expected \"uint8\", \"uint16\", \"uint32\" or \"uint64\", the width of tokens in files \
             without a header",
            folder.join("meta.json").display()
        ),
    }
}

/// What `dtype` of `meta.json` in a folder names, without its order of bytes.
fn stated_type(folder: &Path) -> Result<Option<String>> {
    let path = folder.join("meta.json");
    if !path.exists() {
        return Ok(None);
    }
    // A file that is damaged is told of where its vocabulary is read.
    let meta: Option<Value> = serde_json::from_slice(&input::read(&path)?).ok();
    let named = |dtype: &Value| match dtype.as_str() {
        Some(name) => name.trim_start_matches(['<', '=', '|']).to_owned(),
        None => dtype.to_string(),
    };
    Ok(meta.as_ref().and_then(|meta| meta.get("dtype")).map(named))
}

fn expected(path: &Path, file: &str) -> String {
    let name = path.display();
    match file {
        "meta.json" => format!("{name} must be a JSON object with an integer vocab_size"),
        _ => format!(
            "{name} must be a pickled dict with an integer vocab_size; or write meta.json with vocab_size"
        ),
    }
}
