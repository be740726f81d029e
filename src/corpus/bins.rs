//! Files of tokens: a folder of them, nanoGPT's way, with `train.bin` and `val.bin` or the same as `.npy`, or one
//! file that is cut as a text is.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::meta::{TokenSigns, Vocabulary};
use super::pool::Pool;
use super::tokens::{TokenFile, layouts};
use super::train_file::TrainFile;
use super::{Corpus, Source, cut, documents, prepared_bytes};
use crate::config::Cut;

/// Whether a path leads to tokens. A folder without texts is one where tokens are missing.
pub fn holds_tokens(path: &Path) -> bool {
    match path.is_dir() {
        true => TokenFile::any(path) || !documents::holds_texts(path),
        false => TokenFile::is(path),
    }
}

/// Reads a folder of token files, or a file of tokens.
///
/// # Errors
/// Files that cannot be read, are too short, or hold a token outside their vocabulary; a spec that asks for fields
/// or for another tokenizer.
pub fn read(path: &Path, source: &Source, cut: &Cut) -> Result<Corpus> {
    let name = path.display();
    ensure!(
        source.text_field.is_none(),
        "data.text_field: {name} holds tokens, and JSON lines alone have fields"
    );
    if path.is_dir() { read_folder(path, source, cut) } else { read_file(path, source, cut) }
}

/// Val from the end of a file, test before it, train texts from the rest.
fn read_file(path: &Path, source: &Source, cut: &Cut) -> Result<Corpus> {
    let name = path.display().to_string();
    let file = TokenFile::open(path.to_owned(), "one file")?;
    let mut files = vec![file];
    let layout = layouts(&files)?[0];
    files[0].check_end(layout)?;
    let folder = path.parent().context("a file has a folder")?;
    let signs = TokenSigns { llama: files[0].is_of_llama(), width: layout.width };
    let vocabulary = Vocabulary::of(folder, &signs, source.tokenizer.as_ref())?;
    let recognised = format!("{}; vocabulary of {}", files[0].told(&layout), vocabulary.told());
    let whole =
        cut::Whole { name: &name, unit: "tokens", length: layout.count as usize, starts: &[] };
    let parts = cut::parts(&whole, cut)?;
    let tokens = |part: &std::ops::Range<usize>| {
        let tokens = files[0].tokens(layout, part.start, part.len())?;
        vocabulary.check(&files[0].path, &tokens)?;
        files[0].check_holes(&tokens).map(|()| tokens)
    };
    let (val, test) = (tokens(&parts.val)?, tokens(&parts.test)?);
    let (texts, why) = cut::texts(&name, cut, parts.pool.len())?;
    let decided = cut::test_told(cut, test.len(), "just before val");
    let (size, tokenizer) = (vocabulary.size, vocabulary.tokenizer.clone());
    let split = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let (bytes, lost) = prepared_bytes::of(folder, tokenizer.as_ref(), [split; 2])?;
    let file = TrainFile { file: files.remove(0), layout, vocabulary, length: parts.pool.len() };
    Ok(Corpus {
        recognised,
        decided: decided.into_iter().chain(why).chain(lost).collect(),
        texts,
        bytes,
        tokenizer,
        ..Corpus::new(name, size, cut.with_test(test.len()), val, Pool::File(file)).with_test(test)
    })
}

