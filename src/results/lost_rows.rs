//! Whether `manifest.csv` has every parameter of every arm: where an editor lost rows, what decays is told too low.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Result, bail};

use super::agreement::is_one;
use super::columns::is_newest;
use super::manifest::by_arm;
use super::{ManifestRow, REMEDY, RunRow};
use crate::config::{Family, ModelShape, Named, plain};

/// The file of what arms do to parameters.
const MANIFEST: &str = "manifest.csv";

/// That every arm of the runs has rows in the manifest, in whatever order, and every arm there all of its parameters.
///
/// # Errors
/// Rows that are missing or there more than once; the message names the arm and a parameter.
pub fn check_manifest(folder: &Path, runs: &[RunRow], rows: &[ManifestRow]) -> Result<()> {
    let path = folder.join(MANIFEST);
    let name = path.display();
    // Older versions do not tell the variants of arms there.
    let has_variants = is_newest::<ManifestRow>(&path);
    let arms = by_arm(rows);
    let models = models(&arms, has_variants);
    for (arm, expected) in arms.iter().zip(models) {
        if let Some(lost) = lost(rows, arm, &expected) {
            bail!("{name} has {lost} for the arm with {}; {REMEDY}", told(arm[0]));
        }
    }
    let is_known = |run: &RunRow| arms.iter().any(|arm| !has_variants || is_of_run(arm[0], run));
    if let Some(run) = runs.iter().find(|run| !is_known(run)) {
        bail!("{name} has no row of the arm of run {}; {REMEDY}", run.run);
    }
    let has_run = |arm: &&Vec<&ManifestRow>| runs.iter().any(|run| is_of_run(arm[0], run));
    let lost = arms.iter().find(|arm| has_variants && !runs.is_empty() && !has_run(arm));
    if let Some(arm) = lost {
        bail!(
            "{} has no run of the arm with {}, which is in {MANIFEST}; {REMEDY}",
            folder.join("runs.csv").display(),
            told(arm[0])
        );
    }
    Ok(())
}

/// The parameters of the model of each arm. Arms of one variant have one model: a block that one of them lost may stand
/// with another.
fn models(arms: &[Vec<&ManifestRow>], has_variants: bool) -> Vec<Vec<String>> {
    let model = |(place, arm): (usize, &Vec<&ManifestRow>)| -> (Family, String, usize) {
        let own = if has_variants { 0 } else { place };
        (arm[0].family, arm[0].variant.clone(), own)
    };
    let mut rows: HashMap<_, Vec<&ManifestRow>> = HashMap::new();
    for (place, arm) in arms.iter().enumerate() {
        rows.entry(model((place, arm))).or_default().extend(arm);
    }
    let named = |(model, rows): ((Family, String, usize), Vec<&ManifestRow>)| {
        let names = parameters(model.0, &rows);
        (model, names)
    };
    let names: HashMap<_, Vec<String>> = rows.into_iter().map(named).collect();
    arms.iter().enumerate().map(|arm| names[&model(arm)].clone()).collect()
}

/// The parameters of a model with as many blocks and experts as rows are of.
fn parameters(family: Family, rows: &[&ManifestRow]) -> Vec<String> {
    let count = |place: usize| {
        let number = |row: &&ManifestRow| {
            row.parameter.split('.').filter_map(|part| part.parse::<usize>().ok()).nth(place)
        };
        rows.iter().filter_map(number).collect::<HashSet<usize>>().len()
    };
    let experts = Some(count(1)).filter(|count| *count > 0);
    let shape = ModelShape { family, layers: count(0), experts, ..ModelShape::DEFAULT };
    shape.parameters(1).into_iter().map(|parameter| parameter.name).collect()
}

/// What an arm has too few rows of, in words, if it is anything.
fn lost(rows: &[ManifestRow], arm: &[&ManifestRow], expected: &[String]) -> Option<String> {
    let own: HashSet<&str> = arm.iter().map(|row| row.parameter.as_str()).collect();
    let lost = expected.iter().find(|name| !own.contains(name.as_str()))?;
    let count = |name: &str| {
        let is_same = |row: &&ManifestRow| row.parameter == name && row.shares_arm(arm[0]);
        rows.iter().filter(is_same).count()
    };
    let most = expected.iter().max_by_key(|name| count(name))?;
    match (count(lost), count(most)) {
        (0, _) => Some(format!("no row of `{lost}`")),
        (few, many) => (few < many).then(|| format!("{many} of `{most}` and {few} of `{lost}`")),
    }
}

