//! Files of results that people or programs have changed: what is wrong with them is said, and nothing that is false.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Call, fixture, project, text, wane, wane_ok};

/// `runs.csv` as cells, the header first.
type Cells = Vec<Vec<String>>;

/// No decay and λ = 1 under three seeds.
struct Results {
    folder: tempfile::TempDir,
}

impl Results {
    fn trained() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
        let own = &tiny[tiny.find("[[arm]]").unwrap()..];
        let arm = "[[arm]]\nform = 'adamw'\nmask = 'matrices'\nweight_decay = [0.0, 1.0]\n";
        let spec = folder.path().join("spec.toml");
        fs::write(&spec, tiny.replace(own, arm)).unwrap();
        let out = text(folder.path());
        wane_ok(&["sweep", text(&spec), "--out", out, "--seeds", "0,1,2", "-q"]);
        Results { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tiny")
    }

    fn cells(&self) -> Cells {
        let text = fs::read_to_string(self.path().join("runs.csv")).unwrap();
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    /// What a command says of `runs.csv` in other words; the file is then as it was.
    fn of(&self, command: &[&str], contents: impl AsRef<[u8]>) -> Call {
        let (path, own) = (self.path(), self.path().join("runs.csv"));
        let before = fs::read(&own).unwrap();
        fs::write(&own, contents).unwrap();
        let call = wane(&[&[command[0], text(&path)], &command[1..]].concat());
        fs::write(&own, before).unwrap();
        call
    }

    /// What `report` says where some runs have another value.
    fn report(&self, runs: &[usize], column: &str, value: &str) -> String {
        let mut cells = self.cells();
        let place = place(&cells, column);
        runs.iter().for_each(|run| cells[1 + run][place] = value.to_owned());
        let call = self.of(&["report"], joined(&cells, ","));
        assert_eq!(call.code, Some(0), "{}", call.stderr);
        call.stdout.replace('\n', " ")
    }
}

fn place(cells: &Cells, column: &str) -> usize {
    cells[0].iter().position(|name| name == column).unwrap_or_else(|| panic!("{column}"))
}

fn joined(cells: &Cells, separator: &str) -> String {
    cells.iter().map(|line| line.join(separator) + "\n").collect()
}

fn assert_refused(call: &Call, expected: &[&str]) {
    assert_eq!(call.code, Some(2), "{}{}", call.stdout, call.stderr);
    for word in expected {
        assert!(call.stderr.contains(word), "`{word}`: {}", call.stderr);
    }
}

#[test]
fn a_column_that_is_missing_or_has_another_name_is_no_column_that_is_empty() {
    let results = Results::trained();
    let own = results.path();
    let commands: [&[&str]; 4] =
        [&["report"], &["explain"], &["compare", text(&own)], &["export", "--to", "pytorch"]];
    for column in
        ["weight_decay", "val_loss", "test_loss", "mask", "best_val_loss", "text_seed", "stage"]
    {
        let (mut without, mut renamed) = (results.cells(), results.cells());
        let place = place(&without, column);
        without.iter_mut().for_each(|line| drop(line.remove(place)));
        renamed[0][place] = "renamed".to_owned();
        let named = format!("runs.csv: it has no column `{column}`");
        for command in commands {
            assert_refused(&results.of(command, joined(&without, ",")), &[&named]);
        }
        let call = results.of(&["report"], joined(&renamed, ","));
        assert_refused(&call, &[&named, "but `renamed`, which is none of its columns"]);
    }
}

#[test]
fn rows_of_curves_in_another_order_are_the_same_curves() {
    let results = Results::trained();
    let (curves, page) = (results.path().join("curves.csv"), results.path().join("report.html"));
    let before = fs::read(&page).unwrap();
    let table = fs::read_to_string(&curves).unwrap();
    let mut lines: Vec<&str> = table.lines().collect();
    lines[1..].reverse();
    fs::write(&curves, lines.join("\n") + "\n").unwrap();
    wane_ok(&["report", text(&results.path())]);
    assert!(fs::read(&page).unwrap() == before, "sorted from the last row to the first");
}

#[test]
fn the_other_files_of_results_must_have_their_columns_too() {
    let results = Results::trained();
    for (file, column) in [
        ("curves.csv", "val_loss"),
        ("curves.csv", "weight_decay"),
        ("mechanism.csv", "total_decay"),
        ("manifest.csv", "coefficient"),
    ] {
        let path = results.path().join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, before.replacen(&format!(",{column},"), ",other,", 1)).unwrap();
        let call = wane(&["report", text(&results.path())]);
        assert_refused(&call, &[&format!("{file}: it has no column `{column}`")]);
        fs::write(&path, before).unwrap();
    }
}

