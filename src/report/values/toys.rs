//! The toys that were trained for a transfer, each once, by family: what their losses are against no decay.

use super::super::format::{self, three_digits};
use super::super::published::markdown_table;
use super::super::tables::{align_right, broken, new_table, set_close, set_width, trimmed};
use super::super::words;
use crate::config::Named;
use crate::plural::counted;
use crate::published::Transfer;
use crate::stats::{Comparison, Estimate, Kind, Quantity, Toy, ValuesTable};

/// The transfers that tables show, in their order.
pub const SHOWN: [Transfer; 3] = [Transfer::Raw, Transfer::Matched, Transfer::Timescale];

/// Characters of the models' names on the terminal.
const NAMES: usize = 28;
/// Columns of a screen.
const WIDEST: u16 = 112;

/// The tables of all transfers that were trained, as Markdown.
pub fn sections(table: &ValuesTable, loss: Quantity) -> Vec<String> {
    let header = "models | family | λ | Λ here | no decay | the same stopped | final − no decay | final − no decay \
                  stopped | stopped − no decay stopped";
    let section = |transfer| {
        let toys = table.toys(transfer);
        (!toys.is_empty()).then(|| {
            let rows = toys.iter().map(|toy| row(toy, loss).to_vec());
            format!("## {}\n\n{}", words::transfer_title(transfer), markdown_table(header, rows))
        })
    };
    SHOWN.into_iter().filter_map(section).collect()
}

fn row(toy: &Toy, loss: Quantity) -> [String; 9] {
    let named = toy
        .rows
        .iter()
        .map(|row| format!("{} {}", row.published.evidence.mark(), words::row_title(row)));
    let run = toy.carried.run();
    let none = |of: Quantity| {
        let cell = toy.rows[0].none.as_ref();
        format::mean(cell.and_then(|cell| cell.estimate(|run| of.of(run))), 3)
    };
    [
        named.collect::<Vec<_>>().join(", "),
        run.family.name().to_owned(),
        format::lambda(run.form, run.weight_decay),
        run.total_decay.map_or(format::MISSING.to_owned(), three_digits),
        none(loss),
        none(loss.stopped()),
        against_none(toy),
        described(toy.carried.against_stopped),
        described(toy.carried.both_stopped),
    ]
}

/// With a star where it is told to be lower or higher, a word where nothing was learned, and of how many seeds it is where a
/// run did not reach its end, so that it is not tested.
fn against_none(toy: &Toy) -> String {
    let comparison = toy.carried.against_none.as_ref();
    let star = if comparison.is_some_and(Comparison::is_distinguishable) { " ★" } else { "" };
    let collapsed = if toy.is_collapsed() { ", collapsed" } else { "" };
    let untested = comparison.filter(|one| one.kind() == Kind::NoTest && !toy.is_complete());
    let n = untested.map_or(String::new(), |one| format!(", n = {}, not tested", one.difference.n));
    format!("{}{star}{collapsed}{n}", described(comparison.map(|one| one.difference)))
}

fn described(difference: Option<Estimate>) -> String {
    format::difference(difference, 3)
}

/// The same for the terminal: at the published λ and at others so many, at most.
pub fn screen(table: &ValuesTable, loss: Quantity, [raw, others]: [usize; 2]) -> Vec<String> {
    let section = |transfer| {
        let all = table.toys(transfer);
        let most = if transfer == Transfer::Raw { raw } else { others };
        let title = words::transfer_title(transfer);
        (!all.is_empty()).then(|| format!("{title}\n{}", at_most(&all, most, loss)))
    };
    SHOWN.into_iter().filter_map(section).collect()
}

/// The most telling toys and what is left out; all of them where that takes no more lines.
fn at_most(all: &[Toy], most: usize, loss: Quantity) -> String {
    let shown = telling(all, most);
    let whole = on_screen(&all.iter().collect::<Vec<_>>(), loss);
    if shown.len() == all.len() {
        return whole;
    }
    let cut = format!("{}\n{}", on_screen(&shown, loss), left_out(all, &shown));
    if whole.lines().count() <= cut.lines().count() { whole } else { cut }
}

fn on_screen(toys: &[&Toy], loss: Quantity) -> String {
    let header = ["models", "λ", "Λ", "no decay", "final − no decay", "− stopped", "both stopped"];
    let mut lines = new_table(&header);
    for toy in toys {
        let [names, _, lambda, total, none, _, last, stopped, both] = row(toy, loss);
        let names = broken(&names, NAMES);
        let last = last.replace('★', "*").replace(", collapsed", " †");
        lines.add_row([names, lambda, total, none, last, stopped, both]);
    }
    align_right(&mut lines, [1, 2]);
    set_close(&mut lines);
    set_width(&mut lines, WIDEST);
    trimmed(&lines)
}

