//! Tests of the built program and of the library from outside, as one binary: each would link Burn.

mod analysis;
mod audit;
mod backends;
mod bad_input;
mod combinations;
mod command_line;
mod common;
mod data;
mod extend;
mod family_parity;
mod figures;
mod files;
mod hints;
mod house;
mod identities;
mod mechanism;
mod pytorch_parity;
mod reference;
mod report;
mod resume;
mod rivals;
mod search;
mod slurm;
mod terminal;
mod values_table;
mod weights;
