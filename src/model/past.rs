//! What windows have read before, kept as keys and values so that it need not be read again.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::Tensor;

use crate::config::ModelShape;
use crate::ops;
use crate::ops::kernels::attention::{Heads, KeyValues};

/// Keys and values of every layer.
#[derive(Clone, Debug)]
pub struct Past {
    /// Passes share them and add to them, layer by layer.
    layers: Arc<[Mutex<KeyValues>]>,
    /// Tokens that every window had read before this pass.
    read: usize,
}

impl Past {
    /// Of windows (over all lanes) that have read nothing, with room for so many tokens each.
    pub fn new(shape: &ModelShape, windows: usize, room: usize) -> Self {
        let layer = |_| Mutex::new(KeyValues::new(windows, room, shape.kv_channels()));
        Past { layers: (0..shape.layers).map(layer).collect(), read: 0 }
    }

    /// Tokens that every window has read.
    pub fn read(&self) -> usize {
        self.read
    }

    /// The same after `tokens` more of every window went through all layers.
    pub fn further(self, tokens: usize) -> Self {
        Past { read: self.read + tokens, ..self }
    }

    /// Every window so many times, one after the other.
    pub fn repeated(&self, times: usize) -> Self {
        let layer = |layer: &Mutex<KeyValues>| {
            let kept = layer.lock().unwrap_or_else(PoisonError::into_inner);
            Mutex::new(kept.repeated(times))
        };
        Past { layers: self.layers.iter().map(layer).collect(), read: self.read }
    }

    /// See [`ops::attention_after`].
    pub fn attention(&self, layer: usize, packed: Tensor<3>, heads: &Heads) -> Tensor<3> {
        let mut kept = self.layers[layer].lock().unwrap_or_else(PoisonError::into_inner);
        ops::attention_after(packed, heads, &mut kept)
    }
}
