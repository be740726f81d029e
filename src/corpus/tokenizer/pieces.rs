//! Where a text can be cut so that its tokens stay the same.

use super::Tokenizer;

/// Bytes of the pieces that a text is tokenized in, at least, where its tokens stay the same.
const PIECE: usize = 1 << 16;
/// Bytes of the pieces, at least, for a tokenizer that may read a text otherwise once it is cut: a document of so many is
/// read whole. What reads it needs a hundred times as much memory, and every thread reads one.
pub const WHOLE: usize = 1 << 19;

impl Tokenizer {
    /// Whether tokens of texts that are cut before a space between two letters are those of the whole.
    pub fn starts_anew(&self) -> bool {
        self.learned().is_none_or(super::Learned::starts_anew)
    }

    /// Bytes of the pieces that it reads a document in, at least, but for the last.
    pub fn least(&self) -> usize {
        if self.starts_anew() { PIECE } else { WHOLE }
    }

    /// A document, cut into pieces that are read one by one: its tokens are theirs, one after another.
    pub fn pieces<'a>(&self, text: &'a str) -> Vec<&'a str> {
        pieces(text, self.least())
    }

    /// At how many places documents are cut where another token may be made of them than of the whole.
    pub fn unproven_cuts<'a>(&self, texts: impl Iterator<Item = &'a String>) -> u64 {
        match self.starts_anew() {
            true => 0,
            false => texts.map(|text| self.pieces(text).len() as u64 - 1).sum(),
        }
    }
}

/// What people should know of documents that were cut where another token may be made of them than of the whole.
pub fn cuts_told(places: u64) -> Option<String> {
    let kib = WHOLE >> 10;
    (places > 0).then(|| {
        format!(
            "documents of more than {kib} KiB are cut every {kib} KiB or so where the tokenizer is not known to start \
             anew, here at {places} places: a token or two there may differ from those of the whole document"
        )
    })
}

/// Cuts a text where every tokenizer that reads word by word starts anew: before a space between two letters.
/// The pieces are at least `least` bytes long but for the last, and their tokens one after another are those
/// of the whole text.
pub fn pieces(text: &str, least: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(end) = first_cut(rest, least) {
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// The first such place that is not before `least` bytes.
pub fn first_cut(text: &str, least: usize) -> Option<usize> {
    (least.max(1)..text.len()).find(|place| is_cut(text, *place))
}

/// The last such place that is not after `most` bytes; where there is none in its second half, as in scripts
/// without spaces, the end of a character.
pub fn last_cut(text: &str, most: usize) -> usize {
    let found = (most / 2..=most).rev().find(|place| is_cut(text, *place));
    found.unwrap_or_else(|| text.floor_char_boundary(most))
}

fn is_cut(text: &str, place: usize) -> bool {
    let bytes = text.as_bytes();
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    bytes[place] == b' '
        && is_letter(place.checked_sub(1).map(|before| &bytes[before]))
        && is_letter(bytes.get(place + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_before_spaces_between_letters_alone() {
        assert_eq!(pieces("to be, or not  to\n be 7 or", 3), ["to be, or", " not  to\n be 7 or"]);
        assert_eq!(pieces("tobe", 1), ["tobe"]);
        assert_eq!(pieces("", 9), [""]);
        assert_eq!(pieces("é a b é c", 1), ["é a", " b é c"]);
        assert_eq!(last_cut("to be or not", 7), 5);
        assert_eq!(last_cut("ééé", 3), 2);
    }
}