/// What tells an arm, in the words of the columns.
fn told(row: &ManifestRow) -> String {
    let cells = [
        ("form", Some(row.form.name().to_owned())),
        ("mask", row.mask.map(|mask| mask.name().to_owned())),
        ("weight_decay", row.weight_decay.map(plain)),
        ("variant", Some(row.variant.clone()).filter(|variant| !variant.is_empty())),
    ];
    let cells = cells.into_iter().filter_map(|(name, cell)| Some(format!("{name} {}", cell?)));
    cells.collect::<Vec<_>>().join(", ")
}

fn is_of_run(row: &ManifestRow, run: &RunRow) -> bool {
    is_one(row.weight_decay, run.weight_decay)
        && (row.form, row.mask) == (run.form, run.mask)
        && row.variant == run.variant
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::{Form, Mask, OptimizerKind, ParameterShape};
    use crate::files::csv_of;
    use crate::results::read_csv;

    /// Rows of an arm of a model.
    fn arm(shape: &ModelShape, weight_decay: f64, variant: &str) -> Vec<ManifestRow> {
        let parameters = shape.parameters(5);
        let row = |parameter: &ParameterShape| ManifestRow {
            form: Form::AdamW,
            mask: Some(Mask::Matrices),
            weight_decay: Some(weight_decay),
            parameter: parameter.name.clone(),
            role: parameter.role,
            shape: String::new(),
            elements: parameter.elements(),
            decayed: true,
            coefficient: Some(weight_decay),
            family: shape.family,
            rate: String::new(),
            optimizer: OptimizerKind::default(),
            lr_factor: None,
            decay_schedule: None,
            variant: variant.to_owned(),
        };
        parameters.iter().map(row).collect()
    }

    /// What is said of a file with these rows; of an older one it has no variants.
    fn said(rows: &[ManifestRow], is_older: bool) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let (path, table) = (folder.path().join(MANIFEST), csv_of(rows).unwrap());
        let table = String::from_utf8(table).unwrap();
        let kept = |line: &str| match is_older {
            true => line.rsplit_once(',').unwrap().0.to_owned() + "\n",
            false => format!("{line}\n"),
        };
        fs::write(&path, table.lines().map(kept).collect::<String>()).unwrap();
        let read: Vec<ManifestRow> = read_csv(&path).unwrap();
        check_manifest(folder.path(), &[], &read).err().map(|error| error.to_string())
    }

    fn shapes() -> [ModelShape; 2] {
        let mixtral = ModelShape { experts: Some(3), ..ModelShape::gpt2(2, 2, 8, 8) };
        [ModelShape::gpt2(2, 2, 8, 8), ModelShape { family: Family::Mixtral, ..mixtral }]
    }

    #[test]
    fn any_row_that_is_missing_or_there_twice_is_told() {
        for shape in shapes() {
            let rows = [arm(&shape, 0.0, ""), arm(&shape, 0.5, "")].concat();
            assert_eq!(said(&rows, false), None);
            for place in 0..rows.len() {
                let (mut fewer, mut more) = (rows.clone(), rows.clone());
                let lost = fewer.remove(place);
                let expected = format!(
                    "manifest.csv has no row of `{}` for the arm with form adamw, mask matrices, weight_decay {};",
                    lost.parameter,
                    plain(lost.weight_decay.unwrap())
                );
                let told = said(&fewer, false).unwrap();
                assert!(told.contains(&expected), "{expected} {told}");
                more.insert(place, lost.clone());
                let told = said(&more, false).unwrap();
                assert!(told.contains(&format!("2 of `{}` and 1 of", lost.parameter)), "{told}");
            }
            // All rows of a block, which the other arm has.
            let is_left =
                |row: &ManifestRow| !row.parameter.contains(".1.") || row.coefficient == Some(0.0);
            let left: Vec<ManifestRow> = rows.iter().filter(|row| is_left(row)).cloned().collect();
            assert!(said(&left, false).unwrap().contains("weight_decay 0.5"));
        }
    }

    #[test]
    fn rows_may_stand_in_any_order_and_older_files_do_not_tell_variants() {
        let [small, _] = shapes();
        let deep = ModelShape { layers: 3, ..small };
        for is_older in [false, true] {
            let arms = [arm(&small, 0.5, ""), arm(&deep, 0.5, "layers=3"), arm(&small, 0.0, "")];
            assert_eq!(said(&arms.concat(), is_older), None, "{is_older}");
        }
        let mut rows = [arm(&small, 0.5, ""), arm(&small, 0.0, "")].concat();
        rows.sort_by(|one, other| one.parameter.cmp(&other.parameter));
        assert_eq!(said(&rows, false), None);
        rows.reverse();
        assert_eq!(said(&rows, true), None);
    }
}
