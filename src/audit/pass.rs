//! Passes over the numbers of tensors, in parallel and in stretches that fit into memory.

use anyhow::Result;
use rayon::prelude::*;
use safetensors::Dtype;

use super::number::{Format, for_each_block};
use super::sums::Sums;
use super::verdict::Axis;
use crate::tensors::Stored;

/// Numbers that are held at a time, by each thread and for each file.
const STRETCH: usize = 1 << 20;

/// A tensor in both files, of one shape and type.
pub type Both<'a> = (&'a Stored, &'a Stored);

/// A pass over two stretches.
pub type Look = fn(Dtype, &[u8], &[u8]) -> Sums;

/// The sums of each tensor, by a pass over its numbers. They do not depend on the number of threads.
///
/// # Errors
/// A file that cannot be read any more.
pub fn sums(tensors: &[Both], look: Look) -> Result<Vec<Sums>> {
    let stretches: Vec<(usize, usize)> = tensors
        .iter()
        .enumerate()
        .flat_map(|(index, (before, _))| {
            (0..before.elements()).step_by(STRETCH).map(move |from| (index, from))
        })
        .collect();
    let of_stretch = |(index, from): &(usize, usize)| -> Result<Sums> {
        let (before, after) = tensors[*index];
        let count = STRETCH.min(before.elements() - from);
        Ok(look(before.dtype, &before.bytes(*from, count)?, &after.bytes(*from, count)?))
    };
    let parts: Vec<Sums> = stretches.par_iter().map(of_stretch).collect::<Result<_>>()?;
    let mut sums = vec![Sums::default(); tensors.len()];
    for ((index, _), part) in stretches.iter().zip(&parts) {
        sums[*index] = sums[*index].merged(part);
    }
    Ok(sums)
}

/// The sums of each row of a tensor, along its first axis, or of each column, along its last.
///
/// # Errors
/// A file that cannot be read any more.
pub fn slices((before, after): Both, axis: Axis) -> Result<Vec<Sums>> {
    let (Some(first), Some(last)) = (before.shape.first(), before.shape.last()) else {
        return Ok(Vec::new());
    };
    let (elements, columns) = (before.elements(), *last);
    let in_row = elements / (*first).max(1);
    let mut slices = vec![Sums::default(); if axis == Axis::Rows { *first } else { columns }];
    let dtype = before.dtype;
    let Some(format) = Format::of(dtype) else { return Ok(slices) };
    for from in (0..elements).step_by(STRETCH) {
        let count = STRETCH.min(elements - from);
        let mut at = from;
        let (before, after) = (before.bytes(from, count)?, after.bytes(from, count)?);
        for_each_block(dtype, &before, &after, |before, after| {
            for (b, a) in before.iter().zip(after) {
                let slice = if axis == Axis::Rows { at / in_row } else { at % columns };
                slices[slice].add(&format, *b, *a);
                at += 1;
            }
        });
    }
    Ok(slices)
}
