use comfy_table::{CellAlignment, ContentArrangement, Table};

/// Columns without lines and a rule below the header, in comfy-table's notation.
const RULED_HEADER: &str = "     ──            ";

/// Spaces around the cells of a close table.
const CLOSE: (u16, u16) = (0, 1);

/// A table with this header, or without any, as all are on the terminal.
pub fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(RULED_HEADER);
    if !header.is_empty() {
        table.set_header(header);
    }
    table
}

/// Breaks the longest cells into lines where the table is wider than so many columns.
pub fn set_width(table: &mut Table, columns: u16) {
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
}

/// Aligns columns of numbers to the right.
pub fn align_right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Takes the air from around the cells of a table that has its rows.
pub fn set_close(table: &mut Table) {
    table.column_iter_mut().for_each(|column| {
        column.set_padding(CLOSE);
    });
}

/// A table without the blanks at the ends of its lines.
pub fn trimmed(table: &Table) -> String {
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A sentence in lines of so many characters.
pub fn broken(sentence: &str, columns: usize) -> String {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= columns {
            *line += &format!(" {word}");
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}
