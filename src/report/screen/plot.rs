//! λ against loss in characters: a mark per arm and rule, for terminals.

use anstyle::{AnsiColor, Style};
use serde::{Deserialize, Serialize};

use crate::record::Status;
use crate::report::figures::{Data, LambdaAxis, Ruler, Rules, tick};
use crate::report::{format, words};
use crate::stats::{Cell, Group};

/// Lines of the chart itself.
const HEIGHT: usize = 8;
/// Rules that are told apart, at most, and characters of their names.
const MOST_RULES: usize = 6;
const LONGEST_NAME: usize = 40;
/// As wide as the tables, at most.
const WIDEST: usize = 110;

/// The mean loss of every arm at its λ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Which loss it is.
    loss: String,
    /// Of the axis: an arm far above the others lies beyond it.
    range: [f64; 2],
    /// Of arms without decay.
    none: Vec<f64>,
    rules: Vec<Line>,
    /// Rules that are not shown.
    more: usize,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    name: String,
    arms: Vec<Arm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Arm {
    weight_decay: f64,
    /// `None` where a run diverged.
    loss: Option<f64>,
}

/// Where a plot is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    pub columns: usize,
    /// Whether it shows more than ASCII.
    pub is_unicode: bool,
}

/// Characters to draw with.
struct Letters {
    marks: [char; MOST_RULES],
    none: char,
    beyond: char,
    corner: char,
    upright: char,
    across: char,
    notch: char,
    lambda: &'static str,
    more: &'static str,
}

const UNICODE: Letters = Letters {
    marks: ['●', '■', '▲', '○', '□', '△'],
    none: '×',
    beyond: '↑',
    corner: '└',
    upright: '│',
    across: '─',
    notch: '┴',
    lambda: "λ",
    more: "…",
};

const ASCII: Letters = Letters {
    marks: ['o', 'x', '#', '*', '@', '%'],
    none: '0',
    beyond: '^',
    corner: '+',
    upright: '|',
    across: '-',
    notch: '+',
    lambda: "lambda",
    more: "...",
};

const COLOURS: [AnsiColor; MOST_RULES] = [
    AnsiColor::Blue,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Cyan,
    AnsiColor::Red,
];

impl Plot {
    /// Of rules that have a λ; `None` where fewer than three arms do.
    pub fn of(data: &Data) -> Option<Self> {
        let quantity = data.regret_loss();
        let diverged = |cell: &Cell| cell.runs.iter().any(|run| run.status == Status::Diverged);
        let mean = |cell: &Cell| {
            let mean = cell.mean(|run| quantity.of(run)).filter(|mean| mean.is_finite());
            mean.filter(|_| !diverged(cell))
        };
        let has_lambda = |cell: &&Cell| cell.weight_decay.is_some_and(|value| value > 0.0);
        let all: Vec<&Group> = data.tried();
        let all: Vec<&Group> = all
            .into_iter()
            .filter(|group| group.cells.iter().any(|one| has_lambda(&one)))
            .collect();
        let more = all.len().saturating_sub(MOST_RULES);
        let rules = Rules::of(all, MOST_RULES);
        let arm =
            |cell: &Cell| Arm { weight_decay: cell.weight_decay.unwrap_or(0.0), loss: mean(cell) };
        let line = |(group, name): (&&Group, String)| {
            let arms = group.cells.iter().filter(has_lambda).map(arm).collect();
            Line { name: shortened(name), arms }
        };
        let lines: Vec<Line> = rules.shown.iter().zip(rules.names()).map(line).collect();
        let of_none = |group: &&Group| {
            let own = group.cells.iter().find(|cell| cell.weight_decay == Some(0.0));
            own.and_then(mean).or(group.baseline.as_ref().and_then(mean))
        };
        let mut none: Vec<f64> = rules.shown.iter().filter_map(of_none).collect();
        none.sort_by(f64::total_cmp);
        none.dedup();
        let means = || lines.iter().flat_map(|line| &line.arms).filter_map(|arm| arm.loss);
        let ruler = Ruler::of_arms(means(), none.first().copied().into_iter(), 0.0)?;
        let range = ruler.range(means().chain(none.iter().copied()))?;
        let loss = words::quantity(quantity).to_owned();
        let count = lines.iter().map(|line| line.arms.len()).sum::<usize>() + none.len();
        (count >= 3).then_some(Plot {
            loss,
            range: [range.start, range.end],
            none,
            rules: lines,
            more,
        })
    }

    /// In lines.
    pub fn drawn(&self, canvas: Canvas) -> String {
        Drawing::new(self, canvas).text()
    }

