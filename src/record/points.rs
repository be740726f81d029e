//! The columns of a curve that people look at, read line by line: a file of many runs is looked at while it grows.

use std::collections::BTreeMap;

/// A measure of a curve by the name of its column.
pub const MEASURES_SHOWN: [&str; 6] =
    ["val_loss", "train_loss", "batch_loss", "grad_norm", "weight_norm", "lr"];

/// One number of every measure; not a number where it was not measured.
pub type Measured = [f64; MEASURES_SHOWN.len()];

/// What was measured of a run, a row a logged step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    steps: Vec<u32>,
    rows: Vec<Measured>,
}

impl Points {
    /// Adds a row in the place of its step; one of a step that is there is left out.
    pub fn add(&mut self, step: u32, row: Measured) {
        if let Err(place) = self.steps.binary_search(&step) {
            self.steps.insert(place, step);
            self.rows.insert(place, row);
        }
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The last step; 0 before the first.
    pub fn last_step(&self) -> usize {
        self.steps.last().map_or(0, |step| *step as usize)
    }

    /// Steps and values of a measure from a row on, where it was measured, as figures show them. A value that is not finite is kept: a loss
    /// that has diverged was measured.
    pub fn of(&self, measure: usize, from: usize) -> (Vec<u32>, Vec<f32>) {
        let from = from.min(self.len());
        let rows = self.steps[from..].iter().zip(&self.rows[from..]);
        let values = rows.map(|(step, row)| (*step, row[measure] as f32));
        values.filter(|(_, value)| !value.is_nan()).unzip()
    }

    /// How many of the first rows have a measure.
    pub fn count(&self, measure: usize, rows: usize) -> usize {
        self.rows.iter().take(rows).filter(|row| !row[measure].is_nan()).count()
    }

    /// The last value of a measure.
    pub fn last(&self, measure: usize) -> Option<f64> {
        self.rows.iter().rev().map(|row| row[measure]).find(|value| !value.is_nan())
    }

    /// How often val loss was measured after the first step.
    pub fn evaluations(&self) -> usize {
        let rows = self.steps.iter().zip(&self.rows);
        rows.filter(|(step, row)| **step > 0 && !row[0].is_nan()).count()
    }

    /// Lowest val loss from a step on, and where.
    pub fn best(&self, first: usize) -> Option<(f64, usize)> {
        let rows = self.steps.iter().zip(&self.rows);
        let counted = rows.filter(|(step, _)| **step as usize >= first);
        let losses = counted.map(|(step, row)| (row[0], *step as usize));
        losses.filter(|(loss, _)| !loss.is_nan()).min_by(|a, b| a.0.total_cmp(&b.0))
    }
}

/// Where the columns are in the lines of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    run: Option<usize>,
    step: usize,
    measures: [Option<usize>; MEASURES_SHOWN.len()],
    /// No column behind it is looked at.
    last: usize,
}

impl Places {
    /// Of a header; `None` where it has no steps.
    pub fn of(header: &str) -> Option<Self> {
        let names = header.trim_end().split(',').map(unquoted).enumerate();
        let places: BTreeMap<&str, usize> = names.map(|(place, name)| (name, place)).collect();
        let measures = MEASURES_SHOWN.map(|name| places.get(name).copied());
        let step = *places.get("step")?;
        let run = places.get("run").copied();
        let last = measures.iter().flatten().copied().chain(run).fold(step, usize::max);
        Some(Places { run, step, measures, last })
    }

    /// Run, step and measures of a line; `None` of one that is not whole, with its end. The columns that are looked at are
    /// names and numbers, in which no comma stands, and come before those that people write.
    pub fn read<'a>(&self, line: &'a str) -> Option<(&'a str, u32, Measured)> {
        let line = line.strip_suffix('\n')?;
        let (mut run, mut step, mut row) = ("", None, [f64::NAN; MEASURES_SHOWN.len()]);
        let mut seen = 0;
        for (place, cell) in line.split(',').map(unquoted).enumerate().take(self.last + 1) {
            seen = place;
            if place == self.step {
                step = Some(cell.parse().ok()?);
            } else if Some(place) == self.run {
                run = cell;
            } else if let Some(measure) = self.measures.iter().position(|one| *one == Some(place)) {
                row[measure] = number(cell)?;
            }
        }
        step.filter(|_| seen == self.last).map(|step| (run, step, row))
    }
}

