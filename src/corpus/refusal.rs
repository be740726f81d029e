use std::path::Path;

use anyhow::anyhow;

use super::recognise::Content;
use crate::shell::quoted;

/// Why a file is not read, and what to do.
pub fn refusal(path: &Path, around: &str, content: Content) -> anyhow::Error {
    let name = path.display();
    match content {
        Content::Foreign(foreign) => {
            anyhow!("{name} is {around}{}, not a text; {}", foreign.name, foreign.advice)
        }
        Content::Tokens(kind) => anyhow!(
            "{name} is {around}{kind}, not a text; tokens are read from a folder that holds train.bin \
             and val.bin (or train.npy and val.npy) and, for their vocabulary, meta.json or meta.pkl"
        ),
        Content::Legacy(encoding) => anyhow!(
            "{name} is no UTF-8; it looks like {around}{encoding}. Convert it with `{}`",
            conversion(path, encoding)
        ),
        Content::Damaged(offset) => anyhow!(
            "{name} is {around}UTF-8 text, but the byte at offset {offset} starts no character: it is \
             damaged or was cut inside a character; drop such bytes with `iconv -c -f UTF-8 -t UTF-8 \
             {} > NEW`",
            quoted(path)
        ),
        Content::Mixed(encoding, place) => anyhow!(
            "{name} is {around}{}, but another encoding begins at byte {place}, as where a shell added to a file in \
             UTF-8 what it writes in UTF-16, or the other way round; write it anew in one",
            encoding.name()
        ),
        Content::EitherOrder => anyhow!(
            "{name} is {around}UTF-16 text without a byte-order mark, and its byte order cannot be \
             told; convert it with `{}` (or UTF-16BE)",
            conversion(path, "UTF-16LE")
        ),
        Content::Compressed(compression) => {
            anyhow!("{name} is {around}a {} file; unpack it once", compression.name())
        }
        Content::Binary if around.is_empty() && holds_tokens_by_name(path) => anyhow!(
            "{name} is binary data, not a text; by its name it holds tokens already: there is nothing to prepare, and \
             --data (data.source) takes it as it is"
        ),
        Content::Text(_) | Content::Binary => anyhow!(
            "{name} is {around}binary data of no known format, not a text; if it holds tokens, give its name the \
             ending .bin, by which it is read as such, or put them into a folder as train.bin and val.bin"
        ),
    }
}

/// Whether a file is read as tokens by its ending, where it is no text.
fn holds_tokens_by_name(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "bin")
}

/// The call of iconv that makes UTF-8 of a file; it has its own names for some encodings.
fn conversion(path: &Path, encoding: &str) -> String {
    let known = match encoding {
        "x-mac-cyrillic" => "MAC-CYRILLIC",
        "windows-874" => "CP874",
        "ISO-8859-8-I" => "ISO-8859-8",
        name => name,
    };
    format!("iconv -f {known} -t UTF-8 {} > NEW", quoted(path))
}
