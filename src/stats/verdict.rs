use rayon::prelude::*;
use serde::Serialize;

use super::evidence::Evidence;
use super::inference::{Estimate, holm, t_quantile};
use super::power::seeds_to_decide;

/// What a comparison found. Nothing that is printed, drawn or written may claim more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The left side is lower: Holm's p is below α.
    Lower,
    /// The left side is higher.
    Higher,
    /// No difference of ε or more: Holm's p of the two one-sided tests is below α.
    Equivalent,
    /// Neither could be shown.
    Undecided,
    /// Too few seeds, or a run that did not reach its end.
    NoTest,
}

/// By what comparisons are judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Share of families in which any difference may be false, and of those in which any equivalence may be.
    pub alpha: f64,
    /// The smallest difference that matters, in nats per token.
    pub epsilon: Option<f64>,
}

impl Terms {
    /// What an interval of a family of so many tests leaves outside at each end, so that all of them cover
    /// at once: level 1 − α/m each (Bonferroni).
    pub fn tail(&self, family_size: usize) -> f64 {
        self.alpha / 2.0 / family_size.max(1) as f64
    }
}

/// What one comparison of a family found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    pub kind: Kind,
    /// Two-sided p of no difference.
    pub p: Option<f64>,
    /// After Holm's correction over the family.
    pub p_holm: Option<f64>,
    /// p of a difference of ε or more, after Holm's correction over the family.
    pub p_beyond: Option<f64>,
    /// The ends of the interval that covers the difference, for all comparisons of the family at once, see
    /// [`Terms::tail`]. An end that the seeds do not tell is infinite.
    pub interval: Option<[f64; 2]>,
    /// Further seeds with which most experiments would decide; for what is undecided.
    pub further_seeds: Option<usize>,
    /// Tests of the family.
    pub family_size: usize,
}

impl Judgement {
    /// Of what was not tested, in a family of so many tests.
    pub fn untested(family_size: usize) -> Self {
        Judgement {
            kind: Kind::NoTest,
            p: None,
            p_holm: None,
            p_beyond: None,
            interval: None,
            further_seeds: None,
            family_size,
        }
    }

    /// With the interval, and the further seeds where it is undecided.
    pub fn with_details(self, evidence: &dyn Evidence, terms: &Terms) -> Self {
        let interval = evidence.interval(terms.tail(self.family_size));
        let is_open = self.kind == Kind::Undecided;
        let further_seeds =
            if is_open { self.further_seeds(evidence, terms, interval) } else { None };
        Judgement { interval: Some(interval), further_seeds, ..self }
    }

    /// Further seeds with which most experiments would decide, should the truth be the mean that was observed: by the
    /// spread that the interval implies, which the choice of the best of several points makes wider.
    fn further_seeds(
        &self,
        evidence: &dyn Evidence,
        terms: &Terms,
        [low, high]: [f64; 2],
    ) -> Option<usize> {
        let Estimate { mean, n, .. } = evidence.estimate()?;
        let (_, freedom) = evidence.error()?;
        let half = (high - mean).max(mean - low);
        let quantile = t_quantile(1.0 - terms.tail(self.family_size), freedom);
        // The smaller of two samples does not grow alone.
        let sd = evidence.single_sd().unwrap_or(half / quantile * (n as f64).sqrt());
        let sd = Some(sd).filter(|sd| sd.is_finite() && *sd > 0.0)?;
        let seeds = seeds_to_decide(mean, sd, terms.epsilon, self.family_size, terms.alpha)?;
        Some(seeds.saturating_sub(n).max(1))
    }

    /// Whether a difference is also shown to be smaller than ε.
    pub fn is_within_epsilon(&self, terms: &Terms) -> bool {
        self.p_beyond.is_some_and(|p| p < terms.alpha)
    }
}

/// Judges a family, apart from its intervals and from what more seeds would do: Holm's correction (Holm 1979) of the tests of no difference, and another of the tests of
/// equivalence, so that each errs in at most α of families.
pub fn judge(family: &[&dyn Evidence], terms: &Terms) -> Vec<Judgement> {
    let size = family.len();
    let p: Vec<Option<f64>> = family.par_iter().map(|one| Some(one.p())).collect();
    let beyond = |one: &&dyn Evidence| terms.epsilon.map(|epsilon| one.p_beyond(epsilon));
    let p_beyond = holm(&family.par_iter().map(beyond).collect::<Vec<_>>());
    let p_holm = holm(&p);
    let judgement = |place: usize| {
        let kind = kind(family[place].estimate(), p_holm[place], p_beyond[place], terms);
        Judgement {
            kind,
            p: p[place],
            p_holm: p_holm[place],
            p_beyond: p_beyond[place],
            interval: None,
            further_seeds: None,
            family_size: size,
        }
    };
    (0..size).map(judgement).collect()
}

fn kind(
    estimate: Option<Estimate>,
    p_holm: Option<f64>,
    p_beyond: Option<f64>,
    terms: &Terms,
) -> Kind {
    let mean = estimate.map_or(0.0, |estimate| estimate.mean);
    match (p_holm, p_beyond) {
        (Some(p), _) if p < terms.alpha && mean < 0.0 => Kind::Lower,
        (Some(p), _) if p < terms.alpha && mean > 0.0 => Kind::Higher,
        (_, Some(p)) if p < terms.alpha => Kind::Equivalent,
        _ => Kind::Undecided,
    }
}

/// How many comparisons found what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub lower: usize,
    pub higher: usize,
    pub equivalent: usize,
    pub undecided: usize,
    pub no_test: usize,
}

impl Tally {
    pub fn tested(&self) -> usize {
        self.lower + self.higher + self.equivalent + self.undecided
    }
}

impl FromIterator<Kind> for Tally {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        let mut tally = Tally::default();
        for kind in kinds {
            *match kind {
                Kind::Lower => &mut tally.lower,
                Kind::Higher => &mut tally.higher,
                Kind::Equivalent => &mut tally.equivalent,
                Kind::Undecided => &mut tally.undecided,
                Kind::NoTest => &mut tally.no_test,
            } += 1;
        }
        tally
    }
}
