//! A row of a run's curve, and its columns in CSV files.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};

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
    /// Norm of the gradient over all parameters, before clipping.
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
    place: fn(&mut OfRole) -> &mut Option<f32>,
}

impl RoleMeasure {
    /// Whether it is of one step, and not of what all steps led to.
    fn is_of_a_step(&self) -> bool {
        !self.names[0].starts_with("weight_")
    }
}

fn mean(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        (sum, count) = (sum + f64::from(value), count + 1.0);
    }
    (count > 0.0).then_some((sum / count) as f32)
}

macro_rules! measures {
    ($($measure:ident),*) => {
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
        }),*];
    };
}
measures!(
    weight_norm,
    rotation,
    equilibrium_rotation,
    update_rms,
    weight_rms,
    relative_update,
    effective_lr,
    gradient_cosine,
    decay_share
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
            ..self
        }
    }

    /// Sets the gradient norm, and what a step did to the weights, to their means over these rows.
    pub fn average_steps(&mut self, rows: &[CurveRow]) {
        self.grad_norm = mean(rows.iter().filter_map(|row| row.grad_norm));
        for measure in MEASURES.iter().filter(|measure| measure.is_of_a_step()) {
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

    /// How many columns it has.
    pub const COLUMNS: usize = 11 + MEASURES.len() * Role::ALL.len();

    /// Writes its columns into a row that may have others; with the tokens read until then, these and the gap
    /// are among them.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn write_columns<S: SerializeStruct>(
        &self,
        tokens: Option<usize>,
        row: &mut S,
    ) -> Result<(), S::Error> {
        row.serialize_field("step", &self.step)?;
        tokens.map_or(Ok(()), |tokens| row.serialize_field("tokens", &tokens))?;
        row.serialize_field("lr", &self.lr)?;
        row.serialize_field("batch_loss", &self.batch_loss)?;
        row.serialize_field("grad_norm", &self.grad_norm)?;
        row.serialize_field("train_loss", &self.train_loss)?;
        row.serialize_field("val_loss", &self.val_loss)?;
        tokens.map_or(Ok(()), |_| row.serialize_field("gap", &self.gap()))?;
        row.serialize_field("weight_norm", &self.weight_norm)?;
        for measure in MEASURES {
            for (name, role) in measure.names.iter().zip(&self.roles) {
                row.serialize_field(name, &(measure.get)(role))?;
            }
        }
        row.serialize_field("clipped", &self.clipped)?;
        let layers: Vec<String> =
            self.relative_update_by_layer.iter().map(f32::to_string).collect();
        row.serialize_field("relative_update_by_layer", &layers.join(" "))?;
        row.serialize_field("last_train_loss", &self.last_train_loss)?;
        row.serialize_field("last_val_loss", &self.last_val_loss)
    }

    /// Takes the value of a column, the next of a map.
    ///
    /// # Errors
    /// A value that is none of this column.
    pub fn take<'de, A: MapAccess<'de>>(
        &mut self,
        column: Column,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match column {
            Column::Step => self.step = map.next_value()?,
            Column::Lr => self.lr = map.next_value()?,
            Column::BatchLoss => self.batch_loss = map.next_value()?,
            Column::GradNorm => self.grad_norm = map.next_value()?,
            Column::Clipped => self.clipped = map.next_value()?,
            Column::TrainLoss => self.train_loss = map.next_value()?,
            Column::ValLoss => self.val_loss = map.next_value()?,
            Column::WeightNorm => self.weight_norm = map.next_value()?,
            Column::OfRole(measure, role) => {
                *(MEASURES[measure].place)(&mut self.roles[role]) = map.next_value()?;
            }
            Column::ByLayer => {
                let layers: String = map.next_value()?;
                let layers: Result<_, _> = layers.split_whitespace().map(str::parse).collect();
                self.relative_update_by_layer = layers.map_err(serde::de::Error::custom)?;
            }
            Column::LastTrainLoss => self.last_train_loss = map.next_value()?,
            Column::LastValLoss => self.last_val_loss = map.next_value()?,
        }
        Ok(())
    }
}

impl Serialize for CurveRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("CurveRow", CurveRow::COLUMNS)?;
        self.write_columns(None, &mut row)?;
        row.end()
    }
}

impl<'de> Deserialize<'de> for CurveRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Row)
    }
}

/// Reads a row; columns that it does not know are skipped, those that are missing were not measured.
struct Row;

