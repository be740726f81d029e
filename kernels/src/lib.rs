//! The arithmetic of a transformer's operations on slices, for CPUs: no tensors, no graph.
//!
//! Plain loops over chunks of one width of numbers, which compilers turn into vector
//! instructions; `vectorised!` compiles each twice and chooses at run time. Work is cut into
//! blocks whose sizes depend on the shapes alone and every sum has one order, so that the results are
//! the same bits for any number of threads and lanes.
//!
//! A crate of its own, because what is hot is here and compiled in one unit: loops that a compiler must see as a whole
//! to turn them into vector instructions do not depend on what else the program holds.

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
pub mod noise;
pub mod norm;
mod rotary;
mod simd;
mod slots;
pub mod sublayer;
pub mod update;

pub use simd::vector_bits;
pub use slots::{Slot, written};

#[cfg(test)]
mod tests {
    /// The tests of this crate again, in processes that are told to use narrower vectors.
    #[test]
    fn all_of_it_holds_with_narrower_vectors_too() {
        for bits in ["0", "256"] {
            let output = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--skip", "narrower_vectors"])
                .env("WANE_VECTOR_BITS", bits)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("8 passed"), "{bits}: {said}");
        }
    }
}
