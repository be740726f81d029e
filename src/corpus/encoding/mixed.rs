//! Files of two encodings, as a shell makes them that adds to a file in another one than it has.

use super::{Encoding, Form};

/// So many bytes in a row show that they are in another encoding.
const STRETCH: usize = 64;
/// Of different ones, at least: a ruler is of one.
const KINDS: usize = 8;

/// The first byte of what is in another encoding than the rest, if anything is.
pub fn other(bytes: &[u8], encoding: Encoding) -> Option<usize> {
    match encoding.form {
        // Every second byte of Latin letters in UTF-16 is 0.
        Form::Utf8 if bytes.contains(&0) => {
            let alternate = |pair: &[u8]| (pair[0] == 0) != (pair[1] == 0);
            stretch(bytes, |place| bytes.get(place..place + 2).is_some_and(alternate))
        }
        // Pairs of letters would be ideographs.
        Form::Utf16(_) => stretch(bytes, |place| is_ascii_text(bytes[place])),
        Form::Utf8 | Form::Utf32(_) => None,
    }
}

/// Where the first stretch of such places begins.
fn stretch(bytes: &[u8], is_other: impl Fn(usize) -> bool) -> Option<usize> {
    let mut start = 0;
    while start + STRETCH <= bytes.len() {
        // The last place that is not tells where the next stretch may begin.
        match (start..start + STRETCH).rev().find(|place| !is_other(*place)) {
            Some(last) => start = last + 1,
            None if kinds(&bytes[start..start + STRETCH]) >= KINDS => return Some(start),
            None => start += STRETCH,
        }
    }
    None
}

fn kinds(bytes: &[u8]) -> usize {
    let mut bytes = bytes.to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

fn is_ascii_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use crate::corpus::recognise::{Content, recognise};

    const TEXT: &str =
        "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind\n";

    fn wide(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn a_text_to_which_another_encoding_was_added_is_told_with_the_byte() {
        let (utf8, marked) = (TEXT.repeat(20), format!("\u{feff}{TEXT}").repeat(20));
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let added = [utf8.as_bytes(), &wide(TEXT, order), utf8.as_bytes()].concat();
            let Content::Mixed(_, place) = recognise(&added) else { panic!("UTF-16 in UTF-8") };
            assert!(place.abs_diff(utf8.len()) <= 2, "{place} of {}", utf8.len());
            for first in [&marked, &utf8] {
                let wide = wide(first, order);
                let added = [&wide, utf8.as_bytes()].concat();
                let Content::Mixed(_, place) = recognise(&added) else { panic!("UTF-8 in UTF-16") };
                assert!(place.abs_diff(wide.len()) <= 2, "{place} of {}", wide.len());
            }
        }
    }

    #[test]
    fn rulers_and_scripts_of_their_own_are_one_encoding() {
        let ruler = format!("\u{feff}{}{}", "†".repeat(200), "天地玄黃，宇宙洪荒。".repeat(90));
        let apart = (0..90).map(|place| format!("{TEXT}{place}\0")).collect::<String>();
        for bytes in [wide(&ruler, u16::to_le_bytes), ruler.into_bytes(), apart.into_bytes()] {
            assert!(matches!(recognise(&bytes), Content::Text(_)));
        }
    }
}
