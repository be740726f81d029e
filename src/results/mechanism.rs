use serde::{Deserialize, Serialize};

use super::CsvRow;
use crate::config::{Equilibrium, Form, Mask, Role, RunConfig, Schedule, Stage};
use crate::experiment::Entry;
use crate::record::{CurveRow, OfRole, Status};
use crate::store::SoFar;

/// The end of a run over which rotations are averaged, as a share of its steps.
const END: f64 = 0.2;
/// How near a rotation must be to its balance to have reached it.
const NEAR: f64 = 0.1;
/// So many times the time in which a norm comes 1/e nearer to its balance must have passed to speak of balance …
const APPROACHES: f64 = 3.0;
/// … and over the last of them the balance itself must not have moved further than by this factor.
const STEADY: f64 = 1.25;

/// A row of `mechanism.csv`: what decay amounted to for the parameters of one role of one run. What is of the end of a
/// run is missing where it did not reach its last step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MechanismRow {
    pub run: String,
    pub form: Form,
    pub mask: Option<Mask>,
    pub weight_decay: Option<f64>,
    pub seed: u64,
    pub variant: String,
    pub status: Status,
    /// The stage of a search that asked for the run first.
    pub stage: Option<Stage>,
    pub role: Role,
    /// Whether the theory of balance holds roughly for the role.
    pub nearly_scale_invariant: bool,
    /// Λ: share that decay takes away, summed over the steps.
    pub total_decay: Option<f64>,
    /// τ: 1 over the share that decay takes in a step at the peak learning rate, 1/(ηλ) for AdamW.
    pub timescale_steps: Option<f64>,
    /// τ over the steps of the run.
    pub timescale_runs: Option<f64>,
    /// τ over the steps that read the train text once.
    pub timescale_epochs: Option<f64>,
    /// Steps in which the distance to the balanced norm falls to 1/e, at the peak learning rate.
    pub equilibrium_steps: Option<f64>,
    /// Mean over the last fifth of the steps.
    pub rotation: Option<f64>,
    /// The same of the prediction.
    pub equilibrium_rotation: Option<f64>,
    /// Rotation over its prediction where the norm had time to settle: mean over those of the logged steps.
    pub balance_ratio: Option<f64>,
    /// Whether that is 1 within a tenth.
    pub reached: Option<bool>,
    /// Root mean square of the weights after the last step.
    pub weight_rms: Option<f64>,
    /// The same in balance at the last step.
    pub equilibrium_rms: Option<f64>,
    /// What decay left of the first weights: the product of `1 − s_t` over the steps.
    pub initial_left: Option<f64>,
    /// Norm of what it left of them, over the norm of the weights after the last step.
    pub initial_share: Option<f64>,
    /// Share of Λ that is left once every `1 − s_t` is rounded to float32.
    pub float32_share: Option<f64>,
    /// Mean over the logged steps of the cosine between gradient and weights: 0 where their size does not count.
    pub gradient_cosine: Option<f64>,
    /// Mean over the logged steps of the part of decay in a step.
    pub decay_share: Option<f64>,
    /// Share of the logged steps whose gradient was clipped.
    pub clipped: Option<f64>,
}

/// Every version that wrote the file wrote these.
const COLUMNS: &[&str] = &[
    "run",
    "form",
    "mask",
    "weight_decay",
    "seed",
    "variant",
    "status",
    "stage",
    "role",
    "nearly_scale_invariant",
    "total_decay",
    "timescale_steps",
    "timescale_runs",
    "timescale_epochs",
    "equilibrium_steps",
    "rotation",
    "equilibrium_rotation",
    "balance_ratio",
    "reached",
    "weight_rms",
    "equilibrium_rms",
    "initial_left",
    "initial_share",
    "float32_share",
    "gradient_cosine",
    "decay_share",
    "clipped",
];

impl CsvRow for MechanismRow {
    fn columns() -> Vec<Vec<&'static str>> {
        vec![COLUMNS.to_vec()]
    }
}

impl MechanismRow {
    /// Whether it counts in means: its run reached its end, and no search chose by it.
    pub fn counts(&self) -> bool {
        let is_explored = matches!(self.stage, Some(Stage::Bracket | Stage::Refine));
        self.status == Status::Done && !is_explored
    }
}

/// A cosine that can be one: former programs told what rounding left where decay in the gradient was far larger than the
/// loss's.
fn cosine(role: &OfRole) -> Option<f32> {
    role.gradient_cosine.filter(|cosine| cosine.abs() <= 1.001)
}

/// Whether a rotation over that of balance is near enough to have reached it.
pub fn is_near_balance(ratio: f64) -> bool {
    (ratio - 1.0).abs() <= NEAR
}

/// The rows of an entry, whose run has this record: one for every role of its model.
pub fn mechanism_rows(entry: &Entry, run: &RunConfig, record: &SoFar) -> Vec<MechanismRow> {
    let roles = Role::ALL.into_iter().filter(|role| run.model.has(*role));
    roles.map(|role| row(entry, run, record, role)).collect()
}

