//! Runs that others trained, from their tables and logs to arms that can be compared.

mod arms;
mod case;
mod csv_tables;
mod logs;
mod names;
mod sources;
mod table;

pub use arms::{Arm, Columns, arms};
pub use case::{Case, CaseTerms, Contest, JudgedFamily, Test};
pub use names::Pattern;
pub use sources::read;
pub use table::Table;