#[test]
fn a_table_that_a_spreadsheet_saved_is_told_with_line_column_and_value() {
    let results = Results::trained();
    let cells = results.cells();
    let changed = |column: &str, value: &str| {
        let mut cells = cells.clone();
        let place = place(&cells, column);
        cells[2][place] = value.to_owned();
        joined(&cells, ",").into_bytes()
    };
    let plain = joined(&cells, ",");
    let wide = format!("\u{feff}{plain}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (contents, expected) in [
        (joined(&cells, ";").into_bytes(), "separated by semicolons; expected commas"),
        (joined(&cells, "\t").into_bytes(), "separated by tabs; expected commas"),
        (wide, "it is UTF-16; expected UTF-8"),
        (format!("sep=,\n{plain}").into_bytes(), "its line 1, `sep=,`, is no header"),
        (changed("val_loss", "\"2,5\""), "line 3, column `val_loss`: `2,5`; expected a number"),
        (changed("seed", "0.0"), "line 3, column `seed`: `0.0`; expected a whole number"),
        (changed("status", "Done"), "line 3, column `status`: `Done`; expected one of `done`"),
    ] {
        assert_refused(&results.of(&["report"], contents), &["runs.csv", "spreadsheet", expected]);
    }
}

#[test]
fn a_run_without_the_loss_that_is_reported_is_named_and_left_out() {
    let results = Results::trained();
    let run = results.cells()[5][0].clone();
    for (value, expected) in
        [("", "without a test loss"), ("NaN", "with a test loss that is no finite number")]
    {
        let told = results.report(&[4], "test_loss", value);
        assert!(told.contains("Test loss in nats per token"), "{told}");
        assert!(told.contains("– (no finite loss)") && !told.contains("– (collapsed)"), "{told}");
        assert!(!told.contains("no test loss"), "{told}");
        let named = format!("1 of 6 runs ended {expected}: {run}. Means and n leave them out");
        assert!(told.contains(&named), "{named}: {told}");
    }
}

#[test]
fn numbers_of_a_run_that_contradict_each_other_are_refused() {
    let results = Results::trained();
    for (column, value, said) in [
        ("gap", "7.5", "has a gap of 7.5, and val_loss − train_loss is"),
        ("test_copied", "1.5", "has a test_copied that no run can have"),
        ("best_val_loss", "0.125", "at its best step, and 0.125 in runs.csv"),
    ] {
        let mut cells = results.cells();
        let place = place(&cells, column);
        cells[1][place] = value.to_owned();
        assert_refused(&results.of(&["report"], joined(&cells, ",")), &["runs.csv", said]);
    }
    let mut cells = results.cells();
    let (form, mask) = (place(&cells, "form"), place(&cells, "mask"));
    let decay = place(&cells, "weight_decay");
    (cells[6][form], cells[6][mask]) = ("none".to_owned(), String::new());
    cells[6][decay] = "0.3".to_owned();
    let said = "has form none, and a weight_decay of 0.3 where it can be 0 alone";
    assert_refused(&results.of(&["report"], joined(&cells, ",")), &["runs.csv", said]);
}

