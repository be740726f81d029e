//! Vector arithmetic that compilers can see: chunks of one width, selects in the place of branches.

use super::Slot;

/// Numbers that a loop works on at once.
pub const WIDTH: usize = 16;

/// One chunk.
pub type Chunk = [f32; WIDTH];

/// Defines a kernel from a body that is generic over `BITS`, the size of its vectors: compiled for the
/// processors that are common (AVX-512 and AVX2 on x86-64) and, with `BITS = 0`, for any machine;
/// chosen at run time. `at most 256` is for bodies that gain nothing from the widest.
macro_rules! vectorised {
    (at most 256, $(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) = $body:ident) => {
        $crate::simd::vectorised!(@ [256 => wide "avx2,fma"] $(#[$meta])* $vis fn $name($($arg: $type),*) = $body);
    };
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) = $body:ident) => {
        $crate::simd::vectorised!(@ [
            512 => widest "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma",
            256 => wide "avx2,fma"
        ] $(#[$meta])* $vis fn $name($($arg: $type),*) = $body);
    };
    (@ [$($bits:literal => $level:ident $features:literal),*] $(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),*) = $body:ident) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                $crate::simd::levels!([$($bits => $level $features),*] ($($arg: $type),*) $body);
            }
            // Every 64-bit Arm has fused multiply-add; elsewhere it would be a call of a library.
            $body::<{ if cfg!(target_arch = "aarch64") { 128 } else { 0 } }>($($arg),*)
        }
    };
}
pub(crate) use vectorised;

/// Returns from the widest of some levels that the processor has.
#[cfg(target_arch = "x86_64")]
macro_rules! levels {
    ([] $args:tt $body:ident) => {};
    ([$bits:literal => $level:ident $features:literal $(, $($rest:tt)*)?] ($($arg:ident: $type:ty),*) $body:ident) => {
        #[target_feature(enable = $features)]
        #[inline(never)]
        fn $level($($arg: $type),*) {
            $body::<$bits>($($arg),*)
        }
        if $crate::simd::vector_bits() >= $bits {
            // SAFETY: the processor has the features of this level; that was looked up.
            return unsafe { $level($($arg),*) };
        }
        $crate::simd::levels!([$($($rest)*)?] ($($arg: $type),*) $body);
    };
}
#[cfg(target_arch = "x86_64")]
pub(crate) use levels;

/// Bits of the vectors that kernels run with here: 512, 256, or 0 for whatever any machine has.
/// `WANE_VECTOR_BITS` lowers it.
#[cfg(target_arch = "x86_64")]
pub fn vector_bits() -> usize {
    use std::sync::OnceLock;
    static BITS: OnceLock<usize> = OnceLock::new();
    *BITS.get_or_init(|| {
        let most = std::env::var("WANE_VECTOR_BITS").ok().and_then(|bits| bits.parse().ok());
        let most = most.unwrap_or(usize::MAX);
        let wide = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let widest = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw");
        match (wide, widest) {
            (true, true) if most >= 512 => 512,
            (true, _) if most >= 256 => 256,
            _ => 0,
        }
    })
}

/// Bits of the vectors that kernels are compiled for here.
#[cfg(not(target_arch = "x86_64"))]
pub fn vector_bits() -> usize {
    if cfg!(target_arch = "aarch64") { 128 } else { 0 }
}

vectorised! {
    /// Adds numbers to others.
    pub fn add(sums: &mut [f32], values: &[f32]) = add_body
}

#[inline(always)]
fn add_body<const BITS: usize>(sums: &mut [f32], values: &[f32]) {
    let count = sums.len().min(values.len());
    let (sums, values) = (&mut sums[..count], &values[..count]);
    for place in 0..count {
        sums[place] += values[place];
    }
}

vectorised! {
    /// Multiplies numbers by others.
    pub fn multiply(products: &mut [f32], factors: &[f32]) = multiply_body
}

#[inline(always)]
fn multiply_body<const BITS: usize>(products: &mut [f32], factors: &[f32]) {
    let count = products.len().min(factors.len());
    let (products, factors) = (&mut products[..count], &factors[..count]);
    for place in 0..count {
        products[place] *= factors[place];
    }
}

/// `a · b + c`, in one rounding where that is one instruction.
#[inline(always)]
pub fn fma<const BITS: usize>(a: f32, b: f32, c: f32) -> f32 {
    if BITS > 0 { a.mul_add(b, c) } else { a * b + c }
}

/// The larger, `b` only where it is; keeps `a` beside a NaN in `b`.
#[inline(always)]
pub fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// A chunk in one number, always in the same order.
#[inline(always)]
pub fn fold(chunk: Chunk, of: impl Fn(f32, f32) -> f32) -> f32 {
    // Without a pause, compilers take the chunk apart where it was added up, and add up pairs there.
    let chunk = std::hint::black_box(chunk);
    // A list for each stage: what is written over while it is read is taken apart.
    let (mut eight, mut four) = ([0.0; WIDTH / 2], [0.0; WIDTH / 4]);
    for place in 0..WIDTH / 2 {
        eight[place] = of(chunk[place], chunk[place + WIDTH / 2]);
    }
    for place in 0..WIDTH / 4 {
        four[place] = of(eight[place], eight[place + WIDTH / 4]);
    }
    of(of(four[0], four[2]), of(four[1], four[3]))
}

