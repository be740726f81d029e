//! Which documents train reads, and on which it is measured.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

use super::survey::{Document, Survey};

/// The splits, by their numbers.
pub const SPLITS: [&str; 3] = ["train", "val", "test"];

/// Shares of the text that are kept from train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    pub val: f64,
    pub test: f64,
}

/// Which split a document belongs to, or which part of the only one.
#[derive(Debug)]
pub struct Assignment {
    of: Of,
    /// Bytes of text in each split.
    pub bytes: [u64; 3],
    /// Documents that are another one word for word.
    pub copies: u64,
}

#[derive(Debug)]
enum Of {
    /// Of every document.
    Documents(Vec<u8>),
    /// Of one document: where each of train, test and val ends, in bytes.
    Parts([u64; 3]),
}

impl Assignment {
    /// Whole documents, drawn by a seed from what they hold, so that copies of a document stay together. A single
    /// document is cut at line ends: val is its end, and test lies before it.
    ///
    /// # Errors
    /// Too few documents.
    pub fn of(name: &str, survey: &Survey, shares: Shares, seed: u64) -> Result<Self> {
        match &survey.documents[..] {
            [only] => Self::of_parts(name, only.bytes, &survey.line_ends, shares),
            documents => Self::of_documents(name, documents, shares, seed),
        }
    }

    fn of_parts(name: &str, bytes: u64, line_ends: &[u64], shares: Shares) -> Result<Self> {
        let cut = |share: f64| {
            let place = (bytes as f64 * (1.0 - share)) as u64;
            let next = line_ends.partition_point(|end| *end < place);
            // A text of few lines is cut anywhere.
            let near = |end: &&u64| (**end - place) * 100 <= bytes;
            line_ends.get(next).filter(near).copied().unwrap_or(place)
        };
        let test_start = cut(shares.val + shares.test);
        let val_start = if shares.val > 0.0 { cut(shares.val) } else { bytes };
        let sizes = [test_start, bytes - val_start, val_start - test_start];
        let wanted = [true, shares.val > 0.0, shares.test > 0.0];
        ensure!(
            sizes.iter().zip(wanted).all(|(size, wanted)| *size > 0 || !wanted),
            "{name} has {bytes} bytes: too few to keep these shares of them from train"
        );
        Ok(Assignment { of: Of::Parts([test_start, val_start, bytes]), bytes: sizes, copies: 0 })
    }

    fn of_documents(name: &str, documents: &[Document], shares: Shares, seed: u64) -> Result<Self> {
        let mut groups: BTreeMap<u128, u64> = BTreeMap::new();
        documents.iter().for_each(|one| *groups.entry(one.digest).or_default() += one.bytes);
        let all: u64 = groups.values().sum();
        let mut drawn: Vec<(u128, u128, u64)> =
            groups.iter().map(|(digest, bytes)| (key(seed, *digest), *digest, *bytes)).collect();
        drawn.sort_unstable();
        let mut splits: BTreeMap<u128, u8> = BTreeMap::new();
        let mut bytes = [all, 0, 0];
        for (split, share) in [(1, shares.val), (2, shares.test)] {
            let wanted = wanted(&groups, share, shares.val + shares.test);
            for (digest, size) in taken(&drawn, wanted, share > 0.0) {
                splits.insert(digest, split as u8);
                bytes[split] += size;
                bytes[0] -= size;
            }
            drawn.retain(|(_, digest, _)| !splits.contains_key(digest));
        }
        let wanted = [true, shares.val > 0.0, shares.test > 0.0];
        ensure!(
            bytes.iter().zip(wanted).all(|(size, wanted)| *size > 0 || !wanted),
            "{name} has {} different documents: too few for the splits that are asked for, as documents are never \
             split; make do without test by --test 0, or join them into one text",
            groups.len()
        );
        let of =
            documents.iter().map(|one| splits.get(&one.digest).copied().unwrap_or(0)).collect();
        let copies = (documents.len() - groups.len()) as u64;
        Ok(Assignment { of: Of::Documents(of), bytes, copies })
    }

    /// The split of a place in a document, and where the part of it ends that belongs there; `None` beyond the end.
    pub fn split(&self, document: usize, place: u64) -> Option<(usize, u64)> {
        match &self.of {
            Of::Documents(of) => of.get(document).map(|split| (usize::from(*split), u64::MAX)),
            Of::Parts(ends) => {
                let part = ends.iter().position(|end| place < *end).unwrap_or(2);
                (document == 0)
                    .then_some(([0, 2, 1][part], if part == 2 { u64::MAX } else { ends[part] }))
            }
        }
    }
}

