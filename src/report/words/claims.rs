//! What runs say of the claims of their spec, in sentences.

use crate::config::{Basis, Claim, Expect, Measured, Named};
use crate::plural::counted;
use crate::report::format;
use crate::stats::claims::{Judged, Verdict, WhyNot};

pub fn claim_verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Shows => "shows",
        Verdict::Contradicted => "contradicted",
        Verdict::CannotTell => "cannot tell",
    }
}

/// How many claims came to what.
pub fn claims_in_short(claims: &[Judged]) -> Option<String> {
    let count = |verdict| claims.iter().filter(|one| one.verdict == verdict).count();
    (!claims.is_empty()).then(|| {
        format!(
            "Of {}, {} here, {} contradicted here, and of {} nothing can be told here.",
            counted(claims.len(), "claim"),
            match count(Verdict::Shows) {
                1 => "1 shows".to_owned(),
                shows => format!("{shows} show"),
            },
            match count(Verdict::Contradicted) {
                1 => "1 is".to_owned(),
                contradicted => format!("{contradicted} are"),
            },
            count(Verdict::CannotTell)
        )
    })
}

/// A verdict with the numbers that it rests on.
pub fn claim_told(judged: &Judged) -> String {
    let verdict = claim_verdict(judged.verdict);
    let (source, text) = (&judged.claim.source, &judged.claim.text);
    let numbers = claim_numbers(judged).map_or(String::new(), |numbers| format!(", {numbers}"));
    let more = claim_remark(judged).map_or(String::new(), |why| format!(": {why}"));
    format!("{verdict}: {text} ({source}){numbers}{more}")
}

/// What a reader should know of a verdict: how a claim is contradicted, or why nothing can be told and what could tell.
pub fn claim_remark(judged: &Judged) -> Option<String> {
    match judged.verdict {
        Verdict::Contradicted => Some(how_contradicted(judged)),
        _ => cannot_tell(judged),
    }
}

/// The opposite was found, or only too little of what is claimed.
fn how_contradicted(judged: &Judged) -> String {
    let [low, high] = judged.interval.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
    let smallest = format::three_digits(judged.claim.smallest);
    match judged.expect() {
        Expect::Equal => format!("it differs by more than {smallest}"),
        Expect::Lower if low > 0.0 => "it is higher".to_owned(),
        Expect::Higher if high < 0.0 => "it is lower".to_owned(),
        Expect::Lower if high < 0.0 => format!("it is lower, but by less than {smallest}"),
        Expect::Higher if low > 0.0 => format!("it is higher, but by less than {smallest}"),
        Expect::Lower | Expect::Higher => {
            format!("{smallest} or more is excluded, a smaller effect is not told")
        }
    }
}

/// What was observed, with its interval and p.
pub fn claim_numbers(judged: &Judged) -> Option<String> {
    let observed = judged.observed?;
    let interval =
        judged.interval.map_or(String::new(), |ends| format!(" {}", format::interval(ends, 3)));
    let p = judged.p_of_verdict().map_or(String::new(), |p| format!(", {}", format::p(p)));
    let of = match judged.claim.parts.len() {
        1 => String::new(),
        _ => claim_part(judged.compared(), judged.expect(), judged.claim.expect),
    };
    Some(format!("{}{interval}{of}{p}, n = {}", format::signed(observed.mean, 3), observed.n))
}

/// Which comparison of several a number is of, and what was expected of it where that is not what is expected of the
/// claim.
pub fn claim_part(compared: &str, expected: Expect, of_claim: Expect) -> String {
    let expected = match expected {
        _ if expected == of_claim => "",
        Expect::Lower => ", expected below 0",
        Expect::Higher => ", expected above 0",
        Expect::Equal => ", expected equal",
    };
    format!(" for {compared}{expected}")
}

/// Which arms were the best where that was meant.
pub fn claim_chosen(chosen: &str) -> String {
    if chosen.is_empty() { String::new() } else { format!("; best: {chosen}") }
}

/// Runs that collapsed, after what rests on them.
pub fn collapsed(runs: usize) -> String {
    match runs {
        0 => String::new(),
        runs => format!("; {} of it collapsed", counted(runs, "run")),
    }
}

/// Runs that claims rest on and that learned no more than how often tokens occur.
pub fn collapsed_claims(claims: &[Judged]) -> Option<String> {
    let resting = claims.iter().filter(|one| one.collapsed > 0).count();
    let most = claims.iter().map(|one| one.collapsed).max()?;
    (resting > 0).then(|| {
        format!(
            "{} on runs that ended no better than by knowing how often each token occurs, up to {most} of a claim",
            match resting {
                1 => "1 claim rests".to_owned(),
                resting => format!("{resting} claims rest"),
            }
        )
    })
}

/// What is expected, of what.
pub fn claim_expected(claim: &Claim) -> String {
    let smallest = format::three_digits(claim.smallest);
    let quantity = measured(claim.quantity);
    match claim.expect {
        Expect::Lower => format!("{quantity} lower, by {smallest} to matter"),
        Expect::Higher => format!("{quantity} higher, by {smallest} to matter"),
        Expect::Equal => format!("{quantity} equal within {smallest}"),
    }
}

/// Why the seeds that are left are not tested.
const BY_OUTCOME: &str = "to leave out such seeds would be to choose seeds by what came of them";

