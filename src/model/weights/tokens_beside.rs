//! Which tokens the rows of weights are of, by the tokenizer that stands beside them: weights of other programs say
//! nothing of it themselves.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::purpose::Purpose;
use crate::corpus::{Token, Tokenizer, read_tokenizer};
use crate::files::beside;
use crate::model::HuggingFace;

/// The name of a list of characters.
const ALPHABET: &str = "alphabet.json";
/// What a folder may keep its tokenizer in: the first that is there is read.
const IN_FOLDERS: [&str; 4] = ["tokenizer.json", ALPHABET, "merges.txt", "vocab.bpe"];

/// What is known of the rows of weights.
pub struct Rows {
    /// Whether it is known that they are of the text's tokens.
    pub are_known: bool,
    /// For people.
    pub note: Option<String>,
}

/// Checks that the rows of weights at a path are of the tokens of a text, as far as anything beside them says.
///
/// # Errors
/// Rows of other tokens; the message names the file that says so, a token, and what to do.
pub fn check(path: &Path, text: &str, purpose: &Purpose) -> Result<Rows> {
    let unknown = |why: String| Rows {
        are_known: false,
        note: Some(format!("{why}: taken as token ids, row 0 as token 0")),
    };
    let Some(Found { file, is_believed }) = Found::beside(path) else {
        let why = "nothing in it or beside it says which tokens its rows are of";
        return Ok(unknown(why.to_owned()));
    };
    let name = file.display();
    let theirs = match read(&file) {
        Ok(theirs) => theirs,
        Err(error) => {
            return Ok(unknown(format!("the tokenizer beside it cannot be read ({error:#})")));
        }
    };
    let Some(ours) = purpose.tokenizer else {
        let doubt = if is_believed { "" } else { ", if it is of this model" };
        return Ok(unknown(format!(
            "{name} says what its tokens are{doubt}, and the data does not"
        )));
    };
    let both = Both { theirs: &theirs, ours, file: &file, text };
    if !is_believed {
        return Ok(unknown(both.doubted()));
    }
    match both.first_other_text() {
        None => Ok(Rows { are_known: true, note: both.of_signs() }),
        Some(token) => bail!(
            "{path}: its rows are of other tokens than those of {text}: {told}; {mend}, or take {name} away if it is \
             not that of the weights",
            path = path.display(),
            told = both.told(token, &name),
            mend = both.mend()
        ),
    }
}

/// The tokenizer in a file beside weights, and that of a text.
struct Both<'a> {
    theirs: &'a Tokenizer,
    ours: &'a Tokenizer,
    file: &'a Path,
    /// What ours is of, for people.
    text: &'a str,
}

impl Both<'_> {
    /// The first token that is another text. Signs between texts are none: chats give them other names.
    fn first_other_text(&self) -> Option<Token> {
        let is_sign = |token: &Token| [self.theirs, self.ours].map(|one| one.is_special(*token));
        self.theirs.others(self.ours).find(|token| is_sign(token) != [true; 2])
    }

    /// What is said where they differ in signs alone.
    fn of_signs(&self) -> Option<String> {
        let token = self.theirs.first_other(self.ours)?;
        let told = self.told(token, &self.file.display());
        Some(format!("{told}: a special token under another name, whose row is taken as it is"))
    }

    /// What is said where nothing says that the file is of the weights.
    fn doubted(&self) -> String {
        let (file, text) = (self.file.display(), self.text);
        let said = match self.first_other_text() {
            Some(token) => format!("if it is, {} ({})", self.told(token, &"it"), self.mend()),
            None => format!("it has the tokens of {text}"),
        };
        format!("{file} lies beside it, and nothing says that it is of this model: {said}")
    }

    fn mend(&self) -> String {
        match self.theirs {
            Tokenizer::Characters(_) => "use data with the same characters".to_owned(),
            Tokenizer::Bytes => "give data.tokenizer = \"bytes\"".to_owned(),
            Tokenizer::Learned(_) => {
                format!("give data.tokenizer = {:?}", self.file.display().to_string())
            }
        }
    }

    /// What a token is by the file, which is called so, and in the text.
    fn told(&self, token: Token, file: &dyn Display) -> String {
        let (theirs, ours) = (self.theirs.decode(&[token]), self.ours.decode(&[token]));
        format!("token {token} is {theirs:?} by {file}, and {ours:?} in {}", self.text)
    }
}

/// A file that says what tokens are.
struct Found {
    file: PathBuf,
    /// Whether it is of the weights: other files than a model's may lie beside a tokenizer too, such as prepared text.
    is_believed: bool,
}

