//! Weights of single lanes: drawn from a seed, read from and written to safetensors, and stacked
//! into the `[lanes, …]` parameters of a cohort.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::store::burn_pack::Bytes;
use burn::store::{ApplyError, ModuleAdapter, ModuleContext, ModuleSnapshot, SafetensorsStore};
use burn::store::{bridge, burn_pack};
use burn::tensor::{Device, Shape, Tensor, TensorData};

use super::{LanguageModel, WithModel, with_model};
use crate::config::{ModelShape, ParameterShape, Role};
use crate::random;
use crate::record::LaneWeights;

/// A parameter of a model, as it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Burn's name for it, by which gradients and optimizer states are kept.
    pub id: ParamId,
    /// Name, role and shape without the lane axis.
    pub shape: ParameterShape,
}

/// Where the first weights of a lane come from.
#[derive(Clone, Debug)]
pub enum LaneStart {
    /// A seed.
    Seed(u64),
    /// Given weights.
    Weights(Arc<LaneWeights>),
}

/// Makes the `[lanes, …]` parameters that a cohort starts from, and remembers each with its role.
pub struct FirstWeights {
    lanes: Vec<LaneStart>,
    device: Device,
    made: RefCell<Vec<Parameter>>,
}

impl FirstWeights {
    /// One entry per lane.
    pub fn new(lanes: Vec<LaneStart>, device: &Device) -> Self {
        FirstWeights { lanes, device: device.clone(), made: RefCell::default() }
    }

    /// `[lanes, size…]` from N(0, `std`²), or as given. A lane's draw depends on its seed and the
    /// parameter's name alone.
    pub fn normal(&self, name: &str, role: Role, size: [usize; 2], std: f64) -> Param<Tensor<3>> {
        let draw = |seed: u64| {
            let mut rng = random::stream("first weights", &[&seed.to_le_bytes(), name.as_bytes()]);
            random::normals(&mut rng, std, size[0] * size[1])
        };
        self.stack(name, role, [self.lanes.len(), size[0], size[1]], draw)
    }

    /// `[lanes, size]` of one value, or as given.
    pub fn constant(&self, name: &str, role: Role, size: usize, value: f32) -> Param<Tensor<2>> {
        self.stack(name, role, [self.lanes.len(), size], |_| vec![value; size])
    }

    /// The parameters that were made, in that order.
    pub fn into_parameters(self) -> Vec<Parameter> {
        self.made.into_inner()
    }

    fn stack<const D: usize>(
        &self,
        name: &str,
        role: Role,
        shape: [usize; D],
        draw: impl Fn(u64) -> Vec<f32>,
    ) -> Param<Tensor<D>> {
        let mut values = Vec::with_capacity(shape.iter().product());
        for lane in &self.lanes {
            match lane {
                LaneStart::Seed(seed) => values.extend(draw(*seed)),
                LaneStart::Weights(weights) => values.extend_from_slice(&weights[name]),
            }
        }
        let param: Param<Tensor<D>> =
            Param::from_data(TensorData::new(values, shape), &self.device);
        let shape = ParameterShape { name: name.to_owned(), role, shape: shape[1..].to_vec() };
        self.made.borrow_mut().push(Parameter { id: param.id, shape });
        param
    }
}

/// The weights of one lane of a model with these parameters.
///
/// # Errors
/// A device that cannot be read.
pub fn lane_weights<M: Module>(
    model: &M,
    parameters: &[Parameter],
    lane: usize,
) -> Result<LaneWeights> {
    let mut reader = LaneReader { lane, values: Vec::new() };
    model.visit(&mut reader);
    let named = |(id, values): (ParamId, Result<Vec<f32>>)| {
        let parameter = parameters.iter().find(|one| one.id == id);
        let parameter = parameter.context("a parameter that was not made for this model")?;
        Ok((parameter.shape.name.clone(), values?))
    };
    reader.values.into_iter().map(named).collect()
}

struct LaneReader {
    lane: usize,
    values: Vec<(ParamId, Result<Vec<f32>>)>,
}

impl ModuleVisitor for LaneReader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = param.val().narrow(0, self.lane, 1).try_into_vec_as::<f32>();
        let values = values.map_err(|error| anyhow!("cannot read weights: {error:?}"));
        self.values.push((param.id, values));
    }
}

/// Reads a safetensors file for a model of this shape, under the tensor names of its family.
///
/// # Errors
/// A file that cannot be read, a missing, surplus or misshapen tensor, a value that is not finite:
/// the message names the file and the tensor.
pub fn read_weights(path: &Path, shape: &ModelShape, vocabulary: usize) -> Result<LaneWeights> {
    with_one_lane(shape, vocabulary, LaneStart::Seed(0), Read { path })
}

struct Read<'a> {
    path: &'a Path,
}

