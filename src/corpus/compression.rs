//! Compressed files that are read through.

use std::io::Read;

use anyhow::{Result, ensure};
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

/// More text than fits the memory of most machines as tokens: rather a bomb than a corpus.
const MOST_BYTES: u64 = 16 << 30;

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

    /// What was compressed, all parts of it.
    ///
    /// # Errors
    /// Bytes that are damaged or were cut short.
    pub fn unpack(self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut unpacked = Vec::new();
        match self {
            Compression::Gzip => {
                MultiGzDecoder::new(bytes).take(MOST_BYTES).read_to_end(&mut unpacked)?;
            }
            Compression::Zstd => frames(bytes, &mut unpacked)?,
        }
        ensure!((unpacked.len() as u64) < MOST_BYTES, "it holds more than 16 GiB");
        Ok(unpacked)
    }
}

/// A zstd file is one frame after another, as `cat a.zst b.zst` and parallel compressors write it.
fn frames(mut bytes: &[u8], unpacked: &mut Vec<u8>) -> Result<()> {
    while !bytes.is_empty() {
        let left = MOST_BYTES - unpacked.len() as u64;
        let mut frame = StreamingDecoder::new(&mut bytes)?;
        frame.by_ref().take(left).read_to_end(unpacked)?;
        if unpacked.len() as u64 == MOST_BYTES {
            break;
        }
        let told = frame.decoder.get_checksum_from_data();
        let sum = frame.decoder.get_calculated_checksum();
        ensure!(told.is_none() || told == sum, "its checksum is wrong");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

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
            assert_eq!(compression.unpack(&packed).unwrap(), text);
            assert!(compression.unpack(&packed[..packed.len() - 9]).is_err(), "{expected:?}");
        }
    }
}
