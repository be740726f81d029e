//! Experiments of runs alone, for tests.

use std::collections::BTreeMap;

use super::data::Data;
use crate::results::RunRow;
use crate::stats::Analysis;

/// What these runs say, without curves.
pub fn data(runs: Vec<RunRow>) -> Data {
    let (analysis, curves) = (Analysis::of(&runs), BTreeMap::new());
    Data {
        runs,
        analysis,
        curves,
        found: None,
        mechanism: Vec::new(),
        collapses: Vec::new(),
        memorisation: None,
        claims: Vec::new(),
        floor: None,
        caption: String::new(),
    }
}
