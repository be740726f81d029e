//! Names of tensors: without what programs put before them, and with the numbers of blocks taken out.

use std::collections::BTreeMap;

/// Words that programs put before the names of a model's tensors: data parallelism, `torch.compile`, sharding,
/// checkpointing and adapters.
const WRAPPERS: [&str; 9] = [
    "module",
    "_orig_mod",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
    "_forward_module",
    "base_model",
    "params",
    "model",
    "transformer",
];

/// A name without wrappers, wherever they stand in it.
pub fn core(name: &str) -> String {
    let is_kept = |part: &&str| !WRAPPERS.contains(part);
    let parts: Vec<&str> = name.split('.').filter(is_kept).collect();
    // Nothing but wrappers is a name of its own.
    if parts.is_empty() { name.to_owned() } else { parts.join(".") }
}

/// Pairs the names of two files: as they stand, then without wrappers where that is unique in both.
pub fn paired(before: &[&str], after: &[&str]) -> Vec<(Option<usize>, Option<usize>)> {
    let places: BTreeMap<&str, usize> =
        after.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let mut partners: Vec<Option<usize>> =
        before.iter().map(|name| places.get(name).copied()).collect();
    let alone = |at: &usize| partners[*at].is_none();
    let left: Vec<usize> = (0..before.len()).filter(alone).collect();
    let mut is_taken = vec![false; after.len()];
    partners.iter().flatten().for_each(|at| is_taken[*at] = true);
    let right: Vec<usize> = (0..after.len()).filter(|at| !is_taken[*at]).collect();
    let (left, right) = (unique(before, &left), unique(after, &right));
    for (name, at) in left {
        if let Some(other) = right.get(&name) {
            partners[at] = Some(*other);
            is_taken[*other] = true;
        }
    }
    let both = partners.into_iter().enumerate().map(|(at, partner)| (Some(at), partner));
    let only = (0..after.len()).filter(|at| !is_taken[*at]).map(|at| (None, Some(at)));
    both.chain(only).collect()
}

/// Names without wrappers that only one of these places has.
fn unique(names: &[&str], places: &[usize]) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in places {
        found.entry(core(names[*at])).or_default().push(*at);
    }
    let single = |(name, places): (String, Vec<usize>)| match places[..] {
        [at] => Some((name, at)),
        _ => None,
    };
    found.into_iter().filter_map(single).collect()
}

/// A name with a star for the number of every block, layer and expert, and those numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Template {
    pub text: String,
    pub numbers: Vec<usize>,
}

/// Takes the numbers of blocks out of a name: parts such as `0`, and the ends of parts such as `Block_0` other than
/// the last two, which name a layer within its block.
pub fn template(name: &str) -> Template {
    let separator = if name.contains('/') { '/' } else { '.' };
    let parts: Vec<&str> = name.split(separator).collect();
    let mut numbers = Vec::new();
    let mut replaced = |(at, part): (usize, &&str)| {
        if let Ok(number) = part.parse() {
            numbers.push(number);
            return "*".to_owned();
        }
        match part.rsplit_once('_').map(|(word, number)| (word, number.parse())) {
            Some((word, Ok(number))) if at + 2 < parts.len() => {
                numbers.push(number);
                format!("{word}_*")
            }
            _ => (*part).to_owned(),
        }
    };
    let text: Vec<String> = parts.iter().enumerate().map(&mut replaced).collect();
    Template { text: text.join(&separator.to_string()), numbers }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_blocks_are_taken_out_and_those_of_layers_stay() {
        for (name, text, numbers) in [
            ("h.11.attn.c_attn.weight", "h.*.attn.c_attn.weight", vec![11]),
            ("h.0.ln_1.weight", "h.*.ln_1.weight", vec![0]),
            (
                "layers.3.block_sparse_moe.experts.7.w1.weight",
                "layers.*.block_sparse_moe.experts.*.w1.weight",
                vec![3, 7],
            ),
            ("Block_2/LayerNorm_0/scale", "Block_*/LayerNorm_0/scale", vec![2]),
            ("wte.weight", "wte.weight", vec![]),
            ("", "", vec![]),
            ("99999999999999999999999.w", "99999999999999999999999.w", vec![]),
        ] {
            let found = template(name);
            assert_eq!((found.text.as_str(), found.numbers), (text, numbers));
        }
    }

    #[test]
    fn names_are_paired_through_wrappers_but_never_twice() {
        let pairs = paired(&["a.weight", "b", "x.c"], &["module.a.weight", "b", "_orig_mod.b"]);
        assert_eq!(
            pairs,
            [(Some(0), Some(0)), (Some(1), Some(1)), (Some(2), None), (None, Some(2))]
        );
        assert_eq!(paired(&["model.a", "module.a"], &["a"]).len(), 3, "two for one are none");
    }
}
