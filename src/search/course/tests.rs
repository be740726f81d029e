use std::cell::RefCell;
use std::collections::BTreeSet;

use super::*;
use crate::config::Form;
use crate::experiment::Changes;

/// Losses on parabolas over the logarithms of λ and of the learning rate; runs end when they are told to.
struct World {
    ended: RefCell<BTreeSet<String>>,
    /// Seeds that decide.
    decided_by: usize,
}

fn name(asked: &Asked) -> String {
    format!("{} {} {}", asked.arm.decay.label(), asked.arm.recipe.lr, asked.seed.label)
}

fn loss(asked: &Asked) -> f64 {
    let noise = 0.01 * ((asked.seed.label * 7 + 3) % 5) as f64;
    let best = if asked.arm.decay.form == Form::L2 { 1e-3 } else { 0.7 };
    let away = |lambda: f64| (lambda / best).ln() / 4f64.ln();
    let noise = noise + 0.06 * (asked.arm.recipe.lr / 3e-3).log2().powi(2);
    noise + asked.arm.decay.weight_decay.map_or(2.2, |lambda| 2.0 + 0.06 * away(lambda).powi(2))
}

impl Records for World {
    fn loss(&self, asked: &Asked) -> Option<f64> {
        self.ended.borrow().contains(&name(asked)).then(|| loss(asked))
    }

    fn epsilon(&self, none: &[Asked]) -> f64 {
        assert!(none.len() == 2 && none.iter().all(|asked| self.loss(asked).is_some()));
        0.02
    }

    fn undecided(&self, judged: &[Asked]) -> usize {
        let seeds: BTreeSet<u64> = judged.iter().map(|asked| asked.seed.label).collect();
        usize::from(seeds.len() < self.decided_by)
    }
}

fn spec(arms: &str) -> Spec {
    let text = format!("name = 'a'\n{arms}[search]\nlooks = [4, 6]\n");
    Spec::parse(&text, &Changes::default()).unwrap()
}

const RULES: &str = "[[arm]]\nform = ['adamw', 'l2']\nweight_decay = 'search'\n";

/// Ends so many runs at a time until nothing is asked for any more.
fn played(spec: &Spec, at_once: usize, decided_by: usize) -> (Course, usize) {
    let world = World { ended: RefCell::default(), decided_by };
    for round in 0.. {
        let course = Course::of(spec, &world);
        let missing = course.asked.iter().filter(|asked| world.loss(asked).is_none());
        let missing: Vec<String> = missing.take(at_once).map(name).collect();
        if missing.is_empty() {
            assert!(matches!(course.standing, Standing::Over { .. }), "{:?}", course.standing);
            return (course, round);
        }
        world.ended.borrow_mut().extend(missing);
    }
    unreachable!("a search ends")
}

#[test]
fn runs_that_end_in_any_portions_lead_to_the_same_course() {
    let spec = spec(RULES);
    let (whole, rounds) = played(&spec, usize::MAX, 6);
    let told = |course: &Course| {
        let asked: Vec<_> = course.asked.iter().map(|one| (name(one), one.stage)).collect();
        let logs: Vec<_> = course.rules.iter().map(|rule| rule.log.clone()).collect();
        (asked, logs, course.looks.clone(), course.standing)
    };
    assert!(rounds <= 7, "{rounds} rounds");
    for at_once in [1, 3, 8] {
        assert_eq!(told(&played(&spec, at_once, 6).0), told(&whole));
    }
    assert_eq!(whole.standing, Standing::Over { seeds: 6 });
    assert_eq!(whole.looks.len(), 2);
    assert_eq!(played(&spec, usize::MAX, 4).0.standing, Standing::Over { seeds: 4 });
    assert_eq!(played(&spec, usize::MAX, 99).0.standing, Standing::Over { seeds: 6 });
}

