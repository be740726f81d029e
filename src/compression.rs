//! Compressed files that are read through.

use std::ffi::OsStr;
use std::io::{BufRead, Chain, Cursor, Error, ErrorKind, Read, Result, copy, sink};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// Endings of the names of files that are compressed.
const ENDINGS: [&str; 2] = ["gz", "zst"];

/// The name that a file has once it is unpacked: `a.csv` of `a.csv.gz`, and its own where it is not packed.
pub fn unpacked(path: &Path) -> PathBuf {
    let is_packed = |own: &OsStr| ENDINGS.iter().any(|one| own.eq_ignore_ascii_case(one));
    match path.extension().is_some_and(is_packed) {
        true => path.with_extension(""),
        false => path.to_owned(),
    }
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// By the first bytes; gzip's third byte is its only method.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x1f\x8b\x08") {
            Some(Compression::Gzip)
        } else if bytes.starts_with(b"\x28\xb5\x2f\xfd") || is_skippable(bytes) {
            Some(Compression::Zstd)
        } else {
            None
        }
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }

    /// Reads what was compressed, all parts of it; bytes that are damaged or were cut short are an error.
    pub fn unpacked(self, bytes: impl BufRead + Send + 'static) -> Box<dyn Read + Send> {
        match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
            Compression::Zstd => Box::new(Frames { bytes: Some(bytes), frame: None }),
        }
    }
}

/// A zstd file is one frame after another, as `cat a.zst b.zst` and parallel compressors write it. Between them may be
/// frames to be skipped, in which seekable files and pzstd keep their tables.
struct Frames<B: BufRead> {
    /// What follows, between frames.
    bytes: Option<B>,
    frame: Option<Frame<B>>,
}

/// A frame that is being read; its first four bytes were looked at.
type Frame<B> = StreamingDecoder<Chain<Cursor<[u8; 4]>, B>, FrameDecoder>;

/// Whether it starts a frame to be skipped (RFC 8878, section 3.1.2).
fn is_skippable(bytes: &[u8]) -> bool {
    matches!(bytes, [first, 0x2a, 0x4d, 0x18, ..] if first & 0xf0 == 0x50)
}

/// The next frame that holds data; `None` at the end.
fn next_frame<B: BufRead>(mut bytes: B) -> Result<Option<Frame<B>>> {
    loop {
        if bytes.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let (mut magic, mut size) = ([0; 4], [0; 4]);
        bytes.read_exact(&mut magic)?;
        if !is_skippable(&magic) {
            let frame = StreamingDecoder::new(Cursor::new(magic).chain(bytes));
            return frame.map(Some).map_err(Error::other);
        }
        bytes.read_exact(&mut size)?;
        let size = u64::from(u32::from_le_bytes(size));
        if copy(&mut bytes.by_ref().take(size), &mut sink())? < size {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
}

impl<B: BufRead> Read for Frames<B> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let read = frame.read(into)?;
                if read > 0 || into.is_empty() {
                    return Ok(read);
                }
                let told = frame.decoder.get_checksum_from_data();
                if told.is_some() && told != frame.decoder.get_calculated_checksum() {
                    return Err(Error::other("its checksum is wrong"));
                }
                self.bytes = self.frame.take().map(|frame| frame.into_inner().into_inner().1);
            }
            let Some(bytes) = self.bytes.take() else { return Ok(0) };
            self.frame = next_frame(bytes)?;
            if self.frame.is_none() {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn whole(compression: Compression, packed: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let packed = std::io::Cursor::new(packed.to_vec());
        compression.unpacked(packed).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    #[test]
    fn a_packed_file_is_called_by_what_is_in_it() {
        for (name, known) in
            [("a.csv.gz", "a.csv"), ("b/a.1.ZST", "b/a.1"), ("a.csv", "a.csv"), ("gz", "gz")]
        {
            assert_eq!(unpacked(Path::new(name)), Path::new(known));
        }
    }

    #[test]
    fn every_part_is_unpacked_and_a_cut_one_is_refused() {
        for (compress, expected) in
            [(gzip as fn(&[u8]) -> Vec<u8>, Compression::Gzip), (zstd, Compression::Zstd)]
        {
            let packed = [compress(b"one and "), compress(&b"two ".repeat(999))].concat();
            let compression = Compression::of(&packed).unwrap();
            assert_eq!(compression, expected);
            let text = [&b"one and "[..], &b"two ".repeat(999)].concat();
            assert_eq!(whole(compression, &packed).unwrap(), text);
            assert!(whole(compression, &packed[..packed.len() - 9]).is_err(), "{expected:?}");
        }
    }

    /// Frames of a seekable file: 10 bytes that say nothing of the text.
    #[test]
    fn frames_of_zstd_that_are_to_be_skipped_are_skipped() {
        let skipped = [&b"\x5a\x2a\x4d\x18\x0a\0\0\0"[..], b"0123456789"].concat();
        let (one, two) = (zstd(b"one and "), zstd(b"two"));
        for parts in [
            [&skipped[..], &one, &two].concat(),
            [&one[..], &skipped, &skipped, &two].concat(),
            [&one[..], &two, &skipped].concat(),
        ] {
            assert_eq!(Compression::of(&parts), Some(Compression::Zstd));
            assert_eq!(whole(Compression::Zstd, &parts).unwrap(), b"one and two");
        }
        let cut = [&one[..], &skipped[..12]].concat();
        assert!(whole(Compression::Zstd, &cut).is_err());
    }
}
