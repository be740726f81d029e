//! How to read the verdicts, for below them.

use std::collections::BTreeSet;

use super::levels::{epsilon, spread};
use super::loss;
use super::rules::title;
use super::texts::texts;
use crate::config::RIVALS;
use crate::plural::counted;
use crate::report::format;
use crate::stats::{
    Analysis, Cell, Comparison, Contender, FEWEST_SEEDS, Kind, ValuesTable, Warning,
};

/// With so many a test of signs has no p below 0.05.
const MOST_SEEDS_WITHOUT_TEST: usize = 5;

const FLATTERED: &str = "The loss of a best point, with its interval, is of the arm that all seeds choose together: among \
                         arms that differ by chance alone it is too low, on test too, since a run's noise is on both texts.";

/// Simulated for families of four rules against one, over three to twenty seeds, with noise that is exponential, log-normal
/// or the square of normal, and three to thirty times as wide in the four as in the one.
pub(super) const SKEWED: &str = "Where noise is skewed and scatters several times as far in some arms as in others, more verdicts are \
                      false: in simulations one at least in a tenth to a third of families.";

/// What is measured, on which seeds and texts, how it is tested, and where the spread comes from.
pub fn fine_print(analysis: &Analysis) -> String {
    let spread = analysis.spread.as_ref().map(spread);
    let is_choice = analysis.contenders.iter().any(Contender::is_choice);
    let flattered = is_choice.then(|| FLATTERED.to_owned());
    let told = with_tests(analysis, tests(analysis)).into_iter();
    told.chain(flattered).chain(spread).collect::<Vec<_>>().join(" ")
}

/// The same in short, for below the verdicts on the screen.
pub fn reading(analysis: &Analysis) -> String {
    with_tests(analysis, tests_in_short(analysis)).join(" ")
}

/// How to read the tables alone, where there is no room for more.
pub fn reading_in_brief(analysis: &Analysis) -> String {
    let is_tested = |one: &Comparison| one.kind() != Kind::NoTest;
    let values = analysis.values.iter().flat_map(ValuesTable::comparisons);
    if !analysis.headline.iter().chain(values).any(is_tested) {
        return reading(analysis);
    }
    let mut sentences = vec![measured(analysis)];
    sentences.extend(not_over(analysis));
    if analysis.headline.iter().any(is_tested) {
        sentences.extend(match analysis.is_confirmed() {
            true => Some(chosen(analysis)),
            false => brief_choice(analysis).map(str::to_owned),
        });
        sentences.extend(without_treatment(analysis));
        sentences.extend(not_judged(analysis));
    }
    sentences.push(tests_in_short(analysis));
    sentences.extend(analysis.epsilon.as_ref().map(|one| epsilon(one) + "."));
    sentences.join(" ")
}

/// What is chosen, in brief.
fn brief_choice(analysis: &Analysis) -> Option<&'static str> {
    let is_choice = analysis.contenders.iter().any(Contender::is_choice);
    match (is_choice, analysis.headline.iter().any(|one| one.elsewhere > 0)) {
        (false, _) => None,
        (true, false) => Some("The loss of a best point is flattered, differences are not."),
        (true, true) => Some(
            "The loss of a best point is flattered, differences are not; °: some seeds are judged at other points.",
        ),
    }
}

fn with_tests(analysis: &Analysis, tests: String) -> Vec<String> {
    let mut sentences = vec![measured(analysis)];
    sentences.extend(not_over(analysis));
    let values = analysis.values.iter().flat_map(ValuesTable::comparisons);
    let tested = || analysis.headline.iter().filter(|one| one.kind() != Kind::NoTest);
    if tested().chain(values).all(|one| one.kind() == Kind::NoTest) {
        sentences.push(untested(analysis));
        return sentences;
    }
    if tested().next().is_some() {
        sentences.push(chosen(analysis));
        sentences.extend(without_treatment(analysis));
        sentences.extend(not_judged(analysis));
    }
    sentences.push(tests);
    sentences.extend(analysis.epsilon.as_ref().map(|one| epsilon(one) + "."));
    sentences
}

