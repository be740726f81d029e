use rayon::prelude::*;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::evidence::Evidence;
use super::inference::{Estimate, holm, t_quantile};
use super::power::{POWER, fewest_further, over_spreads};

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

    /// Further seeds with which most experiments would decide, should the truth be the mean that was observed: that they
    /// tell a difference, or that it is below ε. An interval that the choice of the best of several points makes wider on
    /// one side is so much wider there then too: the side towards 0 decides about a difference, both about an equivalence.
    fn further_seeds(
        &self,
        evidence: &dyn Evidence,
        terms: &Terms,
        [low, high]: [f64; 2],
    ) -> Option<usize> {
        let mean = evidence.estimate()?.mean;
        let (error, freedom) = evidence.error()?;
        let plain = t_quantile(1.0 - terms.tail(self.family_size), freedom) * error;
        let halves = [mean - low, high - mean].map(|half| half / plain);
        let [towards_zero, away] = if mean < 0.0 { [halves[1], halves[0]] } else { halves };
        let alpha = terms.alpha / self.family_size.max(1) as f64;
        let normal = Normal::standard();
        let decides = |further: usize| {
            let (error, freedom) = evidence.error_with(further);
            // In standard errors, of which u is what an estimate of them is.
            let (inner, outer) = (error * towards_zero, error * away);
            let apart = t_quantile(1.0 - alpha / 2.0, freedom);
            let alike = t_quantile(1.0 - alpha, freedom);
            over_spreads(freedom, |u| {
                let told_from = apart * u - mean.abs() / inner;
                let equivalent = terms.epsilon.map_or(0.0, |epsilon| {
                    let from = alike * u - (epsilon + mean.abs()) / inner;
                    let to = ((epsilon - mean.abs()) / outer - alike * u).min(told_from);
                    (normal.cdf(to) - normal.cdf(from)).max(0.0)
                });
                normal.sf(told_from) + equivalent
            })
        };
        fewest_further(|further| decides(further) >= POWER)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normals, stream};
    use crate::stats::unpaired::Unpaired;

    /// A difference as a choice among arms leaves it: its interval is wider on one side.
    struct Chosen {
        mean: f64,
        sd: f64,
        n: usize,
        wider_below: f64,
    }

    impl Evidence for Chosen {
        fn estimate(&self) -> Option<Estimate> {
            Some(Estimate { mean: self.mean, sd: Some(self.sd), half_width: None, n: self.n })
        }

        fn error(&self) -> Option<(f64, f64)> {
            Some(self.error_with(0))
        }

        fn error_with(&self, further: usize) -> (f64, f64) {
            let n = (self.n + further) as f64;
            (self.sd / n.sqrt(), n - 1.0)
        }

        fn p(&self) -> f64 {
            0.2
        }

        fn p_beyond(&self, _: f64) -> f64 {
            0.9
        }

        fn interval(&self, tail: f64) -> [f64; 2] {
            let (error, freedom) = self.error_with(0);
            let half = t_quantile(1.0 - tail, freedom) * error;
            [self.mean - self.wider_below * half, self.mean + half]
        }
    }

    fn further(evidence: &dyn Evidence, epsilon: Option<f64>) -> Option<usize> {
        let terms = Terms { alpha: 0.05, epsilon };
        judge(&[evidence], &terms).remove(0).with_details(evidence, &terms).further_seeds
    }

    #[test]
    fn the_side_of_an_interval_that_decides_nothing_asks_for_no_seeds() {
        let of = |mean: f64, wider_below: f64| Chosen { mean, sd: 0.4, n: 5, wider_below };
        let even = further(&of(-0.36, 1.0), None).unwrap();
        assert!((5..10).contains(&even), "{even}");
        assert_eq!(further(&of(-0.36, 10.0), None), Some(even));
        assert!(further(&of(0.36, 10.0), None).is_none_or(|seeds| seeds > 50 * even));
    }

    #[test]
    fn a_difference_near_zero_is_decided_by_equivalence_and_a_large_one_by_itself() {
        let of = |mean: f64| Chosen { mean, sd: 0.02, n: 3, wider_below: 1.0 };
        let alike = further(&of(0.001), Some(0.02)).unwrap();
        assert!(further(&of(0.001), None).is_none_or(|apart| apart > 10 * alike), "{alike}");
        assert_eq!(further(&of(0.05), Some(0.02)), further(&of(0.05), None));
        assert_eq!(further(&of(1e-9), None), None);
    }

    /// By simulation of 20,000 experiments: the fewest further seeds with which four of five tell a difference, or that it
    /// is below ε. Each of the two alone takes up to four times as many.
    #[test]
    fn a_difference_between_0_and_what_matters_is_decided_by_either() {
        for (n, mean, sd, expected) in [
            (4, 0.010, 0.02, 9),
            (5, 0.010, 0.02, 8),
            (8, 0.010, 0.03, 17),
            (5, 0.008, 0.02, 7),
            (5, 0.012, 0.02, 8),
            (5, 0.005, 0.02, 6),
            (5, 0.015, 0.02, 7),
        ] {
            let seeds = further(&Chosen { mean, sd, n, wider_below: 1.0 }, Some(0.02)).unwrap();
            assert!(seeds.abs_diff(expected) <= 1, "{n}, {mean}, {sd}: {seeds}, not {expected}");
        }
    }

    /// By simulation of three runs with a spread of 0.02 against a hundred with 0.3, 0.1 apart: four further runs a side are
    /// the fewest with which four of five experiments tell.
    #[test]
    fn the_smaller_of_two_samples_asks_for_its_own_runs() {
        let mut rng = stream("further", &[]);
        let mut of = |n: usize, mean: f64, sd: f64| -> Vec<f64> {
            let drawn: Vec<f64> = normals(&mut rng, 1.0, n).into_iter().map(f64::from).collect();
            let own = Estimate::of(&drawn).unwrap();
            drawn.iter().map(|one| mean + sd * (one - own.mean) / own.sd.unwrap()).collect()
        };
        let (few, many) = (of(3, 1.0, 0.02), of(100, 1.1, 0.3));
        let test = Unpaired::new(&few, &many).unwrap();
        assert!(test.p() > 0.05);
        let seeds = further(&test, None).unwrap();
        assert!((3..=5).contains(&seeds), "{seeds}");
    }
}