/// Opens a folder and reads val, the end of its file, and test: of a file of its own where there is one, else
/// what lies before val, else the end of the train file. Train texts are cut from the rest of that when they
/// are asked for; but for its beginning, nothing else of the files is touched.
fn read_folder(folder: &Path, asked: &Source, cut: &Cut) -> Result<Corpus> {
    let source = folder.display().to_string();
    let mut files = vec![TokenFile::find(folder, "train")?, TokenFile::find(folder, "val")?];
    files.extend(TokenFile::find_test(folder)?);
    let layouts = layouts(&files)?;
    files.iter().zip(&layouts).try_for_each(|(file, layout)| file.check_end(*layout))?;
    TokenFile::check_apart(&files)?;
    let llama = files.iter().any(TokenFile::is_of_llama);
    let signs = TokenSigns { llama, width: layouts[0].width };
    let vocabulary = Vocabulary::of(folder, &signs, asked.tokenizer.as_ref())?;
    let told: Vec<String> =
        files.iter().zip(&layouts).map(|(file, layout)| file.told(layout)).collect();
    let recognised = format!("{}; vocabulary of {}", told.join("; "), vocabulary.told());
    let counts: Vec<usize> = layouts.iter().map(|layout| layout.count as usize).collect();
    let enough = |file: usize, name: &str, count: usize| {
        let (path, has) = (files[file].path.display(), counts[file]);
        ensure!(count <= has, "{path} has {has} tokens, but data.{name} = {count}");
        Ok(())
    };
    enough(0, "train", cut.train)?;
    enough(1, "val", cut.val)?;
    let test = TestPlace::find(&source, cut, &counts)?;
    let tokens = |file: usize, skip: usize, count: usize| {
        let tokens = files[file].tokens(layouts[file], skip, count)?;
        vocabulary.check(&files[file].path, &tokens)?;
        files[file].check_holes(&tokens).map(|()| tokens)
    };
    let val = tokens(1, counts[1] - cut.val, cut.val)?;
    let of_test = tokens(test.file, test.skip, test.count)?;
    let length = if test.file == 0 { test.skip } else { counts[0] };
    let (texts, why) = cut::texts(&source, cut, length)?;
    let decided = cut::test_told(cut, test.count, test.told());
    let (size, tokenizer) = (vocabulary.size, vocabulary.tokenizer.clone());
    let splits = ["val", ["train", "val", "test"][test.file]];
    let (bytes, lost) = prepared_bytes::of(folder, tokenizer.as_ref(), splits)?;
    let file = TrainFile { file: files.swap_remove(0), layout: layouts[0], vocabulary, length };
    Ok(Corpus {
        recognised,
        decided: decided.into_iter().chain(why).chain(lost).collect(),
        texts,
        test: of_test,
        bytes,
        tokenizer,
        ..Corpus::new(source, size, cut.with_test(test.count), val, Pool::File(file))
    })
}

/// Where test lies: in which of the files train, val and test.
struct TestPlace {
    file: usize,
    skip: usize,
    count: usize,
}

impl TestPlace {
    /// `counts` are the tokens of the files.
    fn find(source: &str, cut: &Cut, counts: &[usize]) -> Result<Self> {
        if cut.test == Some(0) {
            return Ok(TestPlace { file: 1, skip: 0, count: 0 });
        }
        let (before_val, after_train) = (counts[1] - cut.val, counts[0] - cut.train);
        // The file, where its tokens end, and how many of them are free.
        let places = match counts.get(2) {
            Some(count) => vec![(2, *count, *count)],
            None => vec![(1, before_val, before_val), (0, counts[0], after_train)],
        };
        let wanted = cut.test.unwrap_or(cut.val);
        let roomy = places.iter().find(|(_, _, room)| *room >= wanted);
        // The first of equals, so that asking for what was decided decides it again.
        let largest = places.iter().rev().max_by_key(|(_, _, room)| *room);
        let (file, end, room) = *roomy.or(largest).expect("there are files");
        let count = cut::test_size(cut, room);
        if counts.len() > 2 {
            ensure!(
                0 < count && count <= room,
                "{source}: its test file has {room} tokens, but data.test = {count}; lower it"
            );
            return Ok(TestPlace { file, skip: 0, count });
        }
        ensure!(
            0 < count && count <= room,
            "{source} has no test file, and data.test = {wanted} tokens are neither left of val (data.val = {} \
             leaves {before_val}) nor of train (data.train = {} leaves {after_train}); lower one of them, or \
             go without by data.test = 0",
            cut.val,
            cut.train,
        );
        Ok(TestPlace { file, skip: end - count, count })
    }

