//! Losses by seed, and the arms that they choose.

/// An arm's losses by seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// On the windows that choose.
    pub choose: Vec<f64>,
    /// On the windows that report.
    pub score: Vec<f64>,
}

/// For each seed the arm that the other seeds choose: the lowest sum, the first of several.
pub fn chosen(arms: &[Scores]) -> Vec<usize> {
    let seeds = arms.first().map_or(0, |arm| arm.choose.len());
    let sums: Vec<f64> = arms.iter().map(|arm| arm.choose.iter().sum()).collect();
    (0..seeds).map(|seed| lowest(arms.len(), |arm| sums[arm] - arms[arm].choose[seed])).collect()
}

/// The arm that all seeds choose; `None` where there are no arms, or no seeds to choose one.
pub fn chosen_by_all(arms: &[Scores]) -> Option<usize> {
    let has_seeds = arms.first().is_some_and(|arm| !arm.choose.is_empty());
    has_seeds.then(|| lowest(arms.len(), |arm| arms[arm].choose.iter().sum()))
}

/// The place of the lowest of so many numbers, the first of several.
pub fn lowest(count: usize, of: impl Fn(usize) -> f64) -> usize {
    let mut best = 0;
    let mut value = f64::INFINITY;
    for arm in 0..count {
        let own = of(arm);
        if own < value {
            (best, value) = (arm, own);
        }
    }
    best
}
