//! Runs that others trained, from their tables and logs to arms that can be compared.

mod arm;
mod arms;
mod best;
mod case;
mod charts;
mod columns;
mod contest;
mod copies;
mod csv_tables;
mod grouped;
mod labels;
mod logs;
mod names;
mod overfitting;
mod pairs;
mod paths;
mod remarks;
mod rises;
mod runs;
mod seeds;
mod settings;
mod sources;
mod spellings;
mod standing;
mod summaries;
mod table;
mod words;

pub use arm::Arm;
pub use arms::arms;
pub use case::{Case, CaseTerms};
pub use columns::Columns;
pub use contest::{Contest, JudgedFamily, Test};
pub use names::Pattern;
pub use sources::read;
pub use standing::Held;
pub use table::Table;
