//! What data say of a difference, by whatever test.

use super::contrast::Contrast;
use super::inference::Estimate;

/// A difference that can be judged.
pub trait Evidence: Sync {
    /// The mean difference, and the standard deviation of one difference.
    fn estimate(&self) -> Option<Estimate>;

    /// Standard error of the mean difference, and degrees of freedom.
    fn error(&self) -> Option<(f64, f64)>;

    /// Standard deviation of the difference of two single runs, where more runs are to come on either side and not in
    /// pairs.
    fn single_sd(&self) -> Option<f64> {
        None
    }

    /// Two-sided p that there is none.
    fn p(&self) -> f64;

    /// p that it is `epsilon` or more in either direction: two one-sided tests (Schuirmann 1987).
    fn p_beyond(&self, epsilon: f64) -> f64;

    /// The interval that leaves `tail` outside at each end.
    fn interval(&self, tail: f64) -> [f64; 2];
}

impl Evidence for Contrast {
    fn estimate(&self) -> Option<Estimate> {
        Estimate::of(self.differences())
    }

    fn error(&self) -> Option<(f64, f64)> {
        let Estimate { sd, n, .. } = self.estimate()?;
        Some((sd? / (n as f64).sqrt(), n as f64 - 1.0))
    }

    fn p(&self) -> f64 {
        Contrast::p(self)
    }

    fn p_beyond(&self, epsilon: f64) -> f64 {
        Contrast::p_beyond(self, epsilon)
    }

    fn interval(&self, tail: f64) -> [f64; 2] {
        Contrast::interval(self, tail)
    }
}