#[test]
fn every_rule_finds_its_own_best_and_no_run_is_asked_for_twice() {
    let (course, _) = played(&spec(RULES), usize::MAX, 4);
    for (rule, best) in course.rules.iter().zip([0.7, 1e-3]) {
        let Some(Best::At(point)) = &rule.found else { panic!("{:?}", rule.found) };
        assert!((point.values[0] / best).ln().abs() < 0.5, "{point:?}");
    }
    let names: BTreeSet<String> = course.asked.iter().map(name).collect();
    assert_eq!(names.len(), course.asked.len());
    let fresh = |asked: &&Asked| asked.stage == Some(Stage::Confirm);
    let (judged, found): (Vec<&Asked>, Vec<&Asked>) = course.asked.iter().partition(fresh);
    let seeds =
        |asked: Vec<&Asked>| asked.iter().map(|one| one.seed.label).collect::<BTreeSet<_>>();
    assert_eq!(judged.len(), 3 * 4, "no decay and two rules on four seeds");
    assert!(seeds(judged).is_disjoint(&seeds(found)));
}

#[test]
fn given_arms_are_trained_on_fresh_seeds_alone() {
    let given = "[[arm]]\nform = 'cautious'\nweight_decay = [0.1, 0.2]\n";
    let (course, _) = played(&spec(&format!("{RULES}{given}")), usize::MAX, 4);
    let of_given = |asked: &&Asked| asked.arm.decay.form == Form::Cautious;
    let of_given: Vec<&Asked> = course.asked.iter().filter(of_given).collect();
    assert_eq!(of_given.len(), 2 * 4);
    assert!(of_given.iter().all(|asked| asked.stage == Some(Stage::Confirm)));
}

#[test]
fn a_whole_search_costs_no_more_than_its_forecast_allows() {
    let spec = spec(RULES);
    let (course, _) = played(&spec, usize::MAX, 99);
    let runs = runs_of(&spec);
    assert!(course.asked.len() <= runs.most, "{} of {runs:?}", course.asked.len());
    assert!(runs.expected < runs.most);
}

#[test]
fn searches_of_other_values_mix_and_each_meets_no_decay_on_its_own_terms() {
    let both = "[[arm]]\nform = 'adamw'\nweight_decay = 'search'\n\
                [[arm]]\nform = 'l2'\nweight_decay = 'search'\nlr = 'search'\n";
    let (course, _) = played(&spec(both), usize::MAX, 4);
    let [adamw, l2, none] = &course.rules[..] else { panic!("{} rules", course.rules.len()) };
    let at = |rule: &RuleCourse| match &rule.found {
        Some(Best::At(point)) => point.values.clone(),
        found => panic!("{found:?}"),
    };
    let is_near = |value: f64, best: f64| (value / best).ln().abs() < 0.7;
    assert!(is_near(at(adamw)[0], 0.7), "{:?}", at(adamw));
    assert!(is_near(at(l2)[0], 1e-3) && is_near(at(l2)[1], 3e-3), "{:?}", at(l2));
    assert!(none.rule.keys() == "lr" && is_near(at(none)[0], 3e-3), "{:?}", at(none));
    assert_eq!(points(&course).len(), course.asked.len(), "nothing is asked for twice");
}

/// Of each run its name and what its rule searches.
fn points(course: &Course) -> BTreeSet<(String, String)> {
    course.asked.iter().map(|one| (name(one), one.arm.tuned())).collect()
}

/// What a rule found is read from its own rows.
#[test]
fn two_searches_of_one_form_both_have_the_runs_that_they_share() {
    let both = "[[arm]]\nform = 'adamw'\nweight_decay = 'search'\n\
                [[arm]]\nform = 'adamw'\nweight_decay = 'search'\nlr = 'search'\n";
    let (course, _) = played(&spec(both), usize::MAX, 4);
    let (points, start) = (points(&course), &course.rules[0].rule.first);
    let explored = course.asked.iter().filter(|one| one.stage != Some(Stage::Confirm));
    let at_start: Vec<&Asked> = explored.filter(|one| one.arm.asks_as(start)).collect();
    assert!(at_start.len() >= 2 && at_start[0].arm.tuned() == "weight_decay");
    for one in &at_start[..2] {
        assert!(points.contains(&(name(one), "weight_decay lr".to_owned())), "{}", name(one));
    }
}

#[test]
fn what_is_usual_lies_around_the_default_start_wherever_a_search_starts() {
    let axis = |terms: &str| {
        let spec = spec(&format!("[[arm]]\nform = 'adamw'\nweight_decay = {terms}\n"));
        axes(&spec.searched[0]).remove(0)
    };
    let default = axis("'search'");
    assert_eq!(default.usual, Some([default.value(-8), default.value(8)]));
    assert_eq!(axis("{ search = true, start = 200.0, factor = 3 }").usual, default.usual);
}
