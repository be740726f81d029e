/// What a form does to one decayed parameter in one step. At most one rate is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Added to the gradient times `w` before clipping.
    pub before_clip: f64,
    /// Added to the gradient times `w` after clipping.
    pub after_clip: f64,
    /// Share of `w` taken away, apart from the update.
    pub shrink: f64,
    /// Share of `w` taken away where `u · w ≥ 0`.
    pub cautious: f64,
    /// Share taken away of what the norm of `w` is above its target.
    pub towards_target: f64,
}

impl Rates {
    /// Decoupled decay alone.
    pub fn shrink(shrink: f64) -> Self {
        Rates { shrink, ..Rates::default() }
    }

    /// Share of `w` that the step takes away apart from the update. `None` for L2, whose pull goes through
    /// Adam's normalisation, and for a pull towards a norm: they have no rate of their own.
    pub fn decoupled(&self) -> Option<f64> {
        let others = [self.before_clip, self.after_clip, self.towards_target];
        others.iter().all(|rate| *rate == 0.0).then_some(self.shrink + self.cautious)
    }
}
