//! Vector arithmetic that compilers can see: chunks of one width, selects in the place of branches.

/// Numbers that a loop works on at once.
pub const WIDTH: usize = 16;

/// One chunk.
pub type Chunk = [f32; WIDTH];

/// Defines a kernel from a body that is generic over `FMA`: compiled for the widest vectors that are
/// common (AVX2 with fused multiply-add on x86-64) and for any machine, chosen at run time. `portable`
/// in the module of the kernel's name is the second, for tests and for comparisons.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) = $body:ident) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            if $crate::kernels::simd::has_wide_vectors() {
                #[target_feature(enable = "avx2,fma")]
                fn wide($($arg: $type),*) {
                    $body::<true>($($arg),*)
                }
                // SAFETY: the processor has the features; that was just looked up.
                return unsafe { wide($($arg),*) };
            }
            // Every 64-bit Arm has fused multiply-add; elsewhere it would be a call of a library.
            $body::<{ cfg!(target_arch = "aarch64") }>($($arg),*)
        }

        /// The same without looking at the processor.
        #[cfg(test)]
        $vis mod $name {
            #[allow(unused_imports)]
            use super::*;

            /// For any machine.
            pub(super) fn portable($($arg: $type),*) {
                $body::<false>($($arg),*)
            }
        }
    };
}
pub(crate) use vectorised;

/// Whether kernels run with AVX2 here. `WANE_PORTABLE=1` turns it off.
#[cfg(target_arch = "x86_64")]
pub fn has_wide_vectors() -> bool {
    use std::sync::OnceLock;
    static WIDE: OnceLock<bool> = OnceLock::new();
    *WIDE.get_or_init(|| {
        std::env::var_os("WANE_PORTABLE").is_none()
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
    })
}

/// `a · b + c`, in one rounding where that is one instruction.
#[inline(always)]
pub fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// The larger, `b` only where it is; keeps `a` beside a NaN in `b`.
#[inline(always)]
pub fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// A chunk in one number, always in the same order.
#[inline(always)]
pub fn fold(mut chunk: Chunk, of: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = WIDTH / 2;
    while half > 0 {
        for place in 0..half {
            chunk[place] = of(chunk[place], chunk[place + half]);
        }
        half /= 2;
    }
    chunk[0]
}

/// Sum of `of` over pairs of numbers, in chunks and then over what is left.
#[inline(always)]
pub fn sum_of(a: &[f32], b: &[f32], of: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<WIDTH>(), b.as_chunks::<WIDTH>());
    let mut sums = [0.0; WIDTH];
    for (a, b) in a.iter().zip(b) {
        for place in 0..WIDTH {
            sums[place] = of(a[place], b[place], sums[place]);
        }
    }
    let whole = fold(sums, |a, b| a + b);
    a_rest.iter().zip(b_rest).fold(whole, |sum, (a, b)| of(*a, *b, sum))
}

/// eˣ to about one unit in the last place: a power of two by its bits, the rest by a polynomial
/// (Cephes's, Moshier 1992). 0 below −86.64, just before numbers lose their precision, infinite above
/// 88.72; NaN stays NaN.
#[inline(always)]
pub fn exp<const FMA: bool>(x: f32) -> f32 {
    const LOWEST: f32 = -86.64;
    const HIGHEST: f32 = 88.72;
    // Adding it leaves no place for a fraction: the sum's last bits are the whole number.
    const ROUND: f32 = 12_582_912.0;
    let y = if x < LOWEST { LOWEST } else { x };
    let y = if y > HIGHEST { HIGHEST } else { y };
    let shifted = fma::<FMA>(y, std::f32::consts::LOG2_E, ROUND);
    let whole = shifted - ROUND;
    // ln 2 in two parts, the first with zeros at its end, so that the product is exact.
    let rest = fma::<FMA>(whole, -0.693_359_4, y);
    let rest = fma::<FMA>(whole, 2.121_944_4e-4, rest);
    let mut series = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        series = fma::<FMA>(series, rest, coefficient);
    }
    let series = fma::<FMA>(series * rest, rest, rest) + 1.0;
    // In two steps, because 2¹²⁸ is no float32: a half of the power, then that times two.
    let half_power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(126 << 23));
    let value = series * half_power * 2.0;
    let value = if x < LOWEST { 0.0 } else { value };
    if x > HIGHEST { f32::INFINITY } else { value }
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid<const FMA: bool>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<FMA>(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const FMA: bool>() {
        for step in -8_663..=8_871 {
            let x = step as f32 / 100.0;
            let (ours, exact) = (f64::from(exp::<FMA>(x)), f64::from(x).exp());
            assert!((ours / exact - 1.0).abs() < 2e-7, "{x}: {ours} {exact}");
        }
        assert_eq!(exp::<FMA>(0.0), 1.0);
        assert_eq!(exp::<FMA>(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp::<FMA>(f32::INFINITY), f32::INFINITY);
        assert!(exp::<FMA>(f32::NAN).is_nan());
        assert_eq!((sigmoid::<FMA>(0.0), sigmoid::<FMA>(f32::INFINITY)), (0.5, 1.0));
        assert_eq!(sigmoid::<FMA>(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn the_exponential_is_exact_to_the_last_place_and_keeps_what_is_no_number() {
        check::<true>();
        check::<false>();
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
