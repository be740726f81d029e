//! Arithmetic number by number against Burn's own, bit for bit.

use wane_kernels::arithmetic::Pair;

use super::*;

/// Numbers of every kind: large, small, 0 of both signs, infinite, none.
fn odd_numbers(name: &str, count: usize) -> Vec<f32> {
    let special = [0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-40, -1e38];
    let mut values = numbers(name, count);
    values.iter_mut().skip(3).step_by(5).zip(special).for_each(|(value, odd)| *value = odd);
    values
}

fn tensor(values: &[f32], shape: [usize; 3]) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

fn bits(tensor: Tensor<3>) -> Vec<Option<u32>> {
    let values: Vec<f32> = tensor.try_into_vec_as().unwrap();
    // No number has many forms.
    values.into_iter().map(|value| (!value.is_nan()).then_some(value.to_bits())).collect()
}

#[test]
fn arithmetic_has_the_bits_of_burns() {
    for shape in [[1, 1, 1], [2, 3, 5], [3, 1, 16], [1, 7, 31], [3, 70, 257]] {
        let count = shape.iter().product();
        let (a, b) = (odd_numbers("a", count), odd_numbers("b", count + 1)[1..].to_vec());
        let [a, b] = [a, b].map(|values| tensor(&values, shape));
        let both = || (a.clone(), b.clone());
        let agree = |what: &str, ours: Tensor<3>, theirs: Tensor<3>| {
            assert!(bits(ours) == bits(theirs), "{what} of {shape:?}");
        };
        let ((x, y), theirs) = (both(), a.clone() + b.clone());
        agree("plus", x.plus(y), theirs);
        let ((x, y), theirs) = (both(), a.clone() - b.clone());
        agree("minus", x.minus(y), theirs);
        let ((x, y), theirs) = (both(), a.clone() * b.clone());
        agree("times", x.times(y), theirs);
        let ((x, y), theirs) = (both(), a.clone() / b.clone());
        agree("over", x.over(y), theirs);
        agree("squared", a.clone().squared(), a.clone().square());
        agree("root", a.clone().root(), a.clone().sqrt());
        agree("signs", a.clone().signs(), a.clone().sign());
        let theirs = a.clone().greater_equal_scalar(0.0).float();
        agree("not below 0", a.clone().not_below_0(), theirs);
    }
}

#[test]
fn a_number_for_every_lane_or_for_all_has_the_bits_of_burns() {
    for shape in [[1, 2, 3], [3, 5, 7], [5, 1, 1], [3, 70, 257]] {
        let x = tensor(&odd_numbers("x", shape.iter().product()), shape);
        let numbers: Vec<f32> = (0..shape[0]).map(|lane| 0.3 + lane as f32).collect();
        let numbers: Tensor<1> = Tensor::from_floats(numbers.as_slice(), &Device::flex());
        let wide: Tensor<3> = numbers.clone().reshape([shape[0], 1, 1]);
        for of in [Pair::Plus, Pair::Minus, Pair::Times, Pair::Over] {
            let (each, one) = match of {
                Pair::Plus => (x.clone() + wide.clone(), x.clone().add_scalar(0.7)),
                Pair::Minus => (x.clone() - wide.clone(), x.clone().sub_scalar(0.7)),
                Pair::Times => (x.clone() * wide.clone(), x.clone().mul_scalar(0.7)),
                Pair::Over => (x.clone() / wide.clone(), x.clone().div_scalar(0.7)),
            };
            let ours = x.clone().with_each(of, numbers.clone());
            assert!(bits(ours) == bits(each), "{of:?} of {shape:?}");
            let ours = x.clone().with_number(of, 0.7);
            assert!(bits(ours) == bits(one), "{of:?} one number of {shape:?}");
        }
    }
}

#[test]
fn lanes_are_replaced_whole_and_the_others_keep_their_bits() {
    let shape = [3, 2, 5];
    let (a, b) = (odd_numbers("a", 30), odd_numbers("b", 30));
    let lanes = [false, true, false];
    let ours = bits(tensor(&a, shape).replaced(tensor(&b, shape), &lanes));
    let (a, b) = (bits(tensor(&a, shape)), bits(tensor(&b, shape)));
    assert_eq!((&ours[..10], &ours[10..20], &ours[20..]), (&a[..10], &b[10..20], &a[20..]));
}

#[test]
fn what_lies_in_another_order_is_read_in_its_own() {
    let x = tensor(&numbers("x", 2 * 5 * 7), [2, 5, 7]);
    let turned = x.clone().swap_dims(1, 2);
    let theirs: Vec<f32> = turned.clone().try_into_vec_as().unwrap();
    let ours: Vec<f32> = turned.with_number(Pair::Plus, 0.0).try_into_vec_as().unwrap();
    assert_eq!(ours, theirs);
    let part = x.clone().narrow(2, 2, 3).narrow(0, 1, 1);
    let theirs: Vec<f32> = part.clone().try_into_vec_as().unwrap();
    let ours: Vec<f32> = part.with_number(Pair::Plus, 0.0).try_into_vec_as().unwrap();
    assert_eq!(ours, theirs);
    let kept: Vec<f32> = x.try_into_vec_as().unwrap();
    assert_eq!(kept, numbers("x", 70), "a view is changed in a copy");
}

#[test]
fn diagonals_grow_and_nothing_else() {
    let x = tensor(&numbers("x", 2 * 3 * 3), [2, 3, 3]);
    let identity = Tensor::<2>::eye(3, &Device::flex()).unsqueeze() * 1.5;
    assert_eq!(bits(plus_diagonal(x.clone(), 1.5)), bits(x + identity));
}
