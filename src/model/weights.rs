//! Weights of single lanes: drawn from a seed, read from and written to safetensors, and stacked
//! into the `[lanes, …]` parameters of a cohort.

mod alphabet;
mod described;
mod heads;
mod layout;
mod missing;
mod names;
mod notes;
mod purpose;
mod read;
mod stored;
mod sum;
mod token_kind;
mod tokens_beside;
mod write;

use std::cell::RefCell;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};

use crate::config::{ParameterShape, Role};
use crate::random;
use crate::record::LaneWeights;

pub use purpose::Purpose;
pub use read::{ReadWeights, origin, read_weights};
pub use sum::check_weights;
pub use write::write_weights;

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
    /// Given weights that nothing else needs: each is given away when its parameter is made, so that they are in memory
    /// once.
    Taken(RefCell<LaneWeights>),
}

/// Makes the `[lanes, …]` parameters that a cohort starts from, and remembers each with its role.
pub struct FirstWeights {
    lanes: Vec<LaneStart>,
    device: Device,
    row_by_row: bool,
    made: RefCell<Vec<Parameter>>,
}

impl FirstWeights {
    /// One entry per lane.
    pub fn new(lanes: Vec<LaneStart>, device: &Device) -> Self {
        FirstWeights { lanes, device: device.clone(), row_by_row: false, made: RefCell::default() }
    }

    /// Of a model that reads text on and is not trained: see [`row_by_row`](Self::row_by_row).
    pub fn to_read(lanes: Vec<LaneWeights>, device: &Device) -> Self {
        let lanes = lanes.into_iter().map(|lane| LaneStart::Taken(RefCell::new(lane))).collect();
        FirstWeights { row_by_row: true, ..Self::new(lanes, device) }
    }

    /// Whether layers multiply as [`linear_by_row`](crate::ops::linear_by_row) does.
    pub fn row_by_row(&self) -> bool {
        self.row_by_row
    }

    /// `[lanes, size…]` from N(0, `std`²), or as given. A lane's draw depends on its seed and the
    /// parameter's name alone.
    pub fn normal(&self, name: &str, role: Role, size: [usize; 2], std: f64) -> Param<Tensor<3>> {
        self.normal_parts(name, role, size, 1, std)
    }

    /// The same for several matrices side by side.
    pub fn normal_parts(
        &self,
        name: &str,
        role: Role,
        size: [usize; 2],
        parts: usize,
        std: f64,
    ) -> Param<Tensor<3>> {
        let draw = |seed: u64| {
            let mut rng = random::stream("first weights", &[&seed.to_le_bytes(), name.as_bytes()]);
            random::normals(&mut rng, std, size[0] * size[1])
        };
        self.stack(name, role, [self.lanes.len(), size[0], size[1]], parts, draw)
    }

    /// `[lanes, size]` of one value, or as given.
    pub fn constant(&self, name: &str, role: Role, size: usize, value: f32) -> Param<Tensor<2>> {
        self.stack(name, role, [self.lanes.len(), size], 1, |_| vec![value; size])
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
        parts: usize,
        draw: impl Fn(u64) -> Vec<f32>,
    ) -> Param<Tensor<D>> {
        let of_lane = |lane: &LaneStart| match lane {
            LaneStart::Seed(seed) => draw(*seed),
            LaneStart::Weights(weights) => weights[name].clone(),
            LaneStart::Taken(weights) => weights.borrow_mut().remove(name).unwrap_or_default(),
        };
        let values = match self.lanes.as_slice() {
            [lane] => of_lane(lane),
            lanes => {
                let mut values = Vec::with_capacity(shape.iter().product());
                lanes.iter().for_each(|lane| values.extend(of_lane(lane)));
                values
            }
        };
        let param: Param<Tensor<D>> =
            Param::from_data(TensorData::new(values, shape), &self.device);
        let shape =
            ParameterShape { name: name.to_owned(), role, shape: shape[1..].to_vec(), parts };
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
