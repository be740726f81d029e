//! The shape of a model: one row per number.

use serde::{Deserialize, Serialize};

use super::Named;
use super::family::Family;
use super::key::{Identity, Key, Kind, Range, Section};
use super::norm_eps::NormEps;
use super::value::Value;

/// Shape of a model without its vocabulary, which the data decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelShape {
    /// Architecture.
    pub family: Family,
    /// Transformer blocks.
    pub layers: usize,
    /// Attention heads; they divide `channels`.
    pub heads: usize,
    /// Width of the residual stream.
    pub channels: usize,
    /// Tokens the model sees at once.
    pub context: usize,
    /// Key-value heads, which the attention heads share; `None` for GPT-2, which has one for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv_heads: Option<usize>,
    /// Width inside a gated MLP; `None` for GPT-2, whose MLP is four times as wide as the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<usize>,
    /// Tokens that attention reaches back, itself included; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Experts in the place of each MLP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experts: Option<usize>,
    /// Experts that a token goes through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_experts: Option<usize>,
    /// ε of every norm, where it is not the usual one: see [`norm_eps`](Self::norm_eps()).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norm_eps: Option<NormEps>,
}

/// A key of `[model]`, and how to read and set it in a shape.
pub struct ShapeKey {
    /// Its row of the key table.
    pub key: Key,
    /// Its value in a shape that has it.
    pub get: fn(&ModelShape) -> Option<Value>,
    setter: Setter,
}

/// How a key is set in a shape.
enum Setter {
    /// The family is there from the start.
    Family,
    Count(fn(&mut ModelShape, usize)),
    Number(fn(&mut ModelShape, f64)),
}

impl ShapeKey {
    /// Sets a number; does nothing for the family.
    pub fn set(&self, shape: &mut ModelShape, value: &Value) {
        match (&self.setter, value) {
            (Setter::Count(set), Value::Count(count)) => set(shape, *count),
            (Setter::Number(set), Value::Number(number)) => set(shape, *number),
            _ => {}
        }
    }

    /// Its value in a shape, but for one that every model has that says nothing of it.
    pub fn told(&self, shape: &ModelShape) -> Option<Value> {
        let is_usual = |value: &Value| {
            self.key.identity == Identity::UnlessDefault
                && (self.get)(&ModelShape::DEFAULT).as_ref() == Some(value)
        };
        (self.get)(shape).filter(|value| !is_usual(value))
    }
}

const fn shape_key(
    name: &'static str,
    most: usize,
    unit: &'static str,
    example: &'static str,
    doc: &'static str,
    get: fn(&ModelShape) -> Option<Value>,
    set: fn(&mut ModelShape, usize),
) -> ShapeKey {
    let (section, kind, identity) = (Section::Model, Kind::Count(1, most), Identity::Always);
    let setter = Setter::Count(set);
    ShapeKey { key: Key { section, name, kind, unit, doc, example, identity }, get, setter }
}

const fn of_some_families(row: ShapeKey) -> ShapeKey {
    ShapeKey { key: Key { identity: Identity::WhenUsed, ..row.key }, ..row }
}

/// The keys of `[model]`, in the order of a spec.
pub const SHAPE_KEYS: &[ShapeKey] = &[
    ShapeKey {
        key: Key {
            section: Section::Model,
            name: "family",
            kind: Kind::Name(Family::names),
            unit: "",
            doc: "Architecture of the model.",
            example: "'llama'",
            identity: Identity::Always,
        },
        get: |shape| Some(Value::Name(shape.family.name())),
        setter: Setter::Family,
    },
    shape_key(
        "layers",
        1_000,
        "",
        "3",
        "Transformer blocks.",
        |shape| Some(Value::Count(shape.layers)),
        |shape, value| shape.layers = value,
    ),
    shape_key(
        "heads",
        1_000,
        "",
        "2",
        "Attention heads; they divide `channels`.",
        |shape| Some(Value::Count(shape.heads)),
        |shape, value| shape.heads = value,
    ),
    shape_key(
        "channels",
        100_000,
        "",
        "32",
        "Width of the residual stream.",
        |shape| Some(Value::Count(shape.channels)),
        |shape, value| shape.channels = value,
    ),
    shape_key(
        "context",
        1_000_000,
        "tokens",
        "32",
        "Tokens that the model sees at once.",
        |shape| Some(Value::Count(shape.context)),
        |shape, value| shape.context = value,
    ),
    of_some_families(shape_key(
        "kv_heads",
        1_000,
        "",
        "1",
        "Key-value heads, which the attention heads share.",
        |shape| shape.kv_heads.map(Value::Count),
        |shape, value| shape.kv_heads = Some(value),
    )),
    of_some_families(shape_key(
        "hidden",
        400_000,
        "",
        "96",
        "Width inside an MLP or an expert.",
        |shape| shape.hidden.map(Value::Count),
        |shape, value| shape.hidden = Some(value),
    )),
    of_some_families(shape_key(
        "window",
        1_000_000,
        "tokens",
        "8",
        "Tokens that attention reaches back, itself included.",
        |shape| shape.window.map(Value::Count),
        |shape, value| shape.window = Some(value),
    )),
    of_some_families(shape_key(
        "experts",
        1_000,
        "",
        "4",
        "Experts in the place of each MLP.",
        |shape| shape.experts.map(Value::Count),
        |shape, value| shape.experts = Some(value),
    )),
    of_some_families(shape_key(
        "active_experts",
        1_000,
        "",
        "1",
        "Experts that a token goes through.",
        |shape| shape.active_experts.map(Value::Count),
        |shape, value| shape.active_experts = Some(value),
    )),
    ShapeKey {
        key: Key {
            section: Section::Model,
            name: "norm_eps",
            kind: Kind::Number(Range::Positive),
            unit: "",
            doc: "ε of every norm.",
            example: "1e-6",
            identity: Identity::UnlessDefault,
        },
        get: |shape| Some(Value::Number(shape.norm_eps())),
        setter: Setter::Number(|shape, value| *shape = shape.with_norm_eps(value)),
    },
];

impl ModelShape {
    /// What `[model]` leaves out.
    pub const DEFAULT: ModelShape = ModelShape::gpt2(2, 4, 64, 64);

    /// A GPT-2.
    pub const fn gpt2(layers: usize, heads: usize, channels: usize, context: usize) -> Self {
        ModelShape {
            family: Family::Gpt2,
            layers,
            heads,
            channels,
            context,
            kv_heads: None,
            hidden: None,
            window: None,
            experts: None,
            active_experts: None,
            norm_eps: None,
        }
    }

    /// Channels of one attention head.
    pub fn head_channels(&self) -> usize {
        self.channels / self.heads
    }

    /// Channels of all keys, and of all values.
    pub fn kv_channels(&self) -> usize {
        self.head_channels() * self.kv_heads.unwrap_or(self.heads)
    }

    /// Width inside an MLP or an expert.
    pub fn hidden_channels(&self) -> usize {
        self.hidden.unwrap_or(4 * self.channels)
    }
}
