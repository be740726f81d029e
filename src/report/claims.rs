//! What runs say of the claims of their spec, as rows of `claims.csv`, of `summary.json` and of tables.

use serde::{Deserialize, Serialize};

use super::html::Table;
use super::tables::{broken, new_table, set_close, trimmed};
use super::{format, words};
use crate::config::{Basis, Expect, Measured, Named};
use crate::results::CsvRow;
use crate::stats::claims::{Judged, Verdict};

/// Columns of the first version of `claims.csv`.
const FIRST: &[&str] = &[
    "claim",
    "text",
    "source",
    "basis",
    "quantity",
    "finding",
    "expected",
    "smallest",
    "compared",
    "compared_expected",
    "n",
    "observed",
    "sd",
    "ci95_low",
    "ci95_high",
    "p",
    "p_holm",
    "p_against",
    "p_against_holm",
    "family_size",
    "verdict",
    "seeds_needed",
    "cannot_tell",
    "registered",
    "runs_before",
];

/// A row of `claims.csv`. Effects are in units of the quantity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimRow {
    /// Place among the claims of the spec, from 1.
    pub claim: usize,
    pub text: String,
    pub source: String,
    pub basis: Basis,
    pub quantity: Measured,
    /// What of it is held against what.
    pub finding: String,
    pub expected: Expect,
    /// The smallest effect that matters.
    pub smallest: f64,
    /// The comparison that decides: of several the weakest, or the one that contradicts.
    pub compared: String,
    /// What is expected of that.
    pub compared_expected: Expect,
    /// Seeds.
    pub n: usize,
    pub observed: Option<f64>,
    /// Standard deviation over seeds.
    pub sd: Option<f64>,
    /// The ends of the interval that covers all claims of the experiment at once; an end that the seeds do not tell is
    /// missing.
    pub ci95_low: Option<f64>,
    pub ci95_high: Option<f64>,
    /// Small where it comes out as said.
    pub p: Option<f64>,
    pub p_holm: Option<f64>,
    /// Small where an effect that matters is excluded.
    pub p_against: Option<f64>,
    pub p_against_holm: Option<f64>,
    /// Claims that are corrected together.
    pub family_size: usize,
    /// Comparisons of this one, that are counted in; files of older versions do not say it.
    #[serde(default = "one")]
    pub comparisons: usize,
    pub verdict: Verdict,
    /// Further seeds with which most experiments would tell.
    pub seeds_needed: Option<usize>,
    /// Why nothing can be told, and what could.
    pub cannot_tell: String,
    /// What could tell where seeds cannot, as the spec has it.
    #[serde(default)]
    pub needs: String,
    /// Which arms were the best where the best of several is meant.
    #[serde(default)]
    pub chosen: String,
    /// Runs that it rests on and that ended no better than by knowing how often each token occurs.
    #[serde(default)]
    pub collapsed: usize,
    /// When the claim was first seen.
    pub registered: String,
    /// Runs that had begun by then.
    pub runs_before: Option<usize>,
    /// What makes it no test of a prediction.
    #[serde(default)]
    pub warning: String,
}

impl CsvRow for ClaimRow {
    fn columns() -> Vec<Vec<&'static str>> {
        vec![FIRST.to_vec(), vec!["comparisons", "needs", "chosen", "collapsed", "warning"]]
    }
}

fn one() -> usize {
    1
}

/// A claim in `summary.json`.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimJson {
    #[serde(flatten)]
    row: ClaimRow,
    ci95: Option<[Option<f64>; 2]>,
}

impl ClaimRow {
    /// Of the claims of a spec, in its order.
    pub fn all(claims: &[Judged]) -> Vec<Self> {
        claims.iter().enumerate().map(|(place, one)| ClaimRow::of(place + 1, one)).collect()
    }

