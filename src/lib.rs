//! `wane` trains small GPTs and finds out what weight decay does to them, by experiment.
//!
//! Data flows one way: [`spec`] (TOML) → [`plan`] (runs with content hashes) → cohorts →
//! [`train`](mod@train) → [`record`]s on disk → [`report`] (CSV, tables) → [`figures`]. Each stage
//! reads only what the one before wrote.
//!
//! Runs of one shape train together as one [`model`] whose every parameter and activation has a
//! leading *lane* axis, one lane per run; [`optim`] holds a coefficient per lane. A lane's numbers
//! do not depend on its neighbours, so a single run is a cohort of one lane.
//!
//! [`sweep`](mod@sweep) carries cohorts out in this process or in worker processes; [`launch`] freezes a plan
//! and brings it onto a cluster ([`slurm`]), where tasks do the same with their parts of it.

pub mod backend;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod corpus;
pub mod exit;
pub mod experiment;
pub mod files;
pub mod model;
pub mod ops;
pub mod optim;
mod paths;
mod plural;
pub mod published;
mod random;
pub mod record;
pub mod report;
pub mod results;
pub mod runner;
pub mod session;
mod signals;
pub mod stats;
pub mod store;
pub mod talk;
pub mod terminal;
pub mod train;