#[test]
fn why_there_is_no_verdict_is_what_is_so() {
    let results = Results::trained();
    let run = results.cells()[5][0].clone();
    let false_reason = "No arm of the same model and recipe is without decay";
    let told = results.report(&[4], "val_loss", "");
    assert!(told.contains(&format!("1 of 6 runs ended without a val loss: {run}")), "{told}");
    assert!(told.contains("every run reached its end with losses that are finite"), "{told}");
    assert!(!told.contains(false_reason), "{told}");
    // It would contradict it.
    fs::remove_file(results.path().join("mechanism.csv")).unwrap();
    let told = results.report(&[5], "seed", "7");
    assert!(told.contains("Fewer than 3 pairs of seeds") && !told.contains(false_reason), "{told}");
    let mut cells = results.cells();
    let place = place(&cells, "weight_decay");
    cells[5][place].clear();
    let call = results.of(&["report"], joined(&cells, ","));
    assert_refused(&call, &[&format!("run {run} has no weight_decay, which its form adamw takes")]);
}

#[test]
fn runs_whose_losses_are_not_finite_are_not_said_to_have_stopped_early() {
    let results = Results::trained();
    for value in ["NaN", "inf"] {
        let told = results.report(&[0, 1, 2, 3, 4, 5], "test_loss", value);
        assert!(told.contains("No result: 6 of 6 runs reached the last step, but"), "{told}");
        assert!(!told.contains("none of 6 runs"), "{told}");
    }
}

#[test]
fn results_of_which_only_the_numbers_are_kept_are_told_what_a_report_needs() {
    let kept = project().join("results/reference");
    for (command, missing) in
        [("report", "does not hold curves.csv and manifest.csv"), ("explain", "curves.csv")]
    {
        let folder = tempfile::tempdir().unwrap();
        for file in ["experiment.json", "runs.csv"] {
            fs::copy(kept.join(file), folder.path().join(file)).unwrap();
        }
        let call = wane(&[command, text(folder.path())]);
        assert_refused(&call, &[missing, "wane collect SPEC", "wane sweep SPEC", "wane view"]);
        assert!(call.stderr.contains("stands in experiment.json"), "{}", call.stderr);
        fs::remove_file(folder.path().join("experiment.json")).unwrap();
        let call = wane(&[command, text(folder.path())]);
        assert_refused(&call, &["does not hold experiment.json", "wane sweep SPEC --replace"]);
        assert!(!call.stderr.contains("stands in"), "{}", call.stderr);
    }
}

#[test]
fn a_folder_in_place_of_a_spec_is_told_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["status", "collect", "plan", "sweep"] {
        let call = wane(&[command, text(folder.path())]);
        let expected = ["is a folder; expected the file of a spec", "--out", "`wane report`"];
        assert_refused(&call, &expected);
    }
}

#[test]
fn links_to_a_folder_whose_name_has_spaces_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("many (of us)/01 one epoch");
    fs::create_dir_all(&one).unwrap();
    let kept = project().join("results/reference/literature/01-one-epoch");
    for file in ["claims.csv", "claims.svg", "experiment.json"] {
        fs::copy(kept.join(file), one.join(file)).unwrap();
    }
    let docs = folder.path().join("docs");
    let from: &Path = one.parent().unwrap();
    wane_ok(&["report", text(from), "--literature", "--out", text(&docs)]);
    let page = fs::read_to_string(docs.join("literature.md")).unwrap();
    let whole = "../many%20%28of%20us%29";
    assert!(page.contains(&format!("]({whole}/literature.svg)")), "{page}");
    let figure = format!("[01 one epoch]({whole}/01%20one%20epoch/claims.svg)");
    assert!(page.contains(&figure), "{page}");
    assert!(!page.contains("](../many "), "{page}");
}

#[test]
fn a_cell_of_a_run_that_ended_is_not_taken_away_in_silence() {
    let results = Results::trained();
    for column in ["gap", "train_loss", "best_val_loss", "best_step", "stopped_test_loss"] {
        let mut cells = results.cells();
        let (place, run) = (place(&cells, column), cells[1][0].clone());
        cells[1][place].clear();
        let call = results.of(&["report"], joined(&cells, ","));
        assert_refused(&call, &[&format!("run {run} ended, and has no {column} beside the rest")]);
    }
}

