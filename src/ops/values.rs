//! From burn-flex's tensors to slices and back.

use std::borrow::Cow;
use std::sync::Arc;

use burn::backend::Flex;
use burn::backend::flex::Layout;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{Bytes, DType, Shape};

/// A tensor of burn-flex.
pub type Values = FloatTensor<Flex>;

/// Sizes of a tensor of `D` axes.
pub fn dims<const D: usize>(values: &Values) -> [usize; D] {
    let shape = values.layout().shape();
    std::array::from_fn(|axis| shape[axis])
}

/// The numbers of a tensor in row-major order, copied only where they lie in another.
pub fn numbers(values: &Values) -> Cow<'_, [f32]> {
    if is_whole(values) {
        return Cow::Borrowed(values.storage());
    }
    match values.as_slice::<f32>() {
        Some(part) => Cow::Borrowed(part),
        None => Cow::Owned(in_order(values)),
    }
}

/// Whether the memory of a tensor holds its numbers and no others, in row-major order.
fn is_whole(values: &Values) -> bool {
    let layout = values.layout();
    let mut count = 1;
    let axes = layout.shape().as_slice().iter().zip(layout.strides()).rev();
    let is_contiguous = axes.fold(true, |is_contiguous, (size, stride)| {
        let goes_on = *size == 1 || *stride == count as isize;
        count *= size;
        is_contiguous && goes_on
    });
    is_contiguous && layout.start_offset() == 0 && values.storage::<f32>().len() == count
}

/// The numbers of a tensor whose axes lie in another order.
fn in_order(values: &Values) -> Vec<f32> {
    let layout = values.layout();
    let mut numbers = Vec::with_capacity(layout.num_elements());
    let first = layout.start_offset() as isize;
    collect(values.storage(), first, (layout.shape(), layout.strides()), &mut numbers);
    numbers
}

fn collect(
    storage: &[f32],
    first: isize,
    (shape, strides): (&[usize], &[isize]),
    numbers: &mut Vec<f32>,
) {
    let ([count, shape @ ..], [stride, strides @ ..]) = (shape, strides) else {
        return numbers.push(storage[first as usize]);
    };
    let starts = (0..*count as isize).map(|place| first + place * stride);
    match shape {
        [] if *stride == 1 => numbers.extend_from_slice(&storage[first as usize..][..*count]),
        [] => numbers.extend(starts.map(|place| storage[place as usize])),
        _ => starts.for_each(|first| collect(storage, first, (shape, strides), numbers)),
    }
}

/// A tensor whose numbers can be changed: itself where nobody else holds it, else a copy.
pub fn own(values: Values) -> Values {
    match is_whole(&values) {
        true => values,
        false => tensor(numbers(&values).into_owned(), values.layout().shape().to_vec()),
    }
}

/// A tensor with other numbers: itself where nobody else holds it, else a copy.
pub fn changed(values: Values, change: impl FnOnce(&mut [f32])) -> Values {
    let mut values = own(values);
    change(values.storage_mut());
    values
}

/// Numbers as a tensor. What burn-flex does for it is built to be small, and a step of a small model makes a hundred.
///
/// # Panics
/// For another count of numbers than the shape has.
pub fn tensor(numbers: Vec<f32>, shape: impl Into<Shape>) -> Values {
    let shape = shape.into();
    let mut strides = vec![1; shape.num_dims()];
    let mut count = 1;
    for (stride, size) in strides.iter_mut().zip(shape.as_slice()).rev() {
        *stride = count as isize;
        count *= size;
    }
    assert_eq!(numbers.len(), count, "a tensor has the numbers of its shape");
    Values::new(Bytes::from_elems(numbers), Layout::new(shape, strides, 0), DType::F32)
}

/// The numbers of an integer tensor.
pub fn indices(values: &IntTensor<Flex>) -> Arc<[usize]> {
    let values = values.to_contiguous();
    match values.dtype() {
        DType::I32 => values.storage::<i32>().iter().map(|index| *index as usize).collect(),
        DType::I64 => values.storage::<i64>().iter().map(|index| *index as usize).collect(),
        other => panic!("indices are 32 or 64 bits wide, not {other:?}"),
    }
}
