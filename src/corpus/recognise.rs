//! What a file is, told from its bytes: names lie, and a wrong guess trains in silence.

use super::encoding::{self, Encoding, Form, Guess};
use super::foreign::{self, Foreign};
use super::{llmc, npy};
use crate::compression::Compression;

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text in Unicode.
    Text(Encoding),
    /// Something compressed that is read through.
    Compressed(Compression),
    /// Token numbers in a format that says so; its name.
    Tokens(&'static str),
    /// A format that is not read.
    Foreign(&'static Foreign),
    /// Text in an encoding from before Unicode, by its name.
    Legacy(&'static str),
    /// UTF-8 with a byte at this offset that starts no character.
    Damaged(usize),
    /// Text in Unicode, but for another encoding that begins at this byte.
    Mixed(Encoding, usize),
    /// UTF-16 without a mark that reads as text in both byte orders.
    EitherOrder,
    /// No text, and nothing that is known.
    Binary,
}

/// Tells what a whole file is.
pub fn recognise(bytes: &[u8]) -> Content {
    let found = before_its_text(bytes);
    let form = match found {
        Content::Text(encoding) => encoding,
        // A page in another encoding begins with ASCII all the same.
        Content::Legacy(_) | Content::Damaged(_) => Encoding { form: Form::Utf8, mark: false },
        _ => return found,
    };
    match foreign::is_html(&encoding::beginning(bytes, form)) {
        true => Content::Foreign(&foreign::HTML),
        false => match found {
            Content::Text(encoding) => encoding::other(bytes, encoding)
                .map_or(found, |place| Content::Mixed(encoding, place)),
            _ => found,
        },
    }
}

/// What it is by marks and bytes alone.
fn before_its_text(bytes: &[u8]) -> Content {
    if let Some(compression) = Compression::of(bytes) {
        return Content::Compressed(compression);
    }
    if npy::is(bytes) {
        return Content::Tokens("a NumPy array");
    }
    if llmc::is(bytes) {
        return Content::Tokens("a token file of llm.c");
    }
    if let Some(encoding) = encoding::by_mark(bytes) {
        return Content::Text(encoding);
    }
    // Many formats begin with letters, and so may a text: only bytes that no text has speak for them.
    if let Some(foreign) = foreign::find(bytes, encoding::is_plain(bytes)) {
        return Content::Foreign(foreign);
    }
    match encoding::guess(bytes) {
        Guess::Unicode(encoding) => Content::Text(encoding),
        Guess::Legacy(name) => Content::Legacy(name),
        Guess::Damaged(offset) => Content::Damaged(offset),
        Guess::EitherOrder => Content::EitherOrder,
        Guess::NoText => Content::Binary,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::encoding::{Order, decode};

    const FORMS: [Form; 5] = [
        Form::Utf8,
        Form::Utf16(Order::Little),
        Form::Utf16(Order::Big),
        Form::Utf32(Order::Little),
        Form::Utf32(Order::Big),
    ];

    fn written(text: &str, form: Form) -> Vec<u8> {
        let units = |order: Order| {
            move |unit: u16| match order {
                Order::Little => unit.to_le_bytes(),
                Order::Big => unit.to_be_bytes(),
            }
        };
        let scalars = |order: Order| {
            move |c: char| match order {
                Order::Little => u32::from(c).to_le_bytes(),
                Order::Big => u32::from(c).to_be_bytes(),
            }
        };
        match form {
            Form::Utf8 => text.as_bytes().to_vec(),
            Form::Utf16(order) => text.encode_utf16().flat_map(units(order)).collect(),
            Form::Utf32(order) => text.chars().flat_map(scalars(order)).collect(),
        }
    }

    fn read(bytes: &[u8]) -> Option<String> {
        match recognise(bytes) {
            Content::Text(encoding) => decode(bytes, encoding).ok(),
            _ => None,
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer_and_what_is_called_text_without_a_mark_decodes(
            bytes in proptest::collection::vec(any::<u8>(), 0..600)
        ) {
            if let Content::Text(encoding) = recognise(&bytes) {
                prop_assert!(encoding.mark || decode(&bytes, encoding).is_ok());
            }
        }

        #[test]
        fn any_text_survives_every_encoding_with_a_mark(text in "\\PC{0,80}") {
            for form in FORMS {
                let bytes = written(&format!("\u{feff}{text}"), form);
                // A text that begins with a second mark keeps it.
                prop_assert_eq!(read(&bytes), Some(text.clone()), "{:?}", form);
            }
        }

        #[test]
        fn latin_text_survives_every_encoding_without_a_mark(text in "[a-zà-ÿ ,.\n]{8,200}") {
            for form in FORMS {
                prop_assert_eq!(read(&written(&text, form)), Some(text.clone()), "{:?}", form);
            }
        }

        #[test]
        fn any_text_in_utf8_is_read_as_it_is(text in "[^\u{0}-\u{1f}\u{feff}\u{7f}]{0,200}") {
            prop_assume!(!matches!(recognise(text.as_bytes()), Content::Foreign(_)));
            prop_assert_eq!(read(text.as_bytes()), Some(text));
        }
    }

    #[test]
    fn text_of_other_scripts_is_read_from_utf16_without_a_mark_or_refused() {
        for text in [
            "Война и мир\nтом первый\n",
            "天地玄黃\n宇宙洪荒 日月盈昃\n辰宿列張\n寒來暑往\n",
            "σῖτος καὶ οἶνος\n",
        ] {
            for form in FORMS {
                let bytes = written(&text.repeat(20), form);
                let content = recognise(&bytes);
                let right = read(&bytes).is_some_and(|read| read == text.repeat(20));
                assert!(right || content == Content::EitherOrder, "{text} {form:?}: {content:?}");
            }
        }
    }

    #[test]
    fn text_with_few_spaces_is_read_from_utf16_without_a_mark() {
        for text in [
            "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。寒來暑往，秋收冬藏。一\n",
            "春はあけぼの。やうやう白くなりゆく山ぎは、すこしあかりて、紫だちたる雲のほそくたなびきたる。一\n",
            "모든 국민은 법 앞에 평등하다. 누구든지 성별에 의하여 차별을 받지 아니한다.\n",
            "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน ต่างในตนมีเหตุผลและมโนธรรม\n",
            "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है।\n",
            "Все люди рождаются свободными. 人人生而自由, free and equal. ελεύθεροι και ίσοι\n",
        ] {
            let text = text.repeat(200);
            for form in &FORMS[1..] {
                assert_eq!(read(&written(&text, *form)), Some(text.clone()), "{form:?}");
            }
        }
    }

    fn encoded(encoding: &'static encoding_rs::Encoding, text: &str) -> Vec<u8> {
        let mut bytes = vec![0; 4 * text.len()];
        let (_, _, written, _) = encoding.new_encoder().encode_from_utf8(text, &mut bytes, true);
        bytes.truncate(written);
        bytes
    }

    #[test]
    fn legacy_encodings_are_named() {
        let chinese = "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。寒来暑往，秋收冬藏。\n";
        let japanese = "春はあけぼの。やうやう白くなりゆく山ぎは、すこしあかりて、紫だちたる雲のほそくたなびきたる。\n";
        let german = "Über allen Gipfeln ist Ruh, in allen Wipfeln spürest du kaum einen Hauch.\n";
        let russian = "Мороз и солнце; день чудесный! Ещё ты дремлешь, друг прелестный.\n";
        for (text, encoding) in [
            (chinese, encoding_rs::GBK),
            (japanese, encoding_rs::SHIFT_JIS),
            (japanese, encoding_rs::EUC_JP),
            (japanese, encoding_rs::ISO_2022_JP),
            (german, encoding_rs::WINDOWS_1252),
            (russian, encoding_rs::WINDOWS_1251),
        ] {
            let text = text.repeat(10);
            let bytes = encoded(encoding, &text);
            assert_eq!(recognise(&bytes), Content::Legacy(encoding.name()));
        }
    }

    #[test]
    fn a_text_cut_inside_a_character_is_damaged_where_it_was_cut() {
        let text = "déjà vu à Orléans ".repeat(9);
        let whole = text.len();
        assert_eq!(recognise(&[text.as_bytes(), b"\xc3"].concat()), Content::Damaged(whole));
        let english = "He said nothing of it. ".repeat(9);
        let cut = [english.as_bytes(), b"\xe2\x80"].concat();
        assert_eq!(recognise(&cut), Content::Damaged(english.len()));
    }

    #[test]
    fn a_page_is_one_whatever_stands_before_its_first_tag() {
        let is_page = |bytes: &[u8]| recognise(bytes) == Content::Foreign(&foreign::HTML);
        let page =
            |start: &str| format!("{start}<HTML><body>{}", "<p>To be or not.</p>\n".repeat(9));
        for start in [
            "",
            "\u{feff}<!DOCTYPE html>\n",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"x\">\n",
            "\n<!-- saved from url=(0014)about:internet -->\r\n<!-- é -->",
        ] {
            for form in FORMS {
                assert!(is_page(&written(&page(start), form)), "{start} {form:?}");
            }
        }
        let latin = encoded(encoding_rs::WINDOWS_1252, "<!doctype html><p>déjà vu</p>");
        assert!(is_page(&latin));
        let bare = "<head><title>To be</title></head>\n<p>To be or not.</p>\n";
        assert!(is_page(bare.as_bytes()) && is_page(format!("<!-- a -->\n{bare}").as_bytes()));
        for text in [
            "<title> of a book, <p> and all",
            "<header><p>",
            "<?xml version=\"1.0\"?><mediawiki>",
            "<!-- a <html> b",
            "a <html>",
            "<!-- a -->",
        ] {
            assert!(!is_page(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn formats_are_known_by_their_first_bytes_but_not_where_a_text_begins_alike() {
        let named = |bytes: &[u8]| match recognise(bytes) {
            Content::Foreign(foreign) => foreign.name,
            other => panic!("{other:?}"),
        };
        assert_eq!(named(b"PK\x03\x04\x14\0\0\0"), "a zip archive");
        let zip = |name: &str| {
            let rest = [0; 22].into_iter().chain([name.len() as u8, 0, 0, 0]);
            [&b"PK\x03\x04"[..], &rest.collect::<Vec<u8>>(), name.as_bytes()].concat()
        };
        assert_eq!(named(&zip("a.txt")), "a zip archive");
        assert_eq!(named(&zip("archive/data.pkl")), "a file of PyTorch's torch.save");
        assert_eq!(named(&zip("arr_0.npy")), "a file of NumPy's savez");
        assert_eq!(named(b"PAR1\x15\0\x15\x9c"), "a Parquet file");
        assert_eq!(named(b"%PDF-1.7\nplain"), "a PDF");
        assert_eq!(named(b"\n<!DOCTYPE html><p>"), "an HTML page");
        assert!(matches!(recognise(b"ORC chieftains and PAR1 shops"), Content::Text(_)));
        assert!(matches!(recognise(b"GGUF is a name"), Content::Text(_)));
    }
}
