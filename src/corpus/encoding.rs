//! Encodings of text: which one bytes are in, and their characters.

mod mixed;
mod signs;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use signs::Signs;

pub use mixed::other;

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

/// How Unicode is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Utf8,
    Utf16(Order),
    Utf32(Order),
}

/// A form of Unicode, with or without a byte-order mark before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    pub form: Form,
    pub mark: bool,
}

/// What bytes without a mark may be.
pub enum Guess {
    Unicode(Encoding),
    /// An encoding from before Unicode.
    Legacy(&'static str),
    /// UTF-8, but for this byte and few others.
    Damaged(usize),
    /// UTF-16 that reads as text in both byte orders.
    EitherOrder,
    NoText,
}

/// Marks in the order in which to try them: the one of UTF-16 begins the one of UTF-32.
const MARKS: [(&[u8], Form); 5] = [
    (b"\xef\xbb\xbf", Form::Utf8),
    (b"\xff\xfe\0\0", Form::Utf32(Order::Little)),
    (b"\0\0\xfe\xff", Form::Utf32(Order::Big)),
    (b"\xff\xfe", Form::Utf16(Order::Little)),
    (b"\xfe\xff", Form::Utf16(Order::Big)),
];

impl Encoding {
    /// For people.
    pub fn name(self) -> String {
        let order = |order| match order {
            Order::Little => "little-endian",
            Order::Big => "big-endian",
        };
        let form = match self.form {
            Form::Utf8 => "UTF-8".to_owned(),
            Form::Utf16(one) => format!("UTF-16 ({})", order(one)),
            Form::Utf32(one) => format!("UTF-32 ({})", order(one)),
        };
        let mark = if self.mark { " with a byte-order mark" } else { "" };
        format!("{form} text{mark}")
    }

    fn mark_length(self) -> usize {
        let own = MARKS.iter().find(|(_, form)| *form == self.form);
        own.filter(|_| self.mark).map_or(0, |(mark, _)| mark.len())
    }
}

/// The encoding that a byte-order mark tells.
pub fn by_mark(bytes: &[u8]) -> Option<Encoding> {
    let (_, form) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark))?;
    Some(Encoding { form: *form, mark: true })
}

/// The characters of bytes in an encoding, without its mark.
///
/// # Errors
/// The offset of the first byte that starts no character.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, usize> {
    let start = encoding.mark_length();
    decode_form(&bytes[start..], encoding.form).map_err(|offset| offset + start)
}

/// So many bytes show how a text begins.
const BEGINNING: usize = 1 << 16;

/// The first characters of bytes, up to one that is none.
pub fn beginning(bytes: &[u8], encoding: Encoding) -> String {
    let start = &bytes[..bytes.len().min(BEGINNING)];
    let whole = |end: usize| decode(&start[..end], encoding);
    whole(start.len()).or_else(whole).unwrap_or_default()
}

fn decode_form(bytes: &[u8], form: Form) -> Result<String, usize> {
    match form {
        Form::Utf8 => {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| error.valid_up_to())
        }
        Form::Utf16(order) => decode_utf16(bytes, order),
        Form::Utf32(order) => decode_utf32(bytes, order),
    }
}

fn decode_utf16(bytes: &[u8], order: Order) -> Result<String, usize> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| match order {
        Order::Little => u16::from_le_bytes(*pair),
        Order::Big => u16::from_be_bytes(*pair),
    });
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut offset = 0;
    for c in char::decode_utf16(units) {
        let c = c.map_err(|_| offset)?;
        offset += 2 * c.len_utf16();
        text.push(c);
    }
    if rest.is_empty() { Ok(text) } else { Err(offset) }
}

fn decode_utf32(bytes: &[u8], order: Order) -> Result<String, usize> {
    let (units, rest) = bytes.as_chunks::<4>();
    let mut text = String::with_capacity(bytes.len() / 4);
    for (place, unit) in units.iter().enumerate() {
        let number = match order {
            Order::Little => u32::from_le_bytes(*unit),
            Order::Big => u32::from_be_bytes(*unit),
        };
        text.push(char::from_u32(number).ok_or(place * 4)?);
    }
    if rest.is_empty() { Ok(text) } else { Err(units.len() * 4) }
}

