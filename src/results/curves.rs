use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};

use super::CsvRow;
use super::checks::check_gap;
use crate::config::{Form, Mask};
use crate::experiment::Entry;
use crate::record::{Column, CurveRow, MEASURES};
use crate::store::SoFar;

/// A row of `curves.csv`: whose it is, and the row of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveCsvRow {
    pub run: String,
    pub form: Form,
    pub mask: Option<Mask>,
    pub weight_decay: Option<f64>,
    pub seed: u64,
    /// Numbers in which the arm's recipe differs from `[train]`.
    pub variant: String,
    /// Training tokens read until then.
    pub tokens: usize,
    /// What the run measured.
    pub row: CurveRow,
}

/// Columns of the first version. The norms of single roles differ from version to version; the gap follows from the
/// losses.
const FIRST: &[&str] = &[
    "run",
    "form",
    "mask",
    "weight_decay",
    "seed",
    "step",
    "lr",
    "batch_loss",
    "grad_norm",
    "train_loss",
    "val_loss",
    "weight_norm",
    "variant",
];
const LAST_WEIGHTS: &[&str] = &["last_train_loss", "last_val_loss"];
const MEMORY: &[&str] = &[
    "test_loss",
    "verbatim_train",
    "verbatim_val",
    "longest_verbatim",
    "longest_verbatim_val",
    "exposure",
    "exposure_by_repeats",
    "divergence",
];

impl CsvRow for CurveCsvRow {
    fn columns() -> Vec<Vec<&'static str>> {
        let of_roles = MEASURES.iter().flat_map(|measure| measure.names.iter().copied());
        let of_steps = of_roles.filter(|name| !name.starts_with("weight_norm_"));
        let mechanism = of_steps.chain(["clipped", "relative_update_by_layer"]).collect();
        vec![FIRST.to_vec(), mechanism, LAST_WEIGHTS.to_vec(), MEMORY.to_vec()]
    }
}

/// The curve of an entry, whose run has this record.
pub fn curve_rows<'a>(
    entry: &'a Entry,
    record: &'a SoFar,
) -> impl Iterator<Item = CurveCsvRow> + 'a {
    let decay = &entry.arm.decay;
    record.curve.iter().map(|row| CurveCsvRow {
        run: entry.id.to_string(),
        form: decay.form,
        mask: decay.mask,
        weight_decay: decay.weight_decay,
        seed: entry.seed.label,
        variant: entry.arm.variant.clone(),
        tokens: row.step * record.tokens_per_step,
        row: row.clone(),
    })
}

impl Serialize for CurveCsvRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("CurveCsvRow", 8 + CurveRow::COLUMNS)?;
        row.serialize_field("run", &self.run)?;
        row.serialize_field("form", &self.form)?;
        row.serialize_field("mask", &self.mask)?;
        row.serialize_field("weight_decay", &self.weight_decay)?;
        row.serialize_field("seed", &self.seed)?;
        self.row.write_columns(Some(self.tokens), &mut row)?;
        row.serialize_field("variant", &self.variant)?;
        self.row.write_memory(&mut row)?;
        row.end()
    }
}

impl<'de> Deserialize<'de> for CurveCsvRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Row)
    }
}

struct Row;

impl<'de> Visitor<'de> for Row {
    type Value = CurveCsvRow;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a row of curves.csv")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CurveCsvRow, A::Error> {
        let (mut run, mut form, mut seed, mut step) = (None, None, None, None);
        let (mut mask, mut weight_decay, mut tokens) = (None, None, 0);
        let (mut variant, mut gap, mut row) = (String::new(), None, CurveRow::default());
        while let Some(Key(name)) = map.next_key()? {
            match name {
                Name::Run => run = Some(map.next_value()?),
                Name::Form => form = Some(map.next_value()?),
                Name::Mask => mask = map.next_value()?,
                Name::WeightDecay => weight_decay = map.next_value()?,
                Name::Seed => seed = Some(map.next_value()?),
                Name::Variant => variant = map.next_value()?,
                Name::Tokens => tokens = map.next_value()?,
                Name::OfRun(column) => {
                    row.take(column, &mut map)?;
                    step = step.or((column == Column::Step).then_some(row.step));
                }
                Name::Gap => gap = map.next_value()?,
                Name::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let missing = A::Error::missing_field;
        step.ok_or_else(|| missing("step"))?;
        check_gap(gap, row.train_loss, row.val_loss).map_err(A::Error::custom)?;
        Ok(CurveCsvRow {
            run: run.ok_or_else(|| missing("run"))?,
            form: form.ok_or_else(|| missing("form"))?,
            mask,
            weight_decay,
            seed: seed.ok_or_else(|| missing("seed"))?,
            variant,
            tokens,
            row,
        })
    }
}

/// The name of a column of `curves.csv`.
enum Name {
    Run,
    Form,
    Mask,
    WeightDecay,
    Seed,
    Variant,
    Tokens,
    Gap,
    OfRun(Column),
    Other,
}

struct Key(Name);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(KeyVisitor).map(Key)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the name of a column")
    }

    fn visit_bytes<E: serde::de::Error>(self, name: &[u8]) -> Result<Name, E> {
        self.visit_str(&String::from_utf8_lossy(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(match name {
            "run" => Name::Run,
            "form" => Name::Form,
            "mask" => Name::Mask,
            "weight_decay" => Name::WeightDecay,
            "gap" => Name::Gap,
            "seed" => Name::Seed,
            "variant" => Name::Variant,
            "tokens" => Name::Tokens,
            other => Column::named(other).map_or(Name::Other, Name::OfRun),
        })
    }
}
