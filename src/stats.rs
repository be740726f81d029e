//! What the numbers of an experiment say: means over seeds, differences paired by seed, families of tests.
//! Reads the rows of `runs.csv`, and for what theory says of them those of `mechanism.csv`, and returns values: `report` puts them into words.

mod choice;
pub mod claims;
pub mod collapse;
mod comparison;
mod contenders;
mod contrast;
mod crossing;
mod edges;
mod evidence;
mod excerpts;
mod families;
mod groups;
mod inference;
mod levels;
pub mod looks;
pub mod memorisation;
mod moments;
pub mod optimum;
mod point;
pub mod power;
pub mod quadratic;
mod quantity;
mod rotated;
mod rotations;
mod scores;
mod search;
mod spread;
pub mod surface;
mod unlike;
mod unmeasured;
mod unpaired;
mod values;
mod variance;
mod verdict;
mod warnings;
mod without_decay;

use std::collections::BTreeSet;

use crate::config::{AnalysisTerms, Stage, TestFamily, Texts};
use crate::results::RunRow;
use comparison::{Court, cells_against_none};
use without_decay::without_decay;

pub use choice::Values;
pub use comparison::{Comparison, Opponent};
pub use contenders::Contender;
pub use contrast::Contrast;
pub use evidence::Evidence;
pub use excerpts::SharedText;
pub use groups::{Cell, Group, Rule, Side, group_by_rule};
pub use inference::{Estimate, FEWEST_SEEDS, t_quantile};
pub use levels::{Epsilon, EpsilonOrigin, GapChange, Levels, Reference, Start};
pub use optimum::{Optimum, Regret, Whereabouts};
pub use point::{Point, best, best_at_full_length};
pub use quantity::Quantity;
pub use search::{Found, FoundRule, Search, ends_at_none};
pub use spread::{FamilySpread, spreads};
pub use surface::Ridge;
pub use unlike::{Other, Unlike};
pub use unpaired::Unpaired;
pub use values::{Against, Carried, Finding, Pooled, Toy, ValuesRow, ValuesTable};
pub use variance::{Spread, Varied};
pub use verdict::{Judgement, Kind, Tally, Terms, judge};
pub use warnings::{
    ArmName, CoefficientKind, Extent, TOO_LITTLE_DECAY, UnknownBest, Warning, other_values,
    padding, unseen,
};

/// An experiment, analysed.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The loss that is reported: on test, or on val in files of older versions.
    pub loss: Quantity,
    pub groups: Vec<Group>,
    /// The rules that are compared, each with all its points.
    pub contenders: Vec<Contender>,
    /// The reported loss without decay: its spread over seeds is the noise floor.
    pub baseline: Option<Estimate>,
    /// Every decayed cell against no decay: the reported loss, then gap. They describe arms.
    pub against_none: Vec<Comparison>,
    /// The questions of the experiment, family by family, each rule at its own best point.
    pub headline: Vec<Comparison>,
    /// What a reader should know before believing it.
    pub warnings: Vec<Warning>,
    /// The published recipes among the arms.
    pub values: Option<ValuesTable>,
    /// What losses are measured against.
    pub levels: Levels,
    /// The smallest difference that matters.
    pub epsilon: Option<Epsilon>,
    /// Share of families in which any difference may be false, and of those in which any equivalence may be.
    pub alpha: f64,
    /// Whether each seed has a text of its own; missing in files of older versions, which have one text.
    pub texts: Option<Texts>,
    /// What texts of seeds have in common; missing where they share nothing, or files do not tell.
    pub shared_text: Option<SharedText>,
    /// Where the spread of the loss without decay comes from.
    pub spread: Option<Spread>,
    /// What a search found, and how; missing for a grid.
    pub search: Option<Search>,
}

impl Analysis {
    /// Analyses the rows of `runs.csv` on the default terms.
    pub fn of(rows: &[RunRow]) -> Self {
        Self::on(rows, &AnalysisTerms::default())
    }