/// What losses are of while a search goes on.
fn not_over(analysis: &Analysis) -> Option<String> {
    let is_open = analysis.search.as_ref().is_some_and(|search| !search.is_confirmed);
    is_open.then(|| {
        "The search is not over: arms are compared on the seeds that all points of it have, and nothing is judged before \
         its fresh seeds."
            .to_owned()
    })
}

/// How the point of each rule was chosen.
fn chosen(analysis: &Analysis) -> String {
    let is_choice = analysis.contenders.iter().any(Contender::is_choice);
    match (analysis.is_confirmed(), is_choice) {
        (true, _) => confirmed(analysis, is_choice),
        (false, false) => {
            let is_one = |one: &Contender| one.points.len() == 1 && one.none.len() < 2;
            match analysis.contenders.iter().all(is_one) {
                true => "Each rule has one point, so that nothing was chosen.".to_owned(),
                false => "Each rule has one point that may be its best.".to_owned(),
            }
        }
        (false, true) => {
            let chosen = "Each rule is at its best point, chosen on val without the seed that it is judged on; its loss is \
                          flattered, differences are not";
            match analysis.headline.iter().any(|one| one.elsewhere > 0) {
                true => format!(
                    "{chosen}. The point that is named is the one that all seeds choose together, and seeds \"at other \
                     points\" (° in tables) are judged where the others put the best."
                ),
                false => format!("{chosen}."),
            }
        }
    }
}

/// Where a search found the points on other seeds, or on these where a list was given.
fn confirmed(analysis: &Analysis, has_lists: bool) -> String {
    let lists = match has_lists {
        true => {
            " Where a list was given, a rule is at its best of that by val of these seeds, without the seed that it is \
             judged on: its loss is flattered."
        }
        false => "",
    };
    let share = 100.0 * analysis.alpha;
    format!(
        "Each rule{} is at what its search found on other seeds; these {} are fresh.{lists} What a λ costs is val loss on \
         the seeds of the search. This look may err in {}% of families about differences, and in as many about \
         equivalences: its part of what all looks share.",
        if has_lists { " that was searched" } else { "" },
        analysis.seeds(),
        format::number(format!("{share:.2}").parse().unwrap_or(share))
    )
}

/// What no decay is without besides, where arms have more than decay.
fn without_treatment(analysis: &Analysis) -> Option<String> {
    let words = analysis.contenders.iter().flat_map(|one| one.rule.treatment.split(' '));
    let keys = words.filter_map(|word| word.split('=').next()).filter(|key| RIVALS.contains(key));
    let keys: BTreeSet<&str> = keys.collect();
    (!keys.is_empty()).then(|| {
        let keys: Vec<&str> = keys.into_iter().collect();
        format!("No decay is without {} too.", keys.join(", "))
    })
}

/// Rules that a search gave up.
fn not_judged(analysis: &Analysis) -> Option<String> {
    let search = analysis.search.as_ref().filter(|search| search.is_confirmed)?;
    let judged: Vec<String> = analysis.contenders.iter().map(|one| title(&one.rule)).collect();
    let searched = search.rules.iter().map(|one| title(&one.rule));
    let left: Vec<String> = searched.filter(|one| !judged.contains(one)).collect();
    (!left.is_empty()).then(|| {
        format!(
            "Not judged, because its search found nothing lower than no decay: {}.",
            left.join("; ")
        )
    })
}

