//! Carries a plan out: groups runs into cohorts, hands them to workers here or in processes of their
//! own, and keeps what they bring in the store.

mod cohort;
mod grouping;
mod in_process;
mod journal;
pub mod layout;
mod outcome;
mod processes;
pub mod progress;
mod protocol;
mod stop;
mod sweep;
mod todo;

pub use cohort::{CohortRunner, give_up};
pub use grouping::{Pending, cohorts};
pub use in_process::InProcess;
pub use outcome::{Event, Outcome, Tell};
pub use processes::Processes;
pub use progress::Progress;
pub use protocol::{Assignment, serve};
pub use stop::Stop;
pub use sweep::{Executor, Sweep, SweepResult};
pub use todo::Todo;