impl<'de> Visitor<'de> for Row {
    type Value = CurveRow;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a row of a curve")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CurveRow, A::Error> {
        let (mut row, mut has_step) = (CurveRow::default(), false);
        while let Some(MaybeColumn(column)) = map.next_key()? {
            has_step |= matches!(column, Some(Column::Step));
            match column {
                Some(column) => row.take(column, &mut map)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match has_step {
            true => Ok(row),
            false => Err(serde::de::Error::missing_field("step")),
        }
    }
}

/// A column of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Step,
    Lr,
    BatchLoss,
    GradNorm,
    Clipped,
    TrainLoss,
    ValLoss,
    WeightNorm,
    /// Places in [`MEASURES`] and in [`Role::ALL`].
    OfRole(usize, usize),
    ByLayer,
    LastTrainLoss,
    LastValLoss,
}

impl Column {
    /// The column of this name.
    pub fn named(name: &str) -> Option<Self> {
        COLUMNS.get(name).copied()
    }
}

static COLUMNS: LazyLock<HashMap<&'static str, Column>> = LazyLock::new(|| {
    let single = [
        ("step", Column::Step),
        ("lr", Column::Lr),
        ("batch_loss", Column::BatchLoss),
        ("grad_norm", Column::GradNorm),
        ("clipped", Column::Clipped),
        ("train_loss", Column::TrainLoss),
        ("val_loss", Column::ValLoss),
        ("weight_norm", Column::WeightNorm),
        ("relative_update_by_layer", Column::ByLayer),
        ("last_train_loss", Column::LastTrainLoss),
        ("last_val_loss", Column::LastValLoss),
    ];
    let of_roles = MEASURES.iter().enumerate().flat_map(|(measure, row)| {
        let names = row.names.iter().enumerate();
        names.map(move |(role, name)| (*name, Column::OfRole(measure, role)))
    });
    single.into_iter().chain(of_roles).collect()
});

/// A column, or a name that is none.
struct MaybeColumn(Option<Column>);

impl<'de> Deserialize<'de> for MaybeColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = MaybeColumn;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the name of a column")
    }

    fn visit_bytes<E: serde::de::Error>(self, name: &[u8]) -> Result<MaybeColumn, E> {
        self.visit_str(&String::from_utf8_lossy(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<MaybeColumn, E> {
        Ok(MaybeColumn(Column::named(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> CurveRow {
        let mut row =
            CurveRow { lr: Some(0.1 + 0.2), val_loss: Some(1.0 / 3.0), ..CurveRow::at(7) };
        row.of_mut(Role::Mlp).rotation = Some(1e-3 / 3.0);
        row.of_mut(Role::Bias).decay_share = Some(0.0);
        row.relative_update_by_layer = vec![1.0 / 3.0, 2e-9];
        row
    }

    #[test]
    fn columns_of_roles_are_named_after_them() {
        for measure in MEASURES {
            for (role, name) in Role::ALL.into_iter().zip(measure.names) {
                assert!(name.ends_with(&format!("_{}", role.name())), "{name}");
                assert!(
                    matches!(Column::named(name), Some(Column::OfRole(_, at)) if at == role as usize)
                );
            }
        }
    }

    #[test]
    fn a_row_is_the_same_after_csv_and_after_json() {
        let rows = [full(), CurveRow::at(0)];
        let mut csv = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| csv.serialize(row).unwrap());
        let csv = csv.into_inner().unwrap();
        let header = String::from_utf8_lossy(&csv).lines().next().unwrap().split(',').count();
        assert_eq!(header, CurveRow::COLUMNS);
        let read: Vec<CurveRow> =
            csv::Reader::from_reader(&csv[..]).into_deserialize().map(Result::unwrap).collect();
        assert_eq!(read, rows);
        let json = serde_json::to_string(&rows[0]).unwrap();
        assert_eq!(serde_json::from_str::<CurveRow>(&json).unwrap(), rows[0]);
    }

    #[test]
    fn columns_of_other_versions_are_skipped_and_missing_ones_are_not_measured() {
        let csv = "step,lr,new,weight_norm_mlp\n3,0.5,x,2\n";
        let row: CurveRow =
            csv::Reader::from_reader(csv.as_bytes()).into_deserialize().next().unwrap().unwrap();
        let mut expected = CurveRow { lr: Some(0.5), ..CurveRow::at(3) };
        expected.of_mut(Role::Mlp).weight_norm = Some(2.0);
        assert_eq!(row, expected);
        let without = "lr\n0.5\n";
        let row =
            csv::Reader::from_reader(without.as_bytes()).into_deserialize::<CurveRow>().next();
        assert!(row.unwrap().is_err());
    }
}
