//! What a model, an optimizer and a backend make of each other, held against PyTorch, against each other and against
//! themselves. Apart from all other tests, so that a build with every backend has these alone to compile.

mod backends;
mod combinations;
#[path = "../common/mod.rs"]
mod common;
mod family_parity;
mod pytorch_parity;
