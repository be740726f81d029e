//! Formats that are known and not read.

use Where::{Anywhere, NotInText};

/// A format that is not read, and what to do instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Foreign {
    /// With its article.
    pub name: &'static str,
    /// What to do, as a clause.
    pub advice: &'static str,
    /// Where its mark stands.
    offset: usize,
    mark: &'static [u8],
    place: Where,
}

/// Whether the mark of a format may also begin a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    /// The mark says enough.
    Anywhere,
    /// Bytes that no text has must stand by it.
    NotInText,
}

impl Foreign {
    /// Whether its mark is too long to stand there by chance, among numbers as among letters. Two
    /// tokens of the largest number are the mark of an Arrow stream.
    pub fn is_certain(&self) -> bool {
        self.mark.len() >= 4 && self.mark != [0xff; 4]
    }
}

const UNPACK: &str = "unpack it and give the text file that it holds";
const EXPORT: &str = "export its column of texts as a text file or as JSON lines";
const NO_TEXT: &str = "give a text file";
const AS_TEXT: &str = "save it as plain text in UTF-8";
const PICKLE: &str = "pickles are programs and are not run; save its text as UTF-8, or its tokens as \
                      train.bin and val.bin in a folder";

const fn format(
    name: &'static str,
    mark: &'static [u8],
    advice: &'static str,
    place: Where,
) -> Foreign {
    Foreign { name, advice, offset: 0, mark, place }
}

const fn at(offset: usize, format: Foreign) -> Foreign {
    Foreign { offset, ..format }
}

/// Zip archives of arrays, by what the name of their first file ends in.
static ARCHIVES: [(&str, Foreign); 2] = [
    (
        ".pkl",
        format(
            "a file of PyTorch's torch.save",
            b"PK\x03\x04",
            "load it there and write its text as UTF-8, or its tokens as train.bin and val.bin in a folder, such as \
             with tensor.numpy().astype('<u2').tofile(FILE)",
            NotInText,
        ),
    ),
    (
        ".npy",
        format(
            "a file of NumPy's savez",
            b"PK\x03\x04",
            "write its array of tokens alone, such as with numpy.save('train.npy', numpy.load(FILE)[NAME])",
            NotInText,
        ),
    ),
];

const FORMATS: &[Foreign] = &[
    format("a zip archive", b"PK\x03\x04", UNPACK, NotInText),
    format("a zip archive", b"PK\x05\x06", UNPACK, NotInText),
    format("a bzip2 file", b"BZh", UNPACK, NotInText),
    format("an xz file", b"\xfd7zXZ\0", UNPACK, Anywhere),
    format("a 7z archive", b"7z\xbc\xaf\x27\x1c", UNPACK, Anywhere),
    format("an lz4 file", b"\x04\x22\x4d\x18", UNPACK, Anywhere),
    format("an lzip file", b"LZIP", UNPACK, NotInText),
    format("a file of compress", b"\x1f\x9d", UNPACK, NotInText),
    format("a RAR archive", b"Rar!\x1a\x07", UNPACK, Anywhere),
    at(257, format("a tar archive", b"ustar", UNPACK, NotInText)),
    format("a PDF", b"%PDF-", "take its text out, such as with `pdftotext FILE NEW`", Anywhere),
    format("a PostScript file", b"%!PS", AS_TEXT, Anywhere),
    format("an RTF document", b"{\\rtf", AS_TEXT, Anywhere),
    format("an Office document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", AS_TEXT, Anywhere),
    format("a Parquet file", b"PAR1", EXPORT, NotInText),
    format("an Arrow file", b"ARROW1", EXPORT, NotInText),
    format("an Arrow stream", b"\xff\xff\xff\xff", EXPORT, Anywhere),
    format("a Feather file", b"FEA1", EXPORT, NotInText),
    format("an Avro file", b"Obj\x01", EXPORT, Anywhere),
    format("an ORC file", b"ORC", EXPORT, NotInText),
    format("an SQLite database", b"SQLite format 3\0", EXPORT, Anywhere),
    format("an HDF5 file", b"\x89HDF\r\n\x1a\n", EXPORT, Anywhere),
    format("a pickle", b"(dp0\n", PICKLE, Anywhere),
    format("a pickle", b"(lp0\n", PICKLE, Anywhere),
    format("a pickle", b"}q\0", PICKLE, NotInText),
    format("a pickle", b"]q\0", PICKLE, NotInText),
    format("a pickle", b"\x80\x02", PICKLE, NotInText),
    format("a pickle", b"\x80\x03", PICKLE, NotInText),
    format("a pickle", b"\x80\x04\x95", PICKLE, NotInText),
    format("a pickle", b"\x80\x05\x95", PICKLE, NotInText),
    at(8, format("a file of safetensors weights", b"{\"", "give weights with --init", NotInText)),
    format("a file of GGUF weights", b"GGUF", NO_TEXT, NotInText),
    format("a PNG image", b"\x89PNG\r\n\x1a\n", NO_TEXT, Anywhere),
    format("a JPEG image", b"\xff\xd8\xff", NO_TEXT, Anywhere),
    format("a GIF image", b"GIF8", NO_TEXT, NotInText),
    format("a TIFF image", b"II*\0", NO_TEXT, Anywhere),
    format("a TIFF image", b"MM\0*", NO_TEXT, Anywhere),
    format("an image, a sound or a film", b"RIFF", NO_TEXT, NotInText),
    at(4, format("a film", b"ftyp", NO_TEXT, NotInText)),
    format("a sound", b"OggS", NO_TEXT, NotInText),
    format("a sound", b"fLaC", NO_TEXT, NotInText),
    format("a sound", b"ID3", NO_TEXT, NotInText),
    format("a program", b"\x7fELF", NO_TEXT, Anywhere),
    format(
        "a pointer of Git LFS instead of the file",
        b"version https://git-lfs.github.com/spec",
        "fetch the file itself with `git lfs pull`",
        Anywhere,
    ),
];

