//! The best values that a search found, in sentences.

use super::rules::{title, treatments};
use crate::plural::counted;
use crate::report::format;
use crate::stats::{
    Analysis, Found, FoundRule, Optimum, Regret, Ridge, Search, Whereabouts, ends_at_none,
};

/// The coefficient that most recipes name.
pub const COMMON: f64 = 0.1;

/// A sentence a searched value.
pub fn optima(analysis: &Analysis) -> Vec<String> {
    optima_of(analysis, |_| true)
}

/// The same of some rules.
pub fn optima_of(analysis: &Analysis, is_meant: impl Fn(&FoundRule) -> bool) -> Vec<String> {
    let rules = analysis.search.iter().flat_map(Search::all).filter(|rule| is_meant(rule));
    let of = |rule: &FoundRule| -> Vec<String> {
        let found = rule.found.iter().map(|found| sentence(rule, found, analysis));
        found.chain(rule.ridge.as_ref().map(|one| ridge(rule, one))).collect()
    };
    rules.flat_map(of).collect()
}

fn sentence(rule: &FoundRule, found: &Found, analysis: &Analysis) -> String {
    let (title, axis, runs) = (title(&rule.rule), symbol(&found.axis), counted(found.runs, "run"));
    if let Some(optimum) = found.optimum.as_ref().filter(|one| one.flat) {
        let epsilon = analysis
            .epsilon
            .map_or(String::new(), |one| format!(" ε = {}", format::three_digits(one.value)));
        let mut tried = optimum.curve.iter().filter(|one| one.seeds > 0 && one.value > 0.0);
        let low = tried.next().map_or(0.0, |one| one.value);
        let high = tried.next_back().map_or(low, |one| one.value);
        return format!(
            "{title}: flat: every {axis} that was tried, {} to {}, is within{epsilon} of the best ({runs}){}.",
            format::three_digits(low),
            format::three_digits(high),
            end(rule, found, analysis)
        );
    }
    let interval = range(found.interval);
    let elsewhere = elsewhere(found).map_or(String::new(), |told| format!("; {told}"));
    let (end, costs) = (end(rule, found, analysis), costs(found));
    format!(
        "{title}: the best {axis} is {} (95% interval {interval}; {runs}){elsewhere}{end}{costs}.",
        best(found)
    )
}

/// Why the best is not where the mean of the search's seeds is lowest.
fn elsewhere(found: &Found) -> Option<String> {
    let value = |value: f64| match value {
        0.0 => "no decay".to_owned(),
        value => format!("{} = {}", symbol(&found.axis), format::three_digits(value)),
    };
    let lowest = value(found.lowest_elsewhere()?);
    let best = value(found.best);
    Some(format!(
        "a curve through the means near the lowest confirmed {best}, though the lowest mean of the search's seeds is at {lowest}"
    ))
}

/// Of each rule whose best is not where the mean of the search's seeds is lowest, why.
pub fn confirmed_elsewhere(analysis: &Analysis) -> Vec<String> {
    let rules = analysis.search.iter().flat_map(|search| &search.rules);
    let of = |rule: &FoundRule| {
        let told = elsewhere(rule.weight_decay()?)?;
        Some(format!("{}: {told}.", title(&rule.rule)))
    };
    rules.filter_map(of).collect()
}

/// The best value; 0 is no decay.
pub fn best(found: &Found) -> String {
    match found.best {
        0.0 => "0, no decay".to_owned(),
        best => format::three_digits(best),
    }
}

/// The values within ε of the best by the means; open where an end of what was tried is one of them, and nothing says that
/// what lies beyond is not.
pub fn within(optimum: &Optimum) -> [f64; 2] {
    let [low, high] = optimum.within.estimate;
    let highest = optimum.curve.iter().map(|one| one.value).fold(0.0, f64::max);
    let is_open = high >= highest && optimum.within.possible[1].is_infinite();
    let is_open_below = low > 0.0 && optimum.is_open_below();
    [
        if is_open_below { f64::NEG_INFINITY } else { low },
        if is_open { f64::INFINITY } else { high },
    ]
}

/// An interval of values; open where nothing there is ruled out.
pub fn range(ends: [f64; 2]) -> String {
    let [low, high] = ends.map(|end| match end {
        0.0 => "0".to_owned(),
        end if end.is_infinite() => "…".to_owned(),
        end => format::three_digits(end),
    });
    format!("{low} to {high}")
}

