//! Where a text can be cut so that its tokens stay the same.

/// Cuts a text where every tokenizer that reads word by word starts anew: before a space between two letters.
/// The pieces are at least `least` bytes long but for the last, and their tokens one after another are those
/// of the whole text.
pub fn pieces(text: &str, least: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(end) = (least.max(1)..rest.len()).find(|place| is_cut(rest, *place)) {
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
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
