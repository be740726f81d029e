//! What files are by the endings of their names.

use std::path::Path;

use crate::compression::unpacked;

/// Endings of files that are texts, with `.gz` or `.zst` after them or without.
pub const TEXTS: [&str; 8] = ["txt", "text", "md", "rst", "tex", "html", "jsonl", "ndjson"];
/// Those of JSON lines.
const LINES: [&str; 2] = ["jsonl", "ndjson"];
/// Endings of tables, whose quotes, numbers and names of columns are no text.
const TABLES: [&str; 2] = ["csv", "tsv"];
/// Endings that programs have.
const CODE: [&str; 12] = ["py", "rs", "c", "h", "cpp", "hpp", "cc", "js", "ts", "java", "go", "jl"];

/// Whether a file is a text by its name.
pub fn is_text(path: &Path) -> bool {
    unpacked_ending(path)
        .is_some_and(|ending| TEXTS.contains(&ending.as_str()) || CODE.contains(&ending.as_str()))
}

/// Whether a file is a program's by its name.
pub fn is_code(path: &Path) -> bool {
    ending(path).is_some_and(|ending| CODE.contains(&ending.as_str()))
}

/// Whether a file is JSON lines by its name.
pub fn is_lines(path: &Path) -> bool {
    unpacked_ending(path).is_some_and(|ending| LINES.contains(&ending.as_str()))
}

/// Whether the name of a file is that of a table.
pub fn is_table(path: &Path) -> bool {
    unpacked_ending(path).is_some_and(|ending| TABLES.contains(&ending.as_str()))
}

/// The ending of a file's name before that of what it is packed with, in small letters.
pub fn unpacked_ending(path: &Path) -> Option<String> {
    ending(&unpacked(path))
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}
