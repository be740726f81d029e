use std::slice;

use super::super::tables::{align_right, broken, new_table, set_close, set_width, trimmed};
use super::super::{format, words};
use super::detail::telling;
use crate::config::{Form, Named, TestFamily};
use crate::plural::counted;
use crate::record::Status;
use crate::results::RunRow;
use crate::stats::{
    Analysis, Comparison, Contender, Kind, Point, Quantity, Side, best, best_at_full_length,
};

/// Families with a question for every rule: a column each.
const OF_A_RULE: [(TestFamily, &str); 2] = [
    (TestFamily::AgainstNone, "against no decay"),
    (TestFamily::AgainstStopping, "against stopping no decay"),
];
/// The column of a table of no decay alone.
const STOPPED: (TestFamily, &str) = (TestFamily::AgainstStopping, "stopping");
/// Families of pairs of rules.
const OF_PAIRS: [TestFamily; 4] =
    [TestFamily::Form, TestFamily::Mask, TestFamily::Rival, TestFamily::Interaction];
/// Decided pairs of rules that are shown at every level of detail, of all families together.
const ALWAYS_SHOWN: usize = 3;
/// Columns of a screen.
pub const WIDEST: u16 = 112;
/// Characters of a rule's name in a line, and of its values.
const NAME: usize = 34;
const VALUES: usize = 22;

/// The table of rules.
struct Rules<'a> {
    analysis: &'a Analysis,
    /// The columns of verdicts.
    families: Vec<(TestFamily, &'static str)>,
    tunes_steps: bool,
}

/// Per rule the best point: its loss at the last step, that of its own best horizon where that is tuned, and
/// what is told of it against no decay and against stopping. Below them no decay that no rule is held against. Of more than
/// `most` the most telling.
pub fn rules(analysis: &Analysis, most: usize) -> String {
    let alone = analysis.without_rule();
    if analysis.contenders.is_empty() && alone.is_empty() {
        return String::new();
    }
    let rules = Rules::of(analysis);
    let header = rules.header();
    let mut table = new_table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    let names = words::labels(&analysis.contenders.iter().map(|one| &one.rule).collect::<Vec<_>>());
    let mut shown: Vec<Vec<&Side>> = Vec::new();
    for place in telling(analysis, most) {
        let (one, name) = (&analysis.contenders[place], names[place].clone());
        let none: Vec<&Side> = one.none.iter().map(|point| &point.side).collect();
        if !none.is_empty() && !shown.contains(&none) {
            table.add_row(rules.none(&one.none, rules.none_name(one)));
            shown.push(none);
        }
        table.add_row(rules.row(one, name));
    }
    for point in alone.iter().take(most) {
        table.add_row(rules.none(slice::from_ref(point), words::label(&point.side.rule)));
    }
    align_right(&mut table, 1..3 + usize::from(rules.tunes_steps));
    set_close(&mut table);
    set_width(&mut table, WIDEST);
    let more = |all: usize| all.saturating_sub(most);
    with_more(trimmed(&table), more(analysis.contenders.len()) + more(alone.len()), "more rule")
}

impl<'a> Rules<'a> {
    fn of(analysis: &'a Analysis) -> Self {
        let is_asked = |family: TestFamily| analysis.family(family).next().is_some();
        let families = match analysis.contenders.is_empty() {
            true => vec![STOPPED],
            false => OF_A_RULE.into_iter().filter(|(family, _)| is_asked(*family)).collect(),
        };
        let points = |one: &'a Contender| one.points.iter().chain(&one.none);
        let mut points = analysis.contenders.iter().flat_map(points);
        let tunes_steps = points.any(|point| point.side.value("steps").is_some());
        Rules { analysis, families, tunes_steps }
    }

    fn header(&self) -> Vec<String> {
        let mut header: Vec<String> = ["rule", "best λ", "loss"].map(str::to_owned).to_vec();
        header.extend(self.tunes_steps.then(|| "own horizon".to_owned()));
        let of_family =
            |(family, title): &(TestFamily, &str)| titled(self.analysis, *family, title);
        header.extend(self.families.iter().map(of_family));
        header
    }

    /// No decay, by its model and recipe where rules of several are compared.
    fn none_name(&self, contender: &Contender) -> String {
        let sides = |one: &'a Contender| one.none.iter().map(|point| &point.side);
        let own: Vec<&Side> = contender.none.iter().map(|point| &point.side).collect();
        let mut others = self.analysis.contenders.iter().filter(|one| !one.none.is_empty());
        let runs = || contender.none.iter().flat_map(|point| &point.cell.runs).map(|run| &run.run);
        let is_own = |run: &RunRow| runs().any(|own| *own == run.run);
        let is_only = others.all(|one| sides(one).eq(own.iter().copied()))
            && self.analysis.idle().flat_map(|cell| &cell.runs).all(is_own);
        match best(&contender.none) {
            Some(point) if !is_only => words::label(&point.side.rule),
            _ => "none".to_owned(),
        }
    }

    /// What the rules are compared with.
    fn none(&self, points: &[Point], name: String) -> Vec<String> {
        let mut cells = self.at_best(name, points, Form::None);
        let stopped = self.loss(best_at_full_length(points), self.analysis.loss.stopped());
        let of_family = |(family, _): &(TestFamily, &str)| match family {
            TestFamily::AgainstStopping => format!("stopped: {stopped}"),
            _ => String::new(),
        };
        cells.extend(self.families.iter().map(of_family));
        cells
    }

