//! The keys a spec may hold, and the nearest one to a key it may not.

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

const TOP: &[&str] = &["name", "question", "seeds", "recipe", "data", "model", "train", "arm"];
const RECIPE: &[&str] = &["name"];
const DATA: &[&str] = &["source", "train", "val", "order"];
const MODEL: &[&str] = &[
    "family",
    "layers",
    "heads",
    "channels",
    "context",
    "kv_heads",
    "hidden",
    "window",
    "experts",
    "active_experts",
];
const TRAIN: &[&str] = &[
    "steps",
    "batch",
    "lr",
    "warmup",
    "min_lr_ratio",
    "betas",
    "eps",
    "clip",
    "eval_every",
    "eval_windows",
    "log_every",
    "optimizer",
    "schedule",
    "hold",
];
const ARM: &[&str] = &["form", "mask", "weight_decay", "recipe", "transfer"];

/// Refuses a key that no spec has.
pub fn check(spec: &Table) -> Result<()> {
    check_table("", spec, TOP)?;
    for (name, known) in [("recipe", RECIPE), ("data", DATA), ("model", MODEL), ("train", TRAIN)] {
        if let Some(Value::Table(table)) = spec.get(name) {
            check_table(&format!("{name}."), table, known)?;
        }
    }
    let arm_keys = [ARM, TRAIN].concat();
    if let Some(Value::Array(arms)) = spec.get("arm") {
        for (index, arm) in arms.iter().enumerate() {
            if let Value::Table(table) = arm {
                check_table(&format!("arm.{index}."), table, &arm_keys)?;
            }
        }
    }
    Ok(())
}

fn check_table(prefix: &str, table: &Table, known: &[&str]) -> Result<()> {
    for key in table.keys() {
        if !known.contains(&key.as_str()) {
            bail!("unknown key `{prefix}{key}`; {}", suggestion(key, known));
        }
    }
    Ok(())
}

/// The value with this name among all that `key` may have.
pub fn named<T: Copy>(key: &str, name: &str, all: &[T], of: fn(T) -> &'static str) -> Result<T> {
    let found = all.iter().find(|value| of(**value) == name);
    found.copied().with_context(|| {
        let known: Vec<&str> = all.iter().map(|value| of(*value)).collect();
        format!("{key} = \"{name}\": {}", suggestion(name, &known))
    })
}

/// "did you mean …?" where something is near, else the whole list.
pub fn suggestion(word: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity > 0.7);
    match nearest {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => format!("expected one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest_known_one() {
        for (text, answer) in [
            ("[train]\nstep = 3", "`train.step`; did you mean `steps`?"),
            ("[data]\nsorce = 'x'", "did you mean `source`?"),
            ("[[arm]]\nwieght_decay = 1", "`arm.0.wieght_decay`; did you mean `weight_decay`?"),
            ("zzz = 1", "expected one of name, question"),
        ] {
            let error = check(&text.parse().unwrap()).unwrap_err().to_string();
            assert!(error.contains(answer), "{error}");
        }
    }
}
