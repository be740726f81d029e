//! The floating-point formats of weights: what their numbers are, and how far apart those lie that they can tell.

use half::f16;
use safetensors::Dtype;

/// The bits of a double's exponent.
const EXPONENT: u64 = 0x7ff << 52;

/// What a format can tell apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Format {
    /// As people call it.
    pub name: &'static str,
    /// Bits of the significand, the one before the point included.
    pub digits: i32,
    /// Distance of neighbours over the power of two below them.
    unit: f64,
    /// Distance of the smallest neighbours.
    finest: f64,
    /// Smaller numbers are left out: kernels may flush them to zero.
    pub smallest: f64,
    /// Relative rounding error of the multiplier 1 − ηλ where a step is computed: in float32, but for float64.
    pub multiplier: f64,
}

const SINGLE: Format = Format {
    name: "float32",
    digits: 24,
    unit: power(-23),
    finest: power(-149),
    smallest: 1e-35,
    multiplier: power(-25),
};

/// 2 to an exponent.
const fn power(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl Format {
    /// Of a type of tensors; `None` for those that are no floating-point numbers of 16 bits or more.
    pub fn of(dtype: Dtype) -> Option<Self> {
        Some(match dtype {
            Dtype::F32 => SINGLE,
            Dtype::BF16 => Format {
                name: "bfloat16",
                digits: 8,
                unit: power(-7),
                finest: power(-133),
                ..SINGLE
            },
            Dtype::F16 => Format {
                name: "float16",
                digits: 11,
                unit: power(-10),
                finest: power(-24),
                smallest: 0.0,
                ..SINGLE
            },
            Dtype::F64 => Format {
                name: "float64",
                digits: 53,
                unit: power(-52),
                finest: power(-900),
                smallest: 1e-250,
                multiplier: power(-54),
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
        let spacing = power_below(value) * self.unit;
        if spacing > self.finest { spacing } else { self.finest }
    }
}

/// The largest power of two that a magnitude is not below.
#[inline(always)]
fn power_below(value: f64) -> f64 {
    f64::from_bits(value.to_bits() & EXPONENT)
}

/// Whether numbers below lie half as far apart as those above.
#[inline(always)]
pub fn is_power_of_two(value: f64) -> bool {
    value.abs() == power_below(value)
}

/// As many numbers as are looked at together: whole vectors of every CPU.
pub const LANES: usize = 8;

/// The numbers of two tensors of a type, a block of each after another; the last blocks may be shorter.
pub fn for_each_block(
    dtype: Dtype,
    before: &[u8],
    after: &[u8],
    visit: impl FnMut(&[f64], &[f64]),
) {
    match dtype {
        Dtype::F32 => blocks(before, after, |bytes| f64::from(f32::from_le_bytes(bytes)), visit),
        // Half of a float32: shorter than what serves all CPUs.
        Dtype::BF16 => blocks(
            before,
            after,
            |bytes| f64::from(f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)),
            visit,
        ),
        Dtype::F16 => blocks(before, after, |bytes| f16::from_le_bytes(bytes).to_f64(), visit),
        Dtype::F64 => blocks(before, after, f64::from_le_bytes, visit),
        _ => {}
    }
}

#[inline(always)]
fn blocks<const N: usize>(
    before: &[u8],
    after: &[u8],
    number: impl Fn([u8; N]) -> f64,
    mut visit: impl FnMut(&[f64], &[f64]),
) {
    let (before, after) = (before.as_chunks::<N>().0, after.as_chunks::<N>().0);
    let ((whole, rest), (other, other_rest)) =
        (before.as_chunks::<LANES>(), after.as_chunks::<LANES>());
    for (before, after) in whole.iter().zip(other) {
        visit(&before.map(&number), &after.map(&number));
    }
    for (before, after) in rest.iter().zip(other_rest) {
        visit(&[number(*before)], &[number(*after)]);
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
