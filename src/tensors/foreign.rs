//! Files that people give as weights and that are no safetensors files.

use std::path::Path;

/// What a file with these first bytes is instead, and how to bring its weights in, as the end of a sentence.
pub fn foreign(path: &Path, bytes: &[u8]) -> Option<String> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if bytes.is_empty() {
        return Some("it is empty".to_owned());
    }
    if extension == "npz" || bytes.starts_with(b"\x93NUMPY") {
        return Some("it holds NumPy arrays; write them with safetensors.numpy.save_file".into());
    }
    let of_torch = ["bin", "pt", "pth", "ckpt", "pkl"].contains(&extension);
    if of_torch || bytes.starts_with(b"PK\x03\x04") || is_pickle(bytes) {
        return Some(pickle(path));
    }
    let known: [(&[u8], &str); 4] = [
        (b"GGUF", "it is a GGUF file; take the safetensors files that it was made from"),
        (
            b"\x89HDF",
            "it is an HDF5 file; save the model as safetensors, under the names of PyTorch",
        ),
        (
            b"version https://git-lfs",
            "it is a Git LFS pointer: the weights were not downloaded; run `git lfs pull`",
        ),
        (b"<", "it is a web page; download the file itself"),
    ];
    let (_, text) = known.into_iter().find(|(start, _)| bytes.starts_with(start))?;
    Some(text.to_owned())
}

/// Python's pickles from protocol 2 on start with their number.
fn is_pickle(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80, 2..=5, ..])
}

fn pickle(path: &Path) -> String {
    let converted = path.with_extension("safetensors");
    let (from, to) = (path.to_string_lossy(), converted.to_string_lossy());
    format!(
        "it is a pickle of PyTorch, which could run any code. Convert it in Python and give the new file:\n\
         import torch\n\
         from safetensors.torch import save_file\n\
         state = torch.load({from:?}, map_location=\"cpu\", weights_only=True)\n\
         state = state.get(\"model\", state.get(\"state_dict\", state))\n\
         state = {{name: tensor.clone().contiguous() for name, tensor in state.items()}}\n\
         save_file(state, {to:?})"
    )
}
