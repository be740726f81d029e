//! Tests of the built program and of the library from outside. What trains on other backends besides is in `training`, which
//! a build of every backend compiles alone.

mod across;
mod advise;
mod advise_config;
mod advise_rules;
mod advise_strangers;
mod analysis;
mod audit;
mod audit_expected;
mod bad_input;
mod browser;
mod claims;
mod command_line;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod data;
mod export;
mod extend;
mod figures;
mod files;
mod folders;
mod hints;
mod house;
mod identities;
mod judge;
mod mechanism;
mod memorisation;
mod readme;
mod reference;
mod report;
mod report_changed;
mod resume;
mod rivals;
mod sample;
mod search;
mod slurm;
mod terminal;
mod tokenizers;
mod transformers;
mod values_table;
mod view;
mod weights;
