//! Claims whose arms are known by their places in the spec.

use crate::config::{Basis, Expect, Measured};

/// A claim whose arms are known by their places in the spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub text: String,
    pub source: String,
    pub basis: Basis,
    pub quantity: Measured,
    pub finding: String,
    pub expect: Expect,
    pub smallest: f64,
    pub needs: Option<String>,
    pub digest: String,
    pub parts: Vec<AskedPart>,
}

/// One comparison of a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedPart {
    pub label: String,
    pub expect: Expect,
    pub terms: Vec<AskedTerm>,
    pub constant: f64,
}

/// What some arms measured, with a weight.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedTerm {
    pub weight: f64,
    pub at: Option<usize>,
    /// Places among the arms of the spec.
    pub arms: Vec<usize>,
}
