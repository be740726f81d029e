//! Which arms are compared.

use anyhow::{Result, bail, ensure};

use super::arm::Arm;
use super::spellings;

/// Arms that stand in no comparison.
pub fn without_partner(arms: &[Arm], pairs: &[[usize; 2]]) -> Option<String> {
    let is_alone = |place: &usize| !pairs.iter().flatten().any(|one| one == place);
    let alone: Vec<String> =
        (0..arms.len()).filter(is_alone).map(|place| arms[place].label()).collect();
    (!alone.is_empty()).then(|| format!("no baseline for {}: no comparison", alone.join(", ")))
}

/// Every arm with every later one.
pub fn pairs(arms: usize) -> Vec<[usize; 2]> {
    (0..arms).flat_map(|left| (left + 1..arms).map(move |right| [left, right])).collect()
}

/// Every arm with its baseline: the arm that is called so, or of the arms with such a value in one column that which
/// agrees in the others; where none does and only one arm has the value, as of runs without decay whose mask and λ are
/// empty, it is that of all.
///
/// # Errors
/// A baseline that is not among them.
pub fn against_baseline(arms: &[Arm], baseline: Option<&str>) -> Result<Vec<[usize; 2]>> {
    let name = baseline.unwrap_or_default();
    let known: Vec<String> = arms.iter().map(Arm::label).collect();
    ensure!(
        !name.is_empty(),
        "--families against-baseline needs --baseline, one of {}",
        known.join(", ")
    );
    let is_named = |text: &str| spellings::is_named(name, text);
    let own = arms.iter().position(|arm| arm.name == name.trim());
    if let Some(baseline) = own.or_else(|| arms.iter().position(|arm| is_named(&arm.name))) {
        return Ok(all_against(baseline, arms.len()));
    }
    let values = |column: usize| arms.iter().filter_map(move |arm| arm.parts.get(column));
    let is_column = |column: &usize| {
        let named = values(*column).filter(|part| is_named(part)).count();
        named > 0 && named < arms.len()
    };
    let columns: Vec<usize> = (0..arms[0].parts.len()).filter(is_column).collect();
    let [column] = columns[..] else {
        let what = match columns.is_empty() {
            true => "is no arm, and no column has it beside other values",
            false => "stands in several columns",
        };
        bail!("the baseline `{name}` {what}; the arms are {}", known.join(", "));
    };
    let agrees = |one: &Arm, other: &Arm| {
        one.parts
            .iter()
            .zip(&other.parts)
            .enumerate()
            .all(|(place, (a, b))| place == column || a == b)
    };
    let of = |left: usize| {
        let is_baseline = |right: &usize| {
            is_named(&arms[*right].parts[column]) && agrees(&arms[left], &arms[*right])
        };
        (0..arms.len()).find(is_baseline).filter(|right| *right != left).map(|right| [left, right])
    };
    let pairs: Vec<[usize; 2]> = (0..arms.len()).filter_map(of).collect();
    if !pairs.is_empty() {
        return Ok(pairs);
    }
    let has_value = |place: &usize| is_named(&arms[*place].parts[column]);
    let with_value: Vec<usize> = (0..arms.len()).filter(has_value).collect();
    match with_value[..] {
        [baseline] => Ok(all_against(baseline, arms.len())),
        _ => bail!(
            "--baseline {name}: no arm differs from one with `{name}` in that value alone; give a whole arm, one of {}",
            known.join(", ")
        ),
    }
}

/// Every other arm with one of them.
fn all_against(baseline: usize, arms: usize) -> Vec<[usize; 2]> {
    (0..arms).filter(|other| *other != baseline).map(|left| [left, baseline]).collect()
}
