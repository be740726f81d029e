use safetensors::Dtype;

use super::*;

fn weights() -> Vec<f32> {
    (0..4096).map(|at| ((at as f32 * 0.37).sin() + 0.01) * 0.05).collect()
}

/// The pattern of numbers that `step` moved several times, each time rounded.
fn pattern(steps: usize, step: impl Fn(f32) -> f32) -> Option<Pattern> {
    let before = weights();
    let after: Vec<f32> =
        before.iter().map(|weight| (0..steps).fold(*weight, |now, _| step(now))).collect();
    let sums = Sums::of(Dtype::F32, bytemuck::cast_slice(&before), bytemuck::cast_slice(&after));
    match verdict(&sums, &Format::of(Dtype::F32)?, Rounding::Once) {
        Verdict::Unequal(found) => Some(found),
        _ => None,
    }
}

#[test]
fn several_steps_of_one_factor_leave_nearly_one() {
    for steps in [3, 10, 100] {
        let Some(Pattern::Nearly { factor }) = pattern(steps, |weight| weight * 0.9999) else {
            panic!("{steps}");
        };
        let shrink = 1.0 - 0.9999_f64.powi(steps as i32);
        assert!(((1.0 - factor) / shrink - 1.0).abs() < 0.01, "{steps}: {factor}");
    }
    assert_eq!(pattern(1, |weight| weight * 0.9999), None);
}

#[test]
fn l2_in_the_gradient_of_adam_far_below_its_epsilon_is_nearly_one_factor() {
    let adam = |weight: f32| {
        let pull = 1e-5 * weight;
        weight - 1e-3 * pull / (pull.abs() + 1e-4)
    };
    let found = pattern(1, adam);
    assert!(matches!(found, Some(Pattern::Nearly { .. })), "{found:?}");
}

#[test]
fn l2_in_the_gradient_of_adam_near_its_epsilon_is_not_nearly_one_factor() {
    for lambda in [1e-6, 1e-7, 1e-8] {
        let adam = |weight: f32| {
            let pull = lambda * weight;
            weight - 1e-3 * pull / (pull.abs() + 1e-8)
        };
        assert_eq!(pattern(1, adam), Some(Pattern::Various), "{lambda}");
    }
}
