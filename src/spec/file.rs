//! A spec as it stands in its TOML file, before any rule is checked. Every default is here.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{F64Deserializer, I64Deserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{Error, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
pub struct SpecFile {
    pub name: String,
    pub question: Option<String>,
    #[serde(default = "default_seeds")]
    pub seeds: Vec<u64>,
    pub recipe: Option<RecipeTable>,
    #[serde(default)]
    pub data: DataTable,
    #[serde(default)]
    pub model: ModelTable,
    #[serde(default)]
    pub train: TrainTable,
    #[serde(default)]
    pub arm: Vec<ArmTable>,
}

fn default_seeds() -> Vec<u64> {
    vec![0, 1, 2]
}

#[derive(Deserialize)]
pub struct RecipeTable {
    pub name: String,
}

#[derive(Deserialize)]
#[serde(default)]
pub struct DataTable {
    pub source: String,
    pub train: usize,
    pub val: usize,
    pub order: String,
}

impl Default for DataTable {
    fn default() -> Self {
        DataTable { source: "grammar".into(), train: 30_000, val: 20_000, order: "random".into() }
    }
}

#[derive(Deserialize)]
#[serde(default)]
pub struct ModelTable {
    pub family: Option<String>,
    pub layers: usize,
    pub heads: usize,
    pub channels: usize,
    pub context: usize,
    pub kv_heads: Option<usize>,
    pub hidden: Option<usize>,
    pub window: Option<usize>,
    pub experts: Option<usize>,
    pub active_experts: Option<usize>,
}

impl Default for ModelTable {
    fn default() -> Self {
        ModelTable {
            family: None,
            layers: 2,
            heads: 4,
            channels: 64,
            context: 64,
            kv_heads: None,
            hidden: None,
            window: None,
            experts: None,
            active_experts: None,
        }
    }
}

/// What `[train]` says; what it does not say comes from a published recipe or [`Recipe::DEFAULT`].
#[derive(Default, Deserialize)]
pub struct TrainTable {
    pub steps: Option<usize>,
    pub batch: Option<usize>,
    pub lr: Option<f64>,
    pub warmup: Option<usize>,
    pub min_lr_ratio: Option<f64>,
    pub betas: Option<[f64; 2]>,
    pub eps: Option<f64>,
    pub clip: Option<f64>,
    pub eval_every: Option<usize>,
    pub eval_windows: Option<usize>,
    pub log_every: Option<usize>,
    pub optimizer: Option<String>,
    pub schedule: Option<String>,
    pub hold: Option<usize>,
}

#[derive(Default, Deserialize)]
pub struct ArmTable {
    pub recipe: Option<OneOrMany<String>>,
    pub transfer: Option<OneOrMany<String>>,
    pub form: Option<OneOrMany<String>>,
    pub mask: Option<OneOrMany<String>>,
    pub weight_decay: Option<OneOrMany<f64>>,
    pub steps: Option<OneOrMany<usize>>,
    pub batch: Option<OneOrMany<usize>>,
    pub lr: Option<OneOrMany<f64>>,
    pub warmup: Option<OneOrMany<usize>>,
    pub min_lr_ratio: Option<OneOrMany<f64>>,
    pub betas: Option<Pairs>,
    pub eps: Option<OneOrMany<f64>>,
    pub clip: Option<OneOrMany<f64>>,
    pub eval_every: Option<OneOrMany<usize>>,
    pub eval_windows: Option<OneOrMany<usize>>,
    pub log_every: Option<OneOrMany<usize>>,
    pub optimizer: Option<OneOrMany<String>>,
    pub schedule: Option<OneOrMany<String>>,
    pub hold: Option<OneOrMany<usize>>,
}

/// A value, or a list of values that multiplies the grid.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list of values")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        let value: I64Deserializer<E> = value.into_deserializer();
        Ok(OneOrMany(vec![T::deserialize(value)?]))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        let value: F64Deserializer<E> = value.into_deserializer();
        Ok(OneOrMany(vec![T::deserialize(value)?]))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        let value: StrDeserializer<'_, E> = value.into_deserializer();
        Ok(OneOrMany(vec![T::deserialize(value)?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Ok(OneOrMany(Vec::deserialize(SeqAccessDeserializer::new(list))?))
    }
}

/// Adam's betas: a pair, or a list of pairs.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a pair [beta1, beta2] or a list of such pairs")]
pub enum Pairs {
    One([f64; 2]),
    Many(Vec<[f64; 2]>),
}

impl Pairs {
    pub fn into_list(self) -> OneOrMany<[f64; 2]> {
        match self {
            Pairs::One(pair) => OneOrMany(vec![pair]),
            Pairs::Many(pairs) => OneOrMany(pairs),
        }
    }
}