    /// The arm with the lowest loss: of which rule, where any decays.
    fn lowest(&self) -> Option<(Option<usize>, Arm)> {
        let arms = self.rules.iter().enumerate();
        let arms =
            arms.flat_map(|(rule, line)| line.arms.iter().map(move |arm| (Some(rule), *arm)));
        let none = self.none.iter().map(|loss| Arm { weight_decay: 0.0, loss: Some(*loss) });
        let all = none.map(|arm| (None, arm)).chain(arms);
        all.filter(|(_, arm)| arm.loss.is_some())
            .min_by(|a, b| a.1.loss.unwrap_or_default().total_cmp(&b.1.loss.unwrap_or_default()))
    }
}

/// As many characters as there is room for.
fn shortened(name: String) -> String {
    match name.chars().count() > LONGEST_NAME {
        true => name.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
        false => name,
    }
}

/// A plot on its way to lines.
struct Drawing<'a> {
    plot: &'a Plot,
    letters: &'static Letters,
    columns: usize,
    axis: LambdaAxis,
    /// At the upright axis, from the top.
    labels: Vec<String>,
    /// Marks with the rule whose colour they have.
    cells: Vec<Vec<(char, Option<usize>)>>,
    goes_beyond: bool,
}

impl<'a> Drawing<'a> {
    fn new(plot: &'a Plot, canvas: Canvas) -> Self {
        let [low, high] = plot.range;
        let labels = (0..HEIGHT).map(|row| match row {
            0 | 4 | 7 => {
                let value = high - (high - low) * row as f64 / (HEIGHT - 1) as f64;
                tick(value, &(low..high), HEIGHT)
            }
            _ => String::new(),
        });
        let labels: Vec<String> = labels.collect();
        let margin = labels.iter().map(String::len).max().unwrap_or(0) + 2;
        let columns = canvas.columns.min(WIDEST);
        let width = columns.saturating_sub(margin + 1).max(20);
        let values = plot.rules.iter().flat_map(|line| &line.arms).map(|arm| arm.weight_decay);
        let mut drawing = Drawing {
            plot,
            letters: if canvas.is_unicode { &UNICODE } else { &ASCII },
            columns,
            axis: LambdaAxis::of(values),
            labels,
            cells: vec![vec![(' ', None); width]; HEIGHT],
            goes_beyond: false,
        };
        drawing.mark_all();
        drawing
    }

    /// The lowest first, which keeps its place; then the others, beside it where two meet.
    fn mark_all(&mut self) {
        let plot = self.plot;
        if let Some((rule, arm)) = plot.lowest() {
            let (row, column) = (self.row(arm.loss), self.column(arm.weight_decay));
            let end = self.cells[row].len() - 1;
            let column = column.clamp(1, end - 1);
            self.cells[row][column - 1] = ('[', None);
            self.cells[row][column + 1] = (']', None);
            self.cells[row][column] = (self.mark(rule), rule);
        }
        let lowest = plot.lowest();
        for loss in &plot.none {
            let arm = Arm { weight_decay: 0.0, loss: Some(*loss) };
            if lowest != Some((None, arm)) {
                self.put(None, arm);
            }
        }
        for (rule, line) in plot.rules.iter().enumerate() {
            for arm in line.arms.iter().filter(|arm| lowest != Some((Some(rule), **arm))) {
                self.put(Some(rule), *arm);
            }
        }
    }

    fn mark(&self, rule: Option<usize>) -> char {
        rule.map_or(self.letters.none, |rule| self.letters.marks[rule])
    }

    fn put(&mut self, rule: Option<usize>, arm: Arm) {
        let is_beyond = arm.loss.is_none_or(|loss| loss > self.plot.range[1]);
        self.goes_beyond |= is_beyond;
        let mark = if is_beyond { self.letters.beyond } else { self.mark(rule) };
        let (row, first) = (self.row(arm.loss), self.column(arm.weight_decay));
        let columns = [first, first + 1, first.saturating_sub(1), first + 2];
        let cells = &mut self.cells[row];
        let free =
            columns.into_iter().find(|one| cells.get(*one).is_some_and(|cell| cell.0 == ' '));
        if let Some(column) = free {
            cells[column] = (mark, rule);
        }
    }

    /// From the top; what is beyond the axis, or not there, stands at the top.
    fn row(&self, loss: Option<f64>) -> usize {
        let [low, high] = self.plot.range;
        let share = loss.map_or(0.0, |loss| ((high - loss) / (high - low)).clamp(0.0, 1.0));
        (share * (HEIGHT - 1) as f64).round() as usize
    }

    fn column(&self, weight_decay: f64) -> usize {
        self.column_at(self.axis.at(weight_decay))
    }

    fn column_at(&self, place: f64) -> usize {
        let (start, end) = (self.axis.start(), self.axis.end);
        let share = ((place - start) / (end - start)).clamp(0.0, 1.0);
        (share * (self.cells[0].len() - 1) as f64).round() as usize
    }

