//! The header of NumPy's array files.

use anyhow::{Context, Result, bail};

use super::layout::{Layout, Width};

const MAGIC: &[u8] = b"\x93NUMPY";

/// Whether bytes begin as a NumPy array does.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Where the tokens of an array of `length` bytes lie. `head` is its beginning.
///
/// # Errors
/// An array of anything but whole numbers in one row.
pub fn layout(head: &[u8], length: u64) -> Result<Layout> {
    let (text, start) = header(head).context("its NumPy header is damaged")?;
    let dtype = value(text, "descr").context("its NumPy header names no dtype")?;
    let width = match dtype.trim_matches(['\'', '"']) {
        "|u1" => Width::One,
        "<u2" => Width::Two,
        "<u4" | "<i4" => Width::Four,
        "<u8" | "<i8" => Width::Eight,
        other => bail!(
            "it is a NumPy array of dtype {other}; expected tokens as uint16, uint32, int32 or int64 \
             in little-endian order, such as from `numpy.save(FILE, array.astype('<u2'))`"
        ),
    };
    let shape = value(text, "shape").context("its NumPy header names no shape")?;
    let count = one_axis(shape).with_context(|| {
        format!("it is a NumPy array of shape {shape}; expected one axis, such as from `numpy.save(FILE, array.ravel())`")
    })?;
    let layout = Layout { form: "a NumPy array of ", width, start, count };
    layout.check("its NumPy header", length)?;
    Ok(layout)
}

/// The header's text, and where the array begins.
fn header(head: &[u8]) -> Option<(&str, u64)> {
    let (start, length) = match head.get(MAGIC.len())? {
        1 => (10, u64::from(u16::from_le_bytes(head.get(8..10)?.try_into().ok()?))),
        _ => (12, u64::from(u32::from_le_bytes(head.get(8..12)?.try_into().ok()?))),
    };
    let end = start + length;
    let text = head.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
    Some((std::str::from_utf8(text).ok()?, end))
}

/// The value of a key in a Python dict whose values are texts, words and tuples of numbers; a list, as
/// structured arrays have it, is shown by its beginning.
fn value<'a>(dict: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = dict.split_once(&format!("'{key}':"))?;
    let rest = rest.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(rest[..end].trim())
}

fn one_axis(shape: &str) -> Option<u64> {
    let numbers = shape.strip_prefix('(')?.strip_suffix(')')?;
    numbers.trim_end().strip_suffix(',')?.trim().parse().ok()
}
