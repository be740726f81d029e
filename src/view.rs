//! A page on this machine that shows sweeps while they train: a small HTTP server that reads and never writes.
//!
//! It reads what [`store`](crate::store) and [`results`](crate::results) keep, takes no lock, and answers known routes
//! alone: no file is served by its path.

mod guard;
mod http;
mod page;
mod routes;
mod run;
mod server;
mod sweeps;
mod update;
mod watched;

pub use server::Server;

/// The port where none is asked for: "WANE" on a telephone.
pub const PORT: u16 = 9263;
