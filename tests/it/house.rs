//! The source keeps to the house that `docs/architecture.md` draws.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::project;

/// Rooms with those that each may import, as the picture has them: from the bottom up.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("allocator", &[]),
    ("compression", &[]),
    ("exit", &[]),
    ("files", &[]),
    ("json", &[]),
    ("paths", &[]),
    ("plural", &[]),
    ("random", &[]),
    ("shell", &[]),
    ("talk", &[]),
    ("terminal", &[]),
    ("signals", &["terminal"]),
    ("config", &["paths"]),
    ("corpus", &["compression", "config", "files", "json", "paths", "random", "shell"]),
    ("published", &["config"]),
    ("experiment", &["config", "corpus", "published", "shell"]),
    ("advice", &["config", "json", "published", "shell"]),
    ("record", &["config"]),
    ("store", &["config", "files", "record"]),
    ("tensors", &[]),
    ("audit", &["config", "tensors"]),
    ("ops", &["random"]),
    ("model", &["config", "corpus", "files", "ops", "plural", "random", "record", "tensors"]),
    ("optim", &["config", "model", "ops", "random", "record"]),
    ("train", &["config", "corpus", "model", "optim", "record"]),
    ("backend", &["exit", "experiment"]),
    (
        "runner",
        &[
            "backend",
            "config",
            "corpus",
            "experiment",
            "model",
            "paths",
            "plural",
            "record",
            "store",
            "talk",
            "terminal",
            "train",
        ],
    ),
    (
        "cluster",
        &["backend", "config", "corpus", "exit", "experiment", "files", "runner", "shell", "store"],
    ),
    ("results", &["config", "corpus", "experiment", "files", "published", "record", "store"]),
    ("stats", &["config", "published", "random", "record", "results"]),
    ("search", &["config", "experiment", "random", "stats"]),
    ("judge", &["compression", "config", "json", "plural", "random", "results", "shell", "stats"]),
    (
        "report",
        &[
            "advice",
            "audit",
            "config",
            "corpus",
            "exit",
            "experiment",
            "files",
            "judge",
            "plural",
            "published",
            "record",
            "results",
            "search",
            "stats",
        ],
    ),
    ("view", &["config", "record", "report", "results", "store"]),
    ("export", &["config", "exit", "experiment", "plural", "report", "results", "stats", "store"]),
    (
        "sample",
        &[
            "config", "corpus", "exit", "export", "files", "model", "plural", "random", "record",
            "results", "stats", "store",
        ],
    ),
    (
        "session",
        &[
            "backend",
            "cluster",
            "config",
            "corpus",
            "exit",
            "experiment",
            "files",
            "model",
            "plural",
            "record",
            "report",
            "results",
            "runner",
            "search",
            "shell",
            "signals",
            "stats",
            "store",
            "talk",
        ],
    ),
    (
        "cli",
        &[
            "advice",
            "allocator",
            "audit",
            "backend",
            "cluster",
            "config",
            "corpus",
            "exit",
            "experiment",
            "export",
            "files",
            "judge",
            "plural",
            "published",
            "report",
            "results",
            "runner",
            "sample",
            "search",
            "session",
            "signals",
            "stats",
            "talk",
            "terminal",
            "view",
        ],
    ),
];

/// What is looked up, analysed and drawn knows no tensors.
const WITHOUT_BURN: &[&str] = &[
    "audit",
    "tensors",
    "config",
    "corpus",
    "published",
    "experiment",
    "advice",
    "record",
    "store",
    "results",
    "stats",
    "search",
    "judge",
    "report",
    "view",
    "export",
];

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files_below(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => {
                found.push(path)
            }
            false => {}
        }
    }
}

/// The code of every file by room, without comments.
fn rooms() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let (source, mut files) = (project().join("src"), Vec::new());
    files_below(&source, &mut files);
    let mut rooms: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in files {
        let inside = path.strip_prefix(&source).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let room = first.trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        rooms.entry(room).or_default().push((inside.to_owned(), code));
    }
    rooms.remove("lib");
    rooms.remove("main");
    rooms
}