    fn told(&self) -> &'static str {
        match self.file {
            0 => "from the end of the train file, which no train text reaches",
            1 => "from the val file, just before val",
            _ => "from the test file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Order;

    const CUT: Cut =
        Cut { train: 3, val: 2, test: None, order: Order::Random, texts: None, canaries: None };

    /// The text for all seeds of a folder.
    fn load(folder: &Path, cut: &Cut) -> Result<Corpus> {
        let source = Source::parse(folder.to_str().unwrap());
        let mut corpus = read(folder, &source, cut)?;
        corpus.read_text(None)?;
        Ok(corpus)
    }

    fn folder(train: &[u16], val: &[u16], meta: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, tokens) in [("train.bin", train), ("val.bin", val)] {
            let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
            std::fs::write(folder.path().join(file), bytes).unwrap();
        }
        if let Some(meta) = meta {
            std::fs::write(folder.path().join("meta.json"), meta).unwrap();
        }
        folder
    }

    #[test]
    fn train_comes_from_the_start_and_val_from_the_end() {
        let folder = folder(&[1, 2, 3, 4], &[5, 6, 7], Some(r#"{"vocab_size": 8, "itos": {}}"#));
        let corpus = load(folder.path(), &CUT).unwrap();
        assert_eq!(corpus.text(None).tokens, [1, 2, 3]);
        assert_eq!((corpus.val, corpus.vocabulary), (vec![6, 7], 8));
    }

    #[test]
    fn test_is_a_file_of_its_own_else_the_rest_of_val_else_the_end_of_train() {
        let meta = Some(r#"{"vocab_size": 99}"#);
        let folder = folder(&[1, 2, 3, 4, 5, 6, 7, 8, 9], &[11, 12, 13, 14, 15], meta);
        let of = |test: Option<usize>| load(folder.path(), &Cut { test, ..CUT });
        let found = of(None).unwrap();
        assert_eq!((found.test, found.val), (vec![12, 13], vec![14, 15]));
        assert!(
            found.decided[0].contains("2 test tokens, from the val file"),
            "{:?}",
            found.decided
        );
        assert_eq!(of(Some(3)).unwrap().test, [11, 12, 13]);
        let mut of_train = of(Some(4)).unwrap();
        assert_eq!(of_train.test, [6, 7, 8, 9]);
        assert_eq!(of_train.split.test, 4);
        of_train.read_text(Some(1)).unwrap();
        assert!(of_train.text(Some(1)).tokens.iter().all(|token| *token < 6));
        let error = of(Some(7)).unwrap_err().to_string();
        for word in ["data.test = 7", "leaves 3", "leaves 6", "data.test = 0"] {
            assert!(error.contains(word), "{word}: {error}");
        }
        std::fs::write(folder.path().join("test.bin"), [21, 0, 22, 0, 23, 0]).unwrap();
        assert_eq!(of(None).unwrap().test, [21, 22]);
        assert!(of(Some(4)).unwrap_err().to_string().contains("has 3 tokens"));
        assert!(of(Some(0)).unwrap().test.is_empty());
    }

    #[test]
    fn a_token_outside_the_vocabulary_is_named_with_its_file_and_place() {
        let folder = folder(&[1, 9, 3], &[5, 6], Some(r#"{"vocab_size": 8}"#));
        let error = load(folder.path(), &Cut { test: Some(0), ..CUT }).unwrap_err().to_string();
        assert!(
            error.contains("train.bin") && error.contains("place 1 ") && error.contains("is 9"),
            "{error}"
        );
    }

    #[test]
    fn an_odd_or_short_file_is_refused() {
        let folder = folder(&[1, 2, 3], &[5], None);
        let error = load(folder.path(), &CUT).unwrap_err().to_string();
        assert!(error.contains("val.bin has 1 tokens"), "{error}");
        std::fs::write(folder.path().join("val.bin"), [0, 1, 2]).unwrap();
        let error = format!("{:#}", load(folder.path(), &CUT).unwrap_err());
        assert!(error.contains("odd"), "{error}");
    }
}
