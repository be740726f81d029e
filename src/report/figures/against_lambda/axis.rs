use crate::report::format;
use crate::results::RunRow;

/// Numbers at the axis, at most.
const LABELS: i32 = 12;
/// Distance of the slot for λ = 0 from the smallest λ, in decades and as a share of all of them.
const ZERO_SLOT: (f64, f64) = (0.7, 0.06);

/// log10 λ with a slot of its own for 0.
pub struct Axis {
    pub zero: f64,
    pub ticks: Vec<(f64, String)>,
    pub end: f64,
}

impl Axis {
    pub fn of<'a>(runs: impl Iterator<Item = &'a RunRow>) -> Self {
        let mut positive: Vec<f64> =
            runs.filter_map(|run| run.weight_decay).filter(|value| *value > 0.0).collect();
        positive.sort_by(f64::total_cmp);
        positive.dedup();
        let low = positive.first().map_or(0.0, |value| value.log10());
        let high = positive.last().map_or(0.0, |value| value.log10());
        let (first, last) = (low.ceil() as i32, high.floor() as i32);
        let steps = [1, 2, 5, 10, 20, 50, 100];
        let step = steps.into_iter().find(|step| (last - first) / step < LABELS).unwrap_or(100);
        let decades = (first..=last).filter(|power| power % step == 0);
        let tick = |power: i32| (f64::from(power), format::number(10f64.powi(power)));
        let mut ticks: Vec<(f64, String)> = decades.map(tick).collect();
        if ticks.len() < 2 {
            let labels = format::labels(&positive);
            ticks = positive.iter().map(|value| value.log10()).zip(labels).collect();
        }
        let (decades, share) = ZERO_SLOT;
        let zero = low - decades.max((high - low) * share);
        ticks.insert(0, (zero, "0".to_owned()));
        Axis { zero, ticks, end: high + 0.25f64.max((high - low) * 0.02) }
    }

    /// A little before the slot for 0.
    pub fn start(&self) -> f64 {
        self.zero - 0.25f64.max((self.end - self.zero) * 0.02)
    }

    pub fn at(&self, weight_decay: f64) -> f64 {
        if weight_decay > 0.0 { weight_decay.log10() } else { self.zero }
    }
}