    fn row(&self, contender: &Contender, name: String) -> Vec<String> {
        let mut cells = self.at_best(name, &contender.points, contender.rule.form);
        let of_family = |(family, _): &(TestFamily, &str)| {
            let mut own = self.analysis.family(*family);
            let own = own.find(|one| one.left.rule == contender.rule);
            own.map_or(String::new(), |one| words::cell_beside(one, self.analysis))
        };
        cells.extend(self.families.iter().map(of_family));
        cells
    }

    /// A name, the best λ and what else is tuned, and the loss there.
    fn at_best(&self, name: String, points: &[Point], form: Form) -> Vec<String> {
        let point = best_at_full_length(points);
        let lambda = point.map_or_else(no_best(points), |point| {
            let lambda = format::lambda(form, point.side.weight_decay);
            match (point.side.at.as_str(), lambda.as_str()) {
                ("", _) => lambda,
                (at, format::MISSING) => at.to_owned(),
                (at, _) => format!("{lambda} {at}"),
            }
        });
        let loss = self.loss(point, self.analysis.loss);
        let mut cells = vec![broken(&name, NAME), broken(&lambda, VALUES), loss];
        cells.extend(self.tunes_steps.then(|| self.loss(best(points), self.analysis.loss)));
        cells
    }

    fn loss(&self, point: Option<&Point>, quantity: Quantity) -> String {
        let mean = point.and_then(|point| point.cell.mean(|run| quantity.of(run)));
        mean.map_or(format::MISSING.to_owned(), |mean| {
            format::fixed(mean, words::decimals(self.analysis))
        })
    }
}

/// That no point may be the best, and what became of its runs.
fn no_best(points: &[Point]) -> impl FnOnce() -> String {
    let runs = || points.iter().flat_map(|point| &point.cell.runs);
    let all = runs().count();
    let told = |status: Status| match runs().filter(|run| run.status == status).count() {
        0 => None,
        some if some == all => Some(status.name().to_owned()),
        some => Some(format!("{some} of {all} {}", status.name())),
    };
    let known = [Status::Diverged, Status::Failed, Status::Unfinished];
    let is_measured = runs().all(|run| run.status != Status::Done || run.is_done());
    let ended = if is_measured { "collapsed" } else { "no finite loss" };
    let why = known.into_iter().find_map(told).unwrap_or_else(|| ended.to_owned());
    move || format!("{} ({why})", format::MISSING)
}

/// Rules against each other; of more than `most` pairs of a family the decided ones. All of them where that takes no more
/// lines.
pub fn pairs(analysis: &Analysis, most: usize) -> Option<String> {
    let (cut, more) = pairs_at_most(analysis, most);
    // What one line names takes no more than one line.
    let whole = (more == 1).then(|| pairs_at_most(analysis, usize::MAX).0);
    let is_as_short = |whole: &String| whole.lines().count() <= cut.lines().count();
    let told = whole.filter(is_as_short).unwrap_or(cut);
    (!told.is_empty()).then_some(told)
}

/// And how many are left out.
fn pairs_at_most(analysis: &Analysis, most: usize) -> (String, usize) {
    let mut table = new_table(&[]);
    let (mut more, mut decided) = (0, 0);
    let mut kept = ALWAYS_SHOWN;
    for family in OF_PAIRS {
        let all: Vec<&Comparison> = analysis.family(family).collect();
        let shown = shown(&all, most, kept);
        let of_shown = shown.iter().filter(|one| is_decided(one)).count();
        kept = kept.saturating_sub(of_shown);
        more += all.len() - shown.len();
        decided += all.iter().filter(|one| is_decided(one)).count() - of_shown;
        for (place, one) in shown.into_iter().enumerate() {
            let title = titled(analysis, family, family.name());
            let title = if place == 0 { title } else { String::new() };
            let pair = broken(&words::pair(one), 2 * NAME);
            table.add_row([title, pair, words::cell_beside(one, analysis)]);
        }
    }
    set_close(&mut table);
    set_width(&mut table, WIDEST);
    let told = with_more(trimmed(&table), more, "more comparison");
    let decided = (decided > 0).then(|| format!(", {decided} of them decided"));
    (told + &decided.unwrap_or_default(), more)
}

/// All of a family of so few; else the decided ones, of which `kept` are shown whatever is left out.
fn shown<'a>(all: &[&'a Comparison], most: usize, kept: usize) -> Vec<&'a Comparison> {
    match all.len() <= most {
        true => all.to_vec(),
        false => {
            let decided = all.iter().copied().filter(|one| is_decided(one));
            decided.take(most.max(kept)).collect()
        }
    }
}

fn is_decided(one: &Comparison) -> bool {
    !matches!(one.kind(), Kind::Undecided | Kind::NoTest)
}

/// A question with the size of its family.
fn titled(analysis: &Analysis, family: TestFamily, title: &str) -> String {
    let sizes = analysis.family(family).map(|one| one.judgement.family_size);
    match sizes.max() {
        None | Some(0) => title.to_owned(),
        Some(size) => format!("{title} ({})", counted(size, "test")),
    }
}

fn with_more(table: String, more: usize, what: &str) -> String {
    let table = (!table.trim().is_empty()).then_some(table);
    let more = (more > 0).then(|| format!("{} in the report", counted(more, what)));
    [table, more].into_iter().flatten().collect::<Vec<_>>().join("\n")
}
