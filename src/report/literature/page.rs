//! The page of all claims, as Markdown and for the terminal.

use super::super::tables::{broken, new_table, set_close, trimmed};
use super::super::{format, words};
use super::Entry;
use super::relative::address;
use crate::config::{Expect, Named};
use crate::plural::counted;
use crate::published::{Untested, untested};
use crate::report::claims::ClaimRow;
use crate::stats::claims::Verdict;

/// In the order of the page: what did not work comes first.
const ORDER: [Verdict; 3] = [Verdict::Contradicted, Verdict::CannotTell, Verdict::Shows];

/// The page; `results` is the way from it to the folder of the experiments.
pub fn page(entries: &[Entry], results: &str) -> String {
    let results = &address(results);
    let mut parts = vec![head(entries, results)];
    for verdict in ORDER {
        let own: Vec<&Entry> = entries.iter().filter(|one| one.row.verdict == verdict).collect();
        let heading = format!("## {}: {}", heading(verdict), own.len());
        parts.push(format!("{heading}\n\n{}", meaning(verdict)));
        parts.push(match own.is_empty() {
            true => "None.".to_owned(),
            false => table(&own, results),
        });
    }
    parts.extend(limits(entries));
    parts.push(not_tried(untested()));
    format!("{}\n", parts.join("\n\n"))
}

fn head(entries: &[Entry], results: &str) -> String {
    let count = |verdict| entries.iter().filter(|one| one.row.verdict == verdict).count();
    let mut experiments: Vec<&str> = entries.iter().map(|one| one.experiment.as_str()).collect();
    experiments.dedup();
    let not_before = |row: &ClaimRow| row.runs_before != Some(0) || !row.warning.is_empty();
    let contradicted = || entries.iter().filter(|one| one.row.verdict == Verdict::Contradicted);
    let reversed = contradicted().filter(|one| is_reversed(&one.row)).count();
    let seen = match entries.iter().filter(|one| not_before(&one.row)).count() {
        0 => "Every claim, with its direction and the smallest effect that matters, stood in its spec before the first of \
              the runs that are kept here was trained. What was trained and read before them, on these seeds or on others, is \
              not on record here."
            .to_owned(),
        late => format!(
            "Of these claims, {late} were written or changed, or got other arms or seeds, after runs of their experiment had \
             begun, or nobody knows when (`warning` in their `claims.csv`): they are no tests of predictions."
        ),
    };
    format!(
        "# The field's claims about weight decay, asked of small models\n\n\
         {} of {}: **{} contradicted here, {} that cannot be told here, {} that show here.** Of what is contradicted, {reversed} \
         differ the other way, or where there was to be no difference, and of {} only an effect that matters is excluded. A verdict is on what small models \
         do in minutes; it says whether a claim carries down to them, not whether it is true where it was made.\n\n\
         {seen} A claim shows where its comparison comes out as it says, of several every one: on its side of 0, however far, \
         or equal within the smallest effect that matters. It is contradicted where an effect as large as that is excluded, \
         also where it is there and smaller, or shown where there was to be none. All verdicts together, on {} claims, err in \
         at most 5% of such pages (Holm), given normal noise; intervals cover all of them at once: for the best of several arms \
         that of the experiment, stretched by Student's t. Differences are paired by seed. The spec of each experiment stands in \
         its `experiment.json`, beside its figure.\n\n\
         ![Every claim in units of the smallest effect that matters]({results}/literature.svg)",
        counted(entries.len(), "claim"),
        counted(experiments.len(), "experiment"),
        count(Verdict::Contradicted),
        count(Verdict::CannotTell),
        count(Verdict::Shows),
        contradicted().count() - reversed,
        entries.iter().map(|one| one.row.family_size).max().unwrap_or(0),
    )
}

/// Whether the opposite of what is claimed was found, rather than too little of it.
fn is_reversed(row: &ClaimRow) -> bool {
    match row.expected {
        Expect::Lower => row.ci95_low.is_some_and(|low| low > 0.0),
        Expect::Higher => row.ci95_high.is_some_and(|high| high < 0.0),
        Expect::Equal => true,
    }
}

fn heading(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Contradicted => "Contradicted here",
        Verdict::CannotTell => "Cannot be told here",
        Verdict::Shows => "Shows here",
    }
}

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Contradicted => {
            "What was to be lower or higher is not, or by less than the smallest effect that matters; what was to be equal \
             differs by more than that."
        }
        Verdict::CannotTell => "Neither the claim nor its opposite can be shown with these runs.",
        Verdict::Shows => {
            "What was to be lower or higher is, how far the interval tells; what was to be equal is, within the smallest \
             effect that matters."
        }
    }
}

