//! Splits that were made before: texts of a folder that are train, val or test by their names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::endings::is_code;

/// Names of what is trained on, and of what is not.
const TRAIN: [&str; 2] = ["train", "training"];
const HELD_OUT: [&str; 10] = [
    "test",
    "val",
    "valid",
    "validation",
    "dev",
    "eval",
    "testing",
    "evaluation",
    "heldout",
    "holdout",
];

/// A file or a folder that is a split by its name.
#[derive(Debug, Default)]
struct Pair {
    train: Option<PathBuf>,
    held_out: Option<PathBuf>,
}

/// What two splits of one text have in common: the folder they are in, and their names but for the word that tells them
/// apart.
type Common = (PathBuf, Vec<String>);

/// Refuses files or folders side by side whose names are the same but for a word such as `train` and `test`. Those of
/// programs are named so without being splits.
///
/// # Errors
/// Such a pair, by its names.
pub fn check(folder: &Path, texts: &[PathBuf]) -> Result<()> {
    let mut pairs: BTreeMap<Common, Pair> = BTreeMap::new();
    for text in texts.iter().filter(|text| !is_code(text)) {
        add(folder, text, &mut pairs);
    }
    let holds_code = |path: &Path| texts.iter().any(|one| is_code(one) && one.starts_with(path));
    for pair in pairs.into_values() {
        let Pair { train: Some(train), held_out: Some(held_out) } = pair else { continue };
        if holds_code(&train) || holds_code(&held_out) {
            continue;
        }
        bail!(
            "{} and {} are splits by their names, but splits are cut from one text here: give {} alone",
            train.display(),
            held_out.display(),
            train.display()
        );
    }
    Ok(())
}

/// What a text and the folders that it is in are by their names.
fn add(folder: &Path, text: &Path, pairs: &mut BTreeMap<Common, Pair>) {
    let within = text.ancestors().take_while(|path| *path != folder);
    for path in within {
        let (Some(name), Some(parent)) = (path.file_name(), path.parent()) else { continue };
        for (words, is_train) in readings(&name.to_string_lossy()) {
            let pair = pairs.entry((parent.to_owned(), words)).or_default();
            let side = if is_train { &mut pair.train } else { &mut pair.held_out };
            side.get_or_insert_with(|| path.to_owned());
        }
    }
}

/// The words of a name around each that tells a split, and whether that is train. What stands between points is a name of
/// its own: `wiki.train.txt` goes with `books.valid.txt`.
fn readings(name: &str) -> Vec<(Vec<String>, bool)> {
    let name = name.to_lowercase().replace("held-out", "heldout").replace("held_out", "heldout");
    let mut found = Vec::new();
    for part in name.split('.') {
        let words: Vec<&str> = part.split(|c: char| !c.is_alphanumeric()).collect();
        for (place, word) in words.iter().enumerate() {
            let is_train = TRAIN.contains(word);
            if is_train || HELD_OUT.contains(word) {
                found.push((around(&words, place), is_train));
            }
        }
    }
    found
}

/// The other words, without the number of a part such as `-00000-of-00002`: splits have parts of their own.
fn around(words: &[&str], place: usize) -> Vec<String> {
    let is_number =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let (before, after) = (&words[..place], &words[place + 1..]);
    let is_of_a_part = |at: usize| {
        is_number(&after[at]) || after[at] == "of" && after.get(at + 1).is_some_and(is_number)
    };
    let after = (0..after.len()).filter(|at| !is_of_a_part(*at)).map(|at| after[at]);
    let marked = before.iter().copied().chain([""]).chain(after);
    marked.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(names: &[&str]) -> Option<String> {
        let folder = Path::new("data/set");
        let texts: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
        check(folder, &texts).err().map(|error| error.to_string())
    }

    #[test]
    fn files_that_are_splits_by_their_names_are_no_pool() {
        for names in [
            ["train.txt", "test.txt"],
            ["wiki.train.txt", "wiki.valid.txt"],
            ["wiki.train.txt", "books.valid.txt"],
            ["train-00000-of-00002.jsonl.gz", "validation.jsonl"],
            ["TinyStoriesV2-GPT4-train.txt", "TinyStoriesV2-GPT4-valid.txt"],
            ["a_train.jsonl", "a_test.jsonl"],
            ["a_train_000001.jsonl", "a_held_out_000000.jsonl"],
            ["Training set.md", "dev set.md"],
            ["en/train.txt", "en/heldout.txt"],
        ] {
            let error = refused(&names).unwrap();
            assert!(names.iter().all(|name| error.contains(name)), "{error}");
        }
    }

    #[test]
    fn folders_that_are_splits_by_their_names_are_no_pool() {
        for names in [
            ["train/a.txt", "test/a.txt"],
            ["train/pos/1.txt", "test/neg/2.txt"],
            ["de/wiki train/a.md", "de/wiki test/b.md"],
        ] {
            let error = refused(&names).unwrap();
            assert!(error.contains("train alone"), "{error}");
            assert!(!error.contains(".txt") && !error.contains(".md"), "{error}");
        }
    }

    #[test]
    fn texts_with_such_words_that_are_no_splits_of_one_text_are_a_pool() {
        for names in [
            &["train.py", "test.py"][..],
            &["training_notes.txt", "test.txt"],
            &["train.txt", "a.txt"],
            &["test.txt", "val.txt"],
            &["train-00000-of-00002.txt", "train-00001-of-00002.txt"],
            &["the train to Turin.txt", "a test of time.txt"],
            &["1 train.txt", "2 test.txt"],
            &["wiki/train.txt", "books/test.txt"],
            &["train/run.py", "train/README.md", "test/README.md"],
        ] {
            assert_eq!(refused(names), None);
        }
        assert!(check(Path::new("train/test"), &["train/test/a.txt".into()]).is_ok());
    }
}