impl Found {
    /// The tokenizer of weights: under their own name, or in the folder of their model.
    fn beside(path: &Path) -> Option<Self> {
        let own = Tokenizer::FILES.map(|name| beside(path, name));
        if let Some(file) = own.into_iter().find(|file| file.is_file()) {
            return Some(Found { file, is_believed: true });
        }
        let folder = if path.is_dir() { path } else { path.parent()? };
        let config = || HuggingFace::read(&folder.join("config.json"));
        let is_of_model = || config().is_ok_and(|config| config.is_of_a_model());
        let file = IN_FOLDERS.map(|name| folder.join(name)).into_iter().find(|file| file.is_file());
        Some(Found { file: file?, is_believed: path.is_dir() || is_of_model() })
    }
}

fn read(file: &Path) -> Result<Tokenizer> {
    if !file.to_string_lossy().ends_with(ALPHABET) {
        return read_tokenizer(file);
    }
    let context = || file.display().to_string();
    let json = std::fs::read(file).with_context(context)?;
    Tokenizer::from_kept(&json).with_context(context)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::token_kind::tests::bytes_in_another_order;
    use super::*;
    use crate::config::ModelShape;

    fn checked(path: &Path, tokenizer: &Tokenizer) -> Result<Rows> {
        let (shape, tokenizer) = (ModelShape::DEFAULT, Some(tokenizer));
        let text = "text.txt";
        check(path, text, &Purpose { shape: &shape, vocabulary: 256, tokenizer, text: Some(text) })
    }

    /// Bytes, and a token that was added to them.
    fn bytes_and(name: &str, special: bool) -> Tokenizer {
        let added = serde_json::json!([{
            "id": 256, "content": name, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": special,
        }]);
        let json = Tokenizer::bytes().to_json();
        let json = json.replace("\"added_tokens\":[]", &format!("\"added_tokens\":{added}"));
        Tokenizer::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_special_token_under_another_name_is_told_and_any_other_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let own = bytes_and("<|endoftext|>", true);
        fs::write(folder.path().join("tokenizer.json"), own.to_json()).unwrap();
        assert!(checked(folder.path(), &own).unwrap().note.is_none());
        let renamed = bytes_and("<|im_end|>", true);
        let Rows { are_known, note } = checked(folder.path(), &renamed).unwrap();
        let note = note.unwrap();
        for word in ["token 256 is \"<|endoftext|>\" by", "\"<|im_end|>\" in text.txt", "special"] {
            assert!(are_known && note.contains(word), "{word}: {note}");
        }
        // A piece of text in its place is another token.
        assert!(checked(folder.path(), &bytes_and("<|im_end|>", false)).is_err());
    }

    #[test]
    fn rows_of_other_tokens_than_the_text_has_are_told_by_the_tokenizer_beside_weights() {
        let folder = tempfile::tempdir().unwrap();
        let (here, file) = (folder.path(), folder.path().join("model.safetensors"));
        let (bytes, other) = (Tokenizer::bytes(), bytes_in_another_order('a'));
        let is_unknown = |path: &Path, why: &str| {
            let Rows { are_known, note } = checked(path, &bytes).unwrap();
            let note = note.unwrap();
            assert!(
                !are_known && note.contains(why) && note.ends_with("row 0 as token 0"),
                "{note}"
            );
        };
        fs::write(&file, "").unwrap();
        is_unknown(here, "nothing in it or beside it");
        fs::write(here.join("tokenizer.json"), other.to_json()).unwrap();
        let error = checked(here, &bytes).err().unwrap().to_string();
        for word in ["of text.txt", "tokenizer.json", "token 97 is \"b\"", "data.tokenizer = "] {
            assert!(error.contains(word), "{word}: {error}");
        }
        assert!(checked(here, &other).unwrap().are_known);
        // Of a file alone only where the folder is a model's.
        for word in ["tokenizer.json lies beside it", "if it is, token 97 is \"b\" by it"] {
            is_unknown(&file, word);
        }
        assert!(!checked(&file, &other).unwrap().are_known);
        fs::write(here.join("config.json"), "{\"model_type\": \"gpt2\"}").unwrap();
        assert!(checked(&file, &bytes).is_err() && checked(&file, &other).is_ok());
        // What was saved with a file goes before.
        fs::write(here.join("model.alphabet.json"), "\"bytes\"").unwrap();
        assert!(checked(&file, &bytes).unwrap().are_known && checked(&file, &other).is_err());
        fs::write(here.join("tokenizer.json"), "{}").unwrap();
        is_unknown(here, "cannot be read");
    }
}
