use anyhow::Result;
use plotters::prelude::*;

use super::super::canvas::{Area, px};
use super::super::data::Data;
use super::super::markers::Look;
use super::super::palette;
use crate::config::TestFamily;
use crate::judge::{Case, Contest, JudgedFamily};
use crate::published::Transfer;
use crate::report::{format, words};
use crate::stats::claims::{Effect, Verdict};
use crate::stats::{Comparison, Estimate, Kind, Rule, Toy, ValuesTable};

/// Rows of a section that anyone reads.
const MOST_ROWS: usize = 60;

/// An arm is held against other runs than its rule, which is held against no decay at its own best point.
const EVERY_ARM: &str = "Every arm against no decay of its own recipe, with its own 95% interval";

/// A line of the figure.
pub enum Line {
    /// Above the rows of one question.
    Heading(String),
    Row(Row),
}

/// One difference, under a name.
pub struct Row {
    pub name: String,
    pub colour: RGBColor,
    /// The mean, with its own t-interval.
    pub difference: Estimate,
    /// The same by seed; empty where runs are not paired.
    pub by_seed: Vec<f64>,
    pub kind: Kind,
    /// The interval that covers all of the family at once.
    pub interval: Option<[f64; 2]>,
    /// Whether readers are told a verdict of it; it describes an arm otherwise.
    pub is_verdict: bool,
    /// Whether some seeds are judged at other points than the one that is named.
    pub has_other_points: bool,
    /// Whether both sides are the same in every seed, of which there is no test.
    pub is_copied: bool,
    /// What stands beside it, where that is no difference with its kind.
    pub told: Option<String>,
}

impl Line {
    pub fn row(&self) -> Option<&Row> {
        match self {
            Line::Row(row) => Some(row),
            Line::Heading(_) => None,
        }
    }

    pub fn row_mut(&mut self) -> Option<&mut Row> {
        match self {
            Line::Row(row) => Some(row),
            Line::Heading(_) => None,
        }
    }
}

impl Row {
    /// Of a comparison of an experiment.
    fn new(name: String, colour: RGBColor, comparison: &Comparison, is_verdict: bool) -> Self {
        Row {
            name,
            colour,
            difference: comparison.difference,
            by_seed: comparison.by_seed.iter().map(|(_, difference)| *difference).collect(),
            kind: comparison.kind(),
            interval: comparison.judgement.interval,
            is_verdict,
            has_other_points: comparison.elsewhere > 0,
            is_copied: comparison.is_copied,
            told: None,
        }
    }

    /// A rule that was not tested is drawn as arms are, and says so.
    pub fn telling_what_is_not_tested(mut self) -> Self {
        if self.kind == Kind::NoTest {
            let difference = format::difference(Some(self.difference), 3);
            let why = if self.is_copied { words::SAME } else { words::kind(Kind::NoTest) };
            self.is_verdict = false;
            self.told = Some(format!("{difference} {why}"));
        }
        self
    }

    /// The ends of its bar: of the simultaneous interval of a verdict, of an arm's own 95% t-interval.
    pub fn ends(&self) -> [f64; 2] {
        let half = self.difference.half_width.unwrap_or(0.0);
        let own = [self.difference.mean - half, self.difference.mean + half];
        self.interval.filter(|_| self.is_verdict).unwrap_or(own)
    }

    /// Whether it is lower or higher though its bar holds 0.
    pub fn is_decided_across_zero(&self) -> bool {
        let [low, high] = self.ends();
        self.is_verdict
            && matches!(self.kind, Kind::Lower | Kind::Higher)
            && (low..=high).contains(&0.0)
    }

    pub fn thickness(&self) -> u32 {
        if self.is_verdict { 2 } else { 1 }
    }

    pub fn numbers(&self) -> String {
        if let Some(told) = &self.told {
            return told.clone();
        }
        match self.interval.filter(|_| self.is_verdict) {
            Some(ends) => format!(
                "{} {} {}{}",
                format::signed(self.difference.mean, 3),
                format::interval(ends, 3),
                words::kind(self.kind),
                if self.has_other_points { "°" } else { "" }
            ),
            None => format::difference(Some(self.difference), 3),
        }
    }

