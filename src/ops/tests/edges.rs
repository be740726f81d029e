//! Kernels at shapes that are easy to get wrong: nothing, one number, primes, and slices that begin in the
//! middle of a vector.

use wane_kernels::{activation, attention, embedding, linear, loss, norm};

use super::*;

/// A slice of the same numbers at every place within the widest vector.
fn at_every_offset(numbers: &[f32]) -> Vec<(Vec<f32>, usize)> {
    let moved = |offset: usize| {
        let mut values = vec![f32::NAN; offset];
        values.extend_from_slice(numbers);
        (values, offset)
    };
    (0..16).map(moved).collect()
}

/// Checks that a kernel gives the same bits wherever its numbers lie.
fn assert_anywhere(name: &str, count: usize, kernel: impl Fn(&[f32]) -> Vec<f32>) {
    let input = numbers(name, count);
    let expected = kernel(&input);
    assert!(!expected.is_empty() && expected.iter().all(|value| value.is_finite()), "{name}");
    for (values, offset) in at_every_offset(&input) {
        assert!(kernel(&values[offset..]) == expected, "{name} at offset {offset}");
    }
}

#[test]
fn a_slice_may_begin_anywhere() {
    let sizes = linear::Sizes { lanes: 1, rows: 7, inputs: 13, outputs: 19, turned: false };
    let (weight, bias) = (numbers("weight", 13 * 19), numbers("bias", 19));
    assert_anywhere("linear", 7 * 13, |x| linear::forward(x, &weight, Some(&bias), &sizes));
    assert_anywhere("weights", 13 * 19, |w| {
        linear::forward(&bias[..13].repeat(7), w, None, &sizes)
    });
    assert_anywhere("linear, back", 7 * 19, |dy| linear::input_gradient(dy, &weight, &sizes));
    assert_anywhere("bias, back", 7 * 19, |dy| linear::bias_gradient(dy, &sizes));
    assert_anywhere("gelu", 101, activation::gelu);
    assert_anywhere("swiglu", 2 * 37 * 3, |x| activation::gated(x, 37, Gate::Silu));
    let of_rows = norm::Norm { channels: 37, rows: 3, centred: true, eps: 1e-5 };
    assert_anywhere("norm", 111, |x| norm::forward(x, &weight[..37], None, &of_rows).0);
    let heads = Heads { heads: 1, kv_heads: 1, head: 6, context: 7, window: 7, rotary_base: None };
    assert_anywhere("attention", 7 * 18, |x| attention::output(x, &heads, None));
    assert_anywhere("loss", 5 * 11, |x| loss::forward(x, 11, &[3, 0, 10, 7, 1], 1).1);
    assert_anywhere("positions", 6 * 5, |x| embedding::add_positions(x, &bias[..15], 1));
}

#[test]
fn shapes_of_one_and_of_primes_are_computed_right() {
    for (lanes, rows, channels, outputs) in
        [(1, 1, 1, 1), (2, 1, 1, 13), (1, 257, 1, 1), (3, 131, 7, 257)]
    {
        let context = if rows > 100 { 67 } else { 1 };
        let head = 2 * channels;
        let heads =
            Heads { heads: 1, kv_heads: 1, head, context, window: context, rotary_base: None };
        let sizes = Sizes { lanes, rows, channels, outputs };
        all(sizes, heads).iter().for_each(Case::agrees_with_primitives);
    }
}

#[test]
fn of_nothing_comes_nothing() {
    assert!(activation::gelu(&[]).is_empty());
    assert!(activation::gated(&[], 5, Gate::Gelu).is_empty());
    assert!(embedding::rows(&[1.0, 2.0], 2, &[]).is_empty());
    assert!(loss::backward(&[], 11, &[], &[], &[1.0]).is_empty());
    let heads = Heads { heads: 1, kv_heads: 1, head: 6, context: 7, window: 7, rotary_base: None };
    assert!(attention::output(&[], &heads, None).is_empty());
    let of_rows = norm::Norm { channels: 3, rows: 2, centred: false, eps: 1e-5 };
    assert!(norm::forward(&[], &[], None, &of_rows).0.is_empty());
    let sizes = linear::Sizes { lanes: 1, rows: 0, inputs: 3, outputs: 2, turned: false };
    assert!(linear::forward(&[], &[0.0; 6], None, &sizes).is_empty());
    assert_eq!(linear::weight_gradient(&[], &[], &sizes), [0.0; 6]);
    assert_eq!(linear::bias_gradient(&[], &sizes), [0.0; 2]);
}
