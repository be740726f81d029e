//! The columns of a curve in CSV files, and in the messages of workers.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};

use super::curve::{CurveRow, MEASURES};
use super::memory::{joined, parted};
use crate::config::Role;

impl CurveRow {
    /// How many columns it has.
    pub const COLUMNS: usize = 11 + MEASURES.len() * Role::ALL.len() + Self::OF_MEMORY;
    /// How many of them tell what is known by heart.
    const OF_MEMORY: usize = 8;

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
        row.serialize_field("relative_update_by_layer", &joined(&self.relative_update_by_layer))?;
        row.serialize_field("last_train_loss", &self.last_train_loss)?;
        row.serialize_field("last_val_loss", &self.last_val_loss)
    }

    /// Writes the columns of what is known by heart, which stand behind all others.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn write_memory<S: SerializeStruct>(&self, row: &mut S) -> Result<(), S::Error> {
        let memory = &self.memory;
        row.serialize_field("test_loss", &memory.test_loss)?;
        row.serialize_field("verbatim_train", &memory.verbatim_train)?;
        row.serialize_field("verbatim_val", &memory.verbatim_val)?;
        row.serialize_field("longest_verbatim", &memory.longest_verbatim)?;
        row.serialize_field("longest_verbatim_val", &memory.longest_verbatim_val)?;
        row.serialize_field("exposure", &memory.exposure)?;
        row.serialize_field("exposure_by_repeats", &joined(&memory.exposure_by_repeats))?;
        row.serialize_field("divergence", &memory.divergence)
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
                self.relative_update_by_layer =
                    parted(&layers).map_err(serde::de::Error::custom)?;
            }
            Column::LastTrainLoss => self.last_train_loss = map.next_value()?,
            Column::LastValLoss => self.last_val_loss = map.next_value()?,
            Column::TestLoss => self.memory.test_loss = map.next_value()?,
            Column::VerbatimTrain => self.memory.verbatim_train = map.next_value()?,
            Column::VerbatimVal => self.memory.verbatim_val = map.next_value()?,
            Column::LongestVerbatim => self.memory.longest_verbatim = map.next_value()?,
            Column::LongestVerbatimVal => self.memory.longest_verbatim_val = map.next_value()?,
            Column::Exposure => self.memory.exposure = map.next_value()?,
            Column::ExposureByRepeats => {
                let exposures: String = map.next_value()?;
                self.memory.exposure_by_repeats =
                    parted(&exposures).map_err(serde::de::Error::custom)?;
            }
            Column::Divergence => self.memory.divergence = map.next_value()?,
        }
        Ok(())
    }
}

impl Serialize for CurveRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("CurveRow", CurveRow::COLUMNS)?;
        self.write_columns(None, &mut row)?;
        self.write_memory(&mut row)?;
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
    TestLoss,
    VerbatimTrain,
    VerbatimVal,
    LongestVerbatim,
    LongestVerbatimVal,
    Exposure,
    ExposureByRepeats,
    Divergence,
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
        ("test_loss", Column::TestLoss),
        ("verbatim_train", Column::VerbatimTrain),
        ("verbatim_val", Column::VerbatimVal),
        ("longest_verbatim", Column::LongestVerbatim),
        ("longest_verbatim_val", Column::LongestVerbatimVal),
        ("exposure", Column::Exposure),
        ("exposure_by_repeats", Column::ExposureByRepeats),
        ("divergence", Column::Divergence),
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
    use crate::record::Memory;

    fn full() -> CurveRow {
        let mut row =
            CurveRow { lr: Some(0.1 + 0.2), val_loss: Some(1.0 / 3.0), ..CurveRow::at(7) };
        row.of_mut(Role::Mlp).rotation = Some(1e-3 / 3.0);
        row.of_mut(Role::Bias).decay_share = Some(0.0);
        row.relative_update_by_layer = vec![1.0 / 3.0, 2e-9];
        row.memory = Memory {
            test_loss: Some(1.0 / 7.0),
            verbatim_train: Some(1.0),
            verbatim_val: Some(0.1),
            longest_verbatim: Some(17),
            longest_verbatim_val: Some(0),
            exposure: Some(2.0 / 3.0),
            exposure_by_repeats: vec![1.0 / 3.0, 8.0],
            divergence: Some(1e-9),
        };
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
