//! One finding in words, wherever it is told.

use std::iter;

use super::levels::decimals;
use super::rules::{arm, at_others, at_point, label, title};
use super::{SAME, kind, quantity};
use crate::config::TestFamily;
use crate::report::format;
use crate::stats::{
    Analysis, Comparison, Contender, GapChange, Kind, Opponent, Rule, Side, best,
    best_at_full_length,
};

/// The question of a family, as a heading.
pub fn family(family: TestFamily) -> &'static str {
    match family {
        TestFamily::AgainstNone => "Decay against no decay",
        TestFamily::AgainstStopping => "Decay against stopping no decay at its best step",
        TestFamily::Form => "Form against form",
        TestFamily::Mask => "Mask against mask",
        TestFamily::Rival => "Decay against its rivals, and on other terms",
        TestFamily::Interaction => "Does what the mask does depend on the form",
        TestFamily::Published => "Published recipes against no decay",
    }
}

/// The headline comparisons that were tested, in sentences.
pub fn verdicts(analysis: &Analysis) -> Vec<String> {
    let tested = analysis.headline.iter().filter(|one| one.kind() != Kind::NoTest);
    tested.map(|one| verdict(one, analysis)).collect()
}

/// One comparison as a sentence.
pub fn verdict(comparison: &Comparison, analysis: &Analysis) -> String {
    format!("{}: {}", subject(comparison), finding(comparison, analysis))
}

/// What a comparison found in a cell of a table: "−0.034 [−0.084, +0.026] undecided +13".
pub fn cell(comparison: &Comparison, analysis: &Analysis) -> String {
    let Comparison { difference, judgement, .. } = comparison;
    let more = match (judgement.kind, judgement.further_seeds) {
        (Kind::Undecided, Some(seeds)) => format!(" +{}", format::count(seeds)),
        (Kind::Undecided, None) => " +∞".to_owned(),
        (Kind::Lower | Kind::Higher, _) if comparison.is_within_epsilon => ", below ε".to_owned(),
        _ => String::new(),
    };
    let n = if difference.n == analysis.seeds() {
        String::new()
    } else {
        format!(", n = {}", difference.n)
    };
    let mark = if comparison.elsewhere > 0 { "°" } else { "" };
    let word = if comparison.is_copied { SAME } else { kind(judgement.kind) };
    format!("{} {word}{mark}{more}{n}", told(comparison, decimals(analysis)))
}

/// The same in a table whose rows show every rule at its best, with the points of those that are not compared there: of
/// what is not tested no point may be the best. "λ = 1: −0.034 no test".
pub fn cell_beside(comparison: &Comparison, analysis: &Analysis) -> String {
    let is_shown = |side: &Side| {
        let own = analysis.contenders.iter().filter(|one| one.rule == side.rule);
        let shown = own.flat_map(|one| [best(&one.points), best_at_full_length(&one.points)]);
        shown.flatten().any(|point| point.side == *side)
    };
    let others = comparison.others();
    let named = |side: &Side| {
        let at = at_point(side);
        let name = if others.is_empty() { String::new() } else { label(&side.rule) };
        (!at.is_empty()).then(|| (name + &at).trim_start_matches(", ").to_owned())
    };
    let sides = iter::once(&comparison.left).chain(others);
    let points: Vec<String> = sides.filter(|side| !is_shown(side)).filter_map(named).collect();
    let cell = cell(comparison, analysis);
    if points.is_empty() { cell } else { format!("{}: {cell}", points.join("; ")) }
}

/// Two rules, each at its own best, as the difference that is told of them.
pub fn pair(comparison: &Comparison) -> String {
    let left = &comparison.left.rule;
    match &comparison.right {
        Opponent::NoDecay | Opponent::Stopped => label(left),
        Opponent::Rule(right) => format!("{} − {}", label(left), label(&right.rule)),
        Opponent::Crossed(others) => {
            let [other_mask, other_form, _] = &**others;
            let mask = |rule: &Rule| rule.mask.map_or(String::new(), |mask| mask.to_string());
            let masks = format!("{} − {}", mask(left), mask(&other_mask.rule));
            format!("({masks}) under {} − under {}", left.form, other_form.rule.form)
        }
    }
}

/// What is compared.
fn subject(comparison: &Comparison) -> String {
    let left = &comparison.left;
    match &comparison.right {
        Opponent::NoDecay | Opponent::Stopped => arm(left),
        Opponent::Rule(right) => format!("{} against {}", arm(left), arm(right)),
        Opponent::Crossed(others) => {
            let [other_mask, other_form, _] = &**others;
            let mask = |rule: &Rule| rule.mask.map_or("", |mask| mask.title());
            format!(
                "{} − {} under {} against the same under {}",
                mask(&left.rule),
                mask(&other_mask.rule),
                left.rule.form.title(),
                other_form.rule.form.title()
            )
        }
    }
}

