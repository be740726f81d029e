//! What people are told of a corpus beside its size.

use indicatif::HumanCount;

use super::Corpus;

/// Longer alphabets are shown by their beginning and their end.
const SHOWN: usize = 100;

impl Corpus {
    /// The characters of its vocabulary, if it has any; those that cannot be seen as they are escaped.
    pub fn alphabet_told(&self) -> Option<String> {
        let alphabet = self.alphabet.as_ref()?;
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

    /// How much of val a model cannot learn from train, if anything.
    pub fn unseen_told(&self) -> Option<String> {
        let share = 100.0 * self.unseen as f64 / self.val.len() as f64;
        let (unseen, all) = (HumanCount(self.unseen as u64), HumanCount(self.val.len() as u64));
        let told = format!("{unseen} of {all} val tokens ({share:.2} %) never occur in train");
        (self.unseen > 0).then_some(told)
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

    fn corpus(alphabet: Vec<char>) -> Corpus {
        Corpus::new("test".into(), 3, vec![0, 1, 0], vec![2, 1, 2, 0]).with_alphabet(alphabet)
    }

    #[test]
    fn an_alphabet_is_shown_with_escapes_and_shortened() {
        let told = corpus("\n\t 'aé\u{200b}".chars().collect()).alphabet_told().unwrap();
        assert_eq!(told, "7 characters: \\n\\t 'aé\\u{200b}");
        let long = corpus(('一'..='龥').collect()).alphabet_told().unwrap();
        assert!(long.starts_with("20,902 characters: 一丁") && long.ends_with("龥"), "{long}");
        assert!(long.chars().count() < 130, "{long}");
    }

    #[test]
    fn tokens_of_val_that_train_lacks_are_counted() {
        let told = corpus(Vec::new()).unseen_told().unwrap();
        assert_eq!(told, "2 of 4 val tokens (50.00 %) never occur in train");
        let known = Corpus::new("test".into(), 3, vec![0, 1, 2], vec![2, 1]);
        assert_eq!(known.unseen_told(), None);
    }
}
