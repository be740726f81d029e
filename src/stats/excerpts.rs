//! What the train texts have in common that seeds cut from one source.

use std::collections::BTreeSet;

use super::{Analysis, Warning};
use crate::config::{Excerpts, Texts};

/// A smaller share of a text is not worth telling.
const LEAST: f64 = 0.005;

/// Texts that overlap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharedText {
    pub texts: usize,
    /// Share of a text that another has too, in the mean of all pairs.
    pub share: f64,
    /// All of them together, as a multiple of what they are cut from.
    pub crowding: f64,
}

impl Analysis {
    /// Says what its train texts share, and warns where that makes them too much alike for tests.
    pub fn with_excerpts(mut self, excerpts: Option<Excerpts>) -> Self {
        self.shared_text = excerpts.and_then(|excerpts| self.shared_text(&excerpts));
        let crowded = self.shared_text.filter(|shared| shared.crowding > 1.0);
        self.warnings.splice(0..0, crowded.map(Warning::SharedText));
        self
    }

    fn shared_text(&self, excerpts: &Excerpts) -> Option<SharedText> {
        let cells = self.groups.iter().flat_map(|group| &group.cells);
        let runs = cells.flat_map(|cell| &cell.runs);
        let seeds: BTreeSet<u64> = runs.filter_map(|run| run.text_seed).collect();
        let share = excerpts.shared(&seeds).filter(|share| *share >= LEAST)?;
        let texts = seeds.len();
        let crowding = excerpts.crowding(texts);
        (self.texts == Some(Texts::PerSeed)).then_some(SharedText { texts, share, crowding })
    }
}