impl WithModel for Read<'_> {
    type Output = Result<LaneWeights>;

    fn run<M: LanguageModel>(
        self,
        mut model: M,
        parameters: Vec<Parameter>,
    ) -> Result<LaneWeights> {
        let name = self.path.display();
        // Hugging Face writes the tensors of a headed GPT-2 under `transformer.`.
        let mut store = SafetensorsStore::from_file(self.path)
            .with_key_remapping(r"^transformer\.(.+)$", "$1")
            .with_from_adapter(LaneAxis::Add)
            .validate(false)
            .allow_partial(true);
        let result =
            model.load_from(&mut store).map_err(|error| anyhow!("{error}")).with_context(|| {
                format!("cannot read weights from {name}; expected a safetensors file")
            })?;
        if let Some(error) = result.errors.first() {
            bail!("{name}: {}", describe(error));
        }
        if let Some((tensor, _)) = result.missing.first() {
            bail!("{name}: the tensor `{tensor}` is missing");
        }
        if let Some(tensor) = result.unused.iter().find(|tensor| !is_buffer(tensor)) {
            bail!(
                "{name}: the tensor `{tensor}` belongs to no parameter of this model; check model.layers"
            );
        }
        let weights = lane_weights(&model, &parameters, 0)?;
        for (tensor, values) in &weights {
            ensure!(
                values.iter().all(|value| value.is_finite()),
                "{name}: `{tensor}` holds a value that is not finite"
            );
        }
        Ok(weights)
    }
}

/// Writes the weights of one lane as a safetensors file, under the tensor names and in the layout
/// of the family. An existing file is replaced.
///
/// # Errors
/// A file that cannot be written.
pub fn write_weights(
    path: &Path,
    weights: LaneWeights,
    shape: &ModelShape,
    vocabulary: usize,
) -> Result<()> {
    let start = LaneStart::Weights(Arc::new(weights));
    with_one_lane(shape, vocabulary, start, Write { path })
}

struct Write<'a> {
    path: &'a Path,
}

impl WithModel for Write<'_> {
    type Output = Result<()>;

    fn run<M: LanguageModel>(self, model: M, _parameters: Vec<Parameter>) -> Result<()> {
        let mut store = SafetensorsStore::from_file(self.path)
            .clear_metadata()
            .metadata("format", "pt")
            .with_to_adapter(LaneAxis::Remove)
            .overwrite(true);
        model
            .save_into(&mut store)
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("cannot write weights to {}", self.path.display()))
    }
}

fn with_one_lane<W: WithModel>(
    shape: &ModelShape,
    vocabulary: usize,
    start: LaneStart,
    work: W,
) -> W::Output {
    let first = FirstWeights::new(vec![start], &Device::flex());
    with_model(shape, vocabulary, first, work)
}

/// Tensors that published files hold beside the parameters: causal masks and the tied head.
fn is_buffer(tensor: &str) -> bool {
    tensor.ends_with(".attn.bias")
        || tensor.ends_with(".attn.masked_bias")
        || tensor == "lm_head.weight"
}

fn describe(error: &ApplyError) -> String {
    let lane_free = |shape: &Shape| format!("{:?}", &shape[1..]);
    match error {
        ApplyError::ShapeMismatch { path, expected, found } => format!(
            "the tensor `{path}` has shape {}, but this model needs {}; check [model] and the data's vocabulary",
            lane_free(found),
            lane_free(expected)
        ),
        ApplyError::DTypeMismatch { path, found, .. } => {
            format!("the tensor `{path}` is {found:?}, expected floating-point numbers")
        }
        ApplyError::AdapterError { path, message } | ApplyError::LoadError { path, message } => {
            format!("the tensor `{path}` cannot be read: {message}")
        }
    }
}

/// Weight files know no lanes: the axis is added on reading and removed on writing. They keep a
/// [`Projection`](super::layers::Projection) as `[out, in]`, so it is turned on the way.
#[derive(Clone, Copy)]
enum LaneAxis {
    Add,
    Remove,
}

impl ModuleAdapter for LaneAxis {
    fn adapt(&self, tensor: burn_pack::Tensor, context: ModuleContext<'_>) -> burn_pack::Tensor {
        let mut shape: Vec<usize> = tensor.shape.to_vec();
        if matches!(self, LaneAxis::Remove) {
            shape.remove(0);
        }
        let turned = context.module_type() == Some("Struct:Projection") && shape.len() == 2;
        let columns = turned.then(|| shape[1]);
        if turned {
            shape.reverse();
        }
        if matches!(self, LaneAxis::Add) {
            shape.insert(0, 1);
        }
        let (name, dtype, shape) = (tensor.name.clone(), tensor.dtype, Shape::from(shape));
        let reshaped = shape.clone();
        bridge::map_data(tensor, name, dtype, shape, move |data| {
            let bytes = data.into_bytes();
            let bytes = match columns {
                Some(columns) => Bytes::from_bytes_vec(transposed(&bytes, columns, dtype.size())),
                None => bytes,
            };
            TensorData::from_bytes(bytes, reshaped.clone(), dtype)
        })
    }

    fn clone_box(&self) -> Box<dyn ModuleAdapter> {
        Box::new(*self)
    }
}

/// A matrix of `columns` columns, row by row, as its transpose, for elements of any size.
fn transposed(bytes: &[u8], columns: usize, size: usize) -> Vec<u8> {
    let rows = bytes.len() / (columns * size).max(1);
    let element = |row: usize, column: usize| {
        let start = (row * columns + column) * size;
        &bytes[start..start + size]
    };
    let mut turned = Vec::with_capacity(bytes.len());
    for column in 0..columns {
        for row in 0..rows {
            turned.extend_from_slice(element(row, column));
        }
    }
    turned
}