    /// Analyses the rows of `runs.csv`. What a search found is judged on the seeds alone that had no part in
    /// finding it.
    pub fn on(rows: &[RunRow], terms: &AnalysisTerms) -> Self {
        let unmeasured = unmeasured::unmeasured(rows);
        let rows = &unmeasured::marked(rows)[..];
        let judged: Vec<RunRow> =
            rows.iter().filter(|row| row.stage == Some(Stage::Confirm)).cloned().collect();
        let mut terms = terms.clone();
        if !judged.is_empty() {
            terms.alpha = looks::level(&terms.looks, seeds_of(&judged), terms.alpha);
        }
        let is_confirmed = !judged.is_empty();
        let judged = if is_confirmed { judged } else { search::so_far(rows) };
        let mut analysis = Self::judge(&judged, &terms);
        if !is_confirmed && judged.len() < rows.len() {
            // What is left out is warned of all the same: most of it has not ended.
            let (groups, contenders) = (&analysis.groups, &analysis.contenders);
            analysis.warnings = warnings::warnings(groups, contenders, rows, &terms.families);
        }
        analysis.warnings.splice(0..0, unmeasured);
        let epsilon = analysis.epsilon.map(|epsilon| epsilon.value);
        analysis.search = Search::of(rows, epsilon, is_confirmed);
        let search = analysis.search.as_ref();
        analysis.warnings.retain(|warning| !warnings::is_of_searched(warning, search));
        let unknown = warnings::unknown_best(&analysis);
        let ends = warnings::ends_of_searches(analysis.search.as_ref());
        analysis.warnings.splice(0..0, unknown.into_iter().chain(ends));
        analysis
    }

    fn judge(rows: &[RunRow], terms: &AnalysisTerms) -> Self {
        let loss = Quantity::reported(rows);
        let mut groups = group_by_rule(rows);
        let accepts_collapsed = groups.iter().any(|group| group.accepts_collapsed);
        let contenders = Contender::of(rows, accepts_collapsed);
        let accepts_collapsed = contenders::one_has_only_collapsed(&contenders);
        groups.iter_mut().for_each(|group| group.accepts_collapsed |= accepts_collapsed);
        let none = without_decay(&groups, &contenders);
        let baseline = none.and_then(|cell| cell.estimate(|run| loss.of(run)));
        let levels = Levels::of(rows, loss);
        // Of toys none is the experiment's own: what matters is measured from all of them.
        let is_of_toys = groups.iter().all(|group| group.rule.in_values_table);
        let start = match is_of_toys {
            true => Start::of_all(&groups, loss),
            false => baseline.map(|none| Start::of(none.mean)),
        };
        // Of arms that read other lengths of their texts each has levels of its own.
        let of_none = none.filter(|_| !is_of_toys).map(|cell| Levels::of(&cell.runs, loss));
        let epsilon = epsilon(terms, of_none.as_ref().unwrap_or(&levels), start);
        let epsilon_value = epsilon.map(|epsilon| epsilon.value);
        let mut court = Court::new(Terms { alpha: terms.alpha, epsilon: epsilon_value });
        Analysis {
            loss,
            baseline,
            against_none: cells_against_none(&groups, loss, &mut court),
            headline: families::answer(&contenders, &terms.families, loss, &mut court),
            warnings: warnings::warnings(&groups, &contenders, rows, &terms.families),
            values: ValuesTable::of(rows, loss, &mut court, &terms.families),
            levels,
            epsilon,
            alpha: terms.alpha,
            texts: rows.iter().find_map(|row| row.texts),
            shared_text: None,
            spread: none.filter(|_| !is_of_toys).and_then(|cell| Spread::of(cell, loss)),
            search: None,
            contenders,
            groups,
        }
    }

    /// The rules that ask the experiment's own questions; the others have their rows in the values table.
    pub fn own_groups(&self) -> impl Iterator<Item = &Group> + Clone {
        self.groups.iter().filter(|group| !group.rule.in_values_table)
    }

    /// The comparison of a cell with no decay, as a description.
    pub fn against_none(&self, quantity: Quantity, side: &Side) -> Option<&Comparison> {
        self.against_none.iter().find(|one| one.quantity == quantity && one.left == *side)
    }

