//! How much of an answer is shown: all of it where that fits a screen; else the most telling rows of its tables and the
//! beginnings of its warnings. The report has all of it.

use crate::config::TestFamily;
use crate::stats::{Analysis, Contender, Kind};

/// What is shown, at most.
#[derive(Clone, Copy)]
pub struct Detail {
    /// Rules, and pairs of rules of a family, besides the few decided ones that always are.
    pub rules: usize,
    pub pairs: usize,
    /// Toys at the published λ, and at any other.
    pub toys: [usize; 2],
    /// Lines of a warning that is longer than any that is always told whole.
    pub warning: usize,
    /// Whether what is told below the verdicts is how to read the tables alone.
    pub is_brief: bool,
    /// Whether the best arm's loss is told beside what counting reaches.
    pub has_levels: bool,
}

const ALL: usize = usize::MAX;

/// All that is ever shown.
const WHOLE: Detail = Detail {
    rules: 16,
    pairs: 6,
    toys: [ALL, ALL],
    warning: ALL,
    is_brief: false,
    has_levels: true,
};

/// From all of it to the least, each with less than the one before.
pub const LEVELS: [Detail; 8] = [
    WHOLE,
    Detail { warning: 3, ..WHOLE },
    Detail { warning: 2, is_brief: true, ..WHOLE },
    Detail { warning: 2, is_brief: true, pairs: 3, toys: [ALL, 3], ..WHOLE },
    Detail { warning: 2, is_brief: true, pairs: 3, toys: [ALL, 2], rules: 8, ..WHOLE },
    Detail { warning: 2, is_brief: true, pairs: 2, toys: [8, 2], rules: 5, ..WHOLE },
    Detail { warning: 1, is_brief: true, pairs: 1, toys: [5, 2], rules: 4, ..WHOLE },
    Detail { rules: 3, pairs: 0, toys: [3, 1], warning: 1, is_brief: true, has_levels: false },
];

/// The places of the rules that are shown, in their order: the best, those of which a verdict is told, those with the lowest
/// val loss.
pub fn telling(analysis: &Analysis, most: usize) -> Vec<usize> {
    let best = analysis.best_point().map(|(best, _)| &best.rule);
    let rank = |one: &Contender| {
        let loss = one.best().and_then(|point| point.cell.mean(|run| run.val_loss));
        (best != Some(&one.rule), !is_told(analysis, one), loss.unwrap_or(f64::INFINITY))
    };
    let ranks: Vec<(bool, bool, f64)> = analysis.contenders.iter().map(rank).collect();
    let mut places: Vec<usize> = (0..ranks.len()).collect();
    places.sort_by(|a, b| {
        let (a, b) = (ranks[*a], ranks[*b]);
        (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2))
    });
    places.truncate(most);
    places.sort_unstable();
    places
}

/// Whether a rule is told to be lower or higher than no decay, or than stopping, or equivalent to it.
fn is_told(analysis: &Analysis, contender: &Contender) -> bool {
    let families = [TestFamily::AgainstNone, TestFamily::AgainstStopping];
    let own = families.into_iter().flat_map(|family| analysis.family(family));
    let mut own = own.filter(|one| one.left.rule == contender.rule);
    own.any(|one| !matches!(one.kind(), Kind::Undecided | Kind::NoTest))
}
