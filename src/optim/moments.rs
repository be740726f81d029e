//! Optimizer states by lane and parameter name, so that a lane can go on in another cohort.
//!
//! Burn keeps the states of a module under its parameters' ids, which differ from model to model;
//! they pass through its own record here.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use burn::store::burn_pack::{Bytes, Reader, Tensor as PackedTensor, Writer};
use burn::tensor::{DType, Shape, TensorData};

use super::LaneOptimizer;
use crate::model::Parameter;

/// The moments of one lane's parameters by name, in row-major order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaneMoments {
    /// Averages of the gradients.
    pub first: BTreeMap<String, Vec<f32>>,
    /// Averages of their squares.
    pub second: BTreeMap<String, Vec<f32>>,
}

const FIRST: &str = "first";
const SECOND: &str = "second";

impl LaneOptimizer {
    /// The moments of every lane.
    ///
    /// # Errors
    /// A device that cannot be read.
    pub fn moments(&self) -> Result<Vec<LaneMoments>> {
        let lanes = self.lanes.len();
        let mut moments = vec![LaneMoments::default(); lanes];
        let bytes = self.inner.into_bytes().map_err(|error| anyhow!("{error}"))?;
        let tensors = Reader::from_bytes(bytes).and_then(Reader::into_tensors);
        for tensor in tensors.map_err(|error| anyhow!("{error}"))? {
            let (name, dtype, shape, id, bytes) =
                tensor.into_parts().map_err(|error| anyhow!("{error}"))?;
            let parameter = self.parameters.iter().find(|parameter| Some(parameter.id.val()) == id);
            let parameter = parameter.context("an optimizer state without its parameter")?;
            let values = TensorData::from_bytes(bytes, shape, dtype)
                .try_into_vec::<f32>()
                .map_err(|error| anyhow!("{error:?}"))?;
            let which = name.rsplit('.').next().unwrap_or_default().to_owned();
            for (lane, values) in values.chunks_exact(parameter.elements()).enumerate() {
                let kind = match which.as_str() {
                    FIRST => &mut moments[lane].first,
                    _ => &mut moments[lane].second,
                };
                kind.insert(parameter.name.clone(), values.to_vec());
            }
        }
        Ok(moments)
    }

    /// Goes on with these moments, one entry per lane.
    ///
    /// # Errors
    /// Moments of another model.
    pub fn with_moments(mut self, lanes: &[&LaneMoments]) -> Result<Self> {
        let mut tensors = Vec::new();
        for parameter in &self.parameters {
            let first = lanes.iter().map(|lane| lane.first.get(&parameter.name)).collect();
            tensors.push(packed(parameter, FIRST, first)?);
            let second = lanes.iter().map(|lane| lane.second.get(&parameter.name)).collect();
            tensors.push(packed(parameter, SECOND, second)?);
        }
        let bytes = Writer::new(tensors).into_bytes().map_err(|error| anyhow!("{error}"))?;
        self.inner = self.inner.from_bytes(bytes).map_err(|error| anyhow!("{error}"))?;
        Ok(self)
    }
}

fn packed(
    parameter: &Parameter,
    which: &str,
    lanes: Vec<Option<&Vec<f32>>>,
) -> Result<PackedTensor> {
    let shape: Vec<usize> = std::iter::once(lanes.len()).chain(parameter.shape.clone()).collect();
    let mut values = Vec::with_capacity(shape.iter().product());
    for lane in lanes {
        let lane = lane.filter(|values| values.len() == parameter.elements());
        values.extend_from_slice(
            lane.with_context(|| format!("no moments for `{}`", parameter.name))?,
        );
    }
    let name = format!("{}.{which}", parameter.id.val());
    let bytes = Bytes::from_elems(values);
    Ok(PackedTensor::new(name, DType::F32, Shape::from(shape), Some(parameter.id.val()), bytes))
}
