//! What is said of runs that others trained.

use super::kind;
use super::reading::SKEWED;
use crate::config::plain;
use crate::judge::{Case, Contest, JudgedFamily, Test};
use crate::plural::counted;
use crate::report::format;
use crate::stats::{Estimate, FEWEST_SEEDS, Kind, Tally};

/// Decimals of a number, at least and at most.
const FEWEST_DECIMALS: usize = 4;
const MOST_DECIMALS: usize = 12;

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
        Test::Copied | Test::NotFinite | Test::TooLarge | Test::None => "no test",
    }
}

/// How many arms can be told apart, as the title of their figure. Two arms that are compared in two families count once.
pub fn judged_title(case: &Case) -> String {
    let distinct = case.distinct();
    let tally: Tally = distinct.iter().map(|one| one.judgement.kind).collect();
    format!(
        "{}: {} of {} told apart",
        case.quantity,
        tally.lower + tally.higher,
        counted(distinct.len(), "comparison")
    )
}

/// What forbids to believe any verdict where runs may be copies.
pub fn judged_copies(case: &Case) -> Option<String> {
    let copies: usize = case.arms.iter().map(|arm| arm.copies).sum();
    let runs: usize = case.arms.iter().map(|arm| arm.runs.len()).sum();
    let are = if copies == 1 { "is" } else { "are" };
    (copies > 0).then(|| {
        format!(
            "Careful: {copies} of {} {are} the same as another row in every column, and nothing says that they are runs \
             of their own. If they are copies, every p below is too small: a column `seed` or `run` tells.",
            counted(runs, "run")
        )
    })
}

/// Decimals that show every difference which was found, and every mean to three digits: four where losses are as large
/// as those of texts.
pub fn decimals(case: &Case) -> usize {
    let is_found = |one: &&Contest| matches!(one.judgement.kind, Kind::Lower | Kind::Higher);
    let found = case.contests.iter().filter(is_found).map(|one| one.difference.mean);
    let means = case.arms.iter().filter_map(|arm| Some(Estimate::of(&arm.values())?.mean));
    let largest = means.map(f64::abs).fold(0.0, f64::max);
    let digits = |value: f64, digits: f64| match value == 0.0 {
        true => 0,
        false => (digits - value.abs().log10().floor() - 1.0) as usize,
    };
    let needed = found.map(|one| digits(one, 2.0)).chain([digits(largest, 3.0)]);
    needed.fold(FEWEST_DECIMALS, usize::max).min(MOST_DECIMALS)
}

/// A contest as a sentence.
pub fn contest(contest: &Contest, case: &Case) -> String {
    let Contest { left, right, difference, judgement, .. } = contest;
    let decimals = decimals(case);
    let interval = judgement.interval.map(|ends| format!("{}, ", format::interval(ends, decimals)));
    let p = judgement.p_holm.map_or(String::new(), |p| format!(", {}", format::p(p)));
    let n = runs(contest);
    let details = format!("{}{n}{p}, {}", interval.unwrap_or_default(), test_name(contest.test));
    let size = format::fixed(difference.mean.abs(), decimals);
    let signed = format::signed(difference.mean, decimals);
    let word = kind(judgement.kind);
    let what = &case.quantity;
    match judgement.kind {
        Kind::Lower | Kind::Higher => {
            let small = if contest.is_within_epsilon { "; less than ε" } else { "" };
            format!("{left}: {what} {size} {word} than {right} ({details}{small})")
        }
        Kind::Equivalent => {
            let within = |epsilon: f64| format!(" within {}", plain(epsilon));
            let epsilon = case.terms.epsilon.map_or(String::new(), within);
            format!("{left}: {what} equivalent to {right}{epsilon} ({signed} {details})")
        }
        Kind::Undecided => {
            let further = match judgement.further_seeds {
                Some(seeds) => format!("about {} a side would decide", counted(seeds, "more run")),
                None => "more runs than anyone trains would decide".to_owned(),
            };
            format!("{left}: {what} undecided against {right} ({signed} {details}; {further})")
        }
        Kind::NoTest => {
            let (told, why) = (told(contest, decimals), why_not(contest));
            format!("{left}: {what}{told} against {right}, not tested{why}")
        }
    }
}