fn table(entries: &[&Entry], results: &str) -> String {
    let header = "| claim | source | expected | observed | p | figure |\n|---|---|---|---|---|---|";
    let row = |one: &&Entry| {
        let row = &one.row;
        let more = match row.cannot_tell.as_str() {
            "" => String::new(),
            why => format!("; {why}"),
        };
        let p = match row.verdict {
            Verdict::Contradicted => row.p_against_holm,
            _ => row.p_holm,
        };
        format!(
            "| {} | {} ({}) | {} | {}{more}{}{} | {} | [{}]({results}/{}) |",
            cell(&row.text),
            cell(&row.source),
            words::basis(row.basis),
            cell(&expected(row)),
            cell(&observed(row)),
            cell(&words::claim_chosen(&row.chosen)),
            words::collapsed(row.collapsed),
            p.map_or(String::new(), |p| format::p(p)
                .trim_start_matches("p ")
                .trim_start_matches("= ")
                .to_owned()),
            linked(&one.experiment),
            address(&one.figure),
        )
    };
    let rows: Vec<String> = entries.iter().map(row).collect();
    format!("{header}\n{}", rows.join("\n"))
}

fn expected(row: &ClaimRow) -> String {
    let smallest = format::three_digits(row.smallest);
    let direction = match row.expected {
        Expect::Lower => format!("below 0, by {smallest} to matter"),
        Expect::Higher => format!("above 0, by {smallest} to matter"),
        Expect::Equal => format!("0 within {smallest}"),
    };
    format!("{} of {}: {direction}", row.quantity.name(), row.finding)
}

fn observed(row: &ClaimRow) -> String {
    let Some(observed) = row.observed else { return "not tested".to_owned() };
    let end = |end: Option<f64>, open: f64| end.unwrap_or(open);
    let ends = [end(row.ci95_low, f64::NEG_INFINITY), end(row.ci95_high, f64::INFINITY)];
    let of = match row.compared == row.finding {
        true => String::new(),
        false => words::claim_part(&row.compared, row.compared_expected, row.expected),
    };
    format!("{} {}{of}, n = {}", format::signed(observed, 3), format::interval(ends, 3), row.n)
}

/// What the authors of the specs say of them, above all else in each: what was claimed, what is scaled down, and what
/// the runs cannot show.
fn limits(entries: &[Entry]) -> Option<String> {
    let mut told: Vec<String> = Vec::new();
    for one in entries.iter().filter(|one| !one.about.is_empty()) {
        let own = format!("**{}**\n\n{}", one.experiment, one.about);
        if told.last() != Some(&own) {
            told.push(own);
        }
    }
    (!told.is_empty()).then(|| {
        format!("## What each experiment scales down, and cannot show\n\n{}", told.join("\n\n"))
    })
}

/// Text that ends no cell and no link.
fn linked(text: &str) -> String {
    cell(text).replace('[', "\\[").replace(']', "\\]")
}

/// Text that ends no cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn not_tried(all: &[Untested]) -> String {
    let row = |one: &Untested| {
        format!(
            "| {} | {} ({}) | {} | {} |",
            cell(&one.text),
            cell(&one.source),
            words::basis(one.basis),
            cell(&one.why),
            cell(&one.needs)
        )
    };
    let rows: Vec<String> = all.iter().map(row).collect();
    format!(
        "## Not asked: {}\n\n| claim | source | why not | what it takes |\n|---|---|---|---|\n{}",
        all.len(),
        rows.join("\n")
    )
}

/// Columns of the claims on the terminal.
const CLAIM: usize = 62;
const OBSERVED: usize = 28;

/// Verdicts in short, for the terminal.
pub fn answer(entries: &[Entry]) -> String {
    let mut table = new_table(&["claim", "observed", "verdict"]);
    for verdict in ORDER {
        for one in entries.iter().filter(|one| one.row.verdict == verdict) {
            let claim = format!("{} ({})", one.row.text, one.row.source);
            table.add_row([
                broken(&claim, CLAIM),
                broken(&observed(&one.row), OBSERVED),
                words::claim_verdict(verdict).to_owned(),
            ]);
        }
    }
    set_close(&mut table);
    trimmed(&table)
}
