//! What is said of runs that others trained.

use super::kind;
use crate::judge::{Case, Contest, JudgedFamily, Test};
use crate::plural::counted;
use crate::report::format;
use crate::stats::{FEWEST_SEEDS, Kind, Tally};

/// The question of a family, as a heading.
pub fn judged_family(family: JudgedFamily) -> &'static str {
    match family {
        JudgedFamily::AgainstBaseline => "Against the baseline",
        JudgedFamily::Pairs => "Every arm against every other",
    }
}

/// The test of a contest.
pub fn test_name(test: Test) -> &'static str {
    match test {
        Test::Paired => "paired t",
        Test::Welch => "Welch's t",
        Test::Pooled => "pooled t",
        Test::Copied | Test::None => "no test",
    }
}

/// How many arms can be told apart, as the title of their figure.
pub fn judged_title(case: &Case) -> String {
    let tally: Tally = case.contests.iter().map(|one| one.judgement.kind).collect();
    format!(
        "{}: {} of {} told apart",
        case.quantity,
        tally.lower + tally.higher,
        counted(case.contests.len(), "comparison")
    )
}

/// A contest as a sentence.
pub fn contest(contest: &Contest, case: &Case) -> String {
    let Contest { left, right, difference, judgement, .. } = contest;
    let interval = judgement.interval.map(|ends| format!("{}, ", format::interval(ends, 4)));
    let p = judgement.p_holm.map_or(String::new(), |p| format!(", {}", format::p(p)));
    let n = runs(contest);
    let details = format!("{}{n}{p}, {}", interval.unwrap_or_default(), test_name(contest.test));
    let size = format::fixed(difference.mean.abs(), 4);
    let signed = format::signed(difference.mean, 4);
    let word = kind(judgement.kind);
    let what = &case.quantity;
    match judgement.kind {
        Kind::Lower | Kind::Higher => {
            let small = if contest.is_within_epsilon { "; less than ε" } else { "" };
            format!("{left}: {what} {size} {word} than {right} ({details}{small})")
        }
        Kind::Equivalent => {
            let epsilon = case.terms.epsilon.map_or(String::new(), |one| format!(" within {one}"));
            format!("{left}: {what} equivalent to {right}{epsilon} ({signed} {details})")
        }
        Kind::Undecided => {
            let further = match judgement.further_seeds {
                Some(seeds) => format!("about {} a side would decide", counted(seeds, "more run")),
                None => "more runs than anyone trains would decide".to_owned(),
            };
            format!("{left}: {what} undecided against {right} ({signed} {details}; {further})")
        }
        Kind::NoTest if contest.test == Test::Copied => format!(
            "{left}: {what} {signed} against {right} for every seed, not tested: are these copies of one run?"
        ),
        Kind::NoTest => format!(
            "{left}: {what} {signed} against {right}, not tested ({n}: one side needs {FEWEST_SEEDS} runs)"
        ),
    }
}

/// The runs that a contest counts.
fn runs(contest: &Contest) -> String {
    let [left, right] = contest.runs;
    match contest.test {
        Test::Paired => {
            let alone = match contest.unpaired {
                0 => String::new(),
                runs => format!(", {} without a partner left out", counted(runs, "run")),
            };
            format!("{} by seed{alone}", counted(left, "pair"))
        }
        _ => format!("n = {left} and {right}"),
    }
}

/// How to read the verdicts.
pub fn judged_fine_print(case: &Case) -> String {
    let percent = format::three_digits(100.0 * case.terms.alpha);
    let mut sentences = vec![format!(
        "Lower and higher: Holm's p over a family is below {percent}%, so that at most {percent}% of families make any \
         false claim of a difference. Intervals cover all differences of a family at once; Holm goes step by step and can tell a \
         difference whose interval still touches 0."
    )];
    sentences.push(
        "p is Holm's. Undecided +n: about n more runs a side would decide; +∞: more than anyone trains.".to_owned(),
    );
    let has = |test: Test| case.contests.iter().any(|one| one.test == test);
    if has(Test::Paired) {
        sentences.push(
            "Runs of one seed are pairs, and their differences are tested (Student's t)."
                .to_owned(),
        );
    }
    if has(Test::Welch) {
        sentences.push(
            "Arms that share fewer than three seeds are two samples that may spread differently (Welch's t)."
                .to_owned(),
        );
    }
    if has(Test::Pooled) {
        sentences.push(
            "An arm of one or two runs does not tell how it spreads: it is taken to spread as the other does \
             (Crawford & Howell 1998), which nothing here can check."
                .to_owned(),
        );
    }
    match case.terms.epsilon {
        Some(epsilon) => {
            sentences.push(format!("Equivalent: a difference of {epsilon} or more is ruled out."))
        }
        None => sentences
            .push("Nothing is called equivalent, since no --epsilon says what matters.".to_owned()),
    }
    for family in [JudgedFamily::AgainstBaseline, JudgedFamily::Pairs] {
        if let Some(size) = case.detectable(family) {
            let tests =
                case.contests.iter().filter(|one| one.family == family && one.error.is_some());
            sentences.push(format!(
                "{}: with so many runs and {}, 80% of such experiments would find a difference of {}.",
                judged_family(family),
                counted(tests.count(), "test"),
                format::three_digits(size)
            ));
        }
    }
    sentences.push("All tests rest on numbers that are roughly normal over seeds.".to_owned());
    sentences.join(" ")
}