/// The difference of a contest that was not tested; that of the runs that went well is none of the arms.
fn told(contest: &Contest, decimals: usize) -> String {
    match contest.test {
        Test::NotFinite => String::new(),
        _ => format!(" {}", format::signed(contest.difference.mean, decimals)),
    }
}

/// Why a contest was not tested, after those words.
fn why_not(contest: &Contest) -> String {
    match contest.test {
        Test::Copied if contest.by_seed.is_empty() => {
            ": the same in every run, as copies of one run are".to_owned()
        }
        Test::Copied => ": the same in every seed, as copies of one run are".to_owned(),
        Test::NotFinite => format!(": {}", without_a_value(contest)),
        Test::TooLarge => ": numbers too large to calculate with".to_owned(),
        _ => format!(" ({}: one side needs {FEWEST_SEEDS} runs)", runs(contest)),
    }
}

/// The runs that forbid a test.
fn without_a_value(contest: &Contest) -> String {
    let names = [&contest.left, &contest.right];
    let lost = |side: usize| {
        let without = contest.without[side];
        let all = contest.runs[side] + without;
        (without > 0).then(|| format!("{without} of {all} runs of {}", names[side]))
    };
    let told: Vec<String> = (0..2).filter_map(lost).collect();
    let verb = if contest.without.iter().sum::<usize>() == 1 { "has" } else { "have" };
    let told = told.join(" and ");
    format!("{told} {verb} no finite number to compare; a run that diverged is an outcome")
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
        "p is Holm's. Undecided +n: if difference and scatter are what they are here, about n more runs a side decide in \
         four of five experiments; +∞: more than anyone trains."
            .to_owned(),
    );
    sentences.extend(about_tests(case));
    sentences.push(match case.terms.epsilon {
        Some(epsilon) => format!(
            "Equivalent: a difference of {} or more is ruled out, by a correction of its own. So the share of families in \
             which any claim may be false is {percent}% for differences, and {percent}% for equivalences.",
            plain(epsilon)
        ),
        None => "Nothing is called equivalent, since no --epsilon says what matters.".to_owned(),
    });
    for family in [JudgedFamily::AgainstBaseline, JudgedFamily::Pairs] {
        if let Some(size) = case.detectable(family) {
            let own = case.contests.iter().find(|one| one.family == family);
            let tests = own.map_or(0, |one| one.judgement.family_size);
            sentences.push(format!(
                "{}: with so many runs and a family of {tests}, and if runs scatter as these do, 80% of such experiments would find \
                 a difference of {} in the test that is in the middle by its error.",
                judged_family(family),
                format::three_digits(size)
            ));
        }
    }
    sentences.push("All tests rest on numbers that are roughly normal over seeds.".to_owned());
    sentences.push(SKEWED.to_owned());
    sentences.join(" ")
}

/// The tests that were made, and why there are none where there are none.
fn about_tests(case: &Case) -> Vec<String> {
    let lost = format!(
        "An arm with a run that has no finite {} is never called best and has no p; its comparisons still count in Holm's \
         correction.",
        case.quantity
    );
    let all = [
        (
            Test::Paired,
            "Where two arms share at least three seeds, and half of those of the smaller arm, runs of one seed are pairs, and \
             their differences are tested (Student's t): the numbers of runs choose the test, not what the runs say.",
        ),
        (
            Test::Welch,
            "Arms that share fewer than three seeds, or less than half of those of the smaller arm, are two samples that may \
             spread differently: Welch's t with the degrees of freedom of the smaller one, which of normal numbers never \
             claims more often than it says.",
        ),
        (
            Test::Pooled,
            "An arm of one run does not tell how it spreads: it is taken to spread as the other does (Crawford & Howell \
             1998), which nothing here can check.",
        ),
        (Test::NotFinite, &lost),
        (
            Test::Copied,
            "A difference that is the same in every seed is not tested: copies of a run say nothing of seeds.",
        ),
        (Test::None, "Where neither arm has three runs there is no test."),
        (Test::TooLarge, "Numbers whose squares cannot be calculated with are not tested."),
    ];
    let has = |test: Test| case.contests.iter().any(|one| one.test == test);
    let told = all.into_iter().filter(|(test, _)| has(*test));
    told.map(|(_, sentence)| sentence.to_owned()).collect()
}