/// How many models are not shown, several of which may be one toy, and how many of those are told to differ.
fn left_out(all: &[Toy], shown: &[&Toy]) -> String {
    let models = |toy: &Toy| toy.rows.len();
    let starred = |toy: &Toy| if is_told(toy) { models(toy) } else { 0 };
    let left = |of: &dyn Fn(&Toy) -> usize| {
        let shown: usize = shown.iter().map(|toy| of(toy)).sum();
        all.iter().map(of).sum::<usize>() - shown
    };
    let told = match left(&starred) {
        0 => String::new(),
        some => format!(", {some} of them with *"),
    };
    format!("{} in the report{told}", counted(left(&models), "more model"))
}

/// Whether a toy is told to be lower or higher than without decay.
fn is_told(toy: &Toy) -> bool {
    toy.carried.against_none.as_ref().is_some_and(Comparison::is_distinguishable)
}

/// Of more than `most` toys those that are told to differ, and of others those that differ most; in their order.
fn telling<'a>(all: &'a [Toy<'a>], most: usize) -> Vec<&'a Toy<'a>> {
    let rank = |toy: &Toy| {
        let comparison = toy.carried.against_none.as_ref();
        let size = comparison.map_or(0.0, |one| one.difference.mean.abs());
        (!is_told(toy), -size)
    };
    let mut ranked: Vec<(usize, (bool, f64))> = all.iter().map(rank).enumerate().collect();
    ranked.sort_by(|(_, a), (_, b)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    ranked.truncate(most);
    let mut places: Vec<usize> = ranked.into_iter().map(|(place, _)| place).collect();
    places.sort_unstable();
    places.into_iter().map(|place| &all[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Form, Mask};
    use crate::record::Status;
    use crate::results::RunRow;
    use crate::stats::Analysis;
    use crate::stats::tests::arm;

    #[test]
    fn a_difference_that_lost_a_run_is_told_with_its_seeds_and_as_not_tested() {
        let of = |transfer, lambda, loss, spread| {
            let rows = arm(Form::AdamW, Mask::Matrices, lambda, loss, spread).into_iter();
            rows.map(move |row| RunRow {
                recipe: Some("gpt-3".to_owned()),
                transfer: Some(transfer),
                ..row
            })
        };
        let none = of(Transfer::None, 0.0, 2.0, 0.1);
        let mut rows: Vec<RunRow> = none.chain(of(Transfer::Raw, 0.1, 2.6, 0.101)).collect();
        let told = |rows: &[RunRow]| {
            let analysis = Analysis::of(rows);
            sections(analysis.values.as_ref().unwrap(), analysis.loss).concat()
        };
        assert!(told(&rows).contains(" ★ |") && !told(&rows).contains("n = "), "{}", told(&rows));
        (rows[2].status, rows[2].val_loss) = (Status::Diverged, None);
        let lost = told(&rows);
        assert!(lost.contains(", n = 2, not tested |") && !lost.contains('★'), "{lost}");
    }

    #[test]
    fn toys_that_are_not_shown_are_counted_by_their_models_with_the_starred_ones() {
        // Two models of the same runs, and three with a larger difference each.
        let differences =
            [("gpt-1", 0.2), ("gpt-2", 0.2), ("gpt-neox", 0.5), ("bloom", 0.6), ("grok-1", 0.7)];
        let of = |recipe: &str, transfer, lambda, loss, spread| {
            let rows = arm(Form::AdamW, Mask::Matrices, lambda, loss, spread).into_iter();
            let own = move |row: RunRow| RunRow {
                run: format!("{loss} {}", row.run),
                recipe: Some(recipe.to_owned()),
                transfer: Some(transfer),
                ..row
            };
            rows.map(own).collect::<Vec<_>>()
        };
        let rows: Vec<RunRow> = differences
            .into_iter()
            .flat_map(|(recipe, more)| {
                let none = of(recipe, Transfer::None, 0.0, 2.0, 0.1);
                let spread = 0.1 + 0.005 * more;
                [none, of(recipe, Transfer::Raw, 0.1, 2.0 + more, spread)].concat()
            })
            .collect();
        let analysis = Analysis::of(&rows);
        let table = analysis.values.as_ref().unwrap();
        let told = |most| screen(table, analysis.loss, [most, most]).concat();
        assert!(
            told(2).ends_with("\n3 more models in the report, 3 of them with *"),
            "{}",
            told(2)
        );
        // The line of what is left out would take as many lines as what it leaves out.
        assert!(!told(3).contains("in the report"), "{}", told(3));
    }
}