/// Top-level modules that a file names after `crate::`, alone or in braces.
fn imports(code: &str) -> BTreeSet<String> {
    let paths = code.match_indices("crate::").flat_map(|(start, found)| {
        let rest = &code[start + found.len()..];
        rest.strip_prefix('{').map_or_else(|| vec![rest], grouped)
    });
    let first = |path: &str| {
        let path = path.trim_start().chars();
        path.take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    paths.map(first).filter(|name| !name.is_empty()).collect()
}

/// The paths of a group, up to the brace that closes it.
fn grouped(group: &str) -> Vec<&str> {
    let (mut paths, mut start, mut depth) = (Vec::new(), 0, 0);
    for (place, c) in group.char_indices() {
        if depth == 0 && matches!(c, ',' | '}') {
            paths.push(&group[start..place]);
            start = place + 1;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    paths
}

#[test]
fn imports_are_found_alone_in_groups_and_inside_code() {
    for (code, expected) in [
        ("use crate::config::{Decay, Form};", &["config"][..]),
        ("use crate::{ops, random};", &["ops", "random"]),
        (
            "use crate::{\n    a::{b, c::{d, e}},\n    f as g,\n    h::*,\n};\nuse x::{y, z};",
            &["a", "f", "h"],
        ),
        ("use crate::{a::{b, c}, d}; fn e() { crate::f::g(crate::h) }", &["a", "d", "f", "h"]),
        ("use super::{a, b};", &[]),
    ] {
        assert_eq!(Vec::from_iter(imports(code)), expected, "{code}");
    }
}

#[test]
fn no_import_runs_backwards() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    for (room, files) in rooms() {
        let allowed = allowed.get(room.as_str()).unwrap_or_else(|| panic!("{room} has no place"));
        for (path, code) in files {
            for import in imports(&code) {
                let is_known = MAY_IMPORT.iter().any(|(room, _)| *room == import);
                assert!(
                    import == room || allowed.contains(&import.as_str()) || !is_known,
                    "{} imports {import}, which {room} may not",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_import_that_is_allowed_is_there() {
    let rooms = rooms();
    for (room, allowed) in MAY_IMPORT {
        let code = rooms[*room].iter();
        let used: BTreeSet<String> = code.flat_map(|(_, code)| imports(code)).collect();
        for import in *allowed {
            assert!(used.contains(*import), "{room} may import {import} and does not: take it out");
        }
    }
}

/// Rooms import only rooms that stand before them in the list, so there is no circle.
#[test]
fn the_allowed_imports_make_no_circle() {
    for (index, (room, imports)) in MAY_IMPORT.iter().enumerate() {
        for import in *imports {
            let at = MAY_IMPORT.iter().position(|(other, _)| other == import);
            assert!(at.is_some_and(|at| at < index), "{room} -> {import}");
        }
    }
}

#[test]
fn what_is_looked_up_and_drawn_names_nothing_of_burn() {
    let rooms = rooms();
    for room in WITHOUT_BURN {
        for (path, code) in &rooms[*room] {
            let named = code.match_indices("burn").find(|(start, _)| {
                let before = code[..*start].chars().next_back();
                let after = code[start + 4..].chars().next();
                let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
                !is_word(before) && (code[start + 4..].starts_with("::") || !is_word(after))
            });
            assert!(named.is_none(), "{} names Burn", path.display());
        }
    }
}

/// What is hot is arithmetic on slices, so that it is compiled apart from all else, and in seconds.
#[test]
fn kernels_need_nothing_but_products_and_threads() {
    let manifest = fs::read_to_string(project().join("kernels/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let needed = manifest["dependencies"].as_table().unwrap().keys();
    assert_eq!(Vec::from_iter(needed), ["gemm", "rayon"]);
}

#[test]
fn the_page_on_architecture_shows_the_rooms_that_there_are() {
    let page = fs::read_to_string(project().join("docs/architecture.md")).unwrap();
    let table: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let mut listed = BTreeSet::new();
    for line in table.iter().take_while(|line| !line.contains("NAME")) {
        let names = line.split('|').nth(1).unwrap().split(',');
        listed.extend(names.map(|name| name.trim().trim_matches('`').to_owned()));
    }
    let there: BTreeSet<String> = rooms().into_keys().collect();
    assert_eq!(listed, there);
    for place in page.split('`').filter(|text| text.ends_with(".rs") && !text.contains("NAME")) {
        let path = place.trim_start_matches("../");
        let is_there = project().join("src").join(path).exists() || project().join(path).exists();
        let of_room = ["config", "corpus", "optim", "report", "stats", "results"]
            .iter()
            .any(|room| project().join("src").join(room).join(path).exists());
        assert!(is_there || of_room, "docs/architecture.md names {place}");
    }
}

/// What does not train names nothing of clap outside of `cli`.
#[test]
fn only_the_command_line_knows_how_arguments_are_parsed() {
    for (room, files) in rooms().into_iter().filter(|(room, _)| room != "cli") {
        for (path, code) in files {
            assert!(!code.contains("clap::"), "{} ({room}) names clap", path.display());
        }
    }
}

/// The crates of these kinds of dependencies, each with its features.
fn crates(kinds: &str) -> BTreeSet<String> {
    let tree = ["tree", "--offline", "--locked", "--prefix", "none", "-f", "{p} {f}", "-e", kinds];
    let mut cargo = std::process::Command::new(env!("CARGO"));
    let call = cargo.args(tree).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(call.status.success(), "{}", String::from_utf8_lossy(&call.stderr));
    let lines = String::from_utf8(call.stdout).unwrap();
    lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// A crate that tests ask for with other features would be compiled anew for them, and with it everything above, ours
/// too.
#[test]
fn tests_use_what_the_first_build_has_compiled() {
    let (of_program, of_tests) = (crates("normal"), crates("normal,dev"));
    let anew: Vec<_> = of_program.difference(&of_tests).collect();
    assert!(of_program.len() > 100 && anew.is_empty(), "{anew:?}");
}
