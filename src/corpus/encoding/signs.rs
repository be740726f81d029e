//! What tells text from numbers that happen to be characters, such as those of tokens.

use std::collections::HashMap;

/// In any script one character of so many stands between words, sentences or lines.
const RARE_GAPS: usize = 200;
/// So many blocks of characters hold nearly all of a text: it is in few scripts, and numbers know none.
const FEW_BLOCKS: usize = 12;
/// What share of a text that is, as one of so many that may lie elsewhere.
const ELSEWHERE: usize = 10;

/// Counts over the characters of what may be a text.
pub struct Signs {
    pub all: usize,
    pub latin: usize,
    gaps: usize,
    blocks: HashMap<u32, usize>,
}

impl Signs {
    /// `None` where a character is one that no text has.
    pub fn of(text: &str) -> Option<Self> {
        let mut signs = Signs { all: 0, latin: 0, gaps: 0, blocks: HashMap::new() };
        for c in text.chars() {
            if !is_of_text(c) {
                return None;
            }
            signs.all += 1;
            signs.latin += usize::from(u32::from(c) < 0x250);
            signs.gaps += usize::from(is_gap(c));
            *signs.blocks.entry(block(c)).or_default() += 1;
        }
        (signs.all > 0).then_some(signs)
    }

    /// Latin letters are told by their zeros; what is of other scripts has gaps between words or sentences.
    pub fn are_of_text(&self) -> bool {
        (self.latin * 2 > self.all || self.gaps * RARE_GAPS >= self.all.max(RARE_GAPS))
            && self.is_of_few_scripts()
    }

    fn is_of_few_scripts(&self) -> bool {
        let mut counts: Vec<usize> = self.blocks.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let elsewhere: usize = counts.iter().skip(FEW_BLOCKS).sum();
        elsewhere * ELSEWHERE <= self.all
    }
}

/// What stands between words or sentences; of East Asian scripts, which have few spaces, their marks.
fn is_gap(c: char) -> bool {
    matches!(
        c,
        ' ' | '\n' | '\r' | '\t' | '\u{a0}' | '\u{200b}' | '\u{3000}'
            ..='\u{3002}' | '\u{ff01}' | '\u{ff0c}' | '\u{ff1f}'
            // Of Tibetan and of Ethiopic, between words.
            | '\u{f0b}' | '\u{1361}'
    )
}

/// Characters of one script, about: 256 of them, but for scripts that have many.
fn block(c: char) -> u32 {
    match u32::from(c) {
        // Ideographs.
        0x3400..=0x9fff | 0x2_0000..=0x3_ffff => 0x34,
        // Syllables of Hangul.
        0xac00..=0xd7a3 => 0xac,
        number => number >> 8,
    }
}

/// Not a control character, not private and not outside of Unicode's characters.
fn is_of_text(c: char) -> bool {
    let number = u32::from(c);
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\u{85}');
    let private = matches!(number, 0xe000..=0xf8ff | 0xf_0000..);
    let none = number & 0xfffe == 0xfffe || matches!(number, 0xfdd0..=0xfdef);
    !control && !private && !none
}

#[cfg(test)]
mod tests {
    use crate::corpus::recognise::{Content, recognise};

    /// As BERT's tokenizer numbers them, its frequent words by small numbers, its 1996th token the most frequent.
    #[test]
    fn numbers_of_tokens_are_no_text_in_utf16_or_utf32() {
        let share = |n: u32| f64::from(n.wrapping_mul(2_654_435_769)) / 2_f64.powi(32);
        let even: Vec<u32> =
            (0..60_000).map(|n| (1000.0 * 30.5_f64.powf(share(n))) as u32).collect();
        let zipf: Vec<u32> =
            (0..60_000).map(|n| 1996 + (28_000_f64.powf(share(n)) as u32) - 1).collect();
        for tokens in [even, zipf] {
            let narrow = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
                tokens.iter().flat_map(|token| unit(*token as u16)).collect()
            };
            let wide = |unit: fn(u32) -> [u8; 4]| -> Vec<u8> {
                tokens.iter().flat_map(|token| unit(*token)).collect()
            };
            for bytes in [
                narrow(u16::to_le_bytes),
                narrow(u16::to_be_bytes),
                wide(u32::to_le_bytes),
                wide(u32::to_be_bytes),
            ] {
                assert_eq!(recognise(&bytes), Content::Binary);
            }
        }
    }
}
