//! The course of an experiment that searches: every rule on its own, then all together on fresh seeds.

use super::{
    Axis, Best, Decision, Epsilon, Known, Next, Replay, Runs, Terms, Tuned, Wanted, forecast,
    replay,
};
use crate::config::{SearchTerms, Stage};
use crate::experiment::{Arm, Asked, SearchedAxis, SearchedRule, Seed, Spec};

/// What is known of the runs of an experiment.
pub trait Records {
    /// The val loss of a run that has ended, +∞ where it diverged; `None` before its end.
    fn loss(&self, asked: &Asked) -> Option<f64>;

    /// The smallest difference that matters, from runs without decay that have ended.
    fn epsilon(&self, none: &[Asked]) -> f64;

    /// How many questions runs on fresh seeds, which have all ended, leave undecided.
    fn undecided(&self, judged: &[Asked]) -> usize;
}

/// Where a search stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Some rule is still being searched.
    Searching,
    /// Fresh seeds judge what was found; so many of them until the next look.
    Confirming { seeds: usize },
    /// Nothing is left to train.
    Over { seeds: usize },
}

/// Everything that a search has asked for, and why.
#[derive(Clone, Debug)]
pub struct Course {
    pub asked: Vec<Asked>,
    pub rules: Vec<RuleCourse>,
    /// Looks at the verdicts on fresh seeds.
    pub looks: Vec<Look>,
    pub standing: Standing,
}

/// A look at the verdicts after so many fresh seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub seeds: usize,
    /// Questions that it leaves undecided; `None` until its runs have ended.
    pub undecided: Option<usize>,
}

/// The search of one rule.
#[derive(Clone, Debug)]
pub struct RuleCourse {
    pub rule: SearchedRule,
    pub axes: Vec<Axis>,
    pub log: Vec<Decision>,
    pub epsilon: Option<f64>,
    /// What it came to; `None` while it goes on.
    pub found: Option<Best>,
}

impl Course {
    /// From the beginning to what the records allow.
    pub fn of(spec: &Spec, records: &dyn Records) -> Self {
        let mut asked = Vec::new();
        let walk =
            |rule| Walk { spec, rule, records, axes: axes(rule), none: rule.without_decay().first };
        let rules: Vec<RuleCourse> =
            spec.searched.iter().map(|rule| walk(rule).follow(&mut asked)).collect();
        let standing = Standing::Searching;
        let mut course = Course { asked, rules, looks: Vec::new(), standing };
        if course.rules.iter().all(|rule| rule.found.is_some()) {
            course.confirm(spec, records);
        }
        course
    }

    /// Asks for fresh seeds, look by look, until everything is decided.
    fn confirm(&mut self, spec: &Spec, records: &dyn Records) {
        let arms = self.judged_arms(spec);
        for seeds in spec.search.looks.iter().copied() {
            let judged = on_fresh_seeds(&arms, &spec.fresh_seeds[..seeds]);
            let have_ended = judged.iter().all(|asked| records.loss(asked).is_some());
            let undecided = have_ended.then(|| records.undecided(&judged));
            self.looks.push(Look { seeds, undecided });
            let is_last = Some(&seeds) == spec.search.looks.last();
            self.standing = match undecided {
                None => Standing::Confirming { seeds },
                Some(count) if count > 0 && !is_last => continue,
                Some(_) => Standing::Over { seeds },
            };
            return self.asked.extend(judged);
        }
    }

    /// Given arms, and every rule at what was found for it.
    fn judged_arms(&self, spec: &Spec) -> Vec<Arm> {
        let found = |one: &RuleCourse| match &one.found {
            Some(Best::At(point)) => Some(one.rule.at(&point.values)),
            _ => None,
        };
        spec.arms.iter().cloned().chain(self.rules.iter().filter_map(found)).collect()
    }
}

/// Runs that a whole search takes: of its rules, of no decay beside them, and on fresh seeds. Expected are those of the first
/// look alone: what later ones ask for depends on what they leave undecided.
pub fn runs_of(spec: &Spec) -> Runs {
    let search = &spec.search;
    let terms = terms(search, Epsilon::Value(1.0));
    let of_rules = spec.searched.iter().map(|rule| forecast::runs(&axes(rule), &terms));
    let mut runs = of_rules.fold(Runs { expected: 0, most: 0 }, |all, one| Runs {
        expected: all.expected + one.expected,
        most: all.most + one.most,
    });
    let judged = spec.arms.len() + spec.searched.len();
    let (first, last) = (search.looks.first(), search.looks.last());
    runs.expected += search.refine_seeds + judged * first.unwrap_or(&0);
    runs.most += search.refine_seeds * spec.searched.len() + judged * last.unwrap_or(&0);
    runs
}

fn terms(search: &SearchTerms, epsilon: Epsilon) -> Terms {
    let SearchTerms { bracket_seeds, refine_seeds, most_runs, .. } = *search;
    Terms { epsilon, bracket_seeds, refine_seeds, most_runs }
}

