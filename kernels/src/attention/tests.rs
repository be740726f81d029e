use super::*;

/// Numbers between −1 and 1 without a pattern.
fn numbers(count: usize) -> Vec<f32> {
    let odd = |place: u32| place.wrapping_mul(2_654_435_761) >> 8;
    (0..count as u32).map(|place| odd(place) as f32 / 8_388_608.0 - 1.0).collect()
}

#[test]
fn weights_that_are_kept_and_weights_that_are_computed_again_give_the_same_bits() {
    for context in [1, 4, 17, 40, CONTEXT_KEPT] {
        for (head, window, rotary_base) in [(16, context, None), (6, 5, Some(1e4))] {
            let heads = Heads { heads: 4, kv_heads: 2, head, context, window, rotary_base };
            let packed = numbers(3 * context * heads.packed());
            let gradient = numbers(3 * context * heads.channels());
            let dropped = numbers(3 * heads.heads * context * context);
            for factors in [None, Some(&dropped[..])] {
                let (out, kept) = forward(&packed, &heads, factors);
                assert_eq!(out, output(&packed, &heads, factors));
                assert!(!kept.weights.is_empty(), "the context is a short one");
                let none_kept = Kept { weights: Vec::new(), ..kept.clone() };
                let [of_kept, of_none] = [&kept, &none_kept]
                    .map(|kept| backward(&packed, kept, &gradient, &heads, factors));
                assert_eq!(of_kept, of_none, "context {context}, heads of {head}");
            }
        }
    }
}

#[test]
fn a_long_context_keeps_no_weights() {
    let context = CONTEXT_KEPT + 1;
    let heads =
        Heads { heads: 1, kv_heads: 1, head: 2, context, window: context, rotary_base: None };
    let (_, kept) = forward(&numbers(context * heads.packed()), &heads, None);
    assert!(kept.weights.is_empty() && kept.scales.len() == context);
}