/// What the ends of the range say. Fresh seeds that told a rule lower than no decay ruled 0 out of what it does alone; of
/// two things that it does they do not tell which is lower.
fn end(rule: &FoundRule, found: &Found, analysis: &Analysis) -> String {
    let [open, open_above] = [false, true].map(|is_above_none| open_ends(found, is_above_none));
    let beside = analysis.untold_beside(rule, &found.axis);
    if !beside.is_empty() && open != open_above {
        let [own, beside] = [treatments(&[found.axis.as_str()]), treatments(&beside)];
        return format!(
            "{open_above}; fresh seeds do not tell whether {own} or {beside} does it: add an arm with {beside} alone"
        );
    }
    match analysis.is_above_none(rule, &found.axis) {
        true => open_above,
        false => open,
    }
}

/// Where the means of an axis show which ends are not ruled out; of a surface, which ends nothing tells: along a ridge the best
/// may lie beyond places of which each was beaten.
fn open_ends(found: &Found, is_above_none: bool) -> String {
    let whereabouts = found.optimum.as_ref().map(|one| one.whereabouts);
    let [is_low, is_high] = match whereabouts {
        Some(Whereabouts::LowerEndOpen) => [true, false],
        Some(Whereabouts::UpperEndOpen) => [false, true],
        Some(Whereabouts::Anywhere) => [true, true],
        Some(Whereabouts::Inside) => [false, false],
        None => [found.interval[0] == 0.0, found.interval[1].is_infinite()],
    };
    let ends_at_none = ends_at_none(&found.axis);
    match (is_low && !(ends_at_none && is_above_none), is_high, whereabouts.is_some()) {
        (false, false, _) => String::new(),
        (true, false, _) if ends_at_none => format!(
            "; that no {} is best is not ruled out by the search's seeds",
            treatments(&[found.axis.as_str()])
        ),
        (true, false, true) => "; the lowest that was tried is not ruled out".to_owned(),
        (false, true, true) => "; the highest that was tried is not ruled out".to_owned(),
        (true, true, true) => "; neither end of the range is ruled out".to_owned(),
        (true, false, false) => "; no lower end is told".to_owned(),
        (false, true, false) => "; no upper end is told".to_owned(),
        (true, true, false) => "; neither end is told".to_owned(),
    }
}

fn costs(found: &Found) -> String {
    if !ends_at_none(&found.axis) {
        return String::new();
    }
    let none = found.regret_at(0.0).map(|one| format!("; no decay costs {}", cost(&one)));
    if found.axis != "weight_decay" {
        return none.unwrap_or_default();
    }
    let common = found.regret_at(COMMON).map(|one| format!("; λ = {COMMON} costs {}", cost(&one)));
    [none, common].into_iter().flatten().collect()
}

/// What a value costs in val loss, with its band: "0.054 [0.020, 0.090]"; without one where it is read off between two
/// that were trained: "≈ 0.054".
pub fn cost(regret: &Regret) -> String {
    if !regret.regret.is_finite() {
        return "the whole run".to_owned();
    }
    if regret.seeds == 0 {
        return format!("≈ {}", format::fixed(regret.regret, 3));
    }
    let end = |value: f64| match value.is_finite() {
        true => format::fixed(value, 3),
        false => "?".to_owned(),
    };
    format!(
        "{} [{}, {}]",
        format::fixed(regret.regret, 3),
        end(regret.band[0]),
        end(regret.band[1])
    )
}

/// As sentences name a searched key.
pub fn symbol(axis: &str) -> &str {
    match axis {
        "weight_decay" => "λ",
        "lr" => "learning rate",
        other => other,
    }
}

/// Which combination of two searched values decides.
fn ridge(rule: &FoundRule, ridge: &Ridge) -> String {
    let keys: Vec<&str> = rule.found.iter().map(|found| symbol(&found.axis)).collect();
    let [first, second] = keys[..] else { return String::new() };
    format!(
        "{}: {first} and {second} may change together at little cost along {}° [{}°, {}°] of their logarithms: {}.",
        title(&rule.rule),
        format::fixed(ridge.angle, 0),
        format::fixed(ridge.interval[0], 0),
        format::fixed(ridge.interval[1], 0),
        reading([first, second], ridge.interval)
    )
}

