//! Splits that were made before: texts of a folder that are train, val or test by their names.

mod names;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::endings::{is_code, is_lines};
use crate::compression::unpacked;
use names::{Reading, readings, words};

pub use names::is_train;

/// Two files or folders side by side of which one is train by its name and the other is held out.
#[derive(Debug, Default)]
struct Pair {
    train: Vec<PathBuf>,
    held_out: Vec<PathBuf>,
}

impl Pair {
    /// One of each; a name with both words is no pair with itself.
    fn found(&self) -> Option<(&PathBuf, &PathBuf)> {
        let with = |train| Some((train, self.held_out.iter().find(|other| *other != train)?));
        self.train.iter().find_map(with)
    }
}

/// What splits side by side have in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Common {
    /// Names that are the same but for the word that tells them apart.
    Around(Vec<String>),
    /// One has no other word than that.
    Bare { is_train: bool },
    /// Both are JSON lines, which are no books with titles.
    Lines,
    /// One is named as the other without that word, such as `corpus.jsonl` beside `corpus.test.jsonl`.
    Name(String),
}

/// Refuses files or folders side by side that are splits by their names. Those of programs are named so without being
/// splits.
///
/// # Errors
/// Such a pair, by its names.
pub fn check(folder: &Path, texts: &[PathBuf]) -> Result<()> {
    let mut pairs: BTreeMap<(PathBuf, Common), Pair> = BTreeMap::new();
    for text in texts.iter().filter(|text| !is_code(text)) {
        add(folder, text, &mut pairs);
    }
    let holds_code = |path: &Path| texts.iter().any(|one| is_code(one) && one.starts_with(path));
    for pair in pairs.into_values() {
        let Some((train, held_out)) = pair.found() else { continue };
        if holds_code(train) || holds_code(held_out) {
            continue;
        }
        bail!(
            "{} and {} are splits by their names, but splits are cut from one text here: give {} alone; if they are none, \
             rename one",
            train.display(),
            held_out.display(),
            train.display()
        );
    }
    Ok(())
}

/// What a text and the folders that it is in are by their names.
fn add(folder: &Path, text: &Path, pairs: &mut BTreeMap<(PathBuf, Common), Pair>) {
    let within = text.ancestors().take_while(|path| *path != folder);
    for path in within {
        // `corpus.jsonl` goes with `corpus.test.jsonl.gz`.
        let file = unpacked(path);
        let (Some(name), Some(parent)) = (file.file_name(), path.parent()) else { continue };
        for (is_train, common) in kinds(&name.to_string_lossy(), is_lines(path)) {
            let pair = pairs.entry((parent.to_owned(), common)).or_default();
            let side = if is_train { &mut pair.train } else { &mut pair.held_out };
            // Of more than two the first of each tells enough.
            if side.len() < 2 && !side.iter().any(|known| known == path) {
                side.push(path.to_owned());
            }
        }
    }
}

/// What a name may have in common with another, and whether it is then what is trained on.
fn kinds(name: &str, is_lines: bool) -> Vec<(bool, Common)> {
    let readings = readings(name);
    if readings.is_empty() {
        // It is so beside a held-out text of its name.
        return vec![(true, Common::Name(words(name)))];
    }
    let is_both = readings.iter().any(|one| one.is_train != readings[0].is_train);
    let of = |one: Reading| {
        // `train_test.jsonl` may be either.
        let is_wide = one.is_sure && !is_both;
        let mut own = if is_wide { commons(&one, is_lines) } else { Vec::new() };
        if !is_both && !one.is_train && is_of_its_name(&one, name, is_lines) {
            own.push(Common::Name(one.rest));
        }
        own.push(Common::Around(one.around));
        own.into_iter().map(move |common| (one.is_train, common))
    };
    readings.into_iter().flat_map(of).collect()
}

/// Whether a held-out text may be split off that of its name without the word. `acid test.txt` is a title.
fn is_of_its_name(one: &Reading, name: &str, is_lines: bool) -> bool {
    match is_lines {
        true => one.ends() || one.begins(),
        false => one.is_sure && one.ends() && !name.contains(' '),
    }
}

/// What a name may have in common with one that has other words: titles such as `the train to Turin` have such words
/// within them.
fn commons(one: &Reading, is_lines: bool) -> Vec<Common> {
    let is_loose = one.ends() || is_lines && one.begins();
    let mut commons = Vec::new();
    if is_loose {
        commons.push(Common::Bare { is_train: !one.is_train });
    }
    if is_loose && is_lines {
        commons.push(Common::Lines);
    }
    if one.is_bare() {
        commons.push(Common::Bare { is_train: one.is_train });
    }
    commons
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
    fn a_name_with_both_words_is_no_pair_with_itself() {
        assert_eq!(refused(&["novel.txt", "train.test.txt"]), None);
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
            ["train1.jsonl", "test1.jsonl"],
            ["trainset.txt", "testset.txt"],
            ["wikiTrain.jsonl.gz", "wikiTest.jsonl.gz"],
            ["wiki_train.txt", "test.txt"],
            ["train.txt", "bookTest2.txt"],
            ["wiki_train.jsonl", "books_test.jsonl"],
            ["train_wiki.jsonl", "val.jsonl"],
            ["corpus.jsonl", "corpus.test.jsonl"],
            ["corpus.txt", "corpus_val.txt"],
            ["wiki.jsonl", "held-out_wiki.jsonl.gz"],
            ["train.txt", "train.test.txt"],
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
            &["model-training.md", "testing.md"],
            &["dev-to-articles.jsonl", "training-logs.jsonl"],
            &["train.txt", "a.txt"],
            &["test.txt", "val.txt"],
            &["train-00000-of-00002.txt", "train-00001-of-00002.txt"],
            &["the train to Turin.txt", "a test of time.txt"],
            &["1 train.txt", "2 test.txt"],
            &["wiki/train.txt", "books/test.txt"],
            &["train/run.py", "train/README.md", "test/README.md"],
            &["contest.txt", "train.txt", "latest.jsonl", "strain.txt", "trainspotting.txt"],
            &["night train.txt", "acid test.txt", "NightTrain.md", "AcidTest.md"],
            &["train_test.jsonl", "wiki.jsonl"],
            &["train_dev.jsonl", "train.jsonl"],
            &["acid.txt", "acid test.txt"],
            &["model.md", "model-evaluation.md"],
            &["corpus.jsonl", "wiki.test.jsonl"],
        ] {
            assert_eq!(refused(names), None);
        }
        assert!(check(Path::new("train/test"), &["train/test/a.txt".into()]).is_ok());
    }
}
