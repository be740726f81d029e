use burn::tensor::{Device, Tensor};

use crate::ops::kernels::arithmetic::Pair;
use crate::ops::{self, Arithmetic, LaneNumbers};

/// One number per lane. Where all lanes agree it is a plain scalar, which spares a broadcast and
/// changes no bit of the product.
#[derive(Clone, Debug)]
pub enum LaneValues {
    /// The same for every lane.
    Same(f32),
    /// One of each lane.
    PerLane(LaneNumbers),
}

impl LaneValues {
    /// One value per lane.
    pub fn new(values: impl IntoIterator<Item = f64>, device: &Device) -> Self {
        let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
        match values.split_first() {
            Some((first, rest)) if rest.iter().all(|value| value.to_bits() == first.to_bits()) => {
                LaneValues::Same(*first)
            }
            _ if ops::is_fused(device) => LaneValues::PerLane(LaneNumbers::Host(values)),
            _ => {
                let values = LaneNumbers::Host(values).tensor(device);
                LaneValues::PerLane(LaneNumbers::on_device(values))
            }
        }
    }

    /// Read back, one value per lane.
    pub fn on_host(&self, lanes: usize) -> Vec<f32> {
        match self {
            LaneValues::Same(value) => vec![*value; lanes],
            LaneValues::PerLane(values) => {
                values.clone().read().expect("a device with kernels is the host")
            }
        }
    }

    /// Whether every lane has this value.
    pub fn all(&self, value: f32) -> bool {
        matches!(self, LaneValues::Same(same) if *same == value)
    }

    /// Lane by lane product with `[lanes, …]`.
    pub fn times<const D: usize>(&self, tensor: Tensor<D>) -> Tensor<D> {
        match self {
            LaneValues::Same(1.0) => tensor,
            _ => self.with(Pair::Times, tensor),
        }
    }

    /// Lane by lane sum with `[lanes, …]`.
    pub fn plus<const D: usize>(&self, tensor: Tensor<D>) -> Tensor<D> {
        self.with(Pair::Plus, tensor)
    }

    /// `value − factor · tensor`, lane by lane.
    pub fn minus<const D: usize>(&self, factor: &LaneValues, tensor: Tensor<D>) -> Tensor<D> {
        self.plus(factor.times(tensor).with_number(Pair::Times, -1.0))
    }

    fn with<const D: usize>(&self, of: Pair, tensor: Tensor<D>) -> Tensor<D> {
        match self {
            LaneValues::Same(value) => tensor.with_number(of, *value),
            LaneValues::PerLane(values) => {
                let values = values.clone().tensor(&tensor.device());
                tensor.with_each(of, values)
            }
        }
    }
}
