//! The arithmetic of [`ops`](crate::ops) on slices, for CPUs: no tensors, no graph.
//!
//! Plain loops over chunks of one width of numbers, which compilers turn into vector
//! instructions; `vectorised!` compiles each twice and chooses at run time. Work is cut into
//! blocks whose sizes depend on the shapes alone and every sum has one order, so that the results are
//! the same bits for any number of threads and lanes.

pub mod activation;
pub mod arithmetic;
pub mod attention;
pub mod blocks;
pub mod columns;
pub mod dots;
pub mod each_row;
pub mod embedding;
pub mod expert;
pub mod linear;
pub mod loss;
pub mod mixture;
pub mod norm;
mod rotary;
mod simd;
mod slots;
pub mod sublayer;
pub mod update;

pub use simd::vector_bits;
pub use slots::{Slot, written};