    fn text(&self) -> String {
        let mut lines = vec![self.title()];
        let margin = self.labels.iter().map(String::len).max().unwrap_or(0);
        for (label, cells) in self.labels.iter().zip(&self.cells) {
            let row: String = cells.iter().map(|cell| coloured(*cell)).collect();
            lines.push(format!("{label:>margin$} {}{}", self.letters.upright, row.trim_end()));
        }
        lines.extend(self.below(margin));
        lines.extend(self.legend());
        lines.join("\n")
    }

    fn title(&self) -> String {
        let lambda = self.letters.lambda;
        let lowest = self.plot.lowest().and_then(|(_, arm)| {
            let at = match arm.weight_decay > 0.0 {
                true => format!("{lambda} = {}", format::number(arm.weight_decay)),
                false => "no decay".to_owned(),
            };
            Some(format!("; [ ] lowest: {} at {at}", format::fixed(arm.loss?, 3)))
        });
        format!("mean {} against {lambda}{}", self.plot.loss, lowest.unwrap_or_default())
    }

    /// The axis of λ with its numbers, as many as have room.
    fn below(&self, margin: usize) -> [String; 2] {
        let letters = self.letters;
        let width = self.cells[0].len();
        let (mut line, mut numbers) = (vec![letters.across; width], vec![' '; width]);
        let mut free = 0;
        for (place, label) in &self.axis.ticks {
            let (column, length) = (self.column_at(*place), label.chars().count());
            let first = (column + 1).saturating_sub(length.div_ceil(2)).min(width - length);
            if first >= free {
                line[column] = letters.notch;
                numbers[first..first + length].copy_from_slice(&label.chars().collect::<Vec<_>>());
                free = first + length + 2;
            }
        }
        let [line, numbers] = [line, numbers].map(|all| all.into_iter().collect::<String>());
        let gap = " ".repeat(margin + 2);
        [
            format!("{}{}{line}", " ".repeat(margin + 1), letters.corner),
            format!("{gap}{}", numbers.trim_end()),
        ]
    }

    /// What the marks mean, in lines that fit.
    fn legend(&self) -> Vec<String> {
        let rules = self.plot.rules.iter().enumerate();
        let mut entries: Vec<(char, Option<usize>, String)> = rules
            .map(|(rule, line)| (self.mark(Some(rule)), Some(rule), self.plain(&line.name)))
            .collect();
        if !self.plot.none.is_empty() {
            entries.push((self.letters.none, None, "no decay".to_owned()));
        }
        if self.goes_beyond {
            entries.push((self.letters.beyond, None, "far above, or diverged".to_owned()));
        }
        let more = self.plot.more;
        if more > 0 {
            let dots = self.letters.more.chars().next().unwrap_or('.');
            entries.push((dots, None, format!("{more} more in summary.csv")));
        }
        let (mut lines, mut used) = (vec![String::new()], 0);
        for (mark, rule, name) in entries {
            let length = name.chars().count() + 5;
            if used > 0 && used + length > self.columns {
                lines.push(String::new());
                used = 0;
            }
            let last = lines.last_mut().expect("there is one");
            last.push_str(&format!(
                "{}{} {name}",
                if used > 0 { "   " } else { "" },
                coloured((mark, rule))
            ));
            used += length;
        }
        lines
    }

    /// A name in the letters that there are.
    fn plain(&self, name: &str) -> String {
        let letters = self.letters;
        let name = name.replace('λ', letters.lambda).replace('…', letters.more);
        match std::ptr::eq(letters, &ASCII) {
            true => name.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect(),
            false => name,
        }
    }
}

