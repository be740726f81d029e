//! A row of a run's curve.

use super::memory::Memory;
use crate::config::Role;

/// A row of a run's curve. What was not measured at a step is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CurveRow {
    /// Optimizer steps taken.
    pub step: usize,
    /// Learning rate of the step.
    pub lr: Option<f64>,
    /// Loss of the step's batch before its update, in nats per token.
    pub batch_loss: Option<f32>,
    /// Norm of the gradient over all parameters, before clipping; under `l2-loss` with that of its penalty.
    pub grad_norm: Option<f32>,
    /// 1 where the gradient of the step was clipped, 0 where it was not.
    pub clipped: Option<f32>,
    /// Loss on the evaluation windows of train, in nats per token.
    pub train_loss: Option<f64>,
    /// Loss on the evaluation windows of val, in nats per token.
    pub val_loss: Option<f64>,
    /// Norm of all weights.
    pub weight_norm: Option<f32>,
    /// What was measured of each role, in the order of [`Role::ALL`].
    pub roles: [OfRole; Role::ALL.len()],
    /// Relative update of every block, the first first: mean over its weight matrices; empty where it was not
    /// measured.
    pub relative_update_by_layer: Vec<f32>,
    /// Loss of the last step's weights on the evaluation windows of train, where the run averages its weights over
    /// steps and the losses above are those of the average.
    pub last_train_loss: Option<f64>,
    /// The same on those of val.
    pub last_val_loss: Option<f64>,
    /// What the run knows by heart.
    pub memory: Memory,
}

/// What a row says of the parameters of one role. All but the first are of the step alone, and means over the
/// role's tensors unless they say otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OfRole {
    /// Norm of the weights after the step.
    pub weight_norm: Option<f32>,
    /// Angle between a tensor, as one vector, before and after the step, in radians.
    pub rotation: Option<f32>,
    /// The rotation at which decay and updates balance at the η_t and λ of the step
    /// ([`Equilibrium`](crate::config::Equilibrium)): a prediction, not a measurement.
    pub equilibrium_rotation: Option<f32>,
    /// Root mean square of what the step changed, decay included, over all numbers of the role.
    pub update_rms: Option<f32>,
    /// Root mean square of the weights after the step, over all numbers of the role.
    pub weight_rms: Option<f32>,
    /// Norm of what the step changed over the norm of the tensor before it.
    pub relative_update: Option<f32>,
    /// η_t/‖w‖², with the norm before the step.
    pub effective_lr: Option<f32>,
    /// Cosine of the angle between the gradient of the loss and the weights before the step.
    pub gradient_cosine: Option<f32>,
    /// Norm of what decay did, over that and the norm of what the loss's gradient did: in the step, and for L2 in
    /// the gradient.
    pub decay_share: Option<f32>,
}

/// A measure of every role: a column for each of them.
pub struct RoleMeasure {
    /// Its columns, in the order of [`Role::ALL`].
    pub names: [&'static str; Role::ALL.len()],
    /// Its value.
    pub get: fn(&OfRole) -> Option<f32>,
    pub(super) place: fn(&mut OfRole) -> &mut Option<f32>,
    /// Whether it is of one step, and not of what all steps led to.
    is_of_a_step: bool,
}

fn mean(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        (sum, count) = (sum + f64::from(value), count + 1.0);
    }
    (count > 0.0).then_some((sum / count) as f32)
}

macro_rules! measures {
    ($($measure:ident $is_of_a_step:literal),*) => {
        /// Every measure of roles, in the order of the columns.
        pub const MEASURES: &[RoleMeasure] = &[$(RoleMeasure {
            names: [
                concat!(stringify!($measure), "_embedding"),
                concat!(stringify!($measure), "_attention"),
                concat!(stringify!($measure), "_mlp"),
                concat!(stringify!($measure), "_head"),
                concat!(stringify!($measure), "_norm"),
                concat!(stringify!($measure), "_bias"),
            ],
            get: |row| row.$measure,
            place: |row| &mut row.$measure,
            is_of_a_step: $is_of_a_step,
        }),*];
    };
}
// Name, and whether it is of one step.
measures!(
    weight_norm false,
    rotation true,
    equilibrium_rotation true,
    update_rms true,
    weight_rms false,
    relative_update true,
    effective_lr true,
    gradient_cosine true,
    decay_share true
);

impl CurveRow {
    /// A row with nothing measured.
    pub fn at(step: usize) -> Self {
        CurveRow { step, ..CurveRow::default() }
    }

    /// Whether every measured loss is a number.
    pub fn is_finite(&self) -> bool {
        let losses = [self.batch_loss.map(f64::from), self.train_loss, self.val_loss];
        losses.into_iter().flatten().all(f64::is_finite)
    }

    /// What it says of a role.
    pub fn of(&self, role: Role) -> &OfRole {
        &self.roles[role as usize]
    }

    /// The place for what it says of a role.
    pub fn of_mut(&mut self, role: Role) -> &mut OfRole {
        &mut self.roles[role as usize]
    }

    /// Generalization gap: val − train loss, in nats per token.
    pub fn gap(&self) -> Option<f64> {
        Some(self.val_loss? - self.train_loss?)
    }

    /// The row without what only an evaluation measures.
    pub fn without_evaluation(mut self) -> Self {
        self.roles.iter_mut().for_each(|role| role.weight_norm = None);
        let none = CurveRow::default();
        CurveRow {
            train_loss: none.train_loss,
            val_loss: none.val_loss,
            weight_norm: none.weight_norm,
            last_train_loss: none.last_train_loss,
            last_val_loss: none.last_val_loss,
            memory: none.memory,
            ..self
        }
    }

    /// Sets the gradient norm, and what a step did to the weights, to their means over these rows.
    pub fn average_steps(&mut self, rows: &[CurveRow]) {
        self.grad_norm = mean(rows.iter().filter_map(|row| row.grad_norm));
        for measure in MEASURES.iter().filter(|measure| measure.is_of_a_step) {
            for (place, role) in self.roles.iter_mut().enumerate() {
                let values = rows.iter().filter_map(|row| (measure.get)(&row.roles[place]));
                *(measure.place)(role) = mean(values);
            }
        }
        let blocks = self.relative_update_by_layer.len();
        self.relative_update_by_layer = (0..blocks)
            .filter_map(|block| {
                mean(rows.iter().filter_map(|row| row.relative_update_by_layer.get(block).copied()))
            })
            .collect();
    }
}
