//! What is not held against what, and why.

use super::rules::{label, title};
use crate::config::TestFamily;
use crate::stats::{Analysis, Contender, Other, Unlike, Values};

/// Rules that are named, at most.
const MOST_NAMED: usize = 6;

/// Why a rule is not held against no decay, and what to add.
const NO_TWIN: &str = "it is not held against no decay, for no arm of its model and recipe is without: add one with \
                       weight_decay = 0 beside it";
const OTHER_VALUES: &str = "it is not held against no decay, which has other values of what is tuned: a warning below says how \
                            to compare them";

/// Why this rule is not held against no decay, and what to add.
pub fn without_partner(contender: &Contender) -> &'static str {
    if contender.elsewhere.is_empty() { NO_TWIN } else { OTHER_VALUES }
}

/// Rules with an empty cell where others are held against no decay, and why; those that share no seed with it too where no
/// rule is, for then there is no column that is empty.
pub fn lone(analysis: &Analysis) -> Vec<String> {
    let told = |is_meant: &dyn Fn(&Contender) -> bool, why: &str| {
        let own = analysis.contenders.iter().filter(|one| is_meant(one));
        let rules: Vec<String> = own.map(|one| title(&one.rule)).collect();
        (!rules.is_empty()).then(|| format!("Not held against no decay, {why}: {}.", named(&rules)))
    };
    let is_unpaired = |one: &Contender| !one.none.is_empty() && !one.shares_a_seed_with_none();
    let unpaired = told(&is_unpaired, "for no seed has runs of both");
    let asked = [TestFamily::AgainstNone, TestFamily::AgainstStopping];
    if !asked.into_iter().any(|family| analysis.family(family).next().is_some()) {
        return unpaired.into_iter().collect();
    }
    let has_none = |one: &Contender, is_alone: bool| {
        one.none.is_empty() && one.elsewhere.is_empty() == is_alone
    };
    let no_twin = "for no arm of the same model and recipe is without";
    let no_twin = told(&|one| has_none(one, true), no_twin);
    let other_values = told(&|one| has_none(one, false), "which has other values of what is tuned");
    [no_twin, other_values, unpaired].into_iter().flatten().collect()
}

/// Rules that are not held against what has other values of what they choose among or hold, and how to compare them.
pub fn other_values(rules: &[Unlike]) -> String {
    let told: Vec<String> = rules.iter().map(unlike).collect();
    let keys = rules.iter().flat_map(|one| one.values.iter().map(|values| values.key.as_str()));
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    let same =
        |one: &&Unlike| (one.is_searched, &one.values) == (rules[0].is_searched, &rules[0].values);
    let how = rules.first().filter(|_| rules.iter().filter(same).count() == rules.len());
    let what = match how {
        Some(one) if holds(one) => format!("have the same{}", same_values(one)),
        how => format!("choose among the same{}", how.map_or(String::new(), same_values)),
    };
    format!(
        "{}: a difference may be due to {} and not to decay. To compare them, let each {what}.",
        named(&told),
        keys.join(", ")
    )
}

fn unlike(one: &Unlike) -> String {
    let Unlike { rule, is_searched, values, others } = one;
    let own = match is_searched {
        true => format!("searches its {}", keys(values).join(" and ")),
        false if holds(one) => format!("has {}", at(values)),
        false => format!("chooses among {}", at(values)),
    };
    let others: Vec<String> = others.iter().map(other).collect();
    format!("{} {own}, and is not held against {}", label(rule), named(&others))
}

/// Whether it has one value of each.
fn holds(one: &Unlike) -> bool {
    !one.is_searched && one.values.iter().all(|values| values.values.len() == 1)
}

fn other(other: &Other) -> String {
    let name = other.rule.as_ref().map_or("no decay".to_owned(), label);
    format!("{name} ({})", at(&other.values))
}

fn keys(values: &[Values]) -> Vec<&str> {
    values.iter().map(|values| values.key.as_str()).collect()
}

/// "lr = 0.001, 0.003 and steps = 300".
fn at(values: &[Values]) -> String {
    let of = |one: &Values| format!("{} = {}", one.key, one.values.join(", "));
    values.iter().map(of).collect::<Vec<_>>().join(" and ")
}

/// What to write in the arms of the others.
fn same_values(one: &Unlike) -> String {
    if one.is_searched {
        let asked = keys(&one.values).into_iter().map(|key| format!("{key} = \"search\""));
        return format!(", with {}", asked.collect::<Vec<_>>().join(", "));
    }
    let is_none = one.others.iter().any(|other| other.rule.is_none());
    let is_one = is_none && holds(one);
    let of = |values: &Values| {
        let list: Vec<String> = values.values.iter().map(|value| in_toml(value)).collect();
        let list = list.join(", ");
        if is_one {
            format!("{} = {list}", values.key)
        } else {
            format!("{} = [{list}]", values.key)
        }
    };
    let lists = one.values.iter().map(of).collect::<Vec<_>>().join(", ");
    let tuned: Vec<String> = keys(&one.values).into_iter().map(in_toml).collect();
    match is_none {
        true if is_one => format!(", such as [[arm]] form = \"none\", {lists}"),
        true => {
            let tuned = tuned.join(", ");
            format!(", such as [[arm]] form = \"none\", {lists}, tune = [{tuned}]")
        }
        false => format!(": {lists}, with {} in tune", tuned.join(" and ")),
    }
}

/// A value as a spec has it: numbers as they are, names in quotes.
fn in_toml(value: &str) -> String {
    if value.parse::<f64>().is_ok() { value.to_owned() } else { format!("\"{value}\"") }
}

/// The first few, and how many more there are.
fn named(all: &[String]) -> String {
    let shown = all.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join("; ");
    match all.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
