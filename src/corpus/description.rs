//! What people are told of a corpus beside its size.

use std::collections::BTreeSet;

use indicatif::HumanCount;

use super::Corpus;
use crate::config::{Excerpts, Texts};

/// Longer alphabets are shown by their beginning and their end.
const SHOWN: usize = 100;

impl Corpus {
    /// The characters of its vocabulary, if it has any; those that cannot be seen as they are escaped.
    pub fn alphabet_told(&self) -> Option<String> {
        let alphabet = self.alphabet()?;
        let shown =
            |characters: &[char]| characters.iter().map(|c| visible(*c)).collect::<String>();
        let text = match alphabet.len() {
            0..=SHOWN => shown(alphabet),
            count => {
                let (start, end) = (&alphabet[..SHOWN - 20], &alphabet[count - 20..]);
                format!("{} … {}", shown(start), shown(end))
            }
        };
        Some(format!("{} characters: {text}", HumanCount(alphabet.len() as u64)))
    }

    /// That a text of characters is numbers alone, as token ids are where a program printed them.
    pub fn numbers_told(&self) -> Option<String> {
        let alphabet = self.alphabet()?;
        let is_between = |one: &char| one.is_whitespace() || ",;[]".contains(*one);
        let is_digit = |one: &char| one.is_ascii_digit();
        let is_numbers = alphabet.iter().all(|one| is_digit(one) || is_between(one))
            && alphabet.iter().any(is_digit)
            && alphabet.iter().any(is_between);
        is_numbers.then(|| {
            "nothing but numbers, which are trained on character by character: if they are the ids of tokens, write them \
             as a .bin or .npy file"
                .to_owned()
        })
    }

    /// How much of val and test a model cannot learn from train, if anything; of several train texts the one that
    /// lacks most.
    pub fn unseen_told(&self) -> Option<String> {
        let at_most = if self.texts == Texts::PerSeed { "at most " } else { "" };
        let told = |(part, name, held): (usize, &str, usize)| {
            let unseen = self.read_texts().map(|(_, text)| text.unseen[part]).max()?;
            let share = 100.0 * unseen as f64 / held as f64;
            let (shown, all) = (HumanCount(unseen as u64), HumanCount(held as u64));
            (unseen > 0).then(|| format!("{at_most}{shown} of {all} {name} tokens ({share:.2} %)"))
        };
        let held = [(0, "val", self.val.len()), (1, "test", self.test.len())];
        let told: Vec<String> = held.into_iter().filter_map(told).collect();
        (!told.is_empty()).then(|| format!("{} never occur in train", told.join(" and ")))
    }

    /// What the texts of seeds are cut from; `None` where there is one text for all, or each is written anew.
    pub fn excerpts(&self) -> Option<Excerpts> {
        let pool = self.pool.length().filter(|_| self.texts == Texts::PerSeed)?;
        Some(Excerpts { pool, length: self.split.train })
    }

    /// How much of their text the seeds share that were read, if anything, and what that means.
    pub fn excerpts_told(&self) -> Option<String> {
        let (excerpts, seeds) = (self.excerpts()?, self.read_texts().filter_map(|(seed, _)| seed));
        let seeds: BTreeSet<u64> = seeds.collect();
        let percent = (100.0 * excerpts.shared(&seeds)?).round();
        let crowding = excerpts.crowding(seeds.len());
        let what = match crowding > 1.0 {
            true => format!(
                "{} excerpts take {crowding:.1} times the {} tokens that there are, and tests claim too much",
                seeds.len(),
                HumanCount(excerpts.pool as u64),
            ),
            false => "intervals hold for this source".to_owned(),
        };
        (percent > 0.0).then(|| format!("they share {percent}% of their text on average: {what}"))
    }

    /// Shares of val and test that never occur in train, in the mean of its texts.
    pub fn unseen_shares(&self) -> [f64; 2] {
        let texts = self.read_texts().count().max(1);
        [(0, self.val.len()), (1, self.test.len())].map(|(part, held)| {
            let unseen: usize = self.read_texts().map(|(_, text)| text.unseen[part]).sum();
            unseen as f64 / (texts * held.max(1)) as f64
        })
    }
}

fn visible(c: char) -> String {
    match c {
        '\'' | '"' | '\\' => c.to_string(),
        c => c.escape_debug().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Tokenizer;
    use crate::corpus::tests::in_memory;

    fn corpus(alphabet: &str) -> Corpus {
        let corpus = in_memory(3, &[0, 1, 0], &[2, 1, 2, 0]);
        Corpus { tokenizer: Some(Tokenizer::characters(alphabet.chars().collect())), ..corpus }
    }

    #[test]
    fn a_text_of_numbers_alone_may_be_ids_of_tokens() {
        assert!(corpus("0123456789, \n").numbers_told().unwrap().contains(".npy"));
        for other in ["0123456789", "0123456789.-e \n", "abc 12"] {
            assert_eq!(corpus(other).numbers_told(), None, "{other}");
        }
    }

    #[test]
    fn an_alphabet_is_shown_with_escapes_and_shortened() {
        let told = corpus("\n\t 'aé\u{200b}").alphabet_told().unwrap();
        assert_eq!(told, "7 characters: \\n\\t 'aé\\u{200b}");
        let long = corpus(&('一'..='龥').collect::<String>()).alphabet_told().unwrap();
        assert!(long.starts_with("20,902 characters: 一丁") && long.ends_with("龥"), "{long}");
        assert!(long.chars().count() < 130, "{long}");
    }

    #[test]
    fn tokens_of_val_and_test_that_train_lacks_are_counted() {
        let told = corpus("").unseen_told().unwrap();
        assert_eq!(told, "2 of 4 val tokens (50.00 %) never occur in train");
        let with_test = |train: &[u16], val: &[u16]| {
            let mut corpus = in_memory(3, train, val).with_test(vec![2, 2, 1]);
            corpus.read.clear();
            corpus.read_text(None).unwrap();
            corpus.unseen_told()
        };
        assert_eq!(
            with_test(&[0, 1, 0], &[2, 1, 2, 0]).unwrap(),
            "2 of 4 val tokens (50.00 %) and 2 of 3 test tokens (66.67 %) never occur in train"
        );
        assert_eq!(corpus("").unseen_shares(), [0.5, 0.0]);
        let of_test = with_test(&[0, 1, 0], &[0, 1]).unwrap();
        assert_eq!(of_test, "2 of 3 test tokens (66.67 %) never occur in train");
        let known = in_memory(3, &[0, 1, 2], &[2, 1]);
        assert_eq!(known.unseen_told(), None);
    }
}