/// Why nothing can be told, and what could tell.
pub fn cannot_tell(judged: &Judged) -> Option<String> {
    if judged.verdict != Verdict::CannotTell {
        return None;
    }
    let needs = judged.claim.needs.as_deref();
    let why = match judged.why_not {
        Some(WhyNot::Missing(runs)) => {
            return Some(format!("{} of it have not ended", counted(runs, "run")));
        }
        Some(WhyNot::Diverged(runs)) => {
            format!("{} of it diverged: {BY_OUTCOME}", counted(runs, "run"))
        }
        Some(WhyNot::FewSeeds(seeds)) => {
            return Some(format!("{} are too few for a test", counted(seeds, "seed")));
        }
        Some(WhyNot::NotMeasured) => {
            return Some(format!("its runs did not measure {}", judged.claim.quantity.name()));
        }
        Some(WhyNot::Unmeasured(runs)) => {
            let runs = counted(runs, "run");
            return Some(format!(
                "{runs} of it ended without a number that the test needs: {BY_OUTCOME}"
            ));
        }
        Some(WhyNot::SameInEverySeed) => {
            return Some(
                "what it compares is the same in every seed, and there is no test of that"
                    .to_owned(),
            );
        }
        None => return Some(would_tell(judged.further_seeds, needs)),
    };
    Some(needs.map_or(why.clone(), |needs| format!("{why}; it takes {needs}")))
}

/// What would tell: so many further seeds, or what the spec names.
pub fn would_tell(seeds: Option<usize>, needs: Option<&str>) -> String {
    let none = || "no number of seeds that anyone trains would tell".to_owned();
    match (seeds, needs) {
        (Some(seeds), _) => format!("about {} more would tell", counted(seeds, "seed")),
        (None, None) => none(),
        (None, Some(needs)) => format!("{}; it takes {needs}", none()),
    }
}

/// What a reader should know of claims that were seen, or changed, after there were runs.
pub fn late_claims(claims: &[Judged]) -> Vec<String> {
    [late(claims), other_arms(claims), more_seeds(claims), fewer_seeds(claims)]
        .into_iter()
        .flatten()
        .collect()
}

fn late(claims: &[Judged]) -> Option<String> {
    let late: Vec<&Claim> =
        claims.iter().map(|one| &one.claim).filter(|one| one.is_late()).collect();
    let first = late.first()?.registered.as_ref()?;
    let (are, them) = match late.len() {
        1 => ("claim was", "it"),
        _ => ("claims were", "them"),
    };
    Some(format!(
        "{} {are} written or changed on {}, when {} of this experiment had begun: what is said of {them} is no test of a \
         prediction",
        late.len(),
        first.at,
        counted(first.runs_before, "run"),
    ))
}

fn other_arms(claims: &[Judged]) -> Option<String> {
    let count = claims.iter().filter(|one| one.claim.has_other_arms()).count();
    (count > 0).then(|| {
        format!(
            "{} of other arms or data than when first seen: what is said is no test of that prediction",
            match count {
                1 => "1 claim speaks".to_owned(),
                count => format!("{count} claims speak"),
            }
        )
    })
}

fn more_seeds(claims: &[Judged]) -> Option<String> {
    let added =
        claims.iter().map(|one| one.claim.seeds_added()).max().filter(|added| *added > 0)?;
    Some(format!(
        "{} added to those with which the claims were first seen: after several looks more claims than 5% err",
        match added {
            1 => "1 seed was".to_owned(),
            added => format!("{added} seeds were"),
        }
    ))
}

fn fewer_seeds(claims: &[Judged]) -> Option<String> {
    let gone =
        claims.iter().map(|one| one.claim.seeds_left_out()).max().filter(|gone| *gone > 0)?;
    Some(format!(
        "{} when the claims were first seen and {} now left out: what is said is no test of that prediction",
        match gone {
            1 => "1 seed was there".to_owned(),
            gone => format!("{gone} seeds were there"),
        },
        if gone == 1 { "is" } else { "are" }
    ))
}

/// How verdicts on claims come about.
pub fn claims_reading(claims: &[Judged], alpha: f64) -> String {
    let tests = claims.first().map_or(0, |one| one.family_size);
    format!(
        "A claim shows where its comparison comes out as it says, of several every one: on its side of 0, however far, or \
         equal within the smallest effect that matters. It is contradicted where an effect as large as that is excluded, \
         also where it is there and smaller, or shown where there was to be none. All verdicts together err in at most {} \
         of experiments ({}, Holm), given normal noise; intervals cover all of them at once.",
        format_args!("{}%", format::number(100.0 * alpha)),
        counted(tests, "claim")
    )
}

pub fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Primary => "read at the source",
        Basis::Abstract => "read in its abstract",
        Basis::SecondHand => "second-hand",
    }
}

/// For sentences.
pub fn measured(quantity: Measured) -> &'static str {
    match quantity {
        Measured::TestLoss => "test loss",
        Measured::StoppedTestLoss => "stopped test loss",
        Measured::ValLoss => "val loss",
        Measured::TrainLoss => "train loss",
        Measured::Gap => "gap",
        Measured::UTurn => "final − stopped test loss",
        Measured::ByHeart => "share known by heart",
        Measured::Continued => "share continued rightly",
        Measured::GradNorm => "gradient norm",
        Measured::WeightNorm => "weight norm",
        Measured::RotationSpread => "largest over smallest rotation",
        Measured::RotationRatio => "rotation over its balance",
    }
}

/// Of the figure of all claims.
pub fn literature_title() -> String {
    "What small models say of the field's claims".to_owned()
}

/// How to read a figure of claims; bars are intervals that cover all of these.
pub fn claims_notes(covered: &str) -> Vec<String> {
    vec![
        format!(
            "bars: intervals that cover {covered} at once; lines at −1 and 1: the smallest effect that matters"
        ),
        "filled: shows, ◆ contradicted, hollow: cannot tell".to_owned(),
    ]
}
