//! What the statistics say, in sentences. Nothing here counts or compares: a sentence claims what the
//! [`Kind`] of a finding allows.

pub mod audit;
mod choice;
mod claims;
mod figures;
mod findings;
mod given;
mod judged;
mod levels;
mod mechanism;
mod memorisation;
mod narrowing;
mod nothing;
mod optima;
mod power;
mod reading;
mod rules;
mod search;
mod short;
mod texts;
mod values;
mod warnings;

use crate::stats::{Analysis, Kind, Quantity};

pub use choice::lone;
pub use claims::{
    basis, cannot_tell, claim_chosen, claim_expected, claim_numbers, claim_part, claim_remark,
    claim_told, claim_verdict, claims_in_short, claims_notes, claims_reading, collapsed,
    collapsed_claims, late_claims, literature_title, measured, would_tell,
};
pub use figures::{
    differences_title, last_step_title, regret_title, stopping_title, surface_title,
    transfer_heading, values_title,
};
pub use findings::{cell_beside, family, finding, other_side, pair, story_title, verdicts};
pub use given::given_weights;
pub use judged::{
    contest, decimals as judged_decimals, judged_copies, judged_family, judged_fine_print,
    judged_title, test_name,
};
pub use levels::{decimals, levels, reference};
pub use mechanism::{collapse, collapse_title, mechanism};
pub use memorisation::{
    by_heart, by_heart_reading, by_heart_subject, by_heart_title, by_heart_verdicts,
};
pub use narrowing::gap;
pub use nothing::no_result;
pub use optima::{
    COMMON, best as best_value, confirmed_elsewhere, cost, optima, optima_of, range, symbol, within,
};
pub use power::{needed, power};
pub use reading::{fine_print, reading, reading_in_brief};
pub use rules::{arm, at_lambda, at_others, at_point, decay_label, label, labels, variant};
pub use search::{
    cut_off, decided, fresh_seeds, left, look, searched_title, standing, values, why,
};
pub use short::{alarms, headline, in_short};
pub use values::{
    pooled, row_title, row_verdict, table_in_short, table_verdicts, transfer_name, transfer_title,
};
pub use warnings::warning;

/// For axes and sentences.
pub fn quantity(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::TestLoss => "test loss",
        Quantity::StoppedTestLoss => "stopped test loss",
        Quantity::ValLoss => "val loss",
        Quantity::LowestValLoss => "lowest val loss",
        Quantity::Gap => "gap",
    }
}

/// What is said in the place of a verdict of what does not differ by chance.
pub const SAME: &str = "the same in every seed";

pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Lower => "lower",
        Kind::Higher => "higher",
        Kind::Equivalent => "equivalent",
        Kind::Undecided => "undecided",
        Kind::NoTest => "no test",
    }
}

/// The reported loss by name.
fn loss(analysis: &Analysis) -> &'static str {
    quantity(analysis.loss)
}

#[cfg(test)]
mod tests;
