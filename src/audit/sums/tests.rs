use half::bf16;

use super::*;

fn of_f32(weights: &[f32], factor: f32) -> Sums {
    let after: Vec<f32> = weights.iter().map(|weight| weight * factor).collect();
    Sums::of(Dtype::F32, bytemuck::cast_slice(weights), bytemuck::cast_slice(&after))
}

fn weights(count: usize) -> Vec<f32> {
    (0..count).map(|at| ((at as f32 * 0.37).sin() + 0.01) * 0.05).collect()
}

#[test]
fn many_numbers_tell_a_factor_finer_than_one_of_them_can() {
    let factor = 0.999_97_f32;
    let allowed = of_f32(&weights(10_000), factor).allowed(Rounding::Once);
    let near = (allowed.high + allowed.low) / 2.0 - f64::from(factor);
    assert!(!allowed.is_empty() && near.abs() < 1e-10, "{near}");
    assert!(allowed.high - allowed.low < 1e-10);
}

#[test]
fn a_pass_in_parts_is_the_pass_over_all() {
    let weights = weights(1000);
    let whole = of_f32(&weights, 0.9);
    let parts = of_f32(&weights[..300], 0.9).merged(&of_f32(&weights[300..], 0.9));
    assert_eq!(whole.allowed(Rounding::Once), parts.allowed(Rounding::Once));
    assert!((whole.mean_factor() - parts.mean_factor()).abs() < 1e-12);
    assert_eq!((parts.used, parts.changed, parts.grown), (1000, 1000, 0));
}

#[test]
fn the_first_pass_finds_what_the_whole_one_does() {
    let mut weights = weights(1003);
    weights[17] = 0.0;
    weights[40] = f32::NAN;
    weights[300] = 0.25;
    for factor in [1.0, 0.999, -2.0, 0.5] {
        let after: Vec<f32> = weights.iter().map(|weight| weight * factor).collect();
        let (before, after) = (bytemuck::cast_slice(&weights), bytemuck::cast_slice(&after));
        let first = Sums::at_first(Dtype::F32, before, after);
        let whole = Sums::of(Dtype::F32, before, after);
        assert_eq!(first.allowed(Rounding::Once), whole.allowed(Rounding::Once));
        let counts = |sums: &Sums| (sums.used, sums.changed, sums.not_finite, sums.zeros_moved);
        assert_eq!(counts(&first), counts(&whole));
        assert_eq!(first.magnitudes, whole.magnitudes);
    }
}

/// Copies in bfloat16 of float32 weights: no factor rounds all of them, the mean still tells it.
#[test]
fn rounded_copies_tell_a_factor_by_their_mean() {
    let (weights, factor) = (weights(200_000), 1.0 - 3e-4_f32);
    let stored = |scale: f32| -> Vec<u8> {
        let numbers = weights.iter().map(|weight| bf16::from_f32(weight * scale));
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    };
    let sums = Sums::of(Dtype::BF16, &stored(1.0), &stored(factor));
    assert!(sums.allowed(Rounding::Once).is_empty());
    assert!(!sums.allowed(Rounding::Twice).is_empty());
    let off = (sums.mean_factor() - f64::from(factor)).abs();
    assert!(off < 3.0 * sums.mean_error() && sums.mean_error() < 2e-5, "{off}");
}

#[test]
fn the_first_pass_over_sixteen_bits_finds_the_mean_as_well() {
    let stored = |factor: f32| -> Vec<u8> {
        let numbers = weights(1003).into_iter().map(|weight| bf16::from_f32(weight * factor));
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    };
    let (before, after) = (stored(1.0), stored(0.998));
    let first = Sums::at_first(Dtype::BF16, &before, &after);
    let whole = Sums::of(Dtype::BF16, &before, &after);
    assert_eq!(first.allowed(Rounding::Twice), whole.allowed(Rounding::Twice));
    assert!((first.mean_factor() - whole.mean_factor()).abs() < 1e-12);
    assert!((first.mean_error() / whole.mean_error() - 1.0).abs() < 1e-9);
    assert!(!first.knows_once_alone());
}
