use std::path::{Component, Path, absolute};

use anyhow::{Context, Result};

/// The way from one folder to another, with slashes as links have them.
pub fn relative(from: &Path, to: &Path) -> Result<String> {
    let whole = |path: &Path| {
        absolute(path).with_context(|| format!("cannot tell where {} is", path.display()))
    };
    let (from, to) = (whole(from)?, whole(to)?);
    let parts = |path: &Path| -> Vec<String> {
        let names = path.components().filter(|part| *part != Component::CurDir);
        names.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (from, to) = (parts(&from), parts(&to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..".to_owned());
    let way: Vec<String> = up.chain(to[common..].iter().cloned()).collect();
    Ok(if way.is_empty() { ".".to_owned() } else { way.join("/") })
}

/// A way as links in Markdown have it: without letters that would end the link or its cell, or mean something else in it.
pub fn address(way: &str) -> String {
    let is_plain = |letter: char| !letter.is_control() && !" \"#%()<>?[\\]^`{|}".contains(letter);
    let written = |letter: char| match is_plain(letter) {
        true => letter.to_string(),
        false => letter.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
    };
    way.chars().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_goes_up_to_what_both_have_in_common() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).unwrap();
        assert_eq!(way("docs", "results/reference"), "../results/reference");
        assert_eq!(way("a/b", "a/b"), ".");
        assert_eq!(way("a", "a/b"), "b");
    }

    #[test]
    fn letters_that_end_a_link_are_written_as_browsers_do() {
        assert_eq!(address("../ref ü x/01-a"), "../ref%20ü%20x/01-a");
        assert_eq!(address("50% (new)|[a]#b"), "50%25%20%28new%29%7C%5Ba%5D%23b");
    }
}