/// Bytes for a share of all documents. One that is more than twice as large as the share leaves the others to divide
/// among all that is kept from train, which has it.
fn wanted(groups: &BTreeMap<u128, u64>, share: f64, kept: f64) -> u64 {
    let all: u64 = groups.values().sum();
    let asked = all as f64 * share;
    let fitting: u64 = groups.values().filter(|size| (**size / 2) as f64 <= asked).sum();
    match share > 0.0 && fitting < all {
        true => asked.min(fitting as f64 * share / kept) as u64,
        false => asked as u64,
    }
}

/// Documents for a share of `wanted` bytes, in the order of the draw: up to the one that crosses it, and with that if
/// it is nearer. One that is too large for what is left is passed over until half of the share is there; where all are,
/// the smallest is taken.
fn taken(drawn: &[(u128, u128, u64)], wanted: u64, is_asked: bool) -> Vec<(u128, u64)> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    for (_, digest, size) in drawn.iter().filter(|_| is_asked) {
        if bytes + size / 2 <= wanted {
            found.push((*digest, *size));
            bytes += size;
        } else if 2 * bytes >= wanted {
            break;
        }
    }
    let smallest = drawn.iter().filter(|_| is_asked).min_by_key(|(_, _, size)| *size);
    match smallest {
        Some((_, digest, size)) if found.is_empty() => vec![(*digest, *size)],
        _ => found,
    }
}

/// Where a document stands in the draw of a seed.
fn key(seed: u64, digest: u128) -> u128 {
    let hash = Sha256::new()
        .chain_update(seed.to_le_bytes())
        .chain_update(digest.to_le_bytes())
        .finalize();
    let (start, _) = hash.split_first_chunk::<16>().expect("it has 32 bytes");
    u128::from_le_bytes(*start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHARES: Shares = Shares { val: 0.1, test: 0.1 };

    fn survey(documents: &[(u128, u64)], line_ends: &[u64]) -> Survey {
        Survey {
            recognised: String::new(),
            documents: documents
                .iter()
                .map(|(digest, bytes)| Document { digest: *digest, bytes: *bytes })
                .collect(),
            characters: Default::default(),
            line_ends: line_ends.to_vec(),
        }
    }

    #[test]
    fn one_document_is_cut_at_line_ends_with_val_at_its_end() {
        let found =
            Assignment::of("a", &survey(&[(1, 1000)], &[100, 805, 901, 1000]), SHARES, 0).unwrap();
        assert_eq!(found.bytes, [805, 99, 96]);
        let splits = [0, 804, 805, 900, 901, 999].map(|place| found.split(0, place).unwrap().0);
        assert_eq!(splits, [0, 0, 2, 2, 1, 1]);
        assert_eq!((found.split(0, 3), found.split(1, 0)), (Some((0, 805)), None));
        let no_test = Shares { val: 0.1, test: 0.0 };
        assert_eq!(
            Assignment::of("a", &survey(&[(1, 1000)], &[]), no_test, 0).unwrap().bytes,
            [900, 100, 0]
        );
    }

    #[test]
    fn too_few_documents_are_refused() {
        let error = Assignment::of("a", &survey(&[(1, 9), (2, 9)], &[]), SHARES, 0)
            .unwrap_err()
            .to_string();
        assert!(error.contains("2 different documents") && error.contains("--test 0"), "{error}");
    }

    #[test]
    fn a_document_larger_than_a_share_stays_in_train() {
        let mut documents: Vec<(u128, u64)> = (0..400).map(|digest| (digest, 100)).collect();
        documents.push((999, 400_000));
        for seed in 0..20 {
            let found = Assignment::of("a", &survey(&documents, &[]), SHARES, seed).unwrap();
            let [train, val, test] = found.bytes;
            assert!(train >= 400_000 && val > 0 && test > 0, "{seed}: {:?}", found.bytes);
        }
    }

    proptest! {
        #[test]
        fn copies_stay_together_and_shares_are_about_as_asked_for(
            documents in prop::collection::vec((0_u128..60, 1_u64..50), 200..400), seed: u64,
        ) {
            let sized = |(digest, _): (u128, u64)| (digest, 20 + digest as u64);
            let documents: Vec<(u128, u64)> = documents.into_iter().map(sized).collect();
            let found = Assignment::of("a", &survey(&documents, &[]), SHARES, seed).unwrap();
            let mut splits = BTreeMap::new();
            let mut bytes = [0; 3];
            for (place, (digest, size)) in documents.iter().enumerate() {
                let (split, _) = found.split(place, 0).unwrap();
                prop_assert_eq!(*splits.entry(*digest).or_insert(split), split);
                bytes[split] += size;
            }
            prop_assert_eq!(bytes, found.bytes);
            let all: u64 = bytes.iter().sum();
            prop_assert!((0.04..0.16).contains(&(bytes[1] as f64 / all as f64)), "{:?}", bytes);
            prop_assert_eq!(found.copies as usize, documents.len() - splits.len());
        }
    }
}
