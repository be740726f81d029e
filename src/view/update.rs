use std::collections::BTreeMap;

use serde::Serialize;

use super::watched::Watched;
use crate::record::MEASURES_SHOWN;
use crate::report::chart::{Chart, Curves, Grids, RunColumns};

/// What has changed of a sweep since a browser last asked.
#[derive(Serialize)]
pub struct Update<'a> {
    /// To ask with the next time.
    version: String,
    /// Whether everything that was known is void.
    anew: bool,
    chart: Option<&'a Chart>,
    /// Runs that a search takes, by estimate.
    expected: Option<usize>,
    runs: RunColumns,
    grids: Grids,
    measures: BTreeMap<&'static str, Curves>,
    trouble: Option<&'a str>,
}

impl Watched {
    /// What has changed since a version: of measures that are known, and all of measures that are new to the browser.
    pub fn update<'a>(
        &self,
        since: &str,
        known: impl Iterator<Item = &'a str>,
        new: impl Iterator<Item = &'a str>,
    ) -> Update<'_> {
        let since = self.tick_of(since);
        let anew = since.is_none();
        let since = since.unwrap_or(0);
        let mut runs = RunColumns::default();
        let changed = self.runs.iter().enumerate().filter(|(_, run)| anew || run.changed > since);
        changed.for_each(|(place, run)| runs.add(place, &run.standing));
        let (mut grids, mut measures) = (Grids::default(), BTreeMap::new());
        for (name, since) in known.map(|name| (name, since)).chain(new.map(|name| (name, 0))) {
            let Some(measure) = MEASURES_SHOWN.iter().position(|one| *one == name) else {
                continue;
            };
            let mut curves = Curves::default();
            for (place, run) in self.runs.iter().enumerate() {
                if anew || since == 0 || run.changed > since {
                    let known = if anew { 0 } else { run.known_at(since) };
                    curves.add(place, run.points(), measure, known, &mut grids);
                }
            }
            measures.insert(MEASURES_SHOWN[measure], curves);
        }
        Update {
            version: format!("{}-{}", self.boot, self.tick),
            anew,
            chart: anew.then_some(&self.chart),
            expected: self.expected,
            runs,
            grids,
            measures,
            trouble: self.trouble.as_deref(),
        }
    }

    /// The count that a version stands for; `None` where nothing of it is known here any more.
    fn tick_of(&self, version: &str) -> Option<u64> {
        let (boot, tick) = version.split_once('-')?;
        let tick = tick.parse().ok()?;
        (boot == self.boot && (self.charted..=self.tick).contains(&tick)).then_some(tick)
    }
}
