use super::comparison::Comparison;

/// The level of the tests, after correction.
const SIGNIFICANCE: f64 = 0.05;

/// What a comparison found. Nothing that is printed, drawn or written may claim more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The left side is lower: the corrected p is below 5%.
    Lower,
    /// The left side is higher.
    Higher,
    /// The corrected p is 5% or more.
    NotDistinguishable,
    /// Too few seeds, or a run that did not reach its end.
    NoTest,
}

impl Comparison {
    pub fn kind(&self) -> Kind {
        let mean = self.difference.mean;
        match self.p_holm {
            None => Kind::NoTest,
            Some(p) if p < SIGNIFICANCE && mean < 0.0 => Kind::Lower,
            Some(p) if p < SIGNIFICANCE && mean > 0.0 => Kind::Higher,
            Some(_) => Kind::NotDistinguishable,
        }
    }

    pub fn is_distinguishable(&self) -> bool {
        matches!(self.kind(), Kind::Lower | Kind::Higher)
    }
}

/// How many comparisons found what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub lower: usize,
    pub higher: usize,
    pub not_distinguishable: usize,
    pub no_test: usize,
}

impl Tally {
    pub fn tested(&self) -> usize {
        self.lower + self.higher + self.not_distinguishable
    }
}

impl FromIterator<Kind> for Tally {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        let mut tally = Tally::default();
        for kind in kinds {
            *match kind {
                Kind::Lower => &mut tally.lower,
                Kind::Higher => &mut tally.higher,
                Kind::NotDistinguishable => &mut tally.not_distinguishable,
                Kind::NoTest => &mut tally.no_test,
            } += 1;
        }
        tally
    }
}
