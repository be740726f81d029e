use std::cell::RefCell;

use super::Heads;
use super::tiles::TILE;
use crate::simd::WIDTH;

/// Memory for one head, padded with zeros to whole chunks.
#[derive(Default)]
pub(super) struct Scratch {
    /// Context and channels of a head that it is for.
    sizes: (usize, usize),
    /// The same, padded: the distance of rows.
    pub(super) rows: usize,
    pub(super) width: usize,
    /// `[rows, width]` each: what cannot be used where it lies.
    pub(super) query: Vec<f32>,
    pub(super) key: Vec<f32>,
    pub(super) value: Vec<f32>,
    pub(super) gradient: Vec<f32>,
    /// `[width, rows]` each.
    pub(super) key_turned: Vec<f32>,
    pub(super) value_turned: Vec<f32>,
    /// `[rows, rows]` each.
    pub(super) weights: Vec<f32>,
    pub(super) slopes: Vec<f32>,
    /// `[TILE, width]`.
    pub(super) products: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

pub(super) fn with_scratch(heads: &Heads, work: impl FnOnce(&mut Scratch)) {
    SCRATCH.with_borrow_mut(|scratch| {
        // What another shape left behind would stand where zeros must.
        if scratch.sizes != (heads.context, heads.head) {
            *scratch = Scratch::new(heads);
        }
        work(scratch);
    });
}

impl Scratch {
    fn new(heads: &Heads) -> Self {
        // A chunk more than needed: rows whose distance is a power of two share few places of the nearest cache.
        let rows = heads.context.next_multiple_of(WIDTH) + WIDTH;
        let width = heads.head.next_multiple_of(WIDTH);
        let (narrow, square) = (|| vec![0.0; rows * width], || vec![0.0; rows * rows]);
        Scratch {
            sizes: (heads.context, heads.head),
            rows,
            width,
            query: narrow(),
            key: narrow(),
            value: narrow(),
            gradient: narrow(),
            key_turned: narrow(),
            value_turned: narrow(),
            weights: square(),
            slopes: square(),
            products: vec![0.0; TILE * width],
        }
    }
}
