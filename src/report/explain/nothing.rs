//! Why there is nothing to tell of the weights of a role.

use std::collections::BTreeSet;

use crate::config::Role;
use crate::record::Status;
use crate::results::MechanismRow;

/// Which it is: no such weights, no run at its end, or a search that has not come to the runs which judge it.
pub fn nothing(mechanism: &[MechanismRow], name: &str, role: Role) -> String {
    let own = || mechanism.iter().filter(move |row| row.role == role);
    let ended = own().filter(|row| row.status == Status::Done);
    let ended: BTreeSet<&str> = ended.map(|row| row.run.as_str()).collect();
    match (own().next().is_some(), ended.len()) {
        (false, _) => format!("the models of {name} have no {role} weights"),
        (true, 0) => format!("no run of {name} has reached its end"),
        (true, count) => format!(
            "what has ended of {name} are the runs by which its search chose ({count} so far); an arm is told by runs \
             that had no part in the choice, and none of those has reached its end. mechanism.csv has every run"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stage: Option<&str>, status: &str) -> MechanismRow {
        let told = serde_json::json!({
            "run": format!("{stage:?}"), "form": "adamw", "mask": "matrices", "weight_decay": 1.0, "seed": 0,
            "variant": "", "status": status, "stage": stage, "role": "mlp", "nearly_scale_invariant": true,
        });
        serde_json::from_value(told).unwrap()
    }

    #[test]
    fn a_search_before_its_fresh_seeds_is_told_from_absent_weights_and_from_runs_without_an_end() {
        let searching = [row(Some("bracket"), "done"), row(Some("refine"), "done")];
        assert!(searching.iter().all(|row| !row.counts()));
        let told = nothing(&searching, "a", Role::Mlp);
        assert!(told.contains("by which its search chose (2 so far)"), "{told}");
        assert!(!told.contains("no mlp weights"), "{told}");
        assert_eq!(nothing(&searching, "a", Role::Head), "the models of a have no head weights");
        let unfinished = [row(None, "unfinished"), row(None, "diverged")];
        assert_eq!(nothing(&unfinished, "a", Role::Mlp), "no run of a has reached its end");
    }
}
