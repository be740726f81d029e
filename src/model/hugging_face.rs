//! `config.json` of a model, as Hugging Face's transformers read and write it.

mod reading;
mod writing;

pub use reading::{Described, HuggingFace};
pub use writing::write as hugging_face_config;

/// ε of every norm of the families here.
const EPS: f64 = 1e-5;
