use burn::backend::Dispatch;
use burn::tensor::Tensor;
use wane_kernels::arithmetic::{Pair, Single};

use super::fused::FusedArithmetic;
use super::fused::is_fused;

/// `[matrices, n, n]` with a number added to every diagonal; without autodiff.
pub fn plus_diagonal(matrices: Tensor<3>, number: f32) -> Tensor<3> {
    if is_fused(&matrices.device()) {
        return Tensor::from_dispatch(Dispatch::plus_diagonal(matrices.into_dispatch(), number));
    }
    let identity = Tensor::<2>::eye(matrices.dims()[2], &matrices.device());
    matrices + identity.unsqueeze() * number
}

/// The same numbers, moved in memory to the order of their axes; without autodiff.
pub fn in_order<const D: usize>(values: Tensor<D>) -> Tensor<D> {
    match is_fused(&values.device()) {
        true => Tensor::from_dispatch(Dispatch::in_order(values.into_dispatch())),
        false => values,
    }
}

/// Arithmetic number by number without autodiff, by [kernels](super::kernels) where the device has them. What it
/// gives has the bits of Burn's own.
pub trait Arithmetic: Sized {
    /// `a + b`.
    fn plus(self, other: Self) -> Self;
    /// `a − b`.
    fn minus(self, other: Self) -> Self;
    /// `a · b`.
    fn times(self, other: Self) -> Self;
    /// `a / b`.
    fn over(self, other: Self) -> Self;
    /// `a²`.
    fn squared(self) -> Self;
    /// `√a`.
    fn root(self) -> Self;
    /// −1, 0 or 1.
    fn signs(self) -> Self;
    /// 1 where a number is 0 or above, else 0.
    fn not_below_0(self) -> Self;
    /// With one number.
    fn with_number(self, of: Pair, number: f32) -> Self;
    /// With `[n]` numbers, one for each place of the first axis of `[n, …]`.
    fn with_each(self, of: Pair, numbers: Tensor<1>) -> Self;
    /// In some lanes, of which there is one for each place of the first axis, the numbers of another.
    fn replaced(self, by: Self, lanes: &[bool]) -> Self;
}

impl<const D: usize> Arithmetic for Tensor<D> {
    fn plus(self, other: Self) -> Self {
        pair(self, other, Pair::Plus)
    }

    fn minus(self, other: Self) -> Self {
        pair(self, other, Pair::Minus)
    }

    fn times(self, other: Self) -> Self {
        pair(self, other, Pair::Times)
    }

    fn over(self, other: Self) -> Self {
        pair(self, other, Pair::Over)
    }

    fn squared(self) -> Self {
        single(self, Single::Square)
    }

    fn root(self) -> Self {
        single(self, Single::Root)
    }

    fn signs(self) -> Self {
        single(self, Single::Sign)
    }

    fn not_below_0(self) -> Self {
        single(self, Single::NotBelow0)
    }

    fn with_number(self, of: Pair, number: f32) -> Self {
        if is_fused(&self.device()) {
            let changed = Dispatch::with_number(self.into_dispatch(), number, of);
            return Tensor::from_dispatch(changed);
        }
        match of {
            Pair::Plus => self.add_scalar(number),
            Pair::Minus => self.sub_scalar(number),
            Pair::Times => self.mul_scalar(number),
            Pair::Over => self.div_scalar(number),
        }
    }

    fn with_each(self, of: Pair, numbers: Tensor<1>) -> Self {
        if is_fused(&self.device()) {
            let (a, b) = (self.into_dispatch(), numbers.into_dispatch());
            return Tensor::from_dispatch(Dispatch::with_each(a, b, of));
        }
        let mut shape = [1; D];
        shape[0] = numbers.dims()[0];
        by_burn(self, numbers.reshape(shape), of)
    }

    fn replaced(self, by: Self, lanes: &[bool]) -> Self {
        if is_fused(&self.device()) {
            let (a, b) = (self.into_dispatch(), by.into_dispatch());
            return Tensor::from_dispatch(Dispatch::replace_lanes(a, b, lanes.to_vec()));
        }
        let of = |lane: usize| if lanes[lane] { &by } else { &self };
        let lanes = (0..lanes.len()).map(|lane| of(lane).clone().narrow(0, lane, 1));
        Tensor::cat(lanes.collect(), 0)
    }
}

fn pair<const D: usize>(a: Tensor<D>, b: Tensor<D>, of: Pair) -> Tensor<D> {
    match is_fused(&a.device()) {
        true => Tensor::from_dispatch(Dispatch::pairs(a.into_dispatch(), b.into_dispatch(), of)),
        false => by_burn(a, b, of),
    }
}

fn by_burn<const D: usize>(a: Tensor<D>, b: Tensor<D>, of: Pair) -> Tensor<D> {
    match of {
        Pair::Plus => a + b,
        Pair::Minus => a - b,
        Pair::Times => a * b,
        Pair::Over => a / b,
    }
}

fn single<const D: usize>(a: Tensor<D>, of: Single) -> Tensor<D> {
    if is_fused(&a.device()) {
        return Tensor::from_dispatch(Dispatch::singles(a.into_dispatch(), of));
    }
    match of {
        Single::Square => a.square(),
        Single::Root => a.sqrt(),
        Single::Sign => a.sign(),
        Single::NotBelow0 => a.greater_equal_scalar(0.0).float(),
    }
}
