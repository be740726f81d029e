//! What arms know by heart, in sentences.

use super::{arm, kind};
use crate::config::Canaries;
use crate::plural::counted;
use crate::report::format;
use crate::results::RunRow;
use crate::stats::memorisation::{Finding, Measure, Memorisation, Moment};
use crate::stats::{Analysis, Cell, Kind};

/// Of the figure.
pub fn by_heart_title() -> &'static str {
    "What is known by heart"
}

/// What the best arm knows by heart beside no decay, and what can be told of the difference.
pub fn by_heart(analysis: &Analysis, memorisation: Option<&Memorisation>) -> Vec<String> {
    let (Some(found), Some((group, cell))) = (memorisation, analysis.best()) else {
        return Vec::new();
    };
    let Some(none) = &group.baseline else { return Vec::new() };
    let side = group.side(cell);
    let told = [verbatim(&arm(&side), cell, none), canaries(cell, none), truth(cell, none)];
    let findings = Measure::ALL
        .into_iter()
        .flat_map(|measure| Moment::ALL.into_iter().map(move |moment| (measure, moment)));
    let findings = findings.filter_map(|(measure, moment)| found.find(measure, moment, &side));
    let findings: Vec<String> = findings.map(finding).collect();
    let found = (!findings.is_empty()).then(|| capital(&findings.join("; ")) + ".");
    told.into_iter().flatten().chain(found).collect()
}

/// What can be told of every rule's arm with the lowest val loss, one sentence a finding.
pub fn by_heart_verdicts(analysis: &Analysis, memorisation: Option<&Memorisation>) -> Vec<String> {
    let Some(found) = memorisation else { return Vec::new() };
    let best = |one: &&Finding| {
        analysis
            .groups
            .iter()
            .any(|group| group.best_treated().is_some_and(|cell| group.side(cell) == one.arm))
    };
    let tested = found.findings.iter().filter(|one| one.judgement.kind != Kind::NoTest);
    tested.filter(best).map(|one| format!("{}: {}", arm(&one.arm), finding(one))).collect()
}

/// What the numbers are, for below them.
pub fn by_heart_reading(runs: &[RunRow]) -> Vec<String> {
    let mut told = Vec::new();
    let terms = |run: &RunRow| run.verbatim_after.zip(run.verbatim_tokens);
    if let Some((after, tokens)) = runs.iter().find_map(terms) {
        told.push(format!(
            "A continuation of a prompt of {} is verbatim where the {} with the highest probability, one after the \
             other, are the text. By heart is the share of train prompts that are continued so, less that of val \
             prompts: what val is continued by as well is no memory of train.",
            counted(after, "token"),
            counted(tokens, "token"),
        ));
    }
    if runs.iter().any(|run| run.exposure.is_some()) {
        told.push(format!(
            "The exposure of a planted sequence is log₂ {} less log₂ of its rank among {} like it that were planted \
             nowhere: at most {} bits, and 1.4 on average for what was never seen.",
            Canaries::CANDIDATES + 1,
            Canaries::CANDIDATES,
            most_bits()
        ));
    }
    told.push(
        "At equal test loss, a run and its twin without decay are compared where each of them last had the lower of \
         their test losses at the end, on a curve through the evaluations around that place, and nothing is told that \
         the bend of that curve may explain; where the other never was as good, the lowest loss that both had. Differences are paired by seed and corrected over all arms of their column."
            .to_owned(),
    );
    told
}

fn most_bits() -> String {
    format::number(((Canaries::CANDIDATES + 1) as f64).log2())
}

fn verbatim(name: &str, cell: &Cell, none: &Cell) -> Option<String> {
    let first = cell.runs.first()?;
    let (after, tokens) = first.verbatim_after.zip(first.verbatim_tokens)?;
    let shares = |cell: &Cell| {
        let percent = |of: fn(&RunRow) -> Option<f64>| Some(percent(cell.mean(of)?));
        Some((percent(|run| run.verbatim_train)?, percent(|run| run.verbatim_val)?))
    };
    let longest = |cell: &Cell| cell.done().filter_map(|run| run.longest_verbatim).max();
    let ((train, val), (none_train, none_val)) = (shares(cell)?, shares(none)?);
    Some(format!(
        "By heart: {name} continues {train} of train prompts verbatim for {} after {after}, and {val} of val prompts; \
         no decay {none_train} and {none_val}. The longest verbatim run has {}, without decay {}.",
        counted(tokens, "token"),
        counted(longest(cell)?, "token"),
        longest(none)?
    ))
}