fn row(entry: &Entry, run: &RunConfig, record: &SoFar, role: Role) -> MechanismRow {
    let (decay, steps) = (&entry.arm.decay, run.recipe.steps);
    let shares = Shares::of(run, role);
    let told = Told { run, role, curve: &record.curve };
    let status = record.end.as_ref().map_or(Status::Unfinished, |end| end.status);
    let at_the_end = |value: Option<f64>| value.filter(|_| status == Status::Done);
    let left = at_the_end(shares.as_ref().map(Shares::left));
    let timescale = shares.as_ref().and_then(|shares| shares.timescale);
    let epoch = run.train_tokens() as f64 / run.tokens_per_step() as f64;
    let balance_ratio = told.balance_ratio();
    MechanismRow {
        run: entry.id.to_string(),
        form: decay.form,
        mask: decay.mask,
        weight_decay: decay.weight_decay,
        seed: entry.seed.label,
        variant: entry.arm.variant.clone(),
        status,
        stage: entry.stage,
        role,
        nearly_scale_invariant: role.is_nearly_scale_invariant(),
        total_decay: shares.as_ref().map(Shares::total),
        timescale_steps: timescale,
        timescale_runs: timescale.map(|tau| tau / steps as f64),
        timescale_epochs: timescale.map(|tau| tau / epoch),
        equilibrium_steps: Equilibrium::at_peak(run, role).map(|balance| balance.steps),
        rotation: at_the_end(told.late(|role| role.rotation)),
        equilibrium_rotation: at_the_end(told.late(|role| role.equilibrium_rotation)),
        balance_ratio,
        reached: balance_ratio.map(is_near_balance),
        weight_rms: at_the_end(told.last(|role| role.weight_rms)),
        equilibrium_rms: at_the_end(
            Equilibrium::at(run, role, steps).and_then(|balance| balance.weight_rms),
        ),
        initial_left: left,
        initial_share: at_the_end(
            told.growth().zip(left).map(|(growth, left)| left.abs() / growth),
        ),
        float32_share: shares.as_ref().and_then(Shares::in_float32),
        gradient_cosine: told.mean(cosine),
        decay_share: told.mean(|role| role.decay_share),
        clipped: mean(record.curve.iter().filter_map(|row| row.clipped)),
    }
}

/// What the curve of a run tells of one role.
struct Told<'a> {
    run: &'a RunConfig,
    role: Role,
    curve: &'a [CurveRow],
}

impl Told<'_> {
    fn mean(&self, of: fn(&OfRole) -> Option<f32>) -> Option<f64> {
        mean(self.curve.iter().filter_map(|row| of(row.of(self.role))))
    }

    /// Mean over the last fifth of the steps.
    fn late(&self, of: fn(&OfRole) -> Option<f32>) -> Option<f64> {
        let first = self.run.recipe.steps as f64 * (1.0 - END);
        let late = self.curve.iter().filter(|row| row.step as f64 > first);
        mean(late.filter_map(|row| of(row.of(self.role))))
    }

    fn last(&self, of: fn(&OfRole) -> Option<f32>) -> Option<f64> {
        of(self.curve.last()?.of(self.role)).map(f64::from)
    }

    /// Norm of the last weights over that of the first.
    fn growth(&self) -> Option<f64> {
        let norm = |row: &CurveRow| row.of(self.role).weight_norm.map(f64::from);
        Some(norm(self.curve.last()?)? / norm(self.curve.first()?)?)
    }

    /// Mean of rotation over its prediction where the norm had time to settle and the balance stood still meanwhile.
    fn balance_ratio(&self) -> Option<f64> {
        let (mut approaches, mut before, mut ratios) = (0.0, 0, Vec::new());
        for row in self.curve {
            let Some(balance) = Equilibrium::at(self.run, self.role, row.step.max(1)) else {
                continue;
            };
            approaches += (row.step - before) as f64 / balance.steps;
            before = row.step;
            let of_role = row.of(self.role);
            let both = of_role.rotation.zip(of_role.equilibrium_rotation);
            if let Some((found, predicted)) = both.filter(|_| approaches >= APPROACHES)
                && self.was_steady(row.step, &balance)
            {
                ratios.push(found / predicted);
            }
        }
        mean(ratios.into_iter())
    }

    /// Whether the balance was much the same when the norm had yet to come the last 1/e nearer.
    fn was_steady(&self, step: usize, now: &Equilibrium) -> bool {
        let earlier = step.saturating_sub(now.steps.ceil() as usize);
        let then = (earlier > 0).then(|| Equilibrium::at(self.run, self.role, earlier)).flatten();
        then.is_some_and(|then| (STEADY.recip()..=STEADY).contains(&(then.steps / now.steps)))
    }
}

/// What decay takes of the weights of a role in every step.
struct Shares {
    steps: Vec<f64>,
    /// τ at the peak learning rate.
    timescale: Option<f64>,
}

impl Shares {
    /// `None` where decay takes no share of its own.
    fn of(run: &RunConfig, role: Role) -> Option<Self> {
        if run.decay.sets_norms(role) {
            return None;
        }
        let group = run.group(role);
        let schedule = group.recipe.lr_schedule();
        let at = |schedule: &Schedule, step: usize| {
            run.decay.rates(group.weight_decay, schedule, role, step).decoupled()
        };
        let steps = (1..=run.recipe.steps).map(|step| at(&schedule, step));
        let (peak, step) = schedule.peak();
        let peak = at(&peak, step)?;
        let timescale = (peak > 0.0).then(|| peak.recip());
        Some(Shares { steps: steps.collect::<Option<_>>()?, timescale })
    }

    fn total(&self) -> f64 {
        self.steps.iter().sum()
    }

    fn left(&self) -> f64 {
        self.steps.iter().map(|share| 1.0 - share).product()
    }

    fn in_float32(&self) -> Option<f64> {
        let rounded = |share: &f64| 1.0 - f64::from((1.0 - share) as f32);
        let total = self.total();
        (total > 0.0).then(|| self.steps.iter().map(rounded).sum::<f64>() / total)
    }
}

fn mean(values: impl Iterator<Item = f32>) -> Option<f64> {
    let values: Vec<f64> = values.map(f64::from).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