    /// By its form what was found: not by colour alone. An arm has a bar across its line.
    pub fn draw_marker(&self, area: &Area, (x, y): (i32, i32)) -> Result<()> {
        let square = |half: i32| [(x - half, y - half), (x + half, y + half)];
        if !self.is_verdict {
            let bar = [(x - px(1), y - px(5)), (x + px(1), y + px(5))];
            area.draw(&Rectangle::new(bar, self.colour.filled()))?;
            return Ok(());
        }
        if self.kind == Kind::Equivalent {
            let far = px(7);
            let diamond = [(x - far, y), (x, y - far), (x + far, y), (x, y + far)];
            area.draw(&Polygon::new(diamond, self.colour.filled()))?;
            return Ok(());
        }
        area.draw(&Rectangle::new(square(px(5)), self.colour.filled()))?;
        if !matches!(self.kind, Kind::Lower | Kind::Higher) {
            area.draw(&Rectangle::new(square(px(3)), WHITE.filled()))?;
        }
        Ok(())
    }
}

/// Every rule at its own best point, against no decay and against stopping, then every arm; and what is
/// left out.
pub fn of_arms(data: &Data) -> (Vec<Line>, Option<String>) {
    let analysis = &data.analysis;
    let mut lines = Vec::new();
    let told = [
        (TestFamily::AgainstNone, "Each rule at its best, against no decay"),
        (TestFamily::AgainstStopping, "The same against no decay stopped"),
    ];
    for (family, heading) in told {
        let own = analysis.headline.iter().filter(|one| one.family == Some(family));
        let told = rows(data, own.collect(), true).into_iter();
        let told = told.map(Row::telling_what_is_not_tested).collect();
        section(&mut lines, heading.to_owned(), told);
    }
    let own = |row: &&Comparison| row.quantity == analysis.loss && !row.left.rule.in_values_table;
    let all = rows(data, analysis.against_none.iter().filter(own).collect(), false);
    let (all, left_out) = lowest(all);
    section(&mut lines, EVERY_ARM.to_owned(), all);
    (lines, left_out)
}

/// The rows of the published recipes, at raw λ and at matched Λ.
pub fn of_values(table: &ValuesTable) -> (Vec<Line>, Option<String>) {
    let (mut lines, mut left_out) = (Vec::new(), None);
    for transfer in [Transfer::Raw, Transfer::Matched, Transfer::Timescale] {
        let toys = table.toys(transfer);
        let rows = toys.iter().filter_map(of_published);
        let (rows, more) = lowest(rows.collect());
        left_out = left_out.or(more);
        section(&mut lines, words::transfer_heading(table, transfer), rows);
    }
    (lines, left_out)
}

/// Pairs of arms that others trained: of many the decided and the largest.
pub fn of_judged(case: &Case) -> (Vec<Line>, Option<String>) {
    let mut lines = Vec::new();
    let mut more = 0;
    for family in [JudgedFamily::AgainstBaseline, JudgedFamily::Pairs] {
        let mut own: Vec<&Contest> =
            case.contests.iter().filter(|one| one.family == family).collect();
        more += own.len().saturating_sub(MOST_ROWS);
        if own.len() > MOST_ROWS {
            let is_open =
                |one: &Contest| matches!(one.judgement.kind, Kind::Undecided | Kind::NoTest);
            let size = |one: &Contest| one.difference.mean.abs();
            own.sort_by(|a, b| is_open(a).cmp(&is_open(b)).then(size(b).total_cmp(&size(a))));
            own.truncate(MOST_ROWS);
        }
        let rows = own.into_iter().map(of_contest).collect();
        section(&mut lines, words::judged_family(family).to_owned(), rows);
    }
    let left_out =
        (more > 0).then(|| format!("the decided and the largest; … {more} more in summary.json"));
    (lines, left_out)
}