fn canaries(cell: &Cell, none: &Cell) -> Option<String> {
    let of = |cell: &Cell| Some(format::fixed(cell.mean(|run| run.exposure)?, 2));
    Some(format!(
        "Planted sequences have an exposure of {} bits, without decay {} (1.4 if never seen, at most {}).",
        of(cell)?,
        of(none)?,
        most_bits()
    ))
}

fn truth(cell: &Cell, none: &Cell) -> Option<String> {
    let of = |cell: &Cell| Some(format::fixed(cell.mean(|run| run.divergence)?, 3));
    Some(format!(
        "From the true distribution of the next token it is {} nats away, without decay {}.",
        of(cell)?,
        of(none)?
    ))
}

/// What was found of an arm, to follow its name.
/// What a finding is about, without what was found.
pub fn by_heart_subject(finding: &Finding) -> String {
    let what = match finding.measure {
        Measure::ByHeart => "share known by heart",
        Measure::Exposure => "exposure of planted sequences",
    };
    let at = match finding.moment {
        Moment::LastStep => "at the last step",
        Moment::EqualTestLoss => "at equal test loss",
    };
    format!("{what} of {}, {at}", arm(&finding.arm))
}

fn finding(finding: &Finding) -> String {
    let what = match finding.measure {
        Measure::ByHeart => "the share known by heart is",
        Measure::Exposure => "the exposure of planted sequences is",
    };
    let at = match (finding.moment, finding.test_loss) {
        (Moment::LastStep, _) => "at the last step".to_owned(),
        (Moment::EqualTestLoss, loss) => {
            format!("at equal test loss ({})", format::fixed_or_empty(loss, 3))
        }
    };
    let (judgement, n) = (&finding.judgement, finding.difference.n);
    let mean = finding.difference.mean;
    let interval = judgement.interval.map_or(String::new(), |ends| format::interval(ends, 3));
    let p = judgement.p_holm.map_or(String::new(), |p| format!(", {}", format::p(p)));
    let word = kind(judgement.kind);
    match judgement.kind {
        Kind::Lower | Kind::Higher => {
            let size = format::fixed(mean.abs(), 3);
            format!("{at} {what} {size} {word} than without decay ({interval}, n = {n}{p})")
        }
        Kind::NoTest if mean == 0.0 && finding.difference.sd.is_none_or(|sd| sd == 0.0) => {
            format!(
                "{at} {what} that of no decay for every seed, so that nothing is tested (n = {n})"
            )
        }
        Kind::NoTest => format!(
            "{at} {what} {} from that without decay, not tested (n = {n})",
            format::signed(mean, 3)
        ),
        Kind::Equivalent | Kind::Undecided => {
            let mean = format::signed(mean, 3);
            format!("{at} {what} {word} against no decay ({mean} {interval}, n = {n}{p})")
        }
    }
}

/// In percent, with one decimal.
fn percent(share: f64) -> String {
    format!("{}%", format::fixed(100.0 * share, 1))
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Form, Mask};
    use crate::stats::{Estimate, Judgement, group_by_rule};

    fn told(kind: Kind, moment: Moment) -> String {
        let row = crate::stats::tests::row(Form::AdamW, Mask::Matrices, 1.0, 0, 2.0);
        let group = group_by_rule(&[row]).remove(0);
        let judgement = Judgement { kind, interval: Some([-0.3, -0.1]), ..Judgement::untested(4) };
        finding(&Finding {
            measure: Measure::ByHeart,
            moment,
            arm: group.side(&group.cells[0]),
            difference: Estimate::of(&[-0.1, -0.2, -0.3]).unwrap(),
            judgement,
            test_loss: Some(2.5).filter(|_| moment == Moment::EqualTestLoss),
        })
    }

    #[test]
    fn a_sentence_claims_what_was_found_and_no_more() {
        let lower = "at the last step the share known by heart is 0.200 lower than without decay \
                     ([−0.300, −0.100], n = 3)";
        assert_eq!(told(Kind::Lower, Moment::LastStep), lower);
        let open = told(Kind::Undecided, Moment::EqualTestLoss);
        assert!(open.starts_with("at equal test loss (2.500) ") && open.contains("undecided"));
        let untested = told(Kind::NoTest, Moment::LastStep);
        assert!(untested.contains("−0.200 from that without decay, not tested"), "{untested}");
        for open in [open, untested] {
            assert!(!open.contains("lower") && !open.contains("higher"), "{open}");
        }
    }
}
