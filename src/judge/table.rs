use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail, ensure};

/// Rows of text under named columns, wherever they were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Columns in the order in which they were seen.
    pub columns: Vec<String>,
    /// A value for each column that a row has.
    pub rows: Vec<BTreeMap<String, String>>,
    /// The files that rows are of, each with the place of its first row.
    pub files: Vec<(usize, String)>,
    /// Lines of the files at which rows begin, by the places of the rows, where that is known.
    pub lines: BTreeMap<usize, u64>,
    /// Whether rows are told apart by the files that they come from.
    pub is_of_files: bool,
    /// Whether its rows have a cell for each column, so that an empty one says something.
    pub has_cells: bool,
    /// Losses of which lines were left out, by what columns they would be.
    pub unread: BTreeSet<String>,
    /// What was left out, in words.
    pub remarks: Vec<String>,
}

/// What tables of experiment trackers put before the name of a column.
const PREFIXES: [&str; 6] = ["params", "metrics", "tags", "config", "summary", "data"];

impl Table {
    /// Adds a row, and its columns where they are new.
    pub fn push(&mut self, row: BTreeMap<String, String>) {
        for column in row.keys() {
            if !self.columns.contains(column) {
                self.columns.push(column.clone());
            }
        }
        self.rows.push(row);
    }

    /// Adds the rows of another.
    pub fn extend(&mut self, other: Table) {
        for column in other.columns {
            if !self.columns.contains(&column) {
                self.columns.push(column);
            }
        }
        let before = self.rows.len();
        self.files.extend(other.files.into_iter().map(|(first, file)| (before + first, file)));
        self.lines.extend(other.lines.into_iter().map(|(row, line)| (before + row, line)));
        self.rows.extend(other.rows);
        self.unread.extend(other.unread);
        self.remarks.extend(other.remarks);
        self.is_of_files |= other.is_of_files;
        self.has_cells |= other.has_cells;
    }

    /// Where a row stands: its file and line, or as which row of the file or of all.
    pub fn place_of(&self, row: usize) -> String {
        let file = self.files.iter().rfind(|(first, _)| *first <= row);
        match (file, self.lines.get(&row)) {
            (Some((_, file)), Some(line)) => format!("{file}: line {line}"),
            (Some((first, file)), None) => format!("{file}: row {} of numbers", row - first + 1),
            (None, _) => format!("row {} of numbers", row + 1),
        }
    }

    /// The column that a name means: itself, or the only one that is called so after a tracker's prefix or in
    /// other capitals.
    ///
    /// # Errors
    /// A name that means none or several; the message lists the columns.
    pub fn column(&self, name: &str) -> Result<&str> {
        match self.meant(name)[..] {
            [only] => Ok(only),
            [] => bail!(
                "there is no column `{name}`{}; the columns are {}",
                self.nearest(name),
                self.list()
            ),
            ref several => {
                bail!("the column `{name}` may be {}; give one of them", several.join(" or "))
            }
        }
    }

    /// Columns that a name may mean: the one that is called so, or those that are after a tracker's prefix or in
    /// other capitals.
    fn meant(&self, name: &str) -> Vec<&str> {
        if let Some(own) = self.columns.iter().find(|column| *column == name) {
            return vec![own];
        }
        let means = |column: &&String| means_one_of(column, &[name]);
        self.columns.iter().filter(means).map(String::as_str).collect()
    }

    /// The first of some columns that is there.
    ///
    /// # Errors
    /// One that may be several.
    pub fn any_column(&self, names: &[&str]) -> Result<Option<&str>> {
        let known = names.iter().find(|name| !self.meant(name).is_empty());
        known.map(|name| self.column(name)).transpose()
    }

    /// All columns in words.
    pub fn list(&self) -> String {
        const MOST: usize = 40;
        let shown: Vec<&str> = self.columns.iter().take(MOST).map(String::as_str).collect();
        let more = if self.columns.len() > MOST { ", …" } else { "" };
        format!("{}{more}", shown.join(", "))
    }

    fn nearest(&self, name: &str) -> String {
        let near =
            |column: &&String| strsim::jaro_winkler(&column.to_lowercase(), &name.to_lowercase());
        let best = self.columns.iter().max_by(|a, b| near(a).total_cmp(&near(b)));
        best.filter(|best| near(best) > 0.85).map_or(String::new(), |best| format!(" (`{best}`?)"))
    }

    /// That there is anything in it.
    ///
    /// # Errors
    /// A table without rows.
    pub fn not_empty(&self) -> Result<()> {
        ensure!(!self.rows.is_empty(), "there are no rows of numbers");
        Ok(())
    }
}

/// Whether a column is called by one of some names, after a tracker's prefix or in other capitals too.
pub fn means_one_of(column: &str, names: &[&str]) -> bool {
    let bare = PREFIXES
        .iter()
        .find_map(|prefix| column.strip_prefix(prefix)?.strip_prefix(['.', '/', ':']));
    let bare = spelled(bare.unwrap_or(column));
    names.iter().any(|name| spelled(name) == bare)
}

/// A name without what people write in two ways: `val/loss`, `Val loss` and `val_loss` are one.
fn spelled(name: &str) -> String {
    name.trim().to_lowercase().replace(['/', '-', ' ', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str]) -> Table {
        Table { columns: columns.iter().map(|one| (*one).to_owned()).collect(), ..Table::default() }
    }

    #[test]
    fn columns_of_trackers_are_found_by_their_bare_names() {
        let mlflow = table(&["run_id", "params.weight_decay", "metrics.val_loss", "tags.seed"]);
        assert_eq!(mlflow.column("weight_decay").unwrap(), "params.weight_decay");
        assert_eq!(mlflow.column("val_loss").unwrap(), "metrics.val_loss");
        assert_eq!(mlflow.column("seed").unwrap(), "tags.seed");
        assert_eq!(table(&["step", "val/loss"]).column("val_loss").unwrap(), "val/loss");
        assert_eq!(table(&["Step", "Value"]).column("step").unwrap(), "Step");
    }

    #[test]
    fn a_name_that_means_none_or_several_is_an_error_that_lists_them() {
        let both = table(&["config.lr", "summary.lr"]);
        assert!(both.column("lr").unwrap_err().to_string().contains("config.lr or summary.lr"));
        let error = table(&["val_loss", "seed"]).column("val_los").unwrap_err().to_string();
        assert!(error.contains("(`val_loss`?)") && error.contains("val_loss, seed"), "{error}");
    }
}
