//! Why runs failed: one cause is one line, however many runs it has.

use std::collections::BTreeMap;

use crate::config::RunId;
use crate::plural::counted;

/// At most so many runs of a cause are named.
const MOST_NAMED: usize = 3;

/// Lines such as "12 runs failed: no space (4b1…, 77c…, 90a… and 9 more)", the most frequent cause first.
/// `what` follows the count of runs.
pub fn lines<'a>(
    what: &str,
    failed: impl IntoIterator<Item = (&'a RunId, &'a str)>,
) -> Vec<String> {
    let mut causes: BTreeMap<String, Vec<&RunId>> = BTreeMap::new();
    for (id, why) in failed {
        causes.entry(cause(id, why)).or_default().push(id);
    }
    let mut causes: Vec<_> = causes.into_iter().collect();
    causes.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
    causes.iter().map(|(why, ids)| line(what, why, ids)).collect()
}

/// What went wrong, without the name of the run in it.
pub fn cause(id: &RunId, why: &str) -> String {
    why.replace(id.as_str(), "<run>")
}

fn line(what: &str, why: &str, ids: &[&RunId]) -> String {
    let named: Vec<&str> = ids.iter().take(MOST_NAMED).map(|id| id.as_str()).collect();
    if let [id] = named[..] {
        return format!("run {id} {what}: {}", why.replace("<run>", id));
    }
    let more = ids.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} {what}: {why} ({}{more})", counted(ids.len(), "run"), named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::example;
    use crate::config::{RunConfig, Start};

    fn ids(count: u64) -> Vec<RunId> {
        (0..count).map(|seed| RunConfig { start: Start::Seed(seed), ..example() }.id()).collect()
    }

    #[test]
    fn one_cause_is_one_line_however_many_runs_have_it() {
        let ids = ids(12);
        let full = |id: &RunId| format!("cannot write out/.runs/{id}/curve.csv: disk full");
        let mut failed: Vec<(RunId, String)> =
            ids.iter().map(|id| (id.clone(), full(id))).collect();
        failed[5].1 = "its worker died".to_owned();
        let lines = lines("failed", failed.iter().map(|(id, why)| (id, why.as_str())));
        let [a, b, c] = [&ids[0], &ids[1], &ids[2]].map(RunId::as_str);
        let many = "11 runs failed: cannot write out/.runs/<run>/curve.csv: disk full";
        assert_eq!(lines[0], format!("{many} ({a}, {b}, {c} and 8 more)"));
        assert_eq!(lines[1], format!("run {} failed: its worker died", ids[5].as_str()));
        assert_eq!(lines.len(), 2);
    }
}
