//! What data say of a difference, by whatever test.

use super::contrast::Contrast;
use super::inference::Estimate;

/// A difference that can be judged.
pub trait Evidence: Sync {
    /// The mean difference, and the standard deviation of one difference.
    fn estimate(&self) -> Option<Estimate>;

    /// Standard error of the mean difference, and degrees of freedom.
    fn error(&self) -> Option<(f64, f64)>;

    /// The same with so many further runs on either side that scatter as those that are there; infinite where nothing
    /// tells how they do.
    fn error_with(&self, further: usize) -> (f64, f64);

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

    fn error_with(&self, further: usize) -> (f64, f64) {
        let of = |Estimate { sd, n, .. }: Estimate| {
            let runs = (n + further) as f64;
            Some((sd? / runs.sqrt(), runs - 1.0))
        };
        self.estimate().and_then(of).unwrap_or((f64::INFINITY, 1.0))
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