/// Told by its first tag, and not by a mark.
pub static HTML: Foreign = format(
    "an HTML page",
    b"",
    "it may be the page about a file instead of the file; take its text out, such as with \
     `pandoc -t plain`",
    Anywhere,
);

/// The format of bytes. `is_text` says that they hold nothing that a text would not.
pub fn find(bytes: &[u8], is_text: bool) -> Option<&'static Foreign> {
    if let Some(name) = first_of_zip(bytes).filter(|_| !is_text)
        && let Some((_, format)) =
            ARCHIVES.iter().find(|(ending, _)| name.ends_with(ending.as_bytes()))
    {
        return Some(format);
    }
    let matches = |format: &&Foreign| {
        (format.place == Anywhere || !is_text)
            && bytes.get(format.offset..).is_some_and(|rest| rest.starts_with(format.mark))
    };
    FORMATS.iter().find(matches)
}

/// The name of the first file in a zip archive.
fn first_of_zip(bytes: &[u8]) -> Option<&[u8]> {
    let header = bytes.strip_prefix(b"PK\x03\x04")?;
    let length = usize::from(u16::from_le_bytes(header.get(22..24)?.try_into().ok()?));
    header.get(26..26 + length)
}

/// Whether a text is a page by its first tag, whatever may stand before that: a mark of byte order, white space,
/// `<?xml …?>` and comments.
pub fn is_html(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let skipped = [("<?xml", "?>"), ("<!--", "-->")].into_iter().find_map(|(start, end)| {
            let (_, after) = rest.strip_prefix(start)?.split_once(end)?;
            Some(after)
        });
        match skipped {
            Some(after) => rest = after,
            None => break,
        }
    }
    let begins =
        |tag: &str| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    begins("<!doctype html") || begins("<html") || begins_as_page(rest)
}

/// Tags that a page may begin with that leaves its outermost one out.
const FIRST_TAGS: [&str; 6] = ["<head", "<title", "<body", "<meta", "<script", "<style"];
/// Of which it has some further on.
const TAGS: [&str; 6] = ["<p>", "<p ", "<div", "<br", "<a href", "<span"];

fn begins_as_page(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_first = |tag: &&str| {
        let rest = lower.strip_prefix(*tag);
        rest.is_some_and(|rest| rest.starts_with(|c: char| c == '>' || c.is_whitespace()))
    };
    FIRST_TAGS.iter().any(is_first)
        && TAGS.iter().any(|tag| lower.contains(tag))
        && lower.contains("</")
}
