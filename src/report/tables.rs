use comfy_table::Table;

use crate::stats::Estimate;

/// Columns without lines and a rule below the header, in comfy-table's notation.
const RULED_HEADER: &str = "     ──            ";

/// A table with this header, as all are on the terminal.
pub fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(RULED_HEADER).set_header(header);
    table
}

/// A mean with its interval, with its sign where it is a difference.
pub fn show(estimate: Option<Estimate>, signed: bool) -> String {
    let Some(Estimate { mean, half_width, .. }) = estimate else { return "–".to_owned() };
    let mean = if signed { format!("{mean:+.4}") } else { format!("{mean:.4}") };
    match half_width {
        Some(half) => format!("{mean} ± {half:.4}"),
        None => mean,
    }
}
