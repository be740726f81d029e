use anstyle::{AnsiColor, Style};

use super::{Arm, Canvas, MOST_RULES, Plot};
use crate::report::figures::{LambdaAxis, tick};
use crate::report::format;

/// Lines of the chart itself.
pub const HEIGHT: usize = 8;
/// As wide as the tables, at most.
pub const WIDEST: usize = 110;

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

/// A plot on its way to lines.
pub struct Drawing<'a> {
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
    /// With every mark in its place.
    pub fn new(plot: &'a Plot, canvas: Canvas) -> Self {
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

    /// What is pointed at first, which keeps its place; then the others, beside it where two meet.
    fn mark_all(&mut self) {
        let plot = self.plot;
        let marked = plot.marked();
        marked.iter().for_each(|(rule, arm)| self.point_at(*rule, *arm));
        let none = plot.none.iter().map(|loss| (None, Arm::none(*loss)));
        let rules = plot.rules.iter().enumerate();
        let arms =
            rules.flat_map(|(rule, line)| line.arms.iter().map(move |arm| (Some(rule), *arm)));
        for (rule, arm) in none.chain(arms).filter(|one| !marked.contains(one)) {
            self.put(rule, arm);
        }
    }

    /// A mark in brackets, as far as there is room for them.
    fn point_at(&mut self, rule: Option<usize>, arm: Arm) {
        let (row, column) = (self.row(arm.loss), self.column(arm.weight_decay));
        let column = column.clamp(1, self.cells[row].len() - 2);
        let mark = self.mark(rule);
        let cells = &mut self.cells[row];
        for (column, letter, rule) in
            [(column, mark, rule), (column - 1, '[', None), (column + 1, ']', None)]
        {
            if cells[column].0 == ' ' {
                cells[column] = (letter, rule);
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

    /// In lines.
    pub fn text(&self) -> String {
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
        let told = if self.plot.is_search { self.searched() } else { self.lowest() };
        self.head() + &told
    }

    fn head(&self) -> String {
        format!("mean {} against {}", self.plot.loss, self.letters.lambda)
    }

    /// That the means are of the seeds that found, and what was judged on others.
    fn searched(&self) -> String {
        let judged = match self.plot.marked().is_empty() {
            true => "",
            false => "; [ ] judged on fresh ones",
        };
        format!(" on the search's own seeds{judged}")
    }

    /// The lowest mean, with its rule where there are several and room.
    fn lowest(&self) -> String {
        let Some((rule, arm)) = self.plot.lowest() else { return String::new() };
        let at = match arm.weight_decay > 0.0 {
            true => format!("{} = {}", self.letters.lambda, format::number(arm.weight_decay)),
            false => "no decay".to_owned(),
        };
        let told =
            format!("; [ ] lowest: {} at {at}", format::fixed(arm.loss.unwrap_or(f64::NAN), 3));
        let rule = rule.filter(|_| self.plot.rules.len() > 1);
        let of_rule =
            rule.map(|rule| format!("{told} of {}", self.plain(&self.plot.rules[rule].name)));
        let fits = |told: &String| (self.head() + told).chars().count() <= self.columns;
        of_rule.filter(fits).unwrap_or(told)
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
