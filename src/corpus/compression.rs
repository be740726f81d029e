//! Compressed files that are read through.

use std::io::{BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

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
        } else if bytes.starts_with(b"\x28\xb5\x2f\xfd") {
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

/// A zstd file is one frame after another, as `cat a.zst b.zst` and parallel compressors write it.
struct Frames<B: BufRead> {
    /// What follows, between frames.
    bytes: Option<B>,
    frame: Option<StreamingDecoder<B, FrameDecoder>>,
}

impl<B: BufRead> Read for Frames<B> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let read = frame.read(into)?;
                if read > 0 || into.is_empty() {
                    return Ok(read);
                }
                let told = frame.decoder.get_checksum_from_data();
                if told.is_some() && told != frame.decoder.get_calculated_checksum() {
                    return Err(std::io::Error::other("its checksum is wrong"));
                }
                self.bytes = self.frame.take().map(StreamingDecoder::into_inner);
            }
            let Some(bytes) = &mut self.bytes else { return Ok(0) };
            if bytes.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let frame = self.bytes.take().map(StreamingDecoder::new).transpose();
            self.frame = frame.map_err(std::io::Error::other)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn unpacked(compression: Compression, packed: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut whole = Vec::new();
        let packed = std::io::Cursor::new(packed.to_vec());
        compression.unpacked(packed).read_to_end(&mut whole)?;
        Ok(whole)
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
    fn every_part_is_unpacked_and_a_cut_one_is_refused() {
        for (compress, expected) in
            [(gzip as fn(&[u8]) -> Vec<u8>, Compression::Gzip), (zstd, Compression::Zstd)]
        {
            let packed = [compress(b"one and "), compress(&b"two ".repeat(999))].concat();
            let compression = Compression::of(&packed).unwrap();
            assert_eq!(compression, expected);
            let text = [&b"one and "[..], &b"two ".repeat(999)].concat();
            assert_eq!(unpacked(compression, &packed).unwrap(), text);
            assert!(unpacked(compression, &packed[..packed.len() - 9]).is_err(), "{expected:?}");
        }
    }
}
