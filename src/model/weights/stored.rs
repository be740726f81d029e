//! A tensor as a file holds it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Error, Result, anyhow, bail, ensure};
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A tensor of a file.
#[derive(Clone)]
pub struct Stored<'a> {
    /// As the file has it.
    pub name: String,
    pub file: &'a Path,
    view: TensorView<'a>,
}

/// The tensors of all files, under their names without what was put before them.
pub type Tensors<'a> = BTreeMap<String, Stored<'a>>;

impl<'a> Stored<'a> {
    pub fn new(name: String, file: &'a Path, view: TensorView<'a>) -> Self {
        Stored { name, file, view }
    }

    pub fn shape(&self) -> &[usize] {
        self.view.shape()
    }

    pub fn dtype(&self) -> Dtype {
        self.view.dtype()
    }

    /// An error about it.
    pub fn error(&self, what: impl std::fmt::Display) -> Error {
        anyhow!("{}: the tensor `{}` {what}", self.file.display(), self.name)
    }

    /// Its numbers as float32, in its own order.
    ///
    /// # Errors
    /// Numbers of another kind, or one that is not finite.
    pub fn values(&self) -> Result<Vec<f32>> {
        let bytes = self.view.data();
        let values: Vec<f32> = match self.dtype() {
            Dtype::F32 => bytemuck::pod_collect_to_vec(bytes),
            Dtype::F64 => pieces(bytes).map(|piece| f64::from_le_bytes(piece) as f32).collect(),
            Dtype::F16 => pieces(bytes).map(|piece| f16::from_le_bytes(piece).to_f32()).collect(),
            Dtype::BF16 => pieces(bytes).map(|piece| bf16::from_le_bytes(piece).to_f32()).collect(),
            other => bail!(self.error(format_args!(
                "is {other}, expected floating-point numbers (F32, F16, BF16 or F64); save the model \
                 without quantisation"
            ))),
        };
        ensure!(
            values.iter().all(|value| value.is_finite()),
            self.error("holds a value that is not finite as float32; the model diverged or its numbers are too large")
        );
        Ok(values)
    }
}

fn pieces<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks::<N>().0.iter().copied()
}

/// A matrix of `columns` columns, row by row, as its transpose.
pub fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let column = |column: usize| values.iter().skip(column).step_by(columns.max(1)).copied();
    (0..columns).flat_map(column).collect()
}