/// A claim that was tested, in units of its smallest effect that matters.
pub fn of_claim(name: String, effect: &Effect) -> Row {
    let colour = match effect.verdict {
        Verdict::Shows => palette::place(0),
        Verdict::Contradicted => palette::place(1),
        Verdict::CannotTell => palette::INK,
    };
    // The marks of verdicts: filled, a diamond, hollow.
    let kind = match effect.verdict {
        Verdict::Shows => Kind::Lower,
        Verdict::Contradicted => Kind::Equivalent,
        Verdict::CannotTell => Kind::Undecided,
    };
    let difference = Estimate { mean: effect.mean, sd: None, half_width: None, n: effect.n };
    let told = format!(
        "{} {} {}",
        format::signed(effect.mean, 1),
        format::interval(effect.interval, 1),
        words::claim_verdict(effect.verdict)
    );
    Row {
        name,
        colour,
        difference,
        by_seed: Vec::new(),
        kind,
        interval: Some(effect.interval),
        is_verdict: true,
        has_other_points: false,
        is_copied: false,
        told: Some(told),
    }
}

fn of_contest(contest: &Contest) -> Row {
    Row {
        name: format!("{} − {}", contest.left, contest.right),
        colour: palette::INK,
        difference: contest.difference,
        by_seed: contest.by_seed.iter().map(|(_, difference)| *difference).collect(),
        kind: contest.judgement.kind,
        interval: contest.judgement.interval,
        is_verdict: true,
        has_other_points: false,
        is_copied: false,
        told: None,
    }
    .telling_what_is_not_tested()
}

fn section(lines: &mut Vec<Line>, heading: String, rows: Vec<Row>) {
    if !rows.is_empty() {
        lines.push(Line::Heading(heading));
        lines.extend(rows.into_iter().map(Line::Row));
    }
}

fn rows(data: &Data, all: Vec<&Comparison>, is_verdict: bool) -> Vec<Row> {
    let names = names(&all);
    let row = |(comparison, name): (&Comparison, String)| {
        let colour = Look::of(&comparison.left.rule, &data.analysis.groups).colour;
        Row::new(name, colour, comparison, is_verdict)
    };
    all.into_iter().zip(names).map(row).collect()
}

fn of_published(toy: &Toy) -> Option<Row> {
    let run = toy.carried.run();
    let lambda = format::lambda(run.form, run.weight_decay);
    let evidence = toy.rows[0].published.evidence;
    let names: Vec<String> = toy.rows.iter().map(|row| words::row_title(row)).collect();
    let collapsed = if toy.is_collapsed() { ", collapsed" } else { "" };
    let name = format!("{} {}   λ = {lambda}{collapsed}", evidence.mark(), names.join(", "));
    let comparison = toy.carried.against_none.as_ref()?;
    let row = Row::new(name, palette::evidence(evidence), comparison, true);
    Some(row.telling_what_is_not_tested())
}

/// Rule and λ of each comparison's left side.
fn names(all: &[&Comparison]) -> Vec<String> {
    let rules: Vec<&Rule> = all.iter().map(|one| &one.left.rule).collect();
    let mut distinct: Vec<&Rule> = Vec::new();
    for rule in &rules {
        if !distinct.contains(rule) {
            distinct.push(rule);
        }
    }
    let labels = words::labels(&distinct);
    let known: Vec<f64> = all.iter().filter_map(|one| one.left.weight_decay).collect();
    let mut known = format::labels(&known).into_iter();
    let name = |one: &&Comparison| {
        let place = distinct.iter().position(|rule| **rule == one.left.rule).unwrap_or_default();
        let lambda = one.left.weight_decay.and_then(|_| known.next());
        labels[place].clone() + &lambda.map_or(String::new(), |text| format!("   λ = {text}"))
    };
    all.iter().map(name).collect()
}

/// The rows with the lowest differences, in their order, and how many there are besides.
fn lowest(mut rows: Vec<Row>) -> (Vec<Row>, Option<String>) {
    let more = rows.len().saturating_sub(MOST_ROWS);
    if more == 0 {
        return (rows, None);
    }
    let mut means: Vec<f64> = rows.iter().map(|row| row.difference.mean).collect();
    means.sort_by(f64::total_cmp);
    let last = means[MOST_ROWS - 1];
    rows.retain(|row| row.difference.mean <= last);
    rows.truncate(MOST_ROWS);
    (rows, Some(format!("the lowest {MOST_ROWS} arms; … {more} more in summary.csv")))
}
