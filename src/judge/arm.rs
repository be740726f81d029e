use std::collections::BTreeSet;

use super::runs::Curve;

/// Runs that differ in their seeds alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arm {
    /// Its values of the columns that tell arms apart.
    pub parts: Vec<String>,
    /// What readers see of them, which no other arm is called.
    pub name: String,
    /// What was measured of each run that has it, with its seed where that is known.
    pub runs: Vec<(Option<String>, f64)>,
    /// Runs without a number at the step that is compared: of the others no mean is that of the arm.
    pub without: usize,
    /// Those of them that have rows, and none of that step.
    pub without_a_row: usize,
    /// Runs of which nothing says that they are not copies of others.
    pub copies: usize,
    /// The steps at which the numbers of its runs were measured, where they are known.
    pub ends: Vec<f64>,
    /// Steps and numbers of each run up to the step that is compared, in order; of runs whose steps are known.
    pub curves: Vec<Curve>,
}

impl Arm {
    /// As readers see it.
    pub fn label(&self) -> String {
        self.name.clone()
    }

    /// Whether every run has a number.
    pub fn is_complete(&self) -> bool {
        self.without == 0
    }

    /// The numbers alone.
    pub fn values(&self) -> Vec<f64> {
        self.runs.iter().map(|(_, value)| *value).collect()
    }
}

/// What arms are called: by their values one after another; where that would give two of them one name, a value with a
/// blank stands in quotes.
pub fn names(all: &[&[String]]) -> Vec<String> {
    let joined: Vec<String> = all.iter().map(|parts| parts.join(" ")).collect();
    let distinct: BTreeSet<&String> = joined.iter().collect();
    if distinct.len() == joined.len() {
        return joined;
    }
    let quoted = |parts: &&[String]| parts.iter().map(|part| quoted(part)).collect::<Vec<_>>();
    all.iter().map(|parts| quoted(parts).join(" ")).collect()
}

/// A value that can be told from those beside it.
fn quoted(part: &str) -> String {
    let is_plain = !part.is_empty() && !part.contains([' ', '"', '\\']);
    match is_plain {
        true => part.to_owned(),
        false => format!("\"{}\"", part.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(all: &[[&str; 2]]) -> Vec<String> {
        let owned: Vec<Vec<String>> =
            all.iter().map(|parts| parts.map(str::to_owned).to_vec()).collect();
        names(&owned.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    #[test]
    fn two_arms_never_have_one_name() {
        assert_eq!(named(&[["a b", "c"], ["d", "e"]]), ["a b c", "d e"]);
        assert_eq!(
            named(&[["x y", "z"], ["x", "y z"], ["q", "q"]]),
            ["\"x y\" z", "x \"y z\"", "q q"]
        );
        let odd = named(&[["x\" \"y", "z"], ["x\"", "\"y z"], ["x y", "z"], ["x", "y z"]]);
        assert_eq!(odd.iter().collect::<BTreeSet<_>>().len(), 4, "{odd:?}");
    }
}
