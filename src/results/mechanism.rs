use serde::{Deserialize, Serialize};

use crate::config::{Equilibrium, Form, Mask, Rates, Role, RunConfig, Schedule};
use crate::experiment::Entry;
use crate::record::{CurveRow, OfRole};
use crate::store::SoFar;

/// The end of a run over which rotations are averaged, as a share of its steps.
const END: f64 = 0.2;

/// How near a rotation must be to its balance to have reached it.
const NEAR: f64 = 0.1;

/// A row of `mechanism.csv`: what decay amounted to for the parameters of one role of one run. Rotations are means
/// over the last fifth of its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MechanismRow {
    pub run: String,
    pub form: Form,
    pub mask: Option<Mask>,
    pub weight_decay: Option<f64>,
    pub seed: u64,
    pub variant: String,
    pub role: Role,
    /// Whether the theory of balance holds roughly for the role.
    pub nearly_scale_invariant: bool,
    /// Λ: share that decay takes away, summed over the steps.
    pub total_decay: Option<f64>,
    /// τ = 1/(ηλ) at the peak learning rate.
    pub timescale_steps: Option<f64>,
    /// τ over the steps of the run.
    pub timescale_runs: Option<f64>,
    /// τ over the steps that read the train text once.
    pub timescale_epochs: Option<f64>,
    /// Steps in which the distance to the balanced norm falls to 1/e, at the peak learning rate.
    pub equilibrium_steps: Option<f64>,
    pub rotation: Option<f64>,
    pub equilibrium_rotation: Option<f64>,
    /// Whether both are within a tenth of each other.
    pub reached: Option<bool>,
    /// Root mean square of the weights after the last step.
    pub weight_rms: Option<f64>,
    /// The same in balance at the peak learning rate.
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

/// The rows of an entry, whose run has this record: one for every role of its model.
pub fn mechanism_rows(entry: &Entry, run: &RunConfig, record: &SoFar) -> Vec<MechanismRow> {
    let roles = Role::ALL.into_iter().filter(|role| run.model.has(*role));
    roles.map(|role| row(entry, run, &record.curve, role)).collect()
}

fn row(entry: &Entry, run: &RunConfig, curve: &[CurveRow], role: Role) -> MechanismRow {
    let decay = &entry.arm.decay;
    let steps = run.recipe.steps;
    let shares = Shares::of(run, role);
    let balance = Equilibrium::at_peak(run, role);
    let late = |row: &&CurveRow| row.step as f64 > steps as f64 * (1.0 - END);
    let over = |rows: &mut dyn Iterator<Item = &CurveRow>, of: fn(&OfRole) -> Option<f32>| {
        mean(rows.filter_map(|row| of(row.of(role))))
    };
    let rotation = over(&mut curve.iter().filter(late), |role| role.rotation);
    let predicted = over(&mut curve.iter().filter(late), |role| role.equilibrium_rotation);
    let is_near = |(found, expected): (f64, f64)| (found / expected - 1.0).abs() <= NEAR;
    let norm = |row: Option<&CurveRow>| row.and_then(|row| row.of(role).weight_norm).map(f64::from);
    let (first, last) = (norm(curve.first()), norm(curve.last()));
    let left = shares.as_ref().map(Shares::left);
    let timescale = shares.as_ref().and_then(|shares| shares.timescale);
    let epoch = run.data.split.train as f64 / run.tokens_per_step() as f64;
    MechanismRow {
        run: entry.id.to_string(),
        form: decay.form,
        mask: decay.mask,
        weight_decay: decay.weight_decay,
        seed: entry.seed.label,
        variant: entry.arm.variant.clone(),
        role,
        nearly_scale_invariant: role.is_nearly_scale_invariant(),
        total_decay: shares.as_ref().map(Shares::total),
        timescale_steps: timescale,
        timescale_runs: timescale.map(|tau| tau / steps as f64),
        timescale_epochs: timescale.map(|tau| tau / epoch),
        equilibrium_steps: balance.map(|one| one.steps),
        rotation,
        equilibrium_rotation: predicted,
        reached: rotation.zip(predicted).map(is_near),
        weight_rms: curve.last().and_then(|row| row.of(role).weight_rms).map(f64::from),
        equilibrium_rms: balance.and_then(|one| one.weight_rms),
        initial_left: left,
        initial_share: first.zip(last).zip(left).map(|((first, last), left)| left * first / last),
        float32_share: shares.as_ref().and_then(Shares::in_float32),
        gradient_cosine: over(&mut curve.iter(), |role| role.gradient_cosine),
        decay_share: over(&mut curve.iter(), |role| role.decay_share),
        clipped: mean(curve.iter().filter_map(|row| row.clipped)),
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
        let group = run.group(role);
        let schedule = group.recipe.lr_schedule();
        let decays = run.decay.mask.is_some_and(|mask| mask.decays(role));
        let at = |schedule: &Schedule, step: usize| match decays {
            true => Rates::at(run.decay.form, group.weight_decay, schedule, role, step).decoupled(),
            false => Some(0.0),
        };
        let steps = (1..=run.recipe.steps).map(|step| at(&schedule, step));
        let peak = at(&Schedule { warmup: 1, ..schedule }, 1)?;
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
