//! Optimizer states by lane, slot and parameter name, so that a lane can go on in another cohort.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, ensure};
use burn::tensor::{Device, Tensor, TensorData};

use super::LaneOptimizer;
use crate::record::LaneState;

impl LaneOptimizer {
    /// The state of one lane.
    ///
    /// # Errors
    /// A device that cannot be read.
    pub fn lane_state(&self, lane: usize) -> Result<LaneState> {
        let mut state = LaneState::new();
        for parameter in &self.parameters {
            let slots = self.slots(&parameter.shape);
            let Some(tensors) = self.states.get(&parameter.id) else { continue };
            for ((slot, _), tensor) in slots.iter().zip(tensors) {
                let values = tensor.clone().narrow(0, lane, 1).try_into_vec_as::<f32>();
                let values = values.map_err(|error| anyhow!("cannot read a state: {error:?}"))?;
                let of_slot = state.entry((*slot).to_owned()).or_default();
                of_slot.insert(parameter.shape.name.clone(), values);
            }
        }
        Ok(state)
    }

    /// Goes on with these states, one per lane, on `device`.
    ///
    /// # Errors
    /// A state of another model or another optimizer; the message names the slot.
    pub fn with_states(mut self, lanes: &[&LaneState], device: &Device) -> Result<Self> {
        self.refuse_foreign(lanes)?;
        for parameter in &self.parameters {
            let slots = self.slots(&parameter.shape);
            let tensors =
                slots.iter().map(|slot| stacked(&parameter.shape.name, *slot, lanes, device));
            self.states.insert(parameter.id, tensors.collect::<Result<_>>()?);
        }
        Ok(self)
    }

    /// Refuses a slot, or a parameter in one, that no rule here would go on with.
    fn refuse_foreign(&self, lanes: &[&LaneState]) -> Result<()> {
        let mut known = BTreeSet::new();
        for parameter in &self.parameters {
            for (slot, _) in self.slots(&parameter.shape) {
                known.insert((slot, parameter.shape.name.as_str()));
            }
        }
        for (slot, values) in lanes.iter().flat_map(|lane| lane.iter()) {
            for name in values.keys() {
                let slots: BTreeSet<&str> = known.iter().map(|(slot, _)| *slot).collect();
                ensure!(
                    known.contains(&(slot.as_str(), name.as_str())),
                    "the checkpoint holds `{slot}` of `{name}`, which this run's optimizer does not \
                     keep (it keeps {}): it is of another run",
                    slots.into_iter().collect::<Vec<_>>().join(", ")
                );
            }
        }
        Ok(())
    }
}

/// `[lanes, elements]` from the values of every lane.
fn stacked(
    name: &str,
    (slot, elements): (&str, usize),
    lanes: &[&LaneState],
    device: &Device,
) -> Result<Tensor<2>> {
    let mut values = Vec::with_capacity(lanes.len() * elements);
    for lane in lanes {
        let lane = lane.get(slot).and_then(|values| values.get(name));
        let lane = lane.with_context(|| format!("the checkpoint has no `{slot}` of `{name}`"))?;
        ensure!(
            lane.len() == elements,
            "the checkpoint has {} numbers in `{slot}` of `{name}`, expected {elements}",
            lane.len()
        );
        values.extend_from_slice(lane);
    }
    Ok(Tensor::from_data(TensorData::new(values, [lanes.len(), elements]), device))
}
