//! Where something begins to be enough.

/// The smallest δ that is enough, where larger ones are too, searched from `start` in steps of `spread`;
/// infinite where none is.
pub fn search(start: f64, spread: f64, mut is_enough: impl FnMut(f64) -> bool) -> f64 {
    let (mut low, mut high) = (start, start + spread);
    for _ in 0..40 {
        if is_enough(high) {
            break;
        }
        (low, high) = (high, start + 2.0 * (high - start));
    }
    if !is_enough(high) {
        return f64::INFINITY;
    }
    if is_enough(low) {
        low = start - spread;
    }
    for _ in 0..34 {
        let middle = f64::midpoint(low, high);
        *if is_enough(middle) { &mut high } else { &mut low } = middle;
    }
    high
}
