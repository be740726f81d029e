//! `config.json` of a model, as Hugging Face's transformers read and write it.

mod reading;
mod writing;

pub use reading::{Described, HuggingFace};
pub use writing::write as hugging_face_config;
