//! What seeds say of a difference that was read off between evaluations.

use crate::stats::contrast::Contrast;
use crate::stats::evidence::Evidence;
use crate::stats::inference::Estimate;

/// Differences by seed that may all be off by the same amount in the same direction. Told is only what that cannot
/// explain.
pub struct ReadOff {
    contrast: Contrast,
    off: f64,
}

impl ReadOff {
    /// `off` in units of the differences, 0 where nothing was read off.
    pub fn new(differences: &[f64], off: f64) -> Self {
        ReadOff { contrast: Contrast::paired(differences), off }
    }
}

impl Evidence for ReadOff {
    fn estimate(&self) -> Option<Estimate> {
        self.contrast.estimate()
    }

    fn error(&self) -> Option<(f64, f64)> {
        self.contrast.error()
    }

    /// What reading off may be off by is no less with more seeds.
    fn error_with(&self, further: usize) -> (f64, f64) {
        if self.off > 0.0 { (f64::INFINITY, 1.0) } else { self.contrast.error_with(further) }
    }

    fn p(&self) -> f64 {
        let beyond = self.contrast.p_below(-self.off).min(self.contrast.p_above(self.off));
        (2.0 * beyond).min(1.0)
    }

    fn p_beyond(&self, epsilon: f64) -> f64 {
        self.contrast.p_beyond(epsilon - self.off)
    }

    fn interval(&self, tail: f64) -> [f64; 2] {
        let [low, high] = self.contrast.interval(tail);
        [low - self.off, high + self.off]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_of_all_seeds_alike_may_explain_is_not_told() {
        let differences = [0.10, 0.11, 0.09, 0.10, 0.12];
        let [sure, off] = [0.0, 0.1].map(|off| ReadOff::new(&differences, off));
        assert!(sure.p() < 0.001 && off.p() > 0.2, "{} {}", sure.p(), off.p());
        let [low, high] = sure.interval(0.025);
        let wider = off.interval(0.025);
        assert!((wider[0] - (low - 0.1)).abs() < 1e-12 && (wider[1] - (high + 0.1)).abs() < 1e-12);
        assert!(wider[0] < 0.0 && low > 0.0);
        let plain = Contrast::paired(&differences);
        assert!((sure.p() - plain.p()).abs() < 1e-12);
        assert!(off.p_beyond(0.15) > sure.p_beyond(0.15));
    }
}