/// Every arm under every seed, all asked for by the last stage.
fn on_fresh_seeds(arms: &[Arm], seeds: &[Seed]) -> Vec<Asked> {
    let stage = Some(Stage::Confirm);
    let of = |arm: &Arm, seed: &Seed| Asked { arm: arm.clone(), seed: *seed, stage };
    arms.iter().flat_map(|arm| seeds.iter().map(move |seed| of(arm, seed))).collect()
}

/// The axes of a rule as lattices. Without decay is the end of an axis of λ where nothing else is searched.
fn axes(rule: &SearchedRule) -> Vec<Axis> {
    let is_alone = rule.axes.len() == 1;
    let axis = |one: &SearchedAxis| {
        let tuned = match one.key {
            "weight_decay" => Tuned::WeightDecay,
            "lr" => Tuned::LearningRate,
            "steps" => Tuned::Steps,
            share => Tuned::Share(share),
        };
        let axis = Axis::new(tuned, one.start);
        let ends_at_zero = is_alone && axis.ends_at_zero;
        let SearchedAxis { factor, least: lower, most: upper, usual, .. } = *one;
        Axis { factor, lower, upper, ends_at_zero, usual, ..axis }
    };
    rule.axes.iter().map(axis).collect()
}

fn is_same(one: &Asked, other: &Asked) -> bool {
    one.seed == other.seed && one.arm.asks_as(&other.arm)
}

/// One rule on its way.
struct Walk<'a> {
    spec: &'a Spec,
    rule: &'a SearchedRule,
    records: &'a dyn Records,
    axes: Vec<Axis>,
    /// The rule without decay, where its search starts.
    none: Arm,
}

impl Walk<'_> {
    /// Replays the search of the rule, giving it one by one the losses that it asks for.
    fn follow(self, asked: &mut Vec<Asked>) -> RuleCourse {
        let mut known = Known::default();
        let mut epsilon = self.spec.search.epsilon.or(self.spec.analysis.epsilon);
        loop {
            let Replay { next, log, .. } = replay(&self.axes, &self.terms(epsilon), &known);
            if let Next::Train { points, none_seeds, .. } = &next
                && self.look_up(points, *none_seeds, &mut known)
            {
                let measured = || self.records.epsilon(&self.without_decay(self.bracket_seeds()));
                epsilon = epsilon.or_else(|| Some(measured()));
                continue;
            }
            self.add_asked(&log, asked);
            let found = match next {
                Next::Confirm(best) => Some(best),
                Next::Train { .. } => None,
            };
            return RuleCourse { rule: self.rule.clone(), axes: self.axes, log, epsilon, found };
        }
    }

    /// Until ε is known from runs without decay, a search asks for those and does not get past them.
    fn terms(&self, epsilon: Option<f64>) -> Terms {
        let asks_first = Epsilon::Share { share: 0.0, level: 0.0 };
        terms(&self.spec.search, epsilon.map_or(asks_first, Epsilon::Value))
    }

    fn bracket_seeds(&self) -> usize {
        self.spec.search.bracket_seeds
    }

    /// Adds the losses that are there to what is known; whether all of them are.
    fn look_up(&self, points: &[Wanted], none_seeds: usize, known: &mut Known) -> bool {
        let mut all_there = true;
        for Wanted { point, seeds } in points {
            for (seed, asked) in self.runs_of(&self.rule.at(&point.values), *seeds).enumerate() {
                match self.records.loss(&asked) {
                    Some(loss) => known.add(&point.place, seed, loss),
                    None => all_there = false,
                }
            }
        }
        for (seed, asked) in self.without_decay(none_seeds).iter().enumerate() {
            match self.records.loss(asked) {
                Some(loss) => known.add_none(seed, loss),
                None => all_there = false,
            }
        }
        all_there
    }

    fn runs_of<'a>(&'a self, arm: &'a Arm, seeds: usize) -> impl Iterator<Item = Asked> + 'a {
        let of = |seed: &Seed| Asked { arm: arm.clone(), seed: *seed, stage: None };
        self.spec.seeds.iter().take(seeds).map(of)
    }

    fn without_decay(&self, seeds: usize) -> Vec<Asked> {
        self.runs_of(&self.none, seeds).collect()
    }

    /// Adds what every decision asked for, each run under the stage that asked for it first.
    fn add_asked(&self, log: &[Decision], asked: &mut Vec<Asked>) {
        for (place, decision) in log.iter().enumerate() {
            let of = |one: &Wanted| -> Vec<Asked> {
                self.runs_of(&self.rule.at(&one.point.values), one.seeds).collect()
            };
            // The first runs without decay tell ε.
            let first = if place == 0 { self.bracket_seeds() } else { 0 };
            let none = self.without_decay(decision.none_seeds.max(first));
            for run in decision.points.iter().flat_map(of).chain(none) {
                if !asked.iter().any(|known| is_same(known, &run)) {
                    asked.push(Asked { stage: Some(decision.stage), ..run });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
