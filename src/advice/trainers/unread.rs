//! What a file says of its run and is not read.

use super::Trainer;
use crate::advice::keys::Keys;

/// Parts of the names of keys that divide the devices, or multiply the batch of one.
const OF_BATCH: [&str; 3] = ["parallel", "tp_size", "accumulation"];
/// Parts of names with these in them that do neither.
const OF_ELSE: [&str; 6] = ["data_parallel", "expert", "virtual", "microbatch", "vllm", "eval"];

/// Functions of optax that make one step of several batches.
const ACCUMULATING: [&str; 2] = ["MultiSteps", "apply_every"];

impl Trainer {
    /// Keys that change the run and are not read; where the batch is `counted`, also those that by their names would change
    /// that.
    pub(super) fn unread_of<'k>(&'k self, keys: &'k Keys, counted: bool) -> Vec<&'k str> {
        let of_batch = keys.names().filter(|key| counted && self.is_of_batch(keys, key));
        let own = self.unread.iter().filter(|key| has_content(keys, key));
        let calls = ACCUMULATING.into_iter().filter(|call| counted && keys.is_called(call));
        own.chain(of_batch).map(String::as_str).chain(calls).collect()
    }

    /// Whether a key that is not known has a number under it that by its name would change the batch.
    fn is_of_batch(&self, keys: &Keys, key: &str) -> bool {
        let has = |parts: &[&str]| parts.iter().any(|part| key.contains(part));
        let known = self.keys.values().flatten().chain(&self.unread).chain(&self.shared_by);
        let number = keys.value(key).and_then(|text| text.parse::<f64>().ok());
        has(&OF_BATCH)
            && !has(&OF_ELSE)
            && number.is_some_and(|number| number > 1.0)
            && !known.into_iter().any(|own| own == key)
    }
}

/// Whether there is anything to be read under a key, a list included.
fn has_content(keys: &Keys, key: &str) -> bool {
    let is_empty = ["{}", "[]"].contains(&keys.value(key).unwrap_or_default());
    keys.contains(key) && !is_empty || keys.contains(&format!("{key}.0"))
}
