//! Few numbers of every lane, that are read back or that others are computed from.

use anyhow::{Result, anyhow};
use burn::tensor::{Device, Tensor, TensorData};

/// As many numbers of every lane, one lane after the other: on the host where [kernels](super::is_fused) compute there,
/// which spares a tensor for every few of them; else on the device, so that nobody waits for it.
#[derive(Clone, Debug)]
pub enum LaneNumbers {
    /// Read already.
    Host(Vec<f32>),
    /// Perhaps not computed yet, `[numbers]`.
    Device(Box<Tensor<1>>),
}

impl LaneNumbers {
    /// On the device where `values` are.
    pub fn on_device<const D: usize>(values: Tensor<D>) -> Self {
        LaneNumbers::Device(Box::new(values.flatten(0, D - 1)))
    }

    /// As a tensor, `[numbers]`.
    pub fn tensor(self, device: &Device) -> Tensor<1> {
        match self {
            LaneNumbers::Device(numbers) => *numbers,
            LaneNumbers::Host(numbers) => {
                let count = numbers.len();
                Tensor::from_data(TensorData::new(numbers, [count]), device)
            }
        }
    }

    /// Number by number sum.
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (LaneNumbers::Host(mut sums), LaneNumbers::Host(others)) => {
                sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other);
                LaneNumbers::Host(sums)
            }
            (LaneNumbers::Device(sums), other) | (other, LaneNumbers::Device(sums)) => {
                let device = sums.device();
                LaneNumbers::Device(Box::new(*sums + other.tensor(&device)))
            }
        }
    }

    /// Square roots.
    pub fn root(self) -> Self {
        match self {
            LaneNumbers::Host(numbers) => {
                LaneNumbers::Host(numbers.into_iter().map(f32::sqrt).collect())
            }
            LaneNumbers::Device(numbers) => LaneNumbers::Device(Box::new(numbers.sqrt())),
        }
    }

    /// The numbers of every lane one after the other, from `lanes` lanes of each part; on the device if any part is
    /// there.
    pub fn side_by_side(parts: Vec<Self>, lanes: usize) -> Self {
        let device = parts.iter().find_map(|part| match part {
            LaneNumbers::Device(numbers) => Some(numbers.device()),
            LaneNumbers::Host(_) => None,
        });
        if let Some(device) = device {
            let part = |part: Self| part.tensor(&device).reshape([lanes as i32, -1]);
            return LaneNumbers::on_device(Tensor::<2>::cat(
                parts.into_iter().map(part).collect(),
                1,
            ));
        }
        let parts: Vec<&[f32]> = parts.iter().filter_map(LaneNumbers::on_host).collect();
        let of_lane = |part: &&[f32], lane: usize| {
            let count = part.len() / lanes;
            lane * count..(lane + 1) * count
        };
        let lane = |lane| parts.iter().flat_map(move |part| &part[of_lane(part, lane)]);
        LaneNumbers::Host((0..lanes).flat_map(lane).copied().collect())
    }

    fn on_host(&self) -> Option<&[f32]> {
        match self {
            LaneNumbers::Host(numbers) => Some(numbers),
            LaneNumbers::Device(_) => None,
        }
    }

    /// The numbers.
    ///
    /// # Errors
    /// A device that fails.
    pub fn read(self) -> Result<Vec<f32>> {
        match self {
            LaneNumbers::Host(numbers) => Ok(numbers),
            LaneNumbers::Device(numbers) => {
                numbers.try_into_vec_as().map_err(|error| anyhow!("the device failed: {error:?}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(numbers: &[f32]) -> [LaneNumbers; 2] {
        let on_device = Tensor::<1>::from_floats(numbers, &Device::flex());
        [LaneNumbers::Host(numbers.to_vec()), LaneNumbers::on_device(on_device)]
    }

    #[test]
    fn sums_and_roots_are_the_same_on_the_host_on_the_device_and_of_both() {
        let (a, b): ([f32; 4], [f32; 4]) = ([1.0, 0.1, 3e38, 0.0], [8.0, 0.2, 3e38, 0.0]);
        let expected: Vec<f32> = a.iter().zip(b).map(|(a, b)| (a + b).sqrt()).collect();
        for a in both(&a) {
            for b in both(&b) {
                assert_eq!(a.clone().plus(b).root().read().unwrap(), expected);
            }
        }
    }

    #[test]
    fn parts_side_by_side_keep_every_lane_together() {
        // Two lanes of two numbers, and of one.
        for wide in both(&[1.0, 2.0, 11.0, 12.0]) {
            for narrow in both(&[3.0, 13.0]) {
                let parts = vec![wide.clone(), narrow];
                let lanes = LaneNumbers::side_by_side(parts, 2).read().unwrap();
                assert_eq!(lanes, [1.0, 2.0, 3.0, 11.0, 12.0, 13.0]);
            }
        }
    }
}
