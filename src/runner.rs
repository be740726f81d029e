//! Trains a plan: groups runs into cohorts and trains them in this process or in worker processes, with
//! results in the store.

pub mod causes;
mod cohort;
mod cohort_runner;
mod grouping;
mod in_process;
mod journal;
pub mod layout;
mod machine;
mod outcome;
mod processes;
pub mod progress;
mod protocol;
mod provenance;
mod stop;
mod sweep;
mod todo;
mod worker;

pub use cohort::mark_failed;
pub use cohort_runner::CohortRunner;
pub use grouping::{Pending, cohorts};
pub use in_process::InProcess;
pub use machine::{Machine, cores, peak_bytes};
pub use outcome::{Event, Outcome, Tell};
pub use processes::Processes;
pub use progress::Progress;
pub use protocol::Assignment;
pub use provenance::COMMIT;
pub use stop::Stop;
pub use sweep::{Executor, Sweep, SweepResult};
pub use todo::Todo;
pub use worker::serve;