/// What directions say of two keys, in degrees from the first.
fn reading([first, second]: [&str; 2], [low, high]: [f64; 2]) -> String {
    // A direction is the same half a turn on.
    let holds = |angle: f64| {
        let mut turns = [-180.0, 0.0, 180.0].iter();
        turns.any(|turn| (low..=high).contains(&(angle + turn)))
    };
    let may = [
        (-45.0, "their product may be what decides".to_owned()),
        (0.0, format!("{first} may hardly matter beside {second}")),
        (90.0, format!("{second} may hardly matter beside {first}")),
    ];
    let may: Vec<String> =
        may.into_iter().filter(|(angle, _)| holds(*angle)).map(|(_, text)| text).collect();
    match (high - low >= 180.0, may.len()) {
        (true, _) => "these runs do not tell it".to_owned(),
        (false, 0) => "neither their product nor one of them alone decides".to_owned(),
        _ => may.join(", or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::optimum::Tried;
    use crate::stats::tests::searched_with_dropout;

    #[test]
    fn a_direction_is_read_the_same_half_a_turn_on() {
        let read = |low: f64, high: f64| reading(["λ", "learning rate"], [low, high]);
        for [low, high] in [[-97.0, -82.0], [82.0, 97.0], [85.0, 90.0]] {
            assert_eq!(read(low, high), "learning rate may hardly matter beside λ");
        }
        assert_eq!(read(-59.0, -41.0), "their product may be what decides");
        assert_eq!(read(170.0, 181.0), "λ may hardly matter beside learning rate");
        assert!(read(-106.0, 52.0).contains("learning rate may hardly matter beside λ"));
        assert!(read(36.0, 54.0).starts_with("neither their product"));
        assert_eq!(read(-90.0, 90.0), "these runs do not tell it");
    }

    /// Three λ by their losses on three seeds, beside no decay.
    fn optimum(losses: [f64; 3], none: Option<f64>) -> Optimum {
        let on_seeds = |loss: f64| vec![loss, loss + 0.001, loss - 0.001];
        let tried = [0.25, 1.0, 4.0].into_iter().zip(losses);
        let tried: Vec<Tried> =
            tried.map(|(value, loss)| Tried { value, losses: on_seeds(loss) }).collect();
        Optimum::of(&tried, none.map(on_seeds).as_deref(), 0.02).unwrap()
    }

    #[test]
    fn what_is_within_epsilon_is_open_above_where_nothing_rules_out_higher_values() {
        assert_eq!(range(within(&optimum([1.0, 1.0, 1.0], Some(1.0)))), "0 to …");
        let [low, high] = within(&optimum([1.5, 1.0, 1.5], None));
        assert!(low > 0.25 && high < 4.0, "{low} {high}");
    }

    #[test]
    fn what_is_within_epsilon_and_what_little_decay_costs_are_open_below_the_lowest_that_was_tried()
    {
        let open = optimum([1.0, 1.2, 1.6], Some(1.1));
        assert!(range(within(&open)).starts_with("… to 0.2"), "{:?}", within(&open));
        assert_eq!(open.regret_at(COMMON), None);
        assert!(open.regret_at(0.0).is_some() && open.regret_at(0.5).is_some());
        let unknown = optimum([1.1, 1.2, 1.6], Some(1.0));
        assert_eq!(unknown.regret_at(COMMON), None);
        for told in [optimum([1.05, 1.0, 1.6], Some(1.1)), optimum([1.0, 1.2, 1.6], Some(1.005))] {
            assert!(told.regret_at(COMMON).is_some(), "{told:?}");
            assert!(!range(within(&told)).starts_with('…'), "{told:?}");
        }
    }

    #[test]
    fn which_of_two_things_that_a_rule_does_is_lower_than_no_decay_is_not_told() {
        let analysis = Analysis::of(&searched_with_dropout());
        let rule = &analysis.search.as_ref().unwrap().rules[0];
        let told = |axis: &str, high: f64| {
            let (axis, interval, best, runs) = (axis.to_owned(), [0.0, high], 2.0, 12);
            let (is_interior, optimum, predicted_loss) = (false, None, None);
            let found = Found { axis, best, interval, is_interior, optimum, predicted_loss, runs };
            end(rule, &found, &analysis)
        };
        assert_eq!(
            told("weight_decay", 8.0),
            "; fresh seeds do not tell whether decay or dropout does it: add an arm with dropout alone"
        );
        assert_eq!(
            told("dropout", f64::INFINITY),
            "; no upper end is told; fresh seeds do not tell whether dropout or decay does it: add an arm with decay alone"
        );
    }

    #[test]
    fn what_fresh_seeds_told_of_no_decay_is_not_left_open_by_those_that_searched() {
        let told = |whereabouts, is_lower| {
            let optimum = Optimum { whereabouts, ..optimum([1.1, 1.0, 1.2], Some(1.1)) };
            let (axis, interval, runs) = ("weight_decay".to_owned(), optimum.interval, 12);
            let (best, is_interior, predicted_loss) = (1.0, false, None);
            let optimum = Some(optimum);
            let found = Found { axis, best, interval, is_interior, optimum, predicted_loss, runs };
            open_ends(&found, is_lower)
        };
        let open = told(Whereabouts::LowerEndOpen, false);
        assert_eq!(open, "; that no decay is best is not ruled out by the search's seeds");
        assert_eq!(told(Whereabouts::LowerEndOpen, true), "");
        let open = told(Whereabouts::Anywhere, true);
        assert_eq!(open, "; the highest that was tried is not ruled out");
    }
}
