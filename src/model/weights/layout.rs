//! How a file keeps the matrices of linear layers, told by those that are not square.

use anyhow::{Result, bail};

use super::names::core;
use super::stored::{Stored, Tensors};
use crate::config::{Layout, ParameterShape, Role};

/// The layout of a file, or of its family where every matrix is square.
///
/// # Errors
/// Matrices that disagree: then nothing tells how the square ones are meant.
pub fn of_file(tensors: &Tensors, parameters: &[ParameterShape], family: Layout) -> Result<Layout> {
    let mut seen: [Option<&Stored>; 2] = [None, None];
    let linear = parameters.iter().filter(|one| one.is_linear() && one.role != Role::Head);
    for parameter in linear.filter(|one| one.shape[0] != one.shape[1]) {
        let Some(stored) = tensors.get(core(&parameter.name)) else { continue };
        let layouts = [Layout::InOut, Layout::OutIn];
        for (layout, seen) in layouts.into_iter().zip(&mut seen) {
            if stored.shape() == in_file(parameter, layout) {
                seen.get_or_insert(stored);
            }
        }
    }
    match seen {
        [Some(one), Some(other)] => bail!(one.error(format_args!(
            "has shape {:?}, which is [in, out], but `{}` has shape {:?}, which is [out, in]; transpose one \
             kind, so that the file keeps all matrices of linear layers alike",
            one.shape(),
            other.name,
            other.shape()
        ))),
        [Some(_), None] => Ok(Layout::InOut),
        [None, Some(_)] => Ok(Layout::OutIn),
        [None, None] => Ok(family),
    }
}

/// The shape of a parameter in a file of this layout. A head is kept as an embedding is.
pub fn in_file(parameter: &ParameterShape, layout: Layout) -> Vec<usize> {
    let mut shape = parameter.shape.clone();
    if is_turned(parameter, layout) {
        shape.reverse();
    }
    shape
}

/// Whether a file of this layout keeps a parameter transposed.
pub fn is_turned(parameter: &ParameterShape, layout: Layout) -> bool {
    parameter.role == Role::Head || (parameter.is_linear() && layout == Layout::OutIn)
}
