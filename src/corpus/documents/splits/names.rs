//! What a file or a folder is by the words of its name.

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

/// Those of them that hardly ever mean anything else.
const SURE: [&str; 5] = ["train", "test", "val", "valid", "validation"];

/// A word of a name that tells a split.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    pub is_train: bool,
    /// Whether the word hardly ever means anything else.
    pub is_sure: bool,
    /// The other words, with an empty one in its place.
    pub around: Vec<String>,
    /// The words of the name without it, as [`words`] tells those of another name.
    pub rest: String,
}

impl Reading {
    /// Whether there is no other word.
    pub fn is_bare(&self) -> bool {
        self.around.len() == 1
    }

    /// Whether the name begins with it.
    pub fn begins(&self) -> bool {
        self.around.first().is_some_and(String::is_empty)
    }

    /// Whether the name ends with it.
    pub fn ends(&self) -> bool {
        self.around.last().is_some_and(String::is_empty)
    }
}

/// Every word of a name that tells a split. What stands between points is a name of its own: `wiki.train.txt` goes with
/// `books.valid.txt`.
pub fn readings(name: &str) -> Vec<Reading> {
    let name = apart(name).to_lowercase();
    let name = name.replace("held-out", "heldout").replace("held_out", "heldout");
    let name = name.replace("hold-out", "holdout").replace("hold_out", "holdout");
    let mut found = Vec::new();
    let parts: Vec<&str> = name.split('.').collect();
    for (at, part) in parts.iter().enumerate() {
        let own: Vec<&str> = part.split(|c: char| !c.is_alphanumeric()).collect();
        for (place, word) in own.iter().enumerate() {
            let word = word.strip_suffix("set").unwrap_or(word);
            let is_train = TRAIN.contains(&word);
            if is_train || HELD_OUT.contains(&word) {
                let (is_sure, around) = (SURE.contains(&word), around(&own, place));
                let (before, after) = (parts[..at].join(" "), parts[at + 1..].join(" "));
                let rest = words(&format!("{before} {} {after}", around.join(" ")));
                found.push(Reading { is_train, is_sure, around, rest });
            }
        }
    }
    found
}

/// Whether a word alone tells what is trained on, or what is held out; `None` where it tells neither.
pub fn is_train(word: &str) -> Option<bool> {
    let readings = readings(word);
    let [only] = &readings[..] else { return None };
    only.is_bare().then_some(only.is_train)
}

/// The words of a name, whatever stands between them.
pub fn words(name: &str) -> String {
    let name = apart(name).to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A name with its words apart where a number or a capital begins another: `test1`, `wikiTest`.
fn apart(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut last = ' ';
    for c in name.chars() {
        let is_number = |one: char| one.is_ascii_digit();
        let begins_number = last.is_alphabetic() && is_number(c);
        let ends_number = is_number(last) && c.is_alphabetic();
        if begins_number || ends_number || last.is_lowercase() && c.is_uppercase() {
            words.push('-');
        }
        words.push(c);
        last = c;
    }
    words
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

    #[test]
    fn numbers_capitals_and_set_end_a_word_that_tells_a_split() {
        for name in ["test1.txt", "TestSet", "testset.jsonl", "test-00001-of-00002.gz", "heldOut"] {
            let found = readings(name);
            assert!(found.iter().any(|one| one.is_bare() || one.begins()), "{name}: {found:?}");
            assert!(found.iter().all(|one| !one.is_train), "{name}");
        }
        let found = readings("wikiTrain3.txt");
        assert!(found.len() == 1 && found[0].ends() && !found[0].is_bare(), "{found:?}");
    }

    #[test]
    fn words_that_have_others_in_them_tell_none() {
        let names = ["contest.txt", "latest.jsonl", "strain.txt", "trainspotting.txt", "value.txt"];
        for name in names.iter().chain(&["offset.txt", "developer.md", "Testament.txt", "set.txt"])
        {
            assert!(readings(name).is_empty(), "{name}");
        }
    }
}
