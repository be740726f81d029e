//! Optimizers by the names that programs and files have for them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::published::Algorithm;

/// A decoration of fewer letters may be a part of a word: it counts as a whole word alone.
const WHOLE_WORD: usize = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Optimizers {
    decoupled_in: Vec<String>,
    all_decoupled_in: Vec<String>,
    decorations: Vec<String>,
    names: BTreeMap<Algorithm, Vec<String>>,
}

static ALL: LazyLock<Optimizers> = LazyLock::new(|| {
    toml::from_str(include_str!("optimizers.toml")).expect("the tests read the file")
});

/// The last part of a name such as `torch.optim.NAdam`, in small letters and without what stands between words.
pub fn bare(name: &str) -> String {
    last_part(name).chars().filter(|one| one.is_alphanumeric()).collect()
}

/// The optimizer that a name means; `None` for one that no rule covers.
pub fn named(name: &str) -> Option<Algorithm> {
    let is_word = |word: &&str| !ALL.decorations.iter().any(|one| one == word);
    let last = last_part(name);
    let words: String = last.split(['_', '-', ' ']).filter(is_word).collect();
    let long = ALL.decorations.iter().filter(|one| one.len() > WHOLE_WORD);
    let name = long.fold(words, |name, one| name.replace(one.as_str(), ""));
    let is_it = |(_, names): &(&Algorithm, &Vec<String>)| names.contains(&name);
    ALL.names.iter().find(is_it).map(|(algorithm, _)| *algorithm)
}

/// Whether a name is of a library whose Adam decouples decay.
pub fn is_decoupled(name: &str) -> bool {
    is_of(name, &ALL.decoupled_in)
}

/// Whether a name is of a library whose SGD decouples decay too.
pub fn decouples_all(name: &str) -> bool {
    is_of(name, &ALL.all_decoupled_in)
}

fn is_of(name: &str, libraries: &[String]) -> bool {
    name.split('.').any(|part| libraries.iter().any(|one| one == part))
}

fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Named;

    #[test]
    fn every_optimizer_has_a_name_and_is_told_by_its_own() {
        for algorithm in Algorithm::ALL {
            assert_eq!(named(algorithm.name()), Some(*algorithm), "{algorithm}");
        }
    }

    #[test]
    fn names_that_libraries_have_for_an_optimizer_mean_it_and_no_other_does() {
        for (name, expected) in [
            ("adamw_torch_fused", Some(Algorithm::AdamW)),
            ("adamw_bnb_8bit", Some(Algorithm::AdamW)),
            ("ao_adamw_fp8", Some(Algorithm::AdamW)),
            ("adamw_hf", Some(Algorithm::AdamW)),
            ("bnb.optim.PagedAdamW32bit", Some(Algorithm::AdamW)),
            ("DeepSpeedCPUAdam", Some(Algorithm::AdamW)),
            ("decoupled_lionw", Some(Algorithm::Lion)),
            ("paged_lion_8bit", Some(Algorithm::Lion)),
            ("SingleDeviceMuonWithAuxAdam", Some(Algorithm::Muon)),
            ("DistributedShampoo", Some(Algorithm::Shampoo)),
            ("SophiaG", Some(Algorithm::Sophia)),
            ("adam_mini", Some(Algorithm::AdamMini)),
            ("torch.optim.ASGD", None),
            ("PSGD", None),
            ("optax.adan", None),
            ("AdEMAMix", None),
            ("torch.optim.Adamax", None),
            ("schedule_free_adamw", None),
            ("GaLoreAdamW", None),
            ("OneBitAdam", None),
            ("optax.chain", None),
        ] {
            assert_eq!(named(name), expected, "{name}");
        }
    }
}
