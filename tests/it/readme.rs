//! What README and docs show of commands is what they print, and their links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Call, command, project, text, wane_ok};

fn read(page: &str) -> String {
    fs::read_to_string(project().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

/// The section of a heading.
fn section(page: &str, heading: &str) -> String {
    let page = read(page);
    let start = page.find(heading).unwrap_or_else(|| panic!("{heading}"));
    let rest = &page[start + heading.len()..];
    rest[..rest.find("\n## ").unwrap_or(rest.len())].to_owned()
}

/// A folder that has what commands read, as links.
#[cfg(unix)]
fn folder_with(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        std::os::unix::fs::symlink(project().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// What a printed line of a shell writes to stdout in this folder.
fn printed(line: &str, folder: &Path) -> String {
    let line = line.split(" # ").next().unwrap().trim();
    let arguments = line.strip_prefix("cargo run --release -- ").expect("a command of wane");
    let arguments = shlex::split(arguments).unwrap();
    let call = Call::from(command(&arguments).current_dir(folder).output().unwrap());
    assert_eq!(call.code, Some(0), "{line}\n{}", call.stderr);
    call.stdout
}

/// Fenced blocks with their languages, in order.
fn blocks(section: &str) -> Vec<(String, String)> {
    let fenced = section.split("```").skip(1).step_by(2);
    let parts = fenced.map(|block| block.split_once('\n').unwrap());
    parts.map(|(language, text)| (language.to_owned(), text.to_owned())).collect()
}

#[test]
#[cfg(unix)]
fn the_commands_for_a_run_of_ones_own_work_as_printed() {
    let folder = folder_with(&["results", "tests"]);
    let (mut said, mut commands, mut shown) = (String::new(), 0, 0);
    for (language, text) in blocks(&read("docs/your-run.md")) {
        if language == "text" {
            for line in text.lines().filter(|line| !line.trim().is_empty() && line.trim() != "…")
            {
                assert!(said.contains(line.trim_end()), "nothing prints: {line}\n{said}");
                shown += 1;
            }
            continue;
        }
        said = text.lines().map(|line| printed(line, folder.path())).collect();
        commands += text.lines().count();
    }
    assert!(commands >= 8 && shown >= 20, "{commands} {shown}");
}

#[test]
#[cfg(unix)]
fn what_the_readme_calls_for_a_run_of_ones_own_works() {
    let folder = folder_with(&["results"]);
    let (_, text) = blocks(&section("README.md", "## Your own training run\n")).remove(0);
    let written: Vec<String> = text.lines().map(|line| printed(line, folder.path())).collect();
    assert_eq!(written.len(), 4);
    assert!(written.iter().all(|one| one.lines().count() > 5), "{written:?}");
}

#[test]
#[cfg(unix)]
fn the_commands_for_text_from_a_run_work_as_printed() {
    let folder = folder_with(&["experiments"]);
    printed("cargo run --release -- sweep experiments/quick.toml --quiet", folder.path());
    let (_, text) = blocks(&section("docs/running.md", "## Text from a run\n")).remove(0);
    for line in text.lines() {
        let written = printed(line, folder.path());
        assert!(written.chars().count() > 200, "{line}: {written}");
    }
}

#[test]
#[cfg(unix)]
fn the_commands_for_tokens_work_as_printed() {
    let folder = folder_with(&["experiments"]);
    fs::create_dir(folder.path().join("data")).unwrap();
    // As long as that text, and as little to be learned by heart.
    let mut drawn = 7_u64;
    let mut draw = |below: u64| {
        drawn =
            drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (drawn >> 33) % below
    };
    let mut text = String::new();
    while text.len() < 1_100_000 {
        let letters = 2 + draw(6);
        text.extend((0..letters).map(|_| char::from(b'a' + draw(26) as u8)));
        text.push(if draw(9) == 0 { '\n' } else { ' ' });
    }
    fs::write(folder.path().join("data/tiny-shakespeare.txt"), text).unwrap();
    let (_, text) = blocks(&section("docs/data.md", "## Tokens\n")).remove(0);
    text.lines().for_each(|line| {
        printed(line, folder.path());
    });
    assert!(folder.path().join("data/shakespeare-512/tokenizer.json").exists());
    assert!(folder.path().join("results/quick/report.html").exists());
}

#[test]
fn the_spec_that_the_readme_shows_can_be_planned() {
    let (language, spec) = blocks(&section("README.md", "## Your own question\n")).remove(0);
    assert_eq!(language, "toml");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    fs::write(&path, spec).unwrap();
    let planned = wane_ok(&["plan", text(&path)]).stdout;
    assert!(planned.contains("search"), "{planned}");
}

/// Every command of README and docs that trains nothing or that `experiments` has is one that the program knows.
#[test]
fn every_spec_and_every_subcommand_that_a_page_names_is_there() {
    let help = wane_ok(&["--help"]).stdout;
    let mut commands = 0;
    for page in pages() {
        for (_, text) in blocks(&read(&page)).iter().filter(|(language, _)| language == "sh") {
            let calls = text.lines().filter_map(|line| line.split_once("cargo run --release"));
            for (_, call) in calls {
                let Some((_, call)) = call.split_once("-- ") else { continue };
                let name = call.split_whitespace().next().unwrap();
                assert!(help.contains(&format!("  {name} ")), "{page}: {name}");
                let specs = call.split_whitespace().filter(|word| word.ends_with(".toml"));
                let mut specs = specs.filter(|word| word.starts_with("experiments/"));
                assert!(specs.all(|spec| project().join(spec).is_file()), "{page}: {call}");
                commands += 1;
            }
        }
    }
    assert!(commands > 30, "{commands}");
}

/// README and the pages of docs.
fn pages() -> Vec<String> {
    let docs = fs::read_dir(project().join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    let mut pages: Vec<String> = docs.filter(|page| page.ends_with(".md")).collect();
    pages.sort();
    [vec!["README.md".to_owned()], pages].concat()
}

#[test]
fn links_lead_to_what_is_there_and_the_readme_names_every_page() {
    let mut links = 0;
    for page in pages() {
        let text = read(&page);
        let folder = project().join(PathBuf::from(&page).parent().unwrap());
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, _) = link.split_once('#').unwrap_or((link, ""));
            if !link.starts_with("http") && !path.is_empty() {
                assert!(folder.join(path).exists(), "{page} links to {link}");
                links += 1;
            }
        }
        assert!(read("README.md").contains(&page) || page == "README.md", "README lacks {page}");
    }
    assert!(links > 40, "{links}");
}
