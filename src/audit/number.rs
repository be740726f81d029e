//! The floating-point formats of weights: what their numbers are, and how far apart those lie that they can tell.

use half::{bf16, f16};
use safetensors::Dtype;

/// Bits of a double's significand that are stored, and the exponent that stands for 1.
const STORED: u32 = 52;
const BIAS: i32 = 1023;

/// What a format can tell apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Format {
    /// As people call it.
    pub name: &'static str,
    /// Bits of the significand, the one before the point included.
    pub digits: i32,
    /// Power of two below which numbers are evenly spaced.
    lowest: i32,
    /// Smaller numbers are left out: kernels may flush them to zero.
    pub smallest: f64,
    /// Relative rounding error of the multiplier 1 − ηλ where a step is computed: in float32, but for float64.
    pub multiplier: f64,
}

const SINGLE: Format = Format {
    name: "float32",
    digits: 24,
    lowest: -126,
    smallest: 1e-35,
    multiplier: 1.0 / (1_u64 << 25) as f64,
};

impl Format {
    /// Of a type of tensors; `None` for those that are no floating-point numbers of 16 bits or more.
    pub fn of(dtype: Dtype) -> Option<Self> {
        Some(match dtype {
            Dtype::F32 => SINGLE,
            Dtype::BF16 => Format { name: "bfloat16", digits: 8, ..SINGLE },
            Dtype::F16 => {
                Format { name: "float16", digits: 11, lowest: -14, smallest: 0.0, ..SINGLE }
            }
            Dtype::F64 => Format {
                name: "float64",
                digits: 53,
                lowest: -900,
                smallest: 1e-250,
                multiplier: 1.0 / (1_u64 << 54) as f64,
            },
            _ => return None,
        })
    }

    /// Half of the largest relative distance between two neighbours: a smaller shrink may be rounded away from
    /// every number, one of half of it is from all of them.
    pub fn half_step(&self) -> f64 {
        (-f64::from(self.digits)).exp2()
    }

    /// Distance to the next larger number.
    #[inline(always)]
    pub fn spacing(&self, value: f64) -> f64 {
        let exponent = ((value.to_bits() >> STORED) & 0x7ff) as i32;
        let exponent = exponent.max(self.lowest + BIAS) - (self.digits - 1);
        f64::from_bits((exponent as u64) << STORED)
    }
}

/// Whether numbers below lie half as far apart as those above.
#[inline(always)]
pub fn is_power_of_two(value: f64) -> bool {
    value.to_bits() & ((1 << STORED) - 1) == 0
}

/// The numbers of two tensors of a type, pair by pair.
pub fn for_each_pair(dtype: Dtype, before: &[u8], after: &[u8], visit: impl FnMut(f64, f64)) {
    match dtype {
        Dtype::F32 => pairs(before, after, |bytes| f64::from(f32::from_le_bytes(bytes)), visit),
        Dtype::BF16 => pairs(before, after, |bytes| bf16::from_le_bytes(bytes).to_f64(), visit),
        Dtype::F16 => pairs(before, after, |bytes| f16::from_le_bytes(bytes).to_f64(), visit),
        Dtype::F64 => pairs(before, after, f64::from_le_bytes, visit),
        _ => {}
    }
}

#[inline(always)]
fn pairs<const N: usize>(
    before: &[u8],
    after: &[u8],
    number: impl Fn([u8; N]) -> f64,
    mut visit: impl FnMut(f64, f64),
) {
    for (before, after) in before.as_chunks::<N>().0.iter().zip(after.as_chunks::<N>().0) {
        visit(number(*before), number(*after));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacings_are_those_of_the_formats() {
        let spacing = |dtype, value| Format::of(dtype).unwrap().spacing(value);
        assert_eq!(spacing(Dtype::F32, 1.0), f64::from(f32::EPSILON));
        assert_eq!(spacing(Dtype::F32, -3.0), 2.0 * f64::from(f32::EPSILON));
        assert_eq!(spacing(Dtype::BF16, 1.5), 1.0 / 128.0);
        assert_eq!(spacing(Dtype::F64, 1.0), f64::EPSILON);
        assert_eq!(spacing(Dtype::F16, 0.0), f16::from_bits(1).to_f64());
        assert_eq!(spacing(Dtype::F16, 0.25), f16::EPSILON.to_f64() / 4.0);
    }
}
