//! Tests of the built program and of the library from outside, as one binary: each would link Burn.

mod backends;
mod bad_input;
mod command_line;
mod common;
mod family_parity;
mod figures;
mod pytorch_parity;
mod reference;
mod report;
mod resume;
mod slurm;
mod values_table;
