//! Arithmetic number by number, in the place of the numbers that it changes, for what has no kernel of its own.

use super::blocks::each_chunk;
use super::simd::{add, multiply, vectorised};

/// Numbers that one thread works on at a time.
const BLOCK: usize = 1 << 14;

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// Their sum.
    Plus,
    /// The first less the second.
    Minus,
    /// Their product.
    Times,
    /// The first divided by the second.
    Over,
}

/// What is done with one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    /// Times itself.
    Square,
    /// Its square root.
    Root,
    /// −1, 0 or 1; 0 of what is no number.
    Sign,
    /// 1 where it is 0 or above, else 0.
    NotBelow0,
}

/// Changes every number of `a` by the one of `b` in its place.
///
/// # Panics
/// For lists of two lengths.
pub fn pairs(a: &mut [f32], b: &[f32], of: Pair) {
    assert_eq!(a.len(), b.len(), "pairs are of lists of one length");
    each_chunk(a, BLOCK, |place, a| {
        pairs_of_block(a, &b[place * BLOCK..][..a.len()], of);
    });
}

/// Changes every number.
pub fn singles(a: &mut [f32], of: Single) {
    each_chunk(a, BLOCK, |_, a| singles_of_block(a, of));
}

/// Changes the numbers of `a` by those of `b`, each of which stands for as many of `a`, one after the other, as there
/// are to it.
///
/// # Panics
/// Where `a` is no multiple of `b`.
pub fn with_each(a: &mut [f32], b: &[f32], of: Pair) {
    if a.len() == b.len() {
        return pairs(a, b, of);
    }
    assert!(!b.is_empty() && a.len().is_multiple_of(b.len()), "every number stands for as many");
    let size = a.len() / b.len();
    each_chunk(a, BLOCK, |place, mut a| {
        let mut first = place * BLOCK;
        while !a.is_empty() {
            let (group, begun) = (first / size, first % size);
            let (part, rest) = a.split_at_mut((size - begun).min(a.len()));
            with_one(part, b[group], of);
            first += part.len();
            a = rest;
        }
    });
}

/// Puts the numbers of `b` in the place of those of `a` in the lanes that are named.
///
/// # Panics
/// For lists of two lengths.
pub fn replace_lanes(a: &mut [f32], b: &[f32], lanes: &[bool]) {
    assert_eq!(a.len(), b.len(), "lanes are of one size");
    let size = a.len() / lanes.len();
    for (lane, _) in lanes.iter().enumerate().filter(|(_, named)| **named) {
        a[lane * size..][..size].copy_from_slice(&b[lane * size..][..size]);
    }
}

/// Adds a number to the diagonal of every matrix `[size, size]`.
pub fn plus_diagonal(matrices: &mut [f32], size: usize, number: f32) {
    for matrix in matrices.chunks_exact_mut(size * size) {
        matrix.iter_mut().step_by(size + 1).for_each(|value| *value += number);
    }
}

fn pairs_of_block(a: &mut [f32], b: &[f32], of: Pair) {
    match of {
        Pair::Plus => add(a, b),
        Pair::Minus => subtract(a, b),
        Pair::Times => multiply(a, b),
        Pair::Over => divide(a, b),
    }
}

vectorised! {
    fn subtract(a: &mut [f32], b: &[f32]) = subtract_body
}

#[inline(always)]
fn subtract_body<const BITS: usize>(a: &mut [f32], b: &[f32]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a -= b);
}

vectorised! {
    fn divide(a: &mut [f32], b: &[f32]) = divide_body
}

#[inline(always)]
fn divide_body<const BITS: usize>(a: &mut [f32], b: &[f32]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a /= b);
}

vectorised! {
    fn with_one(a: &mut [f32], b: f32, of: Pair) = with_one_body
}

#[inline(always)]
fn with_one_body<const BITS: usize>(a: &mut [f32], b: f32, of: Pair) {
    match of {
        Pair::Plus => a.iter_mut().for_each(|a| *a += b),
        Pair::Minus => a.iter_mut().for_each(|a| *a -= b),
        Pair::Times => a.iter_mut().for_each(|a| *a *= b),
        Pair::Over => a.iter_mut().for_each(|a| *a /= b),
    }
}

vectorised! {
    fn singles_of_block(a: &mut [f32], of: Single) = singles_body
}

#[inline(always)]
fn singles_body<const BITS: usize>(a: &mut [f32], of: Single) {
    match of {
        Single::Square => a.iter_mut().for_each(|a| *a *= *a),
        Single::Root => a.iter_mut().for_each(|a| *a = a.sqrt()),
        Single::Sign => a.iter_mut().for_each(|a| *a = sign(*a)),
        Single::NotBelow0 => a.iter_mut().for_each(|a| *a = if *a >= 0.0 { 1.0 } else { 0.0 }),
    }
}

#[inline(always)]
fn sign(value: f32) -> f32 {
    let positive = if value > 0.0 { 1.0 } else { 0.0 };
    if value < 0.0 { -1.0 } else { positive }
}
