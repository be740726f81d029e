use comfy_table::{CellAlignment, Table};

/// Columns without lines and a rule below the header, in comfy-table's notation.
const RULED_HEADER: &str = "     ──            ";

/// A table with this header, as all are on the terminal.
pub fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(RULED_HEADER).set_header(header);
    table
}

/// Aligns columns of numbers to the right.
pub fn align_right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