    /// The comparison of a cell with no decay that is told to readers: that of the headline, or of the
    /// values table.
    pub fn told_against_none(&self, side: &Side) -> Option<&Comparison> {
        let of_values = self.values.iter().flat_map(ValuesTable::comparisons);
        let mut told = self.headline.iter().chain(of_values);
        told.find(|one| one.is_against_none() && one.left.is_same_arm(side))
    }

    /// The comparisons of a family.
    pub fn family(&self, family: TestFamily) -> impl Iterator<Item = &Comparison> {
        let of_values = self.values.iter().flat_map(ValuesTable::comparisons);
        self.headline.iter().chain(of_values).filter(move |one| one.family == Some(family))
    }

    /// The arm with the lowest mean val loss among those that decay, and its rule; an arm of the values
    /// table only where there are no others.
    pub fn best(&self) -> Option<(&Group, &Cell)> {
        groups::best_of(self.own_groups()).or_else(|| groups::best_of(self.groups.iter()))
    }

    /// The rule with the lowest mean val loss at its own best point, of those that ask the experiment's own
    /// questions.
    pub fn best_point(&self) -> Option<(&Contender, &Point)> {
        let bests = self.contenders.iter().filter_map(|one| Some((one, one.best()?)));
        let loss = |point: &Point| point.cell.mean(|run| run.val_loss).unwrap_or(f64::NAN);
        bests.min_by(|a, b| loss(a.1).total_cmp(&loss(b.1)))
    }

    /// Whether fresh seeds judge what a search found.
    pub fn is_confirmed(&self) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_confirmed)
    }

    /// Whether there are arms that may be held against each other, whether they can be tested or not.
    pub fn is_asked(&self) -> bool {
        let of_values = || self.values.iter().flat_map(ValuesTable::comparisons).next().is_some();
        !families::questions(&self.contenders).is_empty() || of_values()
    }

    /// Whether two such arms stand there with every run at its end: what they lack is pairs of seeds.
    pub fn has_both_sides(&self) -> bool {
        let stands = |points: &[Point]| points.iter().any(|point| point.is_eligible);
        let standing = self.contenders.iter().filter(|one| stands(&one.points));
        let against_none = standing.clone().any(|one| stands(&one.none));
        self.is_asked() && (against_none || standing.count() != 1 && self.are_complete())
    }

    /// Whether every run reached its end.
    fn are_complete(&self) -> bool {
        self.groups.iter().flat_map(|group| &group.cells).all(Cell::is_complete)
    }

    /// Questions of the experiment without an answer.
    pub fn undecided(&self) -> usize {
        let is_open = |kind: Kind| matches!(kind, Kind::Undecided | Kind::NoTest);
        self.headline.iter().filter(|one| is_open(one.kind())).count()
    }

    /// Seeds that any cell has, whether their runs have ended or not.
    pub fn seeds(&self) -> usize {
        let runs = self.groups.iter().flat_map(|group| &group.cells).flat_map(|cell| &cell.runs);
        runs.map(|run| run.seed).collect::<BTreeSet<_>>().len()
    }

    /// Train texts that runs read, each seed of one counted once.
    pub fn train_texts(&self) -> usize {
        let runs = self.groups.iter().flat_map(|group| &group.cells).flat_map(|cell| &cell.runs);
        runs.map(|run| run.text_seed).collect::<BTreeSet<_>>().len()
    }

    /// Warnings without which no answer may be read.
    pub fn alarms(&self) -> impl Iterator<Item = &Warning> {
        self.warnings.iter().filter(|warning| warning.is_alarm())
    }
}

/// Seeds of these rows.
fn seeds_of(rows: &[RunRow]) -> usize {
    rows.iter().map(|row| row.seed).collect::<BTreeSet<_>>().len()
}

fn epsilon(terms: &AnalysisTerms, levels: &Levels, start: Option<Start>) -> Option<Epsilon> {
    match terms.epsilon {
        Some(value) => Some(Epsilon { value, origin: EpsilonOrigin::Spec }),
        None => levels.epsilon(start?),
    }
}

#[cfg(test)]
pub(crate) mod tests;
