//! Mistakes that a trainer may have made, and what files cannot show of it.

/// What the factors look like, or what the files cannot show.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// No number changed in any tensor.
    NothingChanged,
    /// Everything that moved grew.
    Swapped,
    /// λ/η is a usual coefficient: the learning rate is multiplied in twice.
    LrTwice {
        lambda: f64,
        again: f64,
        error: f64,
        /// The usual coefficient.
        meant: f64,
        /// The one that λ may be as it is, where people set such small ones.
        right: Option<f64>,
    },
    /// ηλ is a usual coefficient: the learning rate is not multiplied in.
    LrMissing {
        meant: f64,
    },
    /// λ is 1, as a trust ratio leaves any.
    DividedOut,
    /// λ of a group is twice that of the largest.
    Twice {
        tensors: Vec<usize>,
    },
    /// The same of matrices that are four times as long one way as the other: by the root of that in their learning rate.
    ByShape {
        tensors: Vec<usize>,
    },
    /// A step takes away all of a weight, or more.
    Whole,
    /// No matrix inside a block decays, others do: as if the decay of Muon were not applied.
    HiddenMatricesStay,
    /// L2 in the gradient of an optimizer that normalises it.
    Normalised {
        step: f64,
        tensors: Vec<usize>,
    },
    /// Tensors that moved as if gradients or averages had not been zero.
    Moved {
        tensors: Vec<usize>,
    },
    /// Tensors in which some numbers shrank and others did not.
    Unequal {
        tensors: Vec<usize>,
    },
    /// Nothing is seen of tensors whose format is too coarse for the shrink.
    TooCoarse {
        tensors: Vec<usize>,
    },
    Zeros {
        tensors: Vec<usize>,
    },
    NotFinite {
        tensors: Vec<usize>,
    },
    Unread {
        tensors: Vec<usize>,
    },
    /// In one of the files alone, or of another shape or type.
    Unmatched {
        tensors: Vec<usize>,
    },
    /// Flattened parameters, which hold decayed and undecayed ones together, or pieces of one without its shape.
    Flat {
        tensors: Vec<usize>,
    },
}
