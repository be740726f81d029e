use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, ensure};

use super::scale::Ruler;
use crate::config::Form;
use crate::plural::counted;
use crate::record::{CurveRow, Status};
use crate::report::{format, words};
use crate::results::{
    CurveCsvRow, Curves, MechanismRow, REMEDY, RunRow, check_curves, read_curves, read_experiment,
    read_mechanism, read_runs,
};
use crate::stats::claims::{self, Judged};
use crate::stats::collapse::Collapse;
use crate::stats::memorisation::Memorisation;
use crate::stats::{
    Analysis, Cell, Group, Quantity, Rule, Warning, group_by_rule, padding, unseen,
};

/// What figures are drawn from: the CSV files of one experiment.
pub struct Data {
    pub runs: Vec<RunRow>,
    /// What they say.
    pub analysis: Analysis,
    /// The evaluated rows of `curves.csv` by run; their gradient norm and what a step did to the weights are means over
    /// the rows since the evaluation before.
    pub curves: Curves,
    /// What a search tried, rule by rule.
    pub found: Option<Vec<Group>>,
    /// What decay amounted to, by run and role; empty in folders of older versions.
    pub mechanism: Vec<MechanismRow>,
    /// Runs that theory says are one.
    pub collapses: Vec<Collapse>,
    /// What is known by heart, where it was measured.
    pub memorisation: Option<Memorisation>,
    /// What its runs say of what its spec claims.
    pub claims: Vec<Judged>,
    /// Exact negative log-likelihood of the val windows, where it is known.
    pub floor: Option<f64>,
    /// Experiment, seeds and program, for captions.
    pub caption: String,
}

/// What stands below every figure: whose runs they are, how many, and which program drew them.
fn caption(name: &str, runs: &[RunRow], analysis: &Analysis, found: Option<&[Group]>) -> String {
    let count = |is_meant: fn(&RunRow) -> bool| {
        let meant = runs.iter().filter(|run| is_meant(run)).map(|run| run.run.as_str());
        meant.collect::<BTreeSet<_>>().len()
    };
    let (ended, all) =
        (count(|run| matches!(run.status, Status::Done | Status::Diverged)), count(|_| true));
    let of_all = if ended < all { format!(" of {all}") } else { String::new() };
    let cells =
        analysis.groups.iter().chain(found.into_iter().flatten()).flat_map(|group| &group.cells);
    let seeds: BTreeSet<usize> = cells.map(|cell| cell.runs.len()).collect();
    let up_to = if seeds.len() > 1 { "up to " } else { "" };
    let commit = runs.iter().find_map(|run| run.commit.clone()).unwrap_or_default();
    format!(
        "{name} · {ended}{of_all} runs, {up_to}{} an arm · wane {} {commit}",
        counted(seeds.last().copied().unwrap_or(0), "seed"),
        env!("CARGO_PKG_VERSION")
    )
}

impl Data {
    /// Reads an experiment's folder.
    ///
    /// # Errors
    /// CSV files that cannot be read; the message names the file.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("runs.csv");
        let runs = read_runs(folder)?;
        ensure!(!runs.is_empty(), "{} holds no run; {REMEDY}", path.display());
        let curves = read_curves(&folder.join("curves.csv"))?;
        check_curves(folder, &runs, &curves)?;
        let experiment = read_experiment(folder)?;
        let mut analysis =
            Analysis::on(&runs, &experiment.analysis).with_excerpts(experiment.excerpts());
        if !experiment.cut_off.is_empty() {
            analysis.warnings.insert(0, Warning::CutOff { rules: experiment.cut_off.clone() });
        }
        let unseen = experiment.unseen_shares.and_then(unseen);
        let padding = experiment.padding_shares.and_then(padding);
        analysis.warnings.splice(0..0, unseen.into_iter().chain(padding));
        let floor = runs.iter().find_map(|run| run.val_floor);
        let explored: Vec<RunRow> = runs.iter().filter(|run| run.is_explored()).cloned().collect();
        let found = (!explored.is_empty()).then(|| group_by_rule(&explored));
        let caption = caption(&experiment.name, &runs, &analysis, found.as_deref());
        let mechanism = read_mechanism(folder, &runs)?;
        let memorisation = Memorisation::of(&analysis.groups, &curves, analysis.alpha);
        let alpha = experiment.analysis.alpha;
        let claims = claims::judge(&experiment.claims, &runs, &curves, &mechanism, alpha);
        let collapses = Collapse::all(&runs, &mechanism, &curves, analysis.loss);
        Ok(Data {
            runs,
            analysis,
            curves,
            found,
            mechanism,
            collapses,
            memorisation,
            claims,
            floor,
            caption,
        })
    }

    /// Arms that have no mean to be drawn.
    pub fn without_end(&self) -> Option<String> {
        let cells = self.analysis.own_groups().flat_map(|group| &group.cells);
        let count = cells.filter(|cell| cell.done().next().is_none()).count();
        (count > 0).then(|| {
            format!("{} of which no run reached its end: not drawn", counted(count, "arm"))
        })
    }

    /// The rules at every λ that was tried: in a search, on the seeds that found.
    pub fn tried(&self) -> Vec<&Group> {
        match &self.found {
            Some(groups) => groups.iter().collect(),
            None => self.analysis.own_groups().collect(),
        }
    }

    /// The loss in which the cost of a λ is told: a search chose by val.
    pub fn regret_loss(&self) -> Quantity {
        if self.found.is_some() { Quantity::ValLoss } else { self.analysis.loss }
    }

    /// The rules that decay, or all where none does; of more than `most` those with the lowest val loss.
    pub fn rules(&self, most: usize) -> Rules<'_> {
        let groups = &self.analysis.groups;
        let decaying: Vec<&Group> =
            groups.iter().filter(|group| group.rule.form != Form::None).collect();
        let all = if decaying.is_empty() { groups.iter().collect() } else { decaying };
        Rules::of(all, most)
    }

    /// How far apart losses may lie that belong together: as far as the best arm learned, or its loss.
    pub fn reach(&self) -> f64 {
        self.ruler(|row| row.val_loss).map_or(1.0, |ruler| ruler.reach)
    }

    /// By a number over the steps of the best arm, whatever it decays.
    pub fn ruler(&self, of: fn(&CurveRow) -> Option<f64>) -> Option<Ruler> {
        let cells = self.analysis.groups.iter().flat_map(|group| &group.cells);
        let loss = |cell: &Cell| cell.mean(|run| run.val_loss).filter(|loss| loss.is_finite());
        let ranked = cells.filter_map(|cell| Some((!cell.is_complete(), loss(cell)?, cell)));
        let best = ranked.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))?.2;
        Ruler::of_curve(self.series(best, of).means().map(|(_, value)| value), 0.0)
    }

    /// The cells of a rule, no decay first.
    pub fn cells<'a>(&self, group: &'a Group) -> Vec<&'a Cell> {
        let undecayed = group.cells.iter().any(|cell| !cell.is_treated());
        let baseline = group.baseline.as_ref().filter(|_| !undecayed);
        baseline.into_iter().chain(&group.cells).collect()
    }

    /// A number over the steps of a cell's runs that reached their end.
    pub fn series(&self, cell: &Cell, of: impl Fn(&CurveRow) -> Option<f64>) -> Series {
        let mut by_step: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let curves = cell.done().filter_map(|run| self.curves.get(&run.run));
        for CurveCsvRow { row, .. } in curves.flatten() {
            if let Some(value) = of(row).filter(|value| value.is_finite()) {
                by_step.entry(row.step).or_default().push(value);
            }
        }
        let point = |(step, values): (usize, Vec<f64>)| Point {
            step: step as f64,
            mean: values.iter().sum::<f64>() / values.len() as f64,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        };
        Series(by_step.into_iter().map(point).collect())
    }
}

