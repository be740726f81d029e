//! Memory that a kernel fills without anyone having cleared it before.

use std::mem::MaybeUninit;

/// A place for a number.
pub type Slot = MaybeUninit<f32>;

/// The numbers that `write` puts into `count` slots.
///
/// # Safety
/// `write` must write every slot.
pub unsafe fn written(count: usize, write: impl FnOnce(&mut [Slot])) -> Vec<f32> {
    // SAFETY: the caller vouches for the contents.
    let [values] = unsafe { all_written([count], |[slots]| write(slots)) };
    values
}

/// The same of several lists at once.
///
/// # Safety
/// `write` must write every slot of all of them.
pub unsafe fn all_written<const N: usize>(
    counts: [usize; N],
    write: impl FnOnce([&mut [Slot]; N]),
) -> [Vec<f32>; N] {
    let mut all = counts.map(Vec::with_capacity);
    let mut places = counts.into_iter();
    write(all.each_mut().map(|values| {
        let count = places.next().expect("every list has a count");
        &mut values.spare_capacity_mut()[..count]
    }));
    for (values, count) in all.iter_mut().zip(counts) {
        // SAFETY: the capacity is there, and the caller vouches for the contents.
        unsafe { values.set_len(count) };
    }
    all
}

/// Slots for as long as a block is worked on.
pub fn scratch(count: usize) -> Box<[Slot]> {
    Box::new_uninit_slice(count)
}
