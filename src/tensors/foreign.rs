//! Files that people give as weights and that are no safetensors files.

use std::path::Path;

/// How names of shards end that torch.distributed.checkpoint writes.
pub const SHARD: &str = "distcp";

/// What a file with these first bytes is instead, and how to bring its weights in, as the end of a sentence.
pub fn foreign(path: &Path, bytes: &[u8]) -> Option<String> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if bytes.is_empty() {
        return Some("it is empty".to_owned());
    }
    if extension == "npz" || bytes.starts_with(b"\x93NUMPY") {
        return Some("it holds NumPy arrays; write them with safetensors.numpy.save_file".into());
    }
    if extension == SHARD {
        return Some(shard(path));
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

/// A checkpoint of torch.distributed is its folder.
fn shard(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let merged = folder.join("merged.pt");
    format!(
        "it is one shard of a checkpoint of torch.distributed, as FSDP saves it, of which all make the weights. Merge them \
         in Python and give the new file (accelerate merge-weights does it as well):\n\
         from torch.distributed.checkpoint.format_utils import dcp_to_torch_save\n\
         dcp_to_torch_save({:?}, {:?})\n\
         {}",
        folder.to_string_lossy(),
        merged.to_string_lossy(),
        conversion(&merged)
    )
}

fn pickle(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let of_one = match name.contains("rank") {
        true => {
            "By its name it is what one process saved: if that is a shard, save the whole state in the trainer (FSDP's \
             full state; for DeepSpeed run zero_to_fp32.py) and convert that. "
        }
        false => "",
    };
    format!(
        "it is a pickle of PyTorch, which could run any code. {of_one}Convert it in Python and give the new file:\n{}",
        conversion(path)
    )
}

/// Lines of Python that write the weights of a pickle as safetensors: the tensors of `model` or `state_dict`, which may
/// stand one level down, or else those of the part that has the most. What else a trainer saved is left out.
fn conversion(path: &Path) -> String {
    let converted = path.with_extension("safetensors");
    let (from, to) = (path.to_string_lossy(), converted.to_string_lossy());
    format!(
        "import torch\n\
         from safetensors.torch import save_file\n\
         state = torch.load({from:?}, map_location=\"cpu\", weights_only=True)\n\
         parts = [state] + [part for part in state.values() if isinstance(part, dict)]\n\
         named = [part.get(key) for part in parts for key in (\"model\", \"state_dict\")]\n\
         count = lambda part: isinstance(part, dict) and sum(map(torch.is_tensor, part.values()))\n\
         state = max(filter(count, named), key=count, default=None) or max(parts, key=count)\n\
         state = {{name: one.clone().contiguous() for name, one in state.items() if torch.is_tensor(one)}}\n\
         save_file(state, {to:?})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_of_a_distributed_checkpoint_is_merged_with_the_others_before_it_is_converted() {
        let said = foreign(Path::new("step-1/__0_0.distcp"), b"PK\x03\x04").unwrap_or_default();
        for part in [
            "one shard of a checkpoint of torch.distributed",
            "dcp_to_torch_save(\"step-1\", \"step-1/merged.pt\")",
            "torch.load(\"step-1/merged.pt\"",
            "save_file(state, \"step-1/merged.safetensors\")",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn weights_are_looked_for_one_level_down_and_tensors_alone_are_kept() {
        let said = foreign(Path::new("app.pt"), b"PK\x03\x04").unwrap_or_default();
        for part in [
            "[part for part in state.values() if isinstance(part, dict)]",
            "for name, one in state.items() if torch.is_tensor(one)}",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }

    #[test]
    fn a_pickle_that_is_named_after_a_rank_may_be_a_shard() {
        let said = |name: &str| foreign(Path::new(name), b"PK\x03\x04").unwrap_or_default();
        assert!(said("run/rank0.pt").contains("what one process saved"));
        assert!(!said("rank/model.pt").contains("what one process saved"));
    }
}
