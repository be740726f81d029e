use serde::{Deserialize, Serialize};

/// What produced a run's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of wane; of this and what follows several where they changed on the way.
    pub version: String,
    /// Git commit it was built from, with `-dirty` where the tree had changes.
    pub commit: String,
    /// Backend that the run was trained on; several, in order, where it went on on another.
    pub backend: String,
    /// Name of the processor or GPU.
    pub adapter: String,
    /// Name of the machine.
    pub host: String,
    /// Its cores.
    pub cores: usize,
    /// Cohorts in training at once.
    pub jobs: usize,
    /// The command line.
    pub command: Vec<String>,
}

impl Provenance {
    /// Of steps that this produced and later ones, of which the other tells.
    pub fn and(&self, later: &Self) -> Self {
        Self::of_all(&[self, later]).unwrap_or_else(|| later.clone())
    }

    /// What produced all of these, in their order, by the command of the last; `None` of none.
    pub fn of_all(all: &[&Self]) -> Option<Self> {
        let texts = |text: fn(&Self) -> &String| joined(all.iter().map(|one| text(one)));
        let most = |count: fn(&Self) -> usize| all.iter().map(|one| count(one)).max();
        Some(Provenance {
            version: texts(|one| &one.version),
            commit: texts(|one| &one.commit),
            backend: texts(|one| &one.backend),
            adapter: texts(|one| &one.adapter),
            host: texts(|one| &one.host),
            cores: most(|one| one.cores)?,
            jobs: most(|one| one.jobs)?,
            command: all.last()?.command.clone(),
        })
    }
}

/// Texts in one, without those that another has as a part.
fn joined<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let mut kept: Vec<&String> = Vec::new();
    for text in texts {
        if !kept.iter().any(|one| is_part(text, one)) {
            kept.retain(|one| !is_part(one, text));
            kept.push(text);
        }
    }
    kept.into_iter().map(String::as_str).collect::<Vec<_>>().join(BETWEEN)
}

const BETWEEN: &str = ", ";

fn is_part(text: &str, of: &str) -> bool {
    let framed = |text: &str| format!("{BETWEEN}{text}{BETWEEN}");
    framed(of).contains(&framed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_on_the_way_stands_in_order_and_once() {
        let text = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            joined(&texts)
        };
        assert_eq!(text(&["flex", "flex"]), "flex");
        assert_eq!(text(&["ndarray", "flex"]), "ndarray, flex");
        assert_eq!(text(&["ndarray, flex", "flex"]), "ndarray, flex");
        assert_eq!(text(&["flex", "ndarray, flex"]), "ndarray, flex");
        assert_eq!(text(&["flex2", "flex"]), "flex2, flex");
        let adapter = "llvmpipe (LLVM 15.0.6, 256 bits)";
        assert_eq!(text(&[adapter, "a processor", adapter]), format!("{adapter}, a processor"));
    }
}
