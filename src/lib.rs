//! `wane` trains small GPTs and finds out what weight decay does to them, by experiment.
//!
//! Data flows one way: a spec (TOML, [`experiment`]) → a plan of runs → cohorts ([`runner`]) →
//! [`train`](mod@train) → [`record`]s on disk ([`store`]) → [`results`] (CSV) → [`stats`] → words, figures
//! and [`report`]. Each stage reads only what the one before wrote.
//!
//! Runs of one shape train together as one [`model`] whose every parameter and activation has a
//! leading *lane* axis, one lane per run; [`optim`] holds a coefficient per lane. A lane's numbers
//! do not depend on its neighbours, so a single run is a cohort of one lane.
//!
//! `docs/architecture.md` draws the rooms and says how to add to each.

pub mod advice;
pub mod allocator;
pub mod audit;
pub mod backend;
pub mod cli;
pub mod cluster;
mod compression;
pub mod config;
pub mod corpus;
pub mod exit;
pub mod experiment;
pub mod export;
pub mod files;
mod json;
pub mod judge;
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
pub mod sample;
pub mod search;
pub mod session;
mod shell;
mod signals;
pub mod stats;
pub mod store;
pub mod talk;
pub mod tensors;
pub mod terminal;
pub mod train;
pub mod view;
