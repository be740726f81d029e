//! Which mask it is that decayed the tensors.

use super::tensor::Tensor;
use crate::config::{Mask, Named};

/// The mask that an audit amounts to.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundMask {
    /// Nothing decays.
    Nothing,
    /// Nothing could be told of any tensor.
    Untold,
    /// These agree with everything that could be told; several where the tensors that tell them apart are missing.
    Fits(Vec<Mask>),
    /// None agrees: the nearest, and where tensors differ from it.
    Nearest { mask: Mask, exceptions: Vec<usize> },
}

impl FoundMask {
    pub fn of(tensors: &[Tensor]) -> Self {
        let told = || tensors.iter().filter_map(|one| one.decays());
        if told().next().is_none() {
            return FoundMask::Untold;
        }
        if told().all(|decays| !decays) {
            return FoundMask::Nothing;
        }
        let exceptions: Vec<(Mask, Vec<usize>)> =
            Mask::ALL.iter().map(|mask| (*mask, against(tensors, *mask))).collect();
        let fitting = exceptions.iter().filter(|(_, against)| against.is_empty());
        let fitting: Vec<Mask> = fitting.map(|(mask, _)| *mask).collect();
        if !fitting.is_empty() {
            return FoundMask::Fits(fitting);
        }
        let nearest = exceptions.into_iter().min_by_key(|(_, against)| against.len());
        let (mask, exceptions) = nearest.unwrap_or((Mask::Matrices, Vec::new()));
        FoundMask::Nearest { mask, exceptions }
    }
}

/// The tensors that do not go by a mask.
pub fn against(tensors: &[Tensor], mask: Mask) -> Vec<usize> {
    let differs = |one: &Tensor| match (one.decays(), one.part.is_decayed_by(mask)) {
        (Some(found), Some(expected)) => found != expected,
        _ => false,
    };
    (0..tensors.len()).filter(|at| differs(&tensors[*at])).collect()
}
