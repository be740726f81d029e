//! Whether a factor looks as if the learning rate were multiplied in twice, or not at all, or λ divided out.

use super::expected::is_of;
use super::hint::Hint;
use super::verdict::Factor;

/// Coefficients of decay that people choose.
const USUAL: [f64; 9] = [0.01, 0.02, 0.03, 0.033, 0.05, 0.1, 0.2, 0.3, 0.5];
/// Those that most choose.
const MOST_USUAL: [f64; 2] = [0.01, 0.1];
/// Smaller ones that people choose beside large learning rates, as SGD has them: each is right as it is, or a usual one
/// that a learning rate was multiplied into.
const SMALL: [f64; 6] = [1e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3];
/// How near to one of them a number is taken for it, relative.
pub const NEAR: f64 = 0.01;
/// How near to 1 a trust ratio comes in float32.
const ROUNDED: f64 = 1e-5;
/// From here on, nobody means λ to be so large beside a learning rate.
const LARGE_LAMBDA: f64 = 5.0;

/// One of some coefficients that a number may be, within its uncertainty.
fn among(coefficients: &[f64], value: f64, error: f64) -> Option<f64> {
    let off = |one: &f64| (value - one).abs();
    let nearest = *coefficients.iter().min_by(|a, b| off(a).total_cmp(&off(b)))?;
    (off(&nearest) <= error.max(NEAR * nearest)).then_some(nearest)
}

/// What a factor looks like. Where the λ that was set is known, no other is asked about.
pub fn of_lr(factor: Factor, lr: Option<f64>, set: Option<f64>) -> Option<Hint> {
    let meant = set.map_or(USUAL.to_vec(), |set| vec![set]);
    let (shrink, error) = (factor.shrink(), factor.error);
    let missing = among(&meant, shrink, NEAR * shrink)
        .filter(|_| error <= NEAR * shrink)
        .map(|meant| Hint::LrMissing { meant });
    let Some(lr) = lr else { return missing };
    if set.is_some_and(|set| is_of(factor, set, lr)) {
        return None;
    }
    // A share of a step that is the very λ that was set is no chance, however small.
    if shrink / lr >= LARGE_LAMBDA || set.is_some() && missing.is_some() {
        return missing;
    }
    twice(factor, lr, &meant, set.is_some())
}

/// Whether λ is the 1 that a trust ratio leaves of any: it is the norm of a weight over that of λ times the weight. Nobody
/// is asked about a 1 that was set.
pub fn divided_out(factor: Factor, lr: Option<f64>, set: Option<f64>) -> Option<Hint> {
    let lr = lr?;
    let (lambda, error) = (factor.shrink() / lr, factor.error / lr);
    let is_one = error <= NEAR && (lambda - 1.0).abs() <= error.max(ROUNDED);
    (is_one && set.is_none_or(|set| !is_of(factor, set, lr))).then_some(Hint::DividedOut)
}

/// A λ that is usual itself needs no other reading; one that is usual for SGD may have one, if that is common.
fn twice(factor: Factor, lr: f64, meant: &[f64], is_known: bool) -> Option<Hint> {
    let (lambda, error) = (factor.shrink() / lr, factor.error / lr);
    if !is_known && lambda >= USUAL[0] * (1.0 - NEAR) {
        return None;
    }
    let right = among(&SMALL, lambda, error).filter(|_| !is_known);
    let meant = if right.is_some() { &MOST_USUAL } else { meant };
    let (again, error) = (lambda / lr, error / lr);
    let meant = among(meant, again, error)?;
    Some(Hint::LrTwice { lambda, again, error, meant, right })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(lambda: f64, lr: f64, set: Option<f64>) -> Option<Hint> {
        of_lr(Factor { value: 1.0 - lambda * lr, error: 1e-12 }, Some(lr), set)
    }

    /// Whether it is asked about, and then whether λ may be right as it is.
    fn is_asked(hint: Option<Hint>) -> Option<bool> {
        match hint {
            Some(Hint::LrTwice { right, .. }) => Some(right.is_some()),
            _ => None,
        }
    }

    #[test]
    fn a_small_lambda_is_asked_about_where_a_usual_one_times_the_learning_rate_makes_it() {
        // λ of SGD that nothing makes suspicious.
        for (lambda, lr) in [(5e-4, 1e-3), (5e-4, 0.1), (1e-4, 0.1), (1e-3, 3e-4), (0.1, 1e-3)] {
            assert_eq!(is_asked(hint(lambda, lr, None)), None, "{lambda} {lr}");
        }
        // Either reading is common.
        for (lambda, lr) in [(1e-4, 1e-3), (1e-5, 1e-3), (5e-4, 5e-3)] {
            assert_eq!(is_asked(hint(lambda, lr, None)), Some(true), "{lambda} {lr}");
        }
        // Nobody sets 6e-5 or 3e-5.
        for (lambda, lr) in [(6e-5, 6e-4), (3e-5, 3e-4), (1.5e-5, 3e-4)] {
            assert_eq!(is_asked(hint(lambda, lr, None)), Some(false), "{lambda} {lr}");
        }
    }

    #[test]
    fn a_lambda_that_was_set_is_the_only_one_that_is_asked_about() {
        assert_eq!(hint(1e-4, 1e-3, Some(1e-4)), None);
        assert_eq!(is_asked(hint(1e-4, 1e-3, Some(0.1))), Some(false));
        assert_eq!(hint(1e-4, 1e-3, Some(0.3)), None);
        assert_eq!(hint(50.0, 1e-3, Some(0.05)), Some(Hint::LrMissing { meant: 0.05 }));
        assert_eq!(hint(0.1, 1e-3, Some(1e-4)), Some(Hint::LrMissing { meant: 1e-4 }));
        assert_eq!(hint(0.1, 1e-3, None), None, "as AdamW's, where nothing else is known");
    }
    #[test]
    fn a_lambda_of_1_may_be_any_that_a_trust_ratio_divided_out() {
        let told = |lambda: f64, error: f64, set: Option<f64>| {
            divided_out(Factor { value: 1.0 - lambda * 1e-3, error }, Some(1e-3), set).is_some()
        };
        assert!(told(1.0, 1e-12, None) && told(1.0, 1e-12, Some(0.1)));
        assert!(!told(1.0, 1e-12, Some(1.0)), "it was set");
        assert!(!told(1.001, 1e-12, None) && !told(0.1, 1e-12, None));
        assert!(!told(1.0, 1e-4, None), "the files tell too little");
        assert!(divided_out(Factor { value: 0.999, error: 1e-12 }, None, None).is_none());
    }
}
