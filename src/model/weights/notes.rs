//! What was done with the tensors of a file that were not taken as they stood, in lines for people.

use std::collections::BTreeMap;

use safetensors::Dtype;

use super::names::buffer;
use crate::plural::counted;

#[derive(Default)]
pub struct Notes {
    lines: Vec<String>,
    /// Tensors for each start of a name in the file and in the model.
    renamed: BTreeMap<(String, String), usize>,
    converted: BTreeMap<Dtype, usize>,
    dropped: BTreeMap<(&'static str, &'static str), usize>,
    turned: usize,
}

impl Notes {
    pub fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    /// A tensor was found, maybe under another name than the model's that ends in `core` as well.
    pub fn named(&mut self, stored: &str, ours: &str, core: &str) {
        let starts = stored.strip_suffix(core).zip(ours.strip_suffix(core));
        if let Some((theirs, ours)) = starts.filter(|(theirs, ours)| theirs != ours) {
            *self.renamed.entry((theirs.to_owned(), ours.to_owned())).or_default() += 1;
        }
    }

    pub fn converted(&mut self, from: Dtype) {
        if from != Dtype::F32 {
            *self.converted.entry(from).or_default() += 1;
        }
    }

    pub fn turned(&mut self) {
        self.turned += 1;
    }

    /// A tensor was left out because it follows from the shape.
    pub fn dropped(&mut self, core: &str) {
        if let Some(kind) = buffer(core) {
            *self.dropped.entry(kind).or_default() += 1;
        }
    }

    pub fn into_lines(self) -> Vec<String> {
        let mut lines = self.lines;
        for ((theirs, ours), count) in self.renamed {
            let tensors = counted(count, "tensor");
            lines.push(match (theirs.as_str(), ours.as_str()) {
                (_, "") => format!("took `{theirs}` off the names of {tensors}"),
                ("", _) => format!("put `{ours}` before the names of {tensors}"),
                _ => format!("read `{theirs}` as `{ours}` in the names of {tensors}"),
            });
        }
        for (dtype, count) in self.converted {
            lines.push(format!("converted {} from {dtype} to F32", counted(count, "tensor")));
        }
        if self.turned > 0 {
            let one = self.turned == 1;
            let matrices = if one { "matrix" } else { "matrices" };
            lines.push(format!("transposed {} {matrices} of linear layers", self.turned));
        }
        for ((one, several), count) in self.dropped {
            let what = if count == 1 { one } else { several };
            lines.push(format!("dropped {count} {what}"));
        }
        lines
    }
}
