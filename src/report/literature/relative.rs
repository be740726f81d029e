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
}
