/// Cuts a text where every tokenizer that reads word by word starts anew: before a space between two letters.
/// The pieces are at least `least` bytes long but for the last, and their tokens one after another are those
/// of the whole text.
pub fn pieces(text: &str, least: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(end) = next_cut(rest, least) {
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// The place of the first such space from `least` on.
fn next_cut(text: &str, least: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_letter = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_alphabetic);
    let is_cut =
        |place: &usize| bytes[*place] == b' ' && is_letter(place - 1) && is_letter(place + 1);
    (least.max(1)..bytes.len()).find(is_cut)
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
    }
}
