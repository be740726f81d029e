use crate::judge::{Arm, Case, Contest, Held, Test};
use crate::plural::counted;
use crate::report::{format, words};
use crate::stats::Estimate;

/// Arms that are named where there are several.
const MOST_NAMED: usize = 5;

/// The best arm and no more than the verdicts on it, after what forbids to believe them, a paragraph each.
pub fn headline(case: &Case) -> Vec<String> {
    let against = case.against_the_best();
    let answer = match (against.first(), case.as_good().len()) {
        (Some(first), _) => contradicted(case, first, &against[1..]),
        (None, 1) => best(case),
        (None, equal) => {
            let names = listed(case.as_good().into_iter().map(Arm::label).collect());
            let (arms, mean) = (counted(equal, "arm"), mean(case, case.best));
            format!("{arms} have the best mean, {mean} ({}): {names}.", sense(case))
        }
    };
    words::judged_copies(case).into_iter().chain([answer]).collect()
}

fn best(case: &Case) -> String {
    let best = case.arms[case.best].label();
    let told = held(&case.held_against_the_best());
    let chosen = match case.arms.len() {
        2 => String::new(),
        arms => format!(
            " It is the best of {arms} by the very numbers that are shown, which flatters it."
        ),
    };
    let mean = mean(case, case.best);
    format!("The best mean is that of {best}: {mean} ({}).{told}{chosen}", sense(case))
}

/// What comparisons say of the other arms, and why there is no test of some.
fn held(found: &Held) -> String {
    let Held { arms: all, worse, untested } = found;
    let (all, worse) = (*all, *worse);
    let others =
        if all == 1 { "1 other arm is".to_owned() } else { format!("{all} other arms are") };
    let is_few = untested.iter().all(|test| *test == Test::None);
    match untested.len() {
        _ if all == 0 => String::new(),
        count if count == all && is_few => format!(
            " {others} compared with it, but too few runs for a test: what differs may be chance."
        ),
        count if count == all => {
            format!(" {others} compared with it, but not tested ({}).", reasons(untested))
        }
        count => format!(
            " {worse} of {} compared with it {} worse by more than chance{}.",
            counted(all, "other arm"),
            if all == 1 || worse == 1 { "is" } else { "are" },
            match count {
                0 => String::new(),
                _ => format!("; {count} not tested ({})", reasons(untested)),
            }
        ),
    }
}

/// Why arms were not tested, with how many of them where there are several reasons.
fn reasons(untested: &[Test]) -> String {
    let alike: Vec<&[Test]> = untested.chunk_by(|a, b| a == b).collect();
    let told = |own: &&[Test]| match alike.len() {
        1 => reason(own[0]).to_owned(),
        _ => format!("{} with {}", own.len(), reason(own[0])),
    };
    alike.iter().map(told).collect::<Vec<_>>().join(", ")
}

fn reason(test: Test) -> &'static str {
    match test {
        Test::NotFinite => "a run without a number to compare",
        Test::Copied => "the same difference in every run, as copies have",
        Test::TooLarge => "numbers too large to calculate with",
        Test::None | Test::Paired | Test::Welch | Test::Pooled => "too few runs",
    }
}

/// What a test says against the arm of the best mean, and why they differ.
fn contradicted(case: &Case, first: &Contest, others: &[&Contest]) -> String {
    let decimals = words::judged_decimals(case);
    let [worse, better] = match first.worse(case.higher_is_better) {
        Some(place) if place == first.places[0] => [0, 1],
        _ => [1, 0],
    };
    let names = [&first.left, &first.right];
    let (worse_name, better_name) = (names[worse], names[better]);
    let [own, other] = [worse, better].map(|side| mean(case, first.places[side]));
    let p = first.judgement.p_holm.map_or(String::new(), |p| format!(" ({})", format::p(p)));
    let more = match others.len() {
        0 => String::new(),
        _ => format!(
            " A test says the same of {}.",
            listed(others.iter().map(|one| pair(case, one)).collect())
        ),
    };
    format!(
        "{better_name} is better than {worse_name}, whose mean is the best: on the {} that both have it is {} by {}{p}. \
         The means, {own} of {worse_name} and {other} of {better_name}, are over different seeds, so no arm is called \
         the best ({}).{more}",
        counted(first.by_seed.len(), "seed"),
        if case.higher_is_better { "higher" } else { "lower" },
        format::fixed(first.difference.mean.abs(), decimals),
        sense(case)
    )
}

/// Who is better than whom.
fn pair(case: &Case, one: &Contest) -> String {
    match one.worse(case.higher_is_better) == Some(one.places[0]) {
        true => format!("{} against {}", one.right, one.left),
        false => format!("{} against {}", one.left, one.right),
    }
}

fn mean(case: &Case, place: usize) -> String {
    let decimals = words::judged_decimals(case);
    let estimate = Estimate::of(&case.arms[place].values());
    format!("{} {}", case.quantity, format::mean(estimate, decimals))
}

fn sense(case: &Case) -> &'static str {
    if case.higher_is_better { "higher is better" } else { "lower is better" }
}

/// The first of some names.
fn listed(names: Vec<String>) -> String {
    match names.len() > MOST_NAMED {
        true => format!("{}, …", names[..MOST_NAMED].join(", ")),
        false => names.join(", "),
    }
}
