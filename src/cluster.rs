//! Brings a plan onto a cluster: freezes it, submits it as tasks, follows them.

pub mod follow;
pub mod slurm;
pub mod snapshot;
pub mod submit;
