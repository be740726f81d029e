use std::fs;

use super::*;
use crate::files::csv_of;
use crate::record::CurveRow;

/// Every column of any version.
fn all<T: CsvRow>() -> Vec<&'static str> {
    T::columns().concat()
}

/// A file of runs under two seeds.
fn runs() -> String {
    let line = |seed: u64| {
        let cell = |name: &&str| match *name {
            "run" => format!("id-{seed}"),
            "form" => "adamw".to_owned(),
            "mask" => "matrices".to_owned(),
            "weight_decay" => "0.25".to_owned(),
            "lr" => "0.01".to_owned(),
            "seed" | "tokens" => seed.to_string(),
            "status" => "done".to_owned(),
            "steps" => "9".to_owned(),
            "train_loss" => "2.25".to_owned(),
            "val_loss" => "2.5".to_owned(),
            "gap" => "0.25".to_owned(),
            "family" => "gpt2".to_owned(),
            _ => String::new(),
        };
        all::<RunRow>().iter().map(cell).collect::<Vec<_>>().join(",")
    };
    format!("{}\n{}\n{}\n", all::<RunRow>().join(","), line(0), line(1))
}

fn read(contents: &[u8]) -> Result<Vec<RunRow>> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("runs.csv"), contents).unwrap();
    read_runs(folder.path())
}

/// What is said of the file where some of its text is another.
fn said_of_cell(from: &str, to: &str) -> String {
    assert!(runs().contains(from), "{from}");
    format!("{:#}", read(runs().replacen(from, to, 1).as_bytes()).unwrap_err())
}

fn said_of_header<T: CsvRow>(header: &[&str]) -> String {
    check_columns::<T>(header).unwrap_err().to_string()
}

#[test]
fn a_file_without_a_column_of_its_version_is_refused_whichever_it_is() {
    let whole = all::<RunRow>();
    check_columns::<RunRow>(&whole).unwrap();
    // Without all that the last version added it is a file of the version before.
    let last = RunRow::columns().pop().unwrap();
    for name in whole.iter().filter(|name| last != [**name]) {
        let header: Vec<&str> = whole.iter().copied().filter(|one| one != name).collect();
        let said = said_of_header::<RunRow>(&header);
        assert!(said.contains(&format!("no column `{name}`")), "{name}: {said}");
    }
}

#[test]
fn files_of_every_older_version_are_read_in_any_order_and_with_columns_of_others() {
    let versions = RunRow::columns();
    for newest in 1..=versions.len() {
        let mut header = versions[..newest].concat();
        header.reverse();
        header.push("note");
        check_columns::<RunRow>(&header).unwrap();
    }
    let former = |name| if name == "best_step" { "best_val_step" } else { name };
    let old: Vec<&str> = all::<RunRow>().into_iter().map(former).collect();
    check_columns::<RunRow>(&old).unwrap();
}

#[test]
fn a_column_under_another_name_is_told_with_that_name() {
    let other = |name| if name == "test_loss" { "Test Loss" } else { name };
    let header: Vec<&str> = all::<RunRow>().into_iter().map(other).collect();
    let said = said_of_header::<RunRow>(&header);
    assert!(said.contains("no column `test_loss`, but `Test Loss`, which is none"), "{said}");
}

#[test]
fn headers_as_spreadsheets_write_them_are_told_so() {
    let semicolons = all::<RunRow>().join(";");
    let said = said_of_header::<RunRow>(&[&semicolons]);
    assert!(said.contains("separated by semicolons; expected commas"), "{said}");
    let tabs = all::<RunRow>().join("\t");
    assert!(said_of_header::<RunRow>(&[&tabs]).contains("separated by tabs"));
    let said = said_of_header::<RunRow>(&["sep=", ""]);
    assert!(said.contains("its line 1, `sep=,`, is no header"), "{said}");
    let twice = [all::<RunRow>(), vec!["seed"]].concat();
    assert!(said_of_header::<RunRow>(&twice).contains("the column `seed` twice"));
}

#[test]
fn every_column_that_is_written_is_known_and_the_other_way_round() {
    let header = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.lines().next().unwrap().split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    let rows = read(runs().as_bytes()).unwrap();
    assert_eq!(header(csv_of(&rows).unwrap()), all::<RunRow>());
    let RunRow { run, form, mask, weight_decay, seed, variant, .. } = rows[0].clone();
    let row = CurveRow::at(0);
    let curve = CurveCsvRow { run, form, mask, weight_decay, seed, variant, tokens: 0, row };
    let written = header(csv_of(&[curve]).unwrap());
    let known = all::<CurveCsvRow>();
    assert!(known.iter().all(|name| written.iter().any(|own| own == name)));
    let others = written.iter().filter(|name| !known.contains(&name.as_str()));
    let is_free =
        |name: &str| ["tokens", "gap"].contains(&name) || name.starts_with("weight_norm_");
    assert!(others.into_iter().all(|name| is_free(name)), "{written:?}");
}

#[test]
fn a_wrong_cell_is_told_with_its_line_its_column_and_what_was_expected() {
    assert_eq!(read(runs().as_bytes()).unwrap().len(), 2);
    for (from, to, expected) in [
        (",0.25", ",\"0,25\"", "column `weight_decay`: `0,25`; expected a number"),
        (",0,done", ",0.0,done", "column `seed`: `0.0`; expected a whole number"),
        (",done", ",DONE", "column `status`: `DONE`; expected one of `done`"),
        ("adamw,", ",", "column `form`: ``; expected one of"),
        (",2.5,", ", 2.5,", "column `val_loss`: ` 2.5`; expected a number"),
    ] {
        let said = said_of_cell(from, to);
        assert!(said.contains("runs.csv: line 2, ") && said.contains(expected), "{to}: {said}");
        assert!(said.contains("saved by a spreadsheet"), "{to}: {said}");
    }
}

#[test]
fn a_torn_line_is_told_with_its_number_and_a_form_without_its_lambda_or_mask_with_its_run() {
    let torn = said_of_cell("id-1,adamw,matrices", "id-1");
    let cells = all::<RunRow>().len();
    let expected = format!("line 3 has {} cells, its header {cells}", cells - 2);
    assert!(torn.contains(&expected), "{torn}");
    let bare = said_of_cell("matrices,0.25", "matrices,");
    assert!(bare.contains("run id-0 has no weight_decay, which its form adamw takes"), "{bare}");
    let bare = said_of_cell("matrices,0.25", ",0.25");
    assert!(bare.contains("run id-0 has no mask, which its form adamw takes"), "{bare}");
}

#[test]
fn a_file_in_another_encoding_is_told_so_and_an_empty_one_has_no_rows() {
    let wide: Vec<u8> = "\u{feff}run".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(format!("{:#}", read(&wide).unwrap_err()).contains("it is UTF-16"));
    assert!(read(b"").unwrap().is_empty());
}
