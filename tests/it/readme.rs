//! What the README shows of commands that train nothing is what they print.

use std::fs;

use crate::common::{Call, command, project};

/// The section of a heading.
fn section(heading: &str) -> String {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let start = readme.find(heading).unwrap_or_else(|| panic!("{heading}"));
    let rest = &readme[start + heading.len()..];
    rest[..rest.find("\n## ").unwrap_or(rest.len())].to_owned()
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
    let folder = tempfile::tempdir().unwrap();
    for name in ["results", "tests"] {
        std::os::unix::fs::symlink(project().join(name), folder.path().join(name)).unwrap();
    }
    let (mut said, mut commands, mut shown) = (String::new(), 0, 0);
    for (language, text) in blocks(&section("## For your own training run\n")) {
        if language == "text" {
            for line in text.lines().filter(|line| !line.trim().is_empty() && line.trim() != "…")
            {
                assert!(said.contains(line.trim_end()), "nothing prints: {line}\n{said}");
                shown += 1;
            }
            continue;
        }
        said.clear();
        for line in text.lines() {
            let line = line.split(" # ").next().unwrap().trim();
            let arguments =
                line.strip_prefix("cargo run --release -- ").expect("a command of wane");
            let arguments = shlex::split(arguments).unwrap();
            let output = command(&arguments).current_dir(folder.path()).output().unwrap();
            let call = Call::from(output);
            assert_eq!(call.code, Some(0), "{line}\n{}", call.stderr);
            said += &call.stdout;
            commands += 1;
        }
    }
    assert!(commands >= 8 && shown >= 20, "{commands} {shown}");
}

#[test]
#[cfg(unix)]
fn the_commands_for_text_from_a_run_work_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (experiments, there) = (project().join("experiments"), folder.path().join("experiments"));
    std::os::unix::fs::symlink(experiments, there).unwrap();
    let call = |line: &str| {
        let arguments = shlex::split(line).unwrap();
        let output = command(&arguments).current_dir(folder.path()).output().unwrap();
        let call = Call::from(output);
        assert_eq!(call.code, Some(0), "{line}\n{}", call.stderr);
        call.stdout
    };
    call("sweep experiments/quick.toml --quiet");
    let (_, text) = blocks(&section("## Text from a run\n")).remove(0);
    for line in text.lines() {
        let line = line.split(" # ").next().unwrap().trim();
        let written =
            call(line.strip_prefix("cargo run --release -- ").expect("a command of wane"));
        assert!(written.chars().count() > 200, "{line}: {written}");
    }
}

#[test]
#[cfg(unix)]
fn the_commands_for_tokens_work_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (experiments, there) = (project().join("experiments"), folder.path().join("experiments"));
    std::os::unix::fs::symlink(experiments, there).unwrap();
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
    let (_, text) = blocks(&section("### Tokens\n")).remove(0);
    for line in text.lines() {
        let line = line.strip_prefix("cargo run --release -- ").expect("a command of wane");
        let arguments = shlex::split(line).unwrap();
        let output = command(&arguments).current_dir(folder.path()).output().unwrap();
        let call = Call::from(output);
        assert_eq!(call.code, Some(0), "{line}\n{}", call.stderr);
    }
    assert!(folder.path().join("data/shakespeare-512/tokenizer.json").exists());
    assert!(folder.path().join("results/quick/report.html").exists());
}