/// A mark in the colour of its rule.
fn coloured((mark, rule): (char, Option<usize>)) -> String {
    match rule {
        Some(rule) => {
            let style: Style = COLOURS[rule].on_default();
            format!("{style}{mark}{style:#}")
        }
        None => mark.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{Form, Mask};
    use crate::results::RunRow;
    use crate::stats::Analysis;
    use crate::stats::tests::{arm, experiment, row};

    const WIDE: Canvas = Canvas { columns: 100, is_unicode: true };

    fn plot(runs: Vec<RunRow>) -> Option<Plot> {
        let (analysis, curves) = (Analysis::of(&runs), BTreeMap::new());
        let (mechanism, collapses, caption) = (Vec::new(), Vec::new(), String::new());
        let (found, floor) = (None, None);
        let (memorisation, claims) = (None, Vec::new());
        Plot::of(&Data {
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

    /// A plot without colours.
    fn drawn(runs: Vec<RunRow>, canvas: Canvas) -> String {
        anstream::adapter::strip_str(&plot(runs).unwrap().drawn(canvas)).to_string()
    }

    /// The lines of the chart without its labels.
    fn chart(drawn: &str) -> Vec<Vec<char>> {
        let lines = drawn.lines().skip(1).take(HEIGHT);
        lines.map(|line| line.split_once(['│', '|']).unwrap().1.chars().collect()).collect()
    }

    fn place(chart: &[Vec<char>], mark: char) -> Vec<(usize, usize)> {
        let rows = chart.iter().enumerate();
        rows.flat_map(|(row, cells)| {
            let found = cells.iter().enumerate().filter(move |(_, cell)| **cell == mark);
            found.map(move |(column, _)| (column, row))
        })
        .collect()
    }

    #[test]
    fn every_arm_has_its_mark_where_its_decay_and_loss_are() {
        let drawn = drawn(experiment(), WIDE);
        let chart = chart(&drawn);
        // AdamW on matrices at 1 and 3, which lies above; on all at 0.5; L2 at 0.1, without decay at 0.
        let (matrices, global, l2) = (place(&chart, '●'), place(&chart, '■'), place(&chart, '▲'));
        assert_eq!((matrices.len(), global.len(), l2.len()), (2, 1, 1), "{drawn}");
        let [at_3, at_1] = [matrices[0], matrices[1]];
        assert!(at_3.0 > at_1.0 && at_3.1 < at_1.1, "{drawn}");
        let none = place(&chart, '×')[0];
        assert!(none.0 < l2[0].0 && l2[0].0 < global[0].0 && global[0].0 < at_1.0, "{drawn}");
        assert!(none.1 < l2[0].1 && l2[0].1 < at_3.1 && global[0].1 == at_1.1, "{drawn}");
        let first = drawn.lines().next().unwrap();
        assert!(first.contains("mean val loss against λ; [ ] lowest: 1.500 at λ = "), "{first}");
        assert_eq!(drawn.matches(['[', ']']).count(), 4);
        let legend = drawn.lines().last().unwrap();
        for words in ["● adamw on matrices", "■ adamw on global", "▲ l2 on matrices", "× no decay"]
        {
            assert!(legend.contains(words), "{legend}");
        }
        let axis: Vec<&str> = drawn.lines().nth(HEIGHT + 2).unwrap().split_whitespace().collect();
        assert_eq!((axis[0], axis.contains(&"1")), ("0", true), "{drawn}");
    }

    #[test]
    fn arms_far_above_and_arms_that_diverged_stand_at_the_edge_and_flatten_nothing() {
        let mut runs = experiment();
        runs.extend(arm(Form::AdamW, Mask::Matrices, 30.0, 1e7, 0.1));
        runs.push(row(Form::AdamW, Mask::Global, 30.0, 0, 0.1));
        runs.push(row(Form::AdamW, Mask::Global, 30.0, 1, f64::NAN));
        let drawn = drawn(runs, WIDE);
        let chart = chart(&drawn);
        let beyond = place(&chart, '↑');
        assert!(beyond.len() == 2 && beyond.iter().all(|(_, row)| *row == 0), "{drawn}");
        let rows: std::collections::BTreeSet<usize> =
            "●■▲×".chars().flat_map(|mark| place(&chart, mark)).map(|(_, row)| row).collect();
        assert!(rows.len() >= 4, "{drawn}");
        assert!(drawn.contains("lowest: 1.500") && drawn.contains("↑ far above, or diverged"));
    }

    #[test]
    fn it_fits_any_width_and_has_letters_for_every_terminal() {
        let mut runs = experiment();
        for (place, form) in
            [Form::Cautious, Form::Independent, Form::TargetNorm].iter().enumerate()
        {
            runs.extend(arm(*form, Mask::Linear, 1e-7, 1.6 + 0.1 * place as f64, 0.1));
            runs.extend(arm(*form, Mask::NoEmbeddings, 1e5, 1.6 + 0.1 * place as f64, 0.1));
        }
        for columns in [80, 100, 111, 300] {
            for is_unicode in [true, false] {
                let drawn = drawn(runs.clone(), Canvas { columns, is_unicode });
                let widest = drawn.lines().map(|line| line.chars().count()).max().unwrap();
                assert!(widest <= columns.min(WIDEST), "{widest} of {columns}:\n{drawn}");
                assert!(drawn.lines().count() <= HEIGHT + 6, "{drawn}");
                assert_eq!(drawn.is_ascii(), !is_unicode, "{drawn}");
                assert!(drawn.contains("3 more in summary.csv"), "{drawn}");
            }
        }
    }

    #[test]
    fn fewer_than_three_arms_are_no_plot() {
        let two = [
            arm(Form::AdamW, Mask::Matrices, 0.0, 2.0, 0.1),
            arm(Form::AdamW, Mask::Matrices, 1.0, 1.5, 0.1),
        ];
        assert_eq!(plot(two.concat()), None);
        assert_eq!(plot(Vec::new()), None);
    }
}
