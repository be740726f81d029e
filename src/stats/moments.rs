/// Enough of differences x and of a shift q over seeds for the t statistic of x − δ q.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub x: f64,
    pub q: f64,
    pub xx: f64,
    pub xq: f64,
    pub qq: f64,
}

impl Moments {
    /// Of differences that are shifted as they are: q is 1 for every seed.
    pub fn of(x: impl Iterator<Item = f64> + Clone, seeds: usize) -> Self {
        let mean = x.clone().sum::<f64>() / seeds as f64;
        let xx = x.map(|x| (x - mean) * (x - mean)).sum();
        Moments { x: mean, q: 1.0, xx, xq: 0.0, qq: 0.0 }
    }

    /// The t statistic of x − δ q.
    #[inline(always)]
    pub fn t(&self, delta: f64, seeds: f64) -> f64 {
        let mean = self.x - delta * self.q;
        let squares = self.xx - 2.0 * delta * self.xq + delta * delta * self.qq;
        let certain = if mean == 0.0 { 0.0 } else { mean * f64::INFINITY };
        let t = mean * (seeds * (seeds - 1.0) / squares).sqrt();
        if squares > 0.0 { t } else { certain }
    }
}