    fn of(claim: usize, judged: &Judged) -> Self {
        let finite = |end: f64| Some(end).filter(|end| end.is_finite());
        let said = &judged.claim;
        ClaimRow {
            claim,
            text: said.text.clone(),
            source: said.source.clone(),
            basis: said.basis,
            quantity: said.quantity,
            finding: said.finding.clone(),
            expected: said.expect,
            smallest: said.smallest,
            compared: judged.compared().to_owned(),
            compared_expected: judged.expect(),
            n: judged.observed.map_or(0, |one| one.n),
            observed: judged.observed.map(|one| one.mean),
            sd: judged.observed.and_then(|one| one.sd),
            ci95_low: judged.interval.and_then(|ends| finite(ends[0])),
            ci95_high: judged.interval.and_then(|ends| finite(ends[1])),
            p: judged.p,
            p_holm: judged.p_holm,
            p_against: judged.p_against,
            p_against_holm: judged.p_against_holm,
            family_size: judged.family_size,
            comparisons: said.parts.len(),
            verdict: judged.verdict,
            seeds_needed: judged.further_seeds,
            cannot_tell: words::cannot_tell(judged).unwrap_or_default(),
            needs: said.needs.clone().unwrap_or_default(),
            chosen: judged.chosen.join("; "),
            collapsed: judged.collapsed,
            registered: said.registered.as_ref().map_or(String::new(), |one| one.at.clone()),
            runs_before: said.registered.as_ref().map(|one| one.runs_before),
            warning: words::late_claims(std::slice::from_ref(judged)).join("; "),
        }
    }
}

impl ClaimJson {
    pub fn all(claims: &[Judged]) -> Vec<Self> {
        let with_interval = |row: ClaimRow| {
            let is_tested = row.observed.is_some();
            ClaimJson { ci95: is_tested.then_some([row.ci95_low, row.ci95_high]), row }
        };
        ClaimRow::all(claims).into_iter().map(with_interval).collect()
    }
}

/// Columns of the claims on the terminal.
const CLAIM: usize = 44;
const EXPECTED: usize = 24;
const OBSERVED: usize = 25;

/// The claims for the terminal: verdicts with what they rest on.
pub fn screen(claims: &[Judged]) -> Option<String> {
    let mut told = vec![words::claims_in_short(claims)?];
    let mut table = new_table(&["claim", "expected", "observed", "verdict"]);
    for judged in claims {
        let claim = format!("{} ({})", judged.claim.text, judged.claim.source);
        let observed = words::claim_numbers(judged).unwrap_or(format::MISSING.to_owned());
        let more = words::claim_remark(judged);
        table.add_row([
            broken(&claim, CLAIM),
            broken(&words::claim_expected(&judged.claim), EXPECTED),
            broken(&more.map_or(observed.clone(), |more| format!("{observed}; {more}")), OBSERVED),
            words::claim_verdict(judged.verdict).to_owned(),
        ]);
    }
    set_close(&mut table);
    told.push(trimmed(&table));
    let warnings = words::late_claims(claims).into_iter().chain(words::collapsed_claims(claims));
    told.extend(warnings.map(|late| broken(&format!("warning: {late}"), 110)));
    Some(told.join("\n\n"))
}

/// The claims for the page.
pub fn table(claims: &[Judged]) -> Option<Table> {
    let header =
        ["verdict", "claim", "source", "basis", "compared", "expected", "observed", "p", "seen"];
    let row = |judged: &Judged| {
        let said = &judged.claim;
        let seen =
            said.registered.as_ref().map_or(String::new(), |known| match known.runs_before {
                0 => format!("{}, before any run", known.at),
                runs => format!("{}, after {runs} runs", known.at),
            });
        let mut more = words::claim_remark(judged).map_or(String::new(), |why| format!(": {why}"));
        more.push_str(&words::collapsed(judged.collapsed));
        let observed = judged.observed.zip(judged.interval).map(|(observed, ends)| {
            format!("{} {}", format::signed(observed.mean, 4), format::interval(ends, 4))
        });
        [
            format!("{}{more}", words::claim_verdict(judged.verdict)),
            said.text.clone(),
            said.source.clone(),
            words::basis(said.basis).to_owned(),
            format!(
                "{} of {}{}",
                said.quantity.name(),
                judged.compared(),
                words::claim_chosen(&judged.chosen.join("; "))
            ),
            words::claim_expected(said),
            observed.unwrap_or_default(),
            judged
                .p_of_verdict()
                .map_or(String::new(), |p| format::p(p).trim_start_matches("p ").to_owned()),
            seen,
        ]
    };
    (!claims.is_empty()).then(|| Table::new(("claims", "claims"), &header, claims.iter().map(row)))
}