#[test]
fn a_curve_without_its_last_rows_or_with_a_lower_loss_than_its_run_is_refused() {
    let results = Results::trained();
    let path = results.path().join("curves.csv");
    let before = fs::read_to_string(&path).unwrap();
    let cells: Cells =
        before.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let [run, step, val, gap] =
        ["run", "step", "val_loss", "gap"].map(|column| place(&cells, column));
    let first = cells[1][run].clone();
    let of_first = || cells.iter().filter(|line| line[run] == first && !line[val].is_empty());
    let last = of_first().map(|line| line[step].parse::<usize>().unwrap()).max().unwrap();
    let refused = |lines: Cells, told: &str| {
        fs::write(&path, joined(&lines, ",")).unwrap();
        let call = wane(&["report", text(&results.path())]);
        assert_refused(&call, &["curves.csv: run ", &first, told]);
    };
    let is_last = |line: &Vec<String>| line[run] == first && line[step] == last.to_string();
    let cut: Cells = cells.iter().filter(|line| !is_last(line)).cloned().collect();
    refused(cut, &format!("has no evaluation at its last step, {last}"));
    let mut lower = cells.clone();
    let between = |line: &&mut Vec<String>| {
        line[run] == first && !line[val].is_empty() && line[step] != "0" && !is_last(line)
    };
    let row = lower.iter_mut().find(between).expect("it is measured in between");
    row[val] = "0.001".to_owned();
    row[gap].clear();
    fs::write(&path, joined(&lower, ",")).unwrap();
    let call = wane(&["report", text(&results.path())]);
    assert_refused(&call, &["curves.csv: run ", &first, "0.001"]);
    let mut other = cells.clone();
    let row = other.iter_mut().find(between).unwrap();
    row[val] = "9.0".to_owned();
    fs::write(&path, joined(&other, ",")).unwrap();
    let call = wane(&["report", text(&results.path())]);
    assert_refused(&call, &["curves.csv", "a gap of ", "and val_loss − train_loss is "]);
    let middle = between_step(&cells, [run, step, val], &first);
    let is_lost = |line: &Vec<String>| line[run] == first && line[step] == middle;
    refused(
        cells.iter().filter(|line| !is_lost(line)).cloned().collect(),
        &format!("has no evaluation at step {middle}, which run "),
    );
}

/// A step at which a run is measured between its first and its last.
fn between_step(cells: &Cells, [run, step, val]: [usize; 3], id: &str) -> String {
    let measured = cells.iter().filter(|line| line[run] == id && !line[val].is_empty());
    measured.map(|line| line[step].clone()).nth(1).unwrap()
}

#[test]
fn losses_in_bits_that_are_not_those_in_nats_are_refused() {
    let results = Results::trained();
    for (loss, bits) in [("test_loss", "test_bpb"), ("stopped_test_loss", "stopped_test_bpb")] {
        let mut cells = results.cells();
        let (place, run) = (place(&cells, loss), cells[1][0].clone());
        cells[1][place] = "2.0".to_owned();
        let call = results.of(&["report"], joined(&cells, ","));
        assert_refused(&call, &[&format!("run {run} has a {bits} of ")]);
    }
}

#[test]
fn an_arm_whose_every_run_was_taken_away_is_missed() {
    let results = Results::trained();
    let mut cells = results.cells();
    let decay = place(&cells, "weight_decay");
    let lost: Vec<String> =
        cells.iter().filter(|line| line[decay] == "1.0").map(|line| line[0].clone()).collect();
    assert_eq!(lost.len(), 3);
    for file in ["curves.csv", "mechanism.csv"] {
        let path = results.path().join(file);
        let table = fs::read_to_string(&path).unwrap();
        let is_left = |line: &&str| !lost.iter().any(|id| line.contains(id.as_str()));
        let left: Vec<&str> = table.lines().filter(is_left).collect();
        fs::write(&path, left.join("\n") + "\n").unwrap();
    }
    cells.retain(|line| line[decay] != "1.0");
    let call = results.of(&["report"], joined(&cells, ","));
    assert_refused(&call, &["runs.csv has no run of the arm with", "weight_decay 1, which is in"]);
}