/// What a comparison found, to follow its subject: "test loss 0.054 lower than without decay …".
pub fn finding(comparison: &Comparison, analysis: &Analysis) -> String {
    let what = quantity(comparison.quantity);
    let [than, to, against] = opponent(comparison, analysis);
    let word = kind(comparison.kind());
    let difference = comparison.difference;
    let decimals = decimals(analysis);
    let told = told(comparison, decimals);
    let p = comparison.judgement.p_holm.map_or(String::new(), |p| format!(", {}", format::p(p)));
    let n = seeds(comparison);
    match comparison.kind() {
        Kind::Lower | Kind::Higher => {
            let small = match comparison.is_within_epsilon {
                true => "; less than what matters here",
                false => "",
            };
            let size = format::fixed(difference.mean.abs(), decimals);
            format!(
                "{what} {size} {word}{than} ({}n = {n}{p}{small})",
                interval(comparison, decimals)
            )
        }
        Kind::Equivalent => {
            let within = analysis.epsilon.map_or(String::new(), |epsilon| {
                format!(" within {}", format::three_digits(epsilon.value))
            });
            format!("{what} {word}{to}{within} ({told}, n = {n})")
        }
        Kind::Undecided => {
            format!("{what} {word}{against} ({told}, n = {n}{p}; {})", further(comparison))
        }
        Kind::NoTest if comparison.is_copied => {
            format!("{what} {told}{against} in every seed, of which there is no test (n = {n})")
        }
        Kind::NoTest => format!("{what} {told}{against}, not tested (n = {n})"),
    }
}

/// How many seeds a difference is of, and how many of them are judged at other points than the one that is named.
fn seeds(comparison: &Comparison) -> String {
    match comparison.elsewhere {
        0 => comparison.difference.n.to_string(),
        elsewhere => format!("{}, {elsewhere} at other points", comparison.difference.n),
    }
}

/// "than …", "to …" and "against …" of the other side, where the subject does not name it.
fn opponent(comparison: &Comparison, analysis: &Analysis) -> [String; 3] {
    let at = at_held(comparison, analysis);
    match (&comparison.right, at.as_str()) {
        (Opponent::NoDecay, at) => [" than without decay", " to no decay", " against no decay"]
            .map(|words| format!("{words}{at}")),
        (Opponent::Stopped, "") => {
            [" than no decay stopped at its best", " to stopping", " against stopping"]
                .map(str::to_owned)
        }
        (Opponent::Stopped, at) => [
            format!(" than no decay{at} stopped at its best"),
            format!(" to stopping no decay{at}"),
            format!(" against stopping no decay{at}"),
        ],
        (Opponent::Rule(_) | Opponent::Crossed(_), _) => Default::default(),
    }
}

/// " at lr = 0.01" where a rule and the no decay that it is held against are at one value of what others tune: beside those
/// "no decay" alone is that at its own best. Empty otherwise.
fn at_held(comparison: &Comparison, analysis: &Analysis) -> String {
    let own = analysis.contenders.iter().filter(|one| one.rule == comparison.left.rule);
    let held: Vec<&str> = own.flat_map(Contender::held_with_none).collect();
    let told = at_others(&held.join(" "));
    told.strip_prefix(", ").map_or(String::new(), |told| format!(" at {told}"))
}

/// The other side by name, its rules in the words of `name`: "no decay at lr = 0.01, stopped".
pub fn other_side(
    comparison: &Comparison,
    analysis: &Analysis,
    name: impl Fn(&Side) -> String,
) -> Vec<String> {
    let at = at_held(comparison, analysis);
    match &comparison.right {
        Opponent::NoDecay => vec![format!("no decay{at}")],
        Opponent::Stopped => vec![format!("no decay{at}, stopped")],
        Opponent::Rule(_) | Opponent::Crossed(_) => comparison.others().iter().map(name).collect(),
    }
}

/// The difference with its simultaneous interval: "−0.054 [−0.098, −0.010]".
fn told(comparison: &Comparison, decimals: usize) -> String {
    let mean = format::signed(comparison.difference.mean, decimals);
    format!("{mean} {}", interval(comparison, decimals)).trim_end_matches([' ', ',']).to_owned()
}

/// "[−0.098, −0.010], "; empty where there is none.
fn interval(comparison: &Comparison, decimals: usize) -> String {
    let shown = comparison.judgement.interval.map(|ends| format::interval(ends, decimals) + ", ");
    shown.unwrap_or_default()
}

fn further(comparison: &Comparison) -> String {
    match comparison.judgement.further_seeds {
        Some(1) => "about 1 more seed would decide".to_owned(),
        Some(seeds) => format!("about {} more seeds would decide", format::count(seeds)),
        None => "more seeds than anyone trains would decide".to_owned(),
    }
}

/// What the best arm does beside no decay, as the title of the figure that shows both.
pub fn story_title(rule: &Rule, gap: GapChange, told: Option<&Comparison>) -> String {
    let title = title(rule);
    let gaps = format!("gap {} to {}", format::fixed(gap.from, 2), format::fixed(gap.to, 2));
    let Some(comparison) = told else { return format!("{title}: {gaps}") };
    let what = quantity(comparison.quantity);
    let size = format::fixed(comparison.difference.mean.abs(), 2);
    match comparison.kind() {
        Kind::Lower => format!("{title} lowers {what} by {size}; {gaps}"),
        Kind::Higher => format!("{title} raises {what} by {size}; {gaps}"),
        Kind::Equivalent => format!("{title}: {what} equivalent to no decay; {gaps}"),
        Kind::Undecided => format!("{title}: {what} undecided against no decay; {gaps}"),
        Kind::NoTest => format!("{title}: not tested against no decay; {gaps}"),
    }
}
