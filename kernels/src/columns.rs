//! Matrices side by side, and apart again.

use super::{Slot, written};

/// Matrices of as many rows and so many columns each, `[rows, columns]`, side by side: `[rows, columns of all]`.
///
/// # Panics
/// For matrices of different rows.
pub fn side_by_side(parts: &[(&[f32], usize)]) -> Vec<f32> {
    let width: usize = parts.iter().map(|(_, columns)| columns).sum();
    let rows = parts[0].0.len() / parts[0].1;
    assert!(parts.iter().all(|(values, columns)| values.len() == rows * columns), "rows differ");
    let write = |joined: &mut [Slot]| {
        for (row, mut joined) in joined.chunks_exact_mut(width).enumerate() {
            for (values, columns) in parts {
                let place = joined.split_off_mut(..*columns).expect("a row has room for all");
                place.write_copy_of_slice(&values[row * columns..][..*columns]);
            }
        }
    };
    // SAFETY: the columns of all parts make up a row.
    unsafe { written(rows * width, write) }
}

/// The reverse of [`side_by_side`] for one part: its `columns` from the column `first` of rows of `width` numbers.
pub fn taken_apart(joined: &[f32], width: usize, first: usize, columns: usize) -> Vec<f32> {
    let mut part = Vec::with_capacity(joined.len() / width * columns);
    let rows = joined.chunks_exact(width);
    rows.for_each(|row| part.extend_from_slice(&row[first..first + columns]));
    part
}
