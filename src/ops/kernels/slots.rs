//! Memory that a kernel fills without anyone having cleared it before.

use std::mem::MaybeUninit;

/// A place for a number.
pub type Slot = MaybeUninit<f32>;

/// The numbers that `write` puts into `count` slots.
///
/// # Safety
/// `write` must write every slot.
pub unsafe fn written(count: usize, write: impl FnOnce(&mut [Slot])) -> Vec<f32> {
    let mut values: Vec<f32> = Vec::with_capacity(count);
    write(&mut values.spare_capacity_mut()[..count]);
    // SAFETY: the capacity is there, and the caller vouches for the contents.
    unsafe { values.set_len(count) };
    values
}