/// What no decay is called beside an arm without decay that has a rival of it, such as dropout.
pub const UNTREATED: &str = "none";

/// λ of each cell of a rule, as its lines are named.
pub fn lambdas(cells: &[&Cell]) -> Vec<String> {
    let known: Vec<f64> = cells.iter().filter_map(|cell| cell.weight_decay).collect();
    let mut known = format::labels(&known).into_iter();
    let has_rival = cells.iter().any(|cell| cell.is_treated() && cell.weight_decay == Some(0.0));
    let label = |cell: &&Cell| {
        let own = cell.weight_decay.and_then(|_| known.next());
        match own {
            Some(_) if has_rival && !cell.is_treated() => UNTREATED.to_owned(),
            Some(own) => own,
            None => format::lambda(cell.runs[0].form, None),
        }
    };
    cells.iter().map(label).collect()
}

/// The rules that a figure shows, in the order of the spec.
pub struct Rules<'a> {
    pub shown: Vec<&'a Group>,
    /// Rules that are too many.
    more: usize,
}

impl<'a> Rules<'a> {
    /// Of more than `most` those with the lowest val loss.
    pub fn of(all: Vec<&'a Group>, most: usize) -> Self {
        let more = all.len().saturating_sub(most);
        let loss = |group: &Group| group.best().and_then(|cell| cell.mean(|run| run.val_loss));
        let mut ranked: Vec<(usize, f64)> =
            all.iter().map(|group| loss(group).unwrap_or(f64::INFINITY)).enumerate().collect();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
        ranked.truncate(most);
        let mut places: Vec<usize> = ranked.into_iter().map(|(place, _)| place).collect();
        places.sort_unstable();
        Rules { shown: places.into_iter().map(|place| all[place]).collect(), more }
    }

    /// Their names, no two alike.
    pub fn names(&self) -> Vec<String> {
        words::labels(&self.shown.iter().map(|group| &group.rule).collect::<Vec<&Rule>>())
    }

    /// Says what is not shown, if anything.
    pub fn left_out(&self) -> Option<String> {
        let more = self.more;
        (more > 0)
            .then(|| format!("the best {}; … {more} more rules in summary.csv", self.shown.len()))
    }
}

/// A number over the steps.
#[derive(Clone, Debug, Default)]
pub struct Series(pub Vec<Point>);

/// Its mean and range over the seeds at one step.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub step: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

impl Series {
    /// Step and mean.
    pub fn means(&self) -> impl Iterator<Item = (f64, f64)> + Clone + '_ {
        self.0.iter().map(|point| (point.step, point.mean))
    }

    /// The outline of the range over the seeds.
    pub fn band(&self) -> Vec<(f64, f64)> {
        let upper = self.0.iter().map(|point| (point.step, point.high));
        let lower = self.0.iter().rev().map(|point| (point.step, point.low));
        upper.chain(lower).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::config::Mask;
    use crate::stats::tests::arm;

    #[test]
    fn no_decay_is_told_from_a_rival_without_decay() {
        let with_dropout = |row: RunRow| RunRow {
            variant: "dropout=0.1".to_owned(),
            treatment: "dropout=0.1".to_owned(),
            ..row
        };
        let mut rows = arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1);
        for lambda in [0.0, 1.0] {
            let own = arm(Form::AdamW, Mask::Matrices, lambda, 1.9, 0.1);
            rows.extend(own.into_iter().map(with_dropout));
        }
        let data = fixture::data(rows);
        let mut rules = data.analysis.groups.iter();
        let rule = rules.find(|group| !group.rule.treatment.is_empty()).unwrap();
        assert_eq!(lambdas(&data.cells(rule)), [UNTREATED, "0", "1"]);
    }
}
