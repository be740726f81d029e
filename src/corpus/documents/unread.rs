//! Data that lies in a folder of texts and is not read: what is read instead may be no more than a note about it.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use indicatif::HumanBytes;

use super::endings::{is_code, is_text, unpacked_ending};

/// Endings of what people keep data in.
const TABLES: [&str; 12] = [
    "parquet", "arrow", "feather", "avro", "orc", "csv", "tsv", "json", "h5", "hdf5", "sqlite",
    "db",
];
const TOKENS: [&str; 4] = ["bin", "npy", "npz", "pkl"];
const PACKED: [&str; 8] = ["zip", "tar", "tgz", "7z", "xz", "bz2", "lz4", "rar"];

/// Texts that tell of others, by the first words of their names in small letters.
const NOTES: [&str; 9] = [
    "readme",
    "license",
    "licence",
    "copying",
    "notice",
    "changelog",
    "citation",
    "contributing",
    "requirements",
];

/// Refuses a folder whose texts that are read are smaller than the data that is not. Programs keep data beside them that is
/// none of what they say.
///
/// # Errors
/// Such data, with what to do about it.
pub fn check(folder: &Path, texts: &[PathBuf], left_out: &[PathBuf]) -> Result<()> {
    let read: u64 = texts.iter().map(|path| bytes(path)).sum();
    let data = left_out.iter().filter_map(|path| Some((bytes(path), path, advice(path, read)?)));
    let data: Vec<(u64, &PathBuf, &str)> = data.collect();
    let code: u64 = texts.iter().filter(|path| is_code(path)).map(|path| bytes(path)).sum();
    if 2 * code > read {
        return Ok(());
    }
    let unread: u64 = data.iter().map(|(bytes, ..)| bytes).sum();
    let largest = data.iter().max_by_key(|(bytes, ..)| *bytes).filter(|_| unread > read);
    let Some((_, largest, advice)) = largest else { return Ok(()) };
    let shown = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    bail!(
        "{}: its texts, {} such as {}, are read, but not its data, {} such as {}: {advice}; to train on the texts that are \
         read, give them alone, as a file or as a folder without the others",
        folder.display(),
        HumanBytes(read),
        shown(&texts[0]),
        HumanBytes(unread),
        shown(largest),
    )
}

/// What to do with data that is not read beside so many bytes that are, by its name; `None` for what is no data.
fn advice(path: &Path, read: u64) -> Option<&'static str> {
    match unpacked_ending(path)?.as_str() {
        one if PACKED.contains(&one) => Some("unpack it"),
        one if TOKENS.contains(&one) => Some(
            "tokens are read from a folder with train.bin and val.bin, or from one file that is given",
        ),
        one if TABLES.contains(&one) => Some(
            "export its column of texts as a text file or as JSON lines (.jsonl) and give that",
        ),
        _ if is_text(path) && !is_code(path) && (!is_note(path) || bytes(path) > 4 * read) => Some(
            "where there are JSON lines, other texts beside them are not read; give those as another folder",
        ),
        _ => None,
    }
}

/// Whether a name says that a text tells of others: `README-en.md`, and not `citation_network.txt`.
fn is_note(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = name.split('.').next().unwrap_or_default();
    // Of another language.
    let languages = |rest: &str| rest.len() <= 4 && rest.starts_with(['-', '_']);
    let rest = NOTES.iter().find_map(|note| stem.strip_prefix(*note));
    rest.is_some_and(|rest| rest.is_empty() || languages(rest))
}

/// Of a file; nothing of what cannot be looked at, and of a link to a folder.
pub fn bytes(path: &Path) -> u64 {
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file);
    metadata.map_or(0, |metadata| metadata.len())
}

#[cfg(test)]
mod tests {
    use super::super::folder::pool;

    fn refused(files: &[(&str, usize)]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "a".repeat(*bytes)).unwrap();
        }
        pool(folder.path()).err().map(|error| error.to_string())
    }

    #[test]
    fn a_note_about_data_is_not_read_instead_of_the_data() {
        for (data, advice) in [
            ("data/train-00000-of-00001.parquet", "export its column"),
            ("data.JSON.gz", "export its column"),
            ("table.csv", "export its column"),
            ("all.jsonl.xz", "unpack it"),
            ("shard_000001.bin", "train.bin and val.bin"),
        ] {
            let error = refused(&[("README.md", 900), (data, 5000), ("picture.png", 9)]).unwrap();
            for word in ["README.md", data, advice, "900 B", "4.88 KiB", "give them alone"] {
                assert!(error.contains(word), "{word}: {error}");
            }
        }
    }

    #[test]
    fn texts_are_read_beside_less_data_or_beside_what_is_no_data() {
        for files in [
            [("a.txt", 900), ("scores.csv", 300), ("meta.json", 600)],
            [("a.txt", 900), ("picture.png", 5000), ("Makefile", 5000)],
            [("a.jsonl.zst", 900), ("paper.pdf", 5000), ("json", 5000)],
            [("README.md", 100), ("main.py", 900), ("package-lock.json", 5000)],
            [("README-en.md", 900), ("LICENSE.txt", 900), ("a.jsonl", 1000)],
        ] {
            assert_eq!(refused(&files), None);
        }
        let network = [("citation_network.txt", 5000), ("index.jsonl", 100)];
        assert!(refused(&network).unwrap().contains("citation_network.txt"));
        let long = [("requirements.txt", 5000), ("index.jsonl", 100)];
        assert!(refused(&long).unwrap().contains("requirements.txt"), "no note is so long");
    }
}
