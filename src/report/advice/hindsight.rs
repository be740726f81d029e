//! What the columns of recovered λ stand on.

use super::super::format::three_digits;
use super::rules::shown;
use crate::advice::{Kind, Reading, Run, Said};
use crate::published::Kin;

/// How to read the columns, or why they are empty.
pub fn hindsight(run: &Run, said: &[Said]) -> String {
    let shown = shown(said);
    let found = || shown.iter().filter_map(|one| one.hindsight);
    let Some(runs) = found().map(|one| one.runs).max() else {
        return without_runs(run);
    };
    let star = match found().any(|one| one.is_in_sample) {
        true => " *: the rule was made from these runs.",
        false => "",
    };
    format!(
        "Recovers: within a factor of two, of up to {runs} public runs whose λ was searched and that {}. In brackets, \
         where a rule was fitted: of those that lie in its own range; 0/0 says that none does, so that nothing here tells how good the \
         rule is where it was found.{star} Median: the rule's λ over the tuned one.",
        read(Kind::of(run))
    )
}

/// How the runs of a kind read their text, and what was tried on them.
fn read(kind: Kind) -> &'static str {
    match (kind.reading, kind.kin) {
        (Reading::Many, _) => {
            "read a text 8 to 64 times (Kim et al. 2025). Rules for one epoch are far too low there"
        }
        (_, Kin::Adam) => {
            "read a text once under an optimizer of Adam's kind (Wen et al. 2025, Qiu et al. 2025). Most tried \
             λ = 0, 0.1 and 0.2 alone: that 0.1 recovers them says as much of what was tried as of what is best, \
             and a rule between 0 and 0.1 is not refuted there"
        }
        (_, Kin::Matrix) => {
            "read a text once under Muon, Scion or SOAP (Wen et al. 2025, Qiu et al. 2025). Most tried λ = 0, 0.1 \
             and 0.2 alone"
        }
        (_, Kin::Alone(_)) => "read a text once under this optimizer (Wen et al. 2025)",
    }
}

fn without_runs(run: &Run) -> String {
    match Kind::of(run).reading {
        Reading::Few => format!(
            "Public runs whose λ was searched read their text once, or 8 to 64 times: nothing tells which rule is right \
             for {} epochs.",
            three_digits(run.epochs())
        ),
        _ => format!(
            "No public run of {} in such epochs has a λ that was searched: nothing tells which rule was right.",
            run.optimizer.title()
        ),
    }
}
