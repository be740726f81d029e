//! Lines of tensors: those that differ in the numbers of blocks alone share one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use comfy_table::Table;

use super::super::format::{MISSING, number, with_error};
use super::super::tables::{align_right, new_table, set_close};
use super::super::words::audit::{differs_from, named_short, short};
use crate::audit::{Audit, Factor, Tensor, Verdict};

/// Lines that a screen holds beside what is said below them.
const LINES: usize = 26;
/// The shortest that a name is cut to.
const SHORTEST: usize = 16;

/// Tensors of one line.
struct Row {
    tensors: Vec<usize>,
    differs: String,
}

/// The table, as wide as this many columns at most unless a line for each tensor is asked for.
pub fn table(audit: &Audit, every_tensor: bool, columns: usize) -> String {
    let mut rows = rows(audit, every_tensor);
    let all = rows.len();
    if !every_tensor && all > LINES {
        // What differs is shown first.
        rows.sort_by_key(|row| row.differs.is_empty());
        rows.truncate(LINES);
    }
    let longest = rows.iter().map(|row| name(audit, row, every_tensor).chars().count()).max();
    let longest = longest.unwrap_or_default();
    let drawn = draw(audit, &rows, every_tensor, longest);
    let width = drawn.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    let drawn = if every_tensor || width <= columns {
        drawn
    } else {
        draw(audit, &rows, false, longest.saturating_sub(width - columns).max(SHORTEST))
    };
    match all - rows.len() {
        0 => drawn,
        more => format!("{drawn}\n… and {more} lines more; --all shows every tensor"),
    }
}

fn rows(audit: &Audit, every_tensor: bool) -> Vec<Row> {
    let group =
        |at: usize| audit.groups.iter().position(|group| group.tensors.binary_search(&at).is_ok());
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for (at, one) in audit.tensors.iter().enumerate() {
        let differs = differs_from(audit, at);
        let own = every_tensor.then_some(at);
        let kind = (one.type_name(), one.part, one.verdict.name(), group(at), differs.clone());
        match places.entry((own, &one.template.text, &one.shape, kind)) {
            Entry::Occupied(place) => rows[*place.get()].tensors.push(at),
            Entry::Vacant(place) => {
                place.insert(rows.len());
                rows.push(Row { tensors: vec![at], differs });
            }
        }
    }
    rows
}

fn name(audit: &Audit, row: &Row, every_tensor: bool) -> String {
    match every_tensor {
        true => audit.tensors[row.tensors[0]].name.clone(),
        false => named_short(audit, &row.tensors),
    }
}

fn draw(audit: &Audit, rows: &[Row], every_tensor: bool, longest: usize) -> String {
    let has_types = audit.tensors.iter().any(|one| one.dtype != audit.tensors[0].dtype);
    // Sentences below the table name what differs; a line for each tensor says it beside it.
    let has_differences = every_tensor && rows.iter().any(|row| !row.differs.is_empty());
    let mut header = vec!["tensor", "", "role", "shape", "1 − factor"];
    header.extend(audit.lr.map(|_| "λ"));
    header.push("verdict");
    header.extend(has_differences.then_some("differs from"));
    let mut table: Table = new_table(&header);
    for row in rows {
        let first = &audit.tensors[row.tensors[0]];
        let times =
            if row.tensors.len() > 1 { format!("×{}", row.tensors.len()) } else { String::new() };
        let mut cells = vec![
            cut(&name(audit, row, every_tensor), longest),
            times,
            first.part.name().to_owned(),
            shape(first, has_types),
            size(&first.verdict, 1.0),
        ];
        cells.extend(audit.lr.map(|lr| size(&first.verdict, lr)));
        let mark = if row.differs.is_empty() || every_tensor { "" } else { " !" };
        cells.push(format!("{}{mark}", short(&first.verdict)));
        cells.extend(has_differences.then(|| row.differs.clone()));
        table.add_row(cells);
    }
    align_right(&mut table, [1, 3]);
    set_close(&mut table);
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A name without its middle.
fn cut(name: &str, longest: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= longest {
        return name.to_owned();
    }
    let (start, end) = (longest.saturating_sub(1) / 2, longest.saturating_sub(1).div_ceil(2));
    letters[..start].iter().chain(&['…']).chain(&letters[letters.len() - end..]).collect()
}

fn shape(one: &Tensor, with_type: bool) -> String {
    let sizes: Vec<String> = one.shape.iter().map(usize::to_string).collect();
    let sizes = if sizes.is_empty() { "scalar".to_owned() } else { sizes.join("×") };
    if with_type { format!("{sizes} {}", one.dtype) } else { sizes }
}

/// The shrink over a number, with its uncertainty.
fn size(verdict: &Verdict, over: f64) -> String {
    match verdict {
        Verdict::Decays(factor) | Verdict::Grows(factor) => of(*factor, over),
        Verdict::Stays { limit } | Verdict::TooCoarse { limit } => {
            format!("< {}", number(one_digit_up(limit / over)))
        }
        _ => MISSING.to_owned(),
    }
}

fn of(factor: Factor, over: f64) -> String {
    with_error(factor.shrink() / over, factor.error / over)
}

/// A bound is shown as the next larger number of two digits.
fn one_digit_up(value: f64) -> f64 {
    let unit = 10_f64.powf(value.log10().floor() - 1.0);
    (value / unit).ceil() * unit
}