fn untested(analysis: &Analysis) -> String {
    let searched = analysis.search.iter().flat_map(|search| &search.rules);
    if analysis.is_confirmed() && analysis.contenders.is_empty() && searched.count() > 0 {
        return "The search found nothing better than no decay, so nothing is judged against it."
            .to_owned();
    }
    let cells = || analysis.groups.iter().flat_map(|group| &group.cells);
    if analysis.seeds() < FEWEST_SEEDS {
        return format!("Fewer than {FEWEST_SEEDS} seeds: no interval and no verdict.");
    }
    if !cells().any(Cell::is_treated) {
        return "Every arm is without decay, so there is nothing to compare: no verdict."
            .to_owned();
    }
    if analysis.headline.iter().any(|one| one.is_copied) {
        return "What differs, differs by the same in every seed, of which there is no test: no verdict.".to_owned();
    }
    if analysis.has_both_sides() {
        return format!(
            "Fewer than {FEWEST_SEEDS} pairs of seeds: no two arms that are compared have {FEWEST_SEEDS} seeds in common, so \
             there is no interval and no verdict."
        );
    }
    if !analysis.is_asked() && has_other_values(analysis) {
        return "Arms that could be compared have other values of what is tuned: no verdict."
            .to_owned();
    }
    match cells().all(Cell::is_complete) && !analysis.is_asked() {
        true => "No arm of the same model and recipe is without decay, and no two rules differ in form or mask alone: no \
                 verdict."
            .to_owned(),
        false => "No two arms can be compared whose every run reached its end with losses that are finite numbers: no \
                  verdict."
            .to_owned(),
    }
}

/// Whether something is not compared since arms have other values of what is tuned.
fn has_other_values(analysis: &Analysis) -> bool {
    analysis.warnings.iter().any(|one| matches!(one, Warning::OtherValues { .. }))
}

/// The loss, the seeds and the texts behind every claim.
fn measured(analysis: &Analysis) -> String {
    let mut what = loss(analysis).to_owned();
    what[..1].make_ascii_uppercase();
    let seeds = counted(analysis.seeds(), "seed");
    let texts = texts(analysis);
    let source = match analysis.loss.is_on_test() {
        true => "",
        false => {
            " These files have no test loss: val chooses and reports, and what stopping reaches is the lowest val \
                 loss, below what test would say."
        }
    };
    format!("{what} in nats per token at the last step; {seeds}, {texts}.{source}")
}

fn tests(analysis: &Analysis) -> String {
    let level = format::number(100.0 * (1.0 - analysis.alpha));
    // Of n signs one in 2ⁿ is as extreme, on either side.
    let alone = match analysis.seeds() {
        seeds if seeds <= MOST_SEEDS_WITHOUT_TEST => {
            format!(": with {seeds} seeds no test that does not can reach p = 0.05")
        }
        _ => String::new(),
    };
    format!(
        "[ ] holds every difference of its family at once with {level}% (Bonferroni); p is Holm-corrected within \
         the family, once for differences and once for equivalences, so that a verdict may be told whose [ ] reaches a \
         little over 0 or ε. All rest on normal noise{alone}. {SKEWED}"
    )
}

/// Whether a difference is told by Holm's correction and not by the interval, which takes all of a family at once.
fn is_told_across_zero(one: &Comparison) -> bool {
    let holds_zero = |[low, high]: [f64; 2]| low <= 0.0 && high >= 0.0;
    one.is_distinguishable() && one.judgement.interval.is_some_and(holds_zero)
}

fn tests_in_short(analysis: &Analysis) -> String {
    let level = format::number(100.0 * (1.0 - analysis.alpha));
    let steps = match analysis.headline.iter().any(is_told_across_zero) {
        true => ", step by step, so that a difference may be told whose [ ] holds 0,",
        false => "",
    };
    let rest = format!("verdicts are Holm-corrected in it{steps} and rest on normal noise.");
    // The values table alone shows each difference by itself.
    let tests = match analysis.headline.is_empty() {
        true => format!(
            "± is the 95% interval of a difference by itself; the table is one family, {rest}"
        ),
        false => format!("[ ] holds all differences of a family at once with {level}%; {rest}"),
    };
    match analysis.headline.iter().any(|one| one.kind() == Kind::Undecided) {
        true => format!(
            "{tests} +N: about N more seeds would decide, if difference and scatter are as seen."
        ),
        false => tests,
    }
}