/// A chunk as slots that hold it, in one move.
#[inline(always)]
pub fn filled(chunk: Chunk) -> [Slot; WIDTH] {
    // SAFETY: a slot is as large as the number that it holds.
    unsafe { std::mem::transmute(chunk) }
}

/// Writes what `of` makes of each value, in chunks and then over what is left: rows are seldom longer than a few chunks,
/// of which loops over numbers would leave most to their last, slow part.
#[inline(always)]
pub fn write_each(out: &mut [Slot], values: &[f32], of: impl Fn(f32) -> f32) {
    let values = &values[..out.len()];
    let (out, out_rest) = out.as_chunks_mut::<WIDTH>();
    let (values, rest) = values.as_chunks::<WIDTH>();
    for chunk in 0..out.len() {
        // Read as a whole before anything is written: compilers do not know that the two lists lie apart.
        let mut made = values[chunk];
        made.iter_mut().for_each(|value| *value = of(*value));
        out[chunk] = filled(made);
    }
    for place in 0..rest.len() {
        out_rest[place].write(of(rest[place]));
    }
}

/// Sum of `of` over pairs of numbers, in chunks and then over what is left.
#[inline(always)]
pub fn sum_of(a: &[f32], b: &[f32], of: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<WIDTH>(), b.as_chunks::<WIDTH>());
    let mut sums = [0.0; WIDTH];
    let count = a.len().min(b.len());
    let (a, b) = (&a[..count], &b[..count]);
    for chunk in 0..count {
        let (a, b) = (&a[chunk], &b[chunk]);
        for place in 0..WIDTH {
            sums[place] = of(a[place], b[place], sums[place]);
        }
    }
    let mut sum = fold(sums, |a, b| a + b);
    for place in 0..a_rest.len().min(b_rest.len()) {
        sum = of(a_rest[place], b_rest[place], sum);
    }
    sum
}

/// eˣ to about one unit in the last place: a power of two by its bits, the rest by a polynomial
/// (Cephes's, Moshier 1992). 0 below −86.64, just before numbers lose their precision, infinite above
/// 88.72; NaN stays NaN.
#[inline(always)]
pub fn exp<const BITS: usize>(x: f32) -> f32 {
    const LOWEST: f32 = -86.64;
    const HIGHEST: f32 = 88.72;
    // Adding it leaves no place for a fraction: the sum's last bits are the whole number.
    const ROUND: f32 = 12_582_912.0;
    let y = if x < LOWEST { LOWEST } else { x };
    let y = if y > HIGHEST { HIGHEST } else { y };
    let shifted = fma::<BITS>(y, std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    // ln 2 in two parts, the first with zeros at its end, so that the product is exact.
    let rest = fma::<BITS>(whole, -0.693_359_4, y);
    let rest = fma::<BITS>(whole, 2.121_944_4e-4, rest);
    let mut series = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        series = fma::<BITS>(series, rest, coefficient);
    }
    let series = fma::<BITS>(series * rest, rest, rest) + 1.0;
    // In two steps, because 2¹²⁸ is no float32: a half of the power, then that times two.
    let half_power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(126 << 23));
    let value = series * half_power * 2.0;
    let value = if x < LOWEST { 0.0 } else { value };
    if x > HIGHEST { f32::INFINITY } else { value }
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid<const BITS: usize>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<BITS>(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const BITS: usize>() {
        for step in -8_663..=8_871 {
            let x = step as f32 / 100.0;
            let (ours, exact) = (f64::from(exp::<BITS>(x)), f64::from(x).exp());
            assert!((ours / exact - 1.0).abs() < 2e-7, "{x}: {ours} {exact}");
        }
        assert_eq!(exp::<BITS>(0.0), 1.0);
        assert_eq!(exp::<BITS>(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp::<BITS>(f32::INFINITY), f32::INFINITY);
        assert!(exp::<BITS>(f32::NAN).is_nan());
        assert_eq!((sigmoid::<BITS>(0.0), sigmoid::<BITS>(f32::INFINITY)), (0.5, 1.0));
        assert_eq!(sigmoid::<BITS>(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn the_exponential_is_exact_to_the_last_place_and_keeps_what_is_no_number() {
        check::<256>();
        check::<0>();
    }

    #[test]
    fn a_fold_and_a_sum_take_everything_in() {
        let chunk: Chunk = std::array::from_fn(|place| place as f32);
        assert_eq!(fold(chunk, |a, b| a + b), 120.0);
        assert_eq!(fold(chunk, larger), 15.0);
        let values: Vec<f32> = (0..37).map(|value| value as f32).collect();
        assert_eq!(sum_of(&values, &values, |a, b, sum| sum + a * b), 16_206.0);
    }
}