/// Whether bytes are UTF-8 without a control character that texts do not have.
pub fn is_plain(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.bytes().any(is_control))
}

fn is_control(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c' | b'\x1b'))
        || byte == 0x7f
}

/// UTF-16 and UTF-32 of what is UTF-8 as well have a zero in so many bytes at least: they are of ASCII.
const FEW_ZEROS: usize = 4;

/// What bytes without a mark and without a known format are.
pub fn guess(bytes: &[u8]) -> Guess {
    let utf8 = std::str::from_utf8(bytes);
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    let controls = bytes.iter().filter(|byte| is_control(**byte)).count();
    // What is UTF-8 as it stands, with a zero here and there and no other control, keeps documents apart by it.
    let is_apart_by_zeros = utf8.is_ok() && controls == zeros && zeros * FEW_ZEROS <= bytes.len();
    if zeros > 0
        && !is_apart_by_zeros
        && let Some(wide) = wide(bytes)
    {
        return wide;
    }
    match utf8 {
        // Some corpora keep their documents apart by control characters; mostly such is no text.
        Ok(_) if controls * 10 > bytes.len() => Guess::NoText,
        Ok(_) if is_iso_2022_jp(bytes) => Guess::Legacy("ISO-2022-JP"),
        Ok(_) => Guess::Unicode(Encoding { form: Form::Utf8, mark: false }),
        Err(_) if controls * 50 > bytes.len() || bytes.contains(&0) => Guess::NoText,
        // Half a character at the very end alone is where a text was cut.
        Err(error) if error.error_len().is_none() => Guess::Damaged(error.valid_up_to()),
        Err(error) if is_almost_utf8(bytes) => Guess::Damaged(error.valid_up_to()),
        Err(_) => Guess::Legacy(detect(bytes)),
    }
}

/// UTF-32 or UTF-16 without a mark: UTF-8 has no reason for zero bytes, these have.
fn wide(bytes: &[u8]) -> Option<Guess> {
    let without_mark = |form| Guess::Unicode(Encoding { form, mark: false });
    for form in [Form::Utf32(Order::Little), Form::Utf32(Order::Big)] {
        if decode_form(bytes, form).is_ok_and(|text| is_likely(&text)) {
            return Some(without_mark(form));
        }
    }
    let [little, big] = [Order::Little, Order::Big].map(|order| latin_share(bytes, order));
    let (little_endian, big_endian) = (Form::Utf16(Order::Little), Form::Utf16(Order::Big));
    match (little, big) {
        (None, None) => None,
        (Some(_), None) => Some(without_mark(little_endian)),
        (None, Some(_)) => Some(without_mark(big_endian)),
        // The wrong order turns Latin letters into ideographs, and hardly the other way round.
        (Some(little), Some(big)) if little > 0.5 && big < 0.1 => Some(without_mark(little_endian)),
        (Some(little), Some(big)) if big > 0.5 && little < 0.1 => Some(without_mark(big_endian)),
        (Some(_), Some(_)) => Some(Guess::EitherOrder),
    }
}

/// Few texts are mostly of the rare characters beyond U+FFFF.
fn is_likely(text: &str) -> bool {
    let rare = text.chars().filter(|c| c.len_utf16() == 2).count();
    2 * rare <= text.chars().count() && Signs::of(text).is_some_and(|signs| signs.are_of_text())
}

/// The share of Latin letters, where bytes are a text in UTF-16.
fn latin_share(bytes: &[u8], order: Order) -> Option<f64> {
    let text = decode_utf16(bytes, order).ok()?;
    let signs = Signs::of(&text).filter(Signs::are_of_text)?;
    Some(signs.latin as f64 / signs.all as f64)
}

/// Its bytes are all ASCII: only the escape sequences tell it.
fn is_iso_2022_jp(bytes: &[u8]) -> bool {
    bytes.is_ascii()
        && bytes.windows(3).any(|three| matches!(three, b"\x1b$B" | b"\x1b$@"))
        && detect(bytes) == "ISO-2022-JP"
}

/// By chance few bytes of another encoding make a character of UTF-8, and hardly four of five do.
fn is_almost_utf8(bytes: &[u8]) -> bool {
    let (mut right, mut wrong) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    right > 4 * wrong
}

fn detect(bytes: &[u8]) -> &'static str {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny).name()
}