/// A cell without the quotation marks that other programs put around each.
fn unquoted(cell: &str) -> &str {
    cell.trim_end().trim_matches('"')
}

fn number(cell: &str) -> Option<f64> {
    match cell {
        "" => Some(f64::NAN),
        // What is not a number was measured all the same, and lies beyond every axis.
        _ => cell.parse().ok().map(|value: f64| if value.is_nan() { f64::INFINITY } else { value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::CurveRow;

    fn lines(rows: &[CurveRow]) -> Vec<String> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| csv.serialize(row).unwrap());
        let text = String::from_utf8(csv.into_inner().unwrap()).unwrap();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    #[test]
    fn rows_that_somebody_sorted_otherwise_are_in_the_order_of_their_steps() {
        let mut points = Points::default();
        for step in [3, 1, 2, 1] {
            points.add(step, [f64::from(step); 6]);
        }
        assert_eq!(points.of(0, 0), (vec![1, 2, 3], vec![1.0, 2.0, 3.0]));
    }

    #[test]
    fn what_a_run_writes_is_read_without_what_was_not_measured() {
        let batch = CurveRow { batch_loss: Some(1.25), ..CurveRow::at(1) };
        let evaluated = CurveRow { val_loss: Some(0.1 + 0.2), lr: Some(1e-3), ..CurveRow::at(2) };
        let diverged = CurveRow { val_loss: Some(f64::NAN), ..CurveRow::at(3) };
        let lines = lines(&[CurveRow::at(0), batch, evaluated, diverged]);
        let places = Places::of(&lines[0]).unwrap();
        let mut points = Points::default();
        for line in &lines[1..] {
            let (_, step, row) = places.read(line).unwrap();
            points.add(step, row);
        }
        assert_eq!(points.of(2, 0), (vec![1], vec![1.25]));
        assert_eq!(points.of(0, 0), (vec![2, 3], vec![0.3, f32::INFINITY]));
        assert_eq!(points.of(0, 3), (vec![3], vec![f32::INFINITY]));
        assert_eq!((points.best(1), points.last_step()), (Some((0.1 + 0.2, 2)), 3));
    }

    #[test]
    fn a_line_that_is_torn_is_none_wherever_it_was_cut() {
        let line = lines(&[CurveRow { val_loss: Some(1.5), ..CurveRow::at(7) }]);
        let places = Places::of(&line[0]).unwrap();
        assert!(places.read(&line[1]).is_some());
        let cuts = (0..line[1].len()).filter(|cut| places.read(&line[1][..*cut]).is_some());
        assert_eq!(cuts.count(), 0);
        assert!(Places::of("run,val_loss").is_none());
    }

    #[test]
    fn cells_in_quotation_marks_and_other_ends_of_lines_are_the_same_cells() {
        let line = lines(&[CurveRow { val_loss: Some(1.5), ..CurveRow::at(7) }]);
        let quoted = |line: &str| format!("\"{}\"\r\n", line.trim_end().replace(',', "\",\""));
        let (plain, other) =
            (Places::of(&line[0]).unwrap(), Places::of(&quoted(&line[0])).unwrap());
        assert_eq!(plain, other);
        let (places, quoted) = (other, quoted(&line[1]));
        let (run, step, row) = places.read(&quoted).unwrap();
        let (same_run, same_step, same_row) = plain.read(&line[1]).unwrap();
        assert_eq!((run, step), (same_run, same_step));
        assert_eq!(row.map(f64::to_bits), same_row.map(f64::to_bits));
    }
}
