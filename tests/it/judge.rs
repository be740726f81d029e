//! Runs that others trained: read as what they are, compared by the test that they allow.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value as Json;

use crate::common::{Call, fixture, rows, text, wane, wane_ok};

fn file(folder: &Path, name: &str, contents: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, contents).unwrap();
    path
}

/// Losses of two arms over so many seeds: the second is lower by 0.1, give or take a little.
fn table(seeds: usize) -> String {
    let line = |seed: usize| {
        let noise = (seed as f64 * 2.39).sin() * 0.05;
        let own = (seed as f64 * 5.1).cos() * 0.01;
        format!("adamw,0.0,{seed},{}\nadamw,0.1,{seed},{}\n", 3.0 + noise, 2.9 + noise + own)
    };
    format!("optimizer,weight_decay,seed,val_loss\n{}", (0..seeds).map(line).collect::<String>())
}

fn judge(contents: &str, more: &[&str]) -> Call {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "runs.csv", contents);
    wane(&[&["judge", text(&path)], more].concat())
}

fn json(call: &Call) -> Json {
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    serde_json::from_str(&call.stdout).expect("it is JSON")
}

const ASKED: [&str; 8] = [
    "--arm",
    "optimizer,weight_decay",
    "--seed",
    "seed",
    "--value",
    "val_loss",
    "--baseline",
    "0.0",
];

#[test]
fn a_line_that_spreadsheets_write_above_the_header_is_no_row() {
    let json = |contents: &str| judge(contents, &[&ASKED[..], &["--json"]].concat());
    let plain = json(&table(6));
    for above in ["sep=,\n", "\u{feff}sep=,\r\n"] {
        let own = json(&format!("{above}{}", table(6)));
        assert_eq!((own.code, &own.stdout), (Some(0), &plain.stdout), "{}", own.stderr);
    }
    let semicolons = json(&format!("sep=;\n{}", table(6).replace(',', ";")));
    assert_eq!((semicolons.code, &semicolons.stdout), (Some(0), &plain.stdout));
}

#[test]
fn runs_that_a_tracker_calls_unfinished_are_told_however_its_column_is_written() {
    for name in ["State", "state", "status", "Status"] {
        let state = |(place, line): (usize, &str)| match place {
            0 => format!("{line},{name}\n"),
            1 | 2 => format!("{line},running\n"),
            _ => format!("{line},finished\n"),
        };
        let contents: String = table(6).lines().enumerate().map(state).collect();
        let call = judge(&contents, &ASKED);
        let told = "2 of 12 rows are of runs that did not finish";
        assert!(call.stderr.contains(told), "{name}: {}", call.stderr);
        assert!(!call.stderr.contains("counts as noise"), "{name}: {}", call.stderr);
    }
}

#[test]
fn runs_of_which_a_tracker_says_another_word_for_their_end_are_not_called_unfinished() {
    for ended in ["COMPLETE", "TERMINATED", "success", "finished"] {
        let state = |(place, line): (usize, &str)| match place {
            0 => format!("{line},state\n"),
            _ => format!("{line},{ended}\n"),
        };
        let contents: String = table(6).lines().enumerate().map(state).collect();
        let call = judge(&contents, &ASKED);
        assert!(!call.stderr.contains("did not finish"), "{ended}: {}", call.stderr);
    }
}

#[test]
fn checkpoints_of_a_run_are_that_run_and_no_seeds() {
    let folder = tempfile::tempdir().unwrap();
    for (decay, loss) in [("0.0", 3.0), ("0.1", 2.9)] {
        for end in [10, 20, 30, 40] {
            let row = |step: usize| {
                format!("{{\"step\": {step}, \"eval_loss\": {}}}", loss - step as f64 / 100.0)
            };
            let rows: Vec<String> = (10..=end).step_by(10).map(row).collect();
            let state = format!("{{\"log_history\": [{}]}}", rows.join(","));
            let name = format!("wd{decay}-seed0/checkpoint-{end}/trainer_state.json");
            file(folder.path(), &name, &state);
        }
    }
    let call = wane(&["judge", text(folder.path()), "--json"]);
    let said = json(&call);
    let arms = said["arms"].as_array().unwrap();
    let runs: Vec<_> = arms.iter().map(|arm| (arm["arm"].clone(), arm["n"].clone())).collect();
    assert_eq!(runs, [("wd0.0".into(), 1.into()), ("wd0.1".into(), 1.into())], "{said}");
    assert!(said["comparisons"].as_array().unwrap().iter().all(|one| one["p"].is_null()), "{said}");
}

#[test]
fn a_log_that_begins_with_its_settings_is_of_the_arm_that_they_say() {
    let folder = tempfile::tempdir().unwrap();
    for (decay, loss) in [(0.0, 3.0), (0.1, 2.9)] {
        for seed in 0..3 {
            let begun = format!("{{\"config\": {{\"weight_decay\": {decay}, \"seed\": {seed}}}}}");
            let row = format!("{{\"step\": 10, \"val_loss\": {}}}", loss + 0.01 * f64::from(seed));
            file(folder.path(), &format!("{decay}-{seed}.jsonl"), &format!("{begun}\n{row}\n"));
        }
    }
    let asked = ["--arm", "weight_decay", "--seed", "seed", "--json"];
    let call = wane(&[&["judge", text(folder.path())], &asked[..]].concat());
    let said = json(&call);
    let runs: Vec<_> =
        said["arms"].as_array().unwrap().iter().map(|arm| arm["n"].clone()).collect();
    assert_eq!(runs, [3, 3], "{said}");
    assert!(!call.stderr.contains("diverged"), "{}", call.stderr);
}

#[test]
fn settings_that_are_mixed_in_an_arm_are_told_of_tables_with_steps_too() {
    let line = |run: usize| {
        let (decay, optimizer) = ([0.0, 0.1][run % 2], ["adamw", "lion", "muon"][run / 2]);
        let row = |step: usize| format!("r{run},{decay},{optimizer},{step},{}\n", 3.0 - decay);
        row(10) + &row(20)
    };
    let rows: String = (0..6).map(line).collect();
    let call = judge(
        &format!("run,weight_decay,optimizer,step,val_loss\n{rows}"),
        &["--arm", "weight_decay", "--value", "val_loss"],
    );
    assert!(call.stderr.contains("`optimizer` varies inside arms"), "{}", call.stderr);
}

#[test]
fn a_column_that_counts_rows_hides_no_copies() {
    let numbered = |contents: &str| -> String {
        let line = |(place, line): (usize, &str)| match place {
            0 => format!(",{line}\n"),
            _ => format!("{},{line}\n", place - 1),
        };
        contents.lines().enumerate().map(line).collect()
    };
    let plain = table(6).replace(",seed", "").replace("optimizer", "kind");
    let plain: String = plain
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells.len() == 4 {
                cells.remove(2);
            }
            cells.join(",") + "\n"
        })
        .collect();
    let twice = format!("{plain}{}", plain.split_once('\n').unwrap().1);
    let asked = ["--arm", "kind,weight_decay", "--value", "val_loss"];
    let [bare, counted] = [twice.clone(), numbered(&twice)].map(|one| judge(&one, &asked));
    assert!(bare.stderr.contains("WARNING"), "{}", bare.stderr);
    assert_eq!((&counted.stdout, &counted.stderr), (&bare.stdout, &bare.stderr));
}

#[test]
fn arms_with_common_seeds_are_compared_as_pairs() {
    let call = judge(&table(6), &[&ASKED[..], &["--json"]].concat());
    let comparison = &json(&call)["comparisons"][0];
    assert_eq!(
        (&comparison["left"], &comparison["right"]),
        (&"adamw 0.1".into(), &"adamw 0".into())
    );
    assert_eq!(
        (&comparison["kind"], &comparison["test"], &comparison["n"]),
        (&"lower".into(), &"paired".into(), &6.into())
    );
    let difference = comparison["difference"].as_f64().unwrap();
    let ends: Vec<f64> =
        comparison["ci95"].as_array().unwrap().iter().map(|end| end.as_f64().unwrap()).collect();
    assert!(ends[0] < difference && difference < ends[1] && ends[1] < 0.0, "{comparison}");
    let screen = judge(&table(6), &ASKED);
    assert!(
        screen.stdout.contains("lower") && screen.stdout.contains("6 pairs"),
        "{}",
        screen.stdout
    );
    assert!(screen.stdout.lines().all(|line| line.chars().count() <= 111), "{}", screen.stdout);
}

#[test]
fn small_losses_are_shown_with_the_digits_that_tell_them_apart() {
    let line = |seed: usize| {
        let noise = (seed as f64 * 2.39).sin() * 1e-7;
        format!("a,{seed},{:e}\nb,{seed},{:e}\n", 2e-5 + noise, 3e-5 + noise * 1.1)
    };
    let table = format!("arm,seed,val_loss\n{}", (0..6).map(line).collect::<String>());
    let screen = judge(&table, &["--arm", "arm"]).stdout;
    assert!(screen.starts_with("The best mean is that of a: val_loss 0.0000200"), "{screen}");
    assert!(screen.contains("−0.0000100") && screen.contains("lower is better"), "{screen}");
    assert!(!screen.contains("0.0000 "), "{screen}");
    let higher = judge(&table, &["--arm", "arm", "--higher-is-better"]).stdout;
    assert!(
        higher.starts_with("The best mean is that of b") && higher.contains("higher is better")
    );
}

#[test]
fn arms_of_one_mean_are_all_named_as_the_best() {
    let line = |seed: usize| format!("a,{seed},3.{seed}\nb,{seed},3.{seed}\nc,{seed},4.{seed}\n");
    let table = format!("arm,seed,val_loss\n{}", (0..3).map(line).collect::<String>());
    let screen = judge(&table, &["--arm", "arm"]).stdout;
    assert!(screen.starts_with("2 arms have the best mean, val_loss 3.1000"), "{screen}");
    assert!(screen.contains("(lower is better): a, b."), "{screen}");
}

#[test]
fn seeds_with_zeros_before_them_are_the_same_seeds() {
    let line = |seed: usize| {
        format!("a,{seed},{}\nb,0{seed},{}\n", 3.0 + seed as f64, 2.9 + seed as f64 * 1.01)
    };
    let table = format!("arm,seed,val_loss\n{}", (0..4).map(line).collect::<String>());
    let found = json(&judge(&table, &["--arm", "arm", "--json"]));
    assert_eq!(found["comparisons"][0]["test"], "paired", "{found}");
}

#[test]
fn why_two_runs_an_arm_are_not_tested_is_said_on_the_screen() {
    let table = "arm,seed,val_loss\na,0,3.0\na,1,3.1\nb,0,3.2\nb,1,3.4\n";
    let screen = judge(table, &["--arm", "arm"]).stdout.replace('\n', " ");
    assert!(screen.contains("Where neither arm has three runs there is no test."), "{screen}");
}

#[test]
fn lines_of_json_keep_the_names_of_their_runs() {
    let folder = tempfile::tempdir().unwrap();
    let line = |arm: &str, seed: usize, step: usize| {
        let loss = 3.0 - step as f64 / 200.0 + seed as f64 * 0.01;
        format!(
            "{{\"run\": \"wd{arm}-s{seed}\", \"weight_decay\": {arm}, \"step\": {step}, \"val_loss\": {loss}}}\n"
        )
    };
    let lines: String = ["0.0", "0.1"]
        .iter()
        .flat_map(|arm| (0..3).map(move |seed| (arm, seed)))
        .flat_map(|(arm, seed)| [100, 200].map(|step| line(arm, seed, step)))
        .collect();
    let path = file(folder.path(), "log.jsonl", &lines);
    let found = json(&wane(&["judge", text(&path), "--arm", "weight_decay", "--json"]));
    let runs: Vec<_> = found["arms"].as_array().unwrap().iter().map(|arm| &arm["n"]).collect();
    assert_eq!(runs, [3, 3], "{found}");
}

#[test]
fn a_run_beside_another_of_its_seed_is_refused_though_it_stopped_early() {
    let rows = |arm: &str, seed: usize| {
        [100, 200, 300].map(|step| format!("{arm},{seed},{step},{}\n", 3.0 - step as f64 / 200.0))
    };
    let all: String =
        ["0.0", "0.1"].iter().flat_map(|arm| (0..3).flat_map(|seed| rows(arm, seed))).collect();
    let whole = format!("wd,seed,step,val_loss\n{all}");
    assert_eq!(judge(&whole, &["--arm", "wd"]).code, Some(0));
    let resumed = format!("{whole}0.1,1,200,2.01\n0.1,1,300,1.51\n");
    let call = judge(&resumed, &["--arm", "wd"]);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    let stopped = format!("{whole}0.1,1,100,7.1\n0.1,1,200,9.9\n");
    let call = judge(&stopped, &["--arm", "wd"]);
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    assert!(call.stderr.contains("several numbers at step 200"), "{}", call.stderr);
}

#[test]
fn numbers_that_are_joined_and_seeds_that_are_missing_are_told() {
    let table = "ver,seed,val_loss\n1.1,,2.0\n1.1,,2.1\n1.10,,3.0\n1.2,,2.5\n1.2,,2.6\n1.2,,2.5\n";
    let said = judge(table, &["--arm", "ver"]).stderr;
    assert!(said.contains("`1.1` and `1.10` in the column `ver` are one number"), "{said}");
    assert!(said.contains("the column `seed` is empty: runs are not paired"), "{said}");
    let some = table.replace("1.2,,2.6", "1.2,4,2.6");
    let said = judge(&some, &["--arm", "ver"]).stderr;
    assert!(said.contains("the column `seed` is empty in 5 of 6 rows"), "{said}");
}

#[test]
fn compressed_tables_and_logs_are_read_as_what_is_packed_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let pack = |name: &str, contents: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(contents.as_bytes()).unwrap();
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, encoder.finish().unwrap()).unwrap();
        path
    };
    let asked = [&ASKED[..], &["--json"]].concat();
    let plain = judge(&table(6), &asked);
    let packed = pack("runs.csv.gz", &table(6));
    let call = wane(&[&["judge", text(&packed)], &asked[..]].concat());
    assert_eq!((call.code, &call.stdout), (Some(0), &plain.stdout), "{}", call.stderr);

    for (decay, seed, loss) in [(0, 1, 3.0), (0, 2, 3.1), (1, 1, 2.9), (1, 2, 3.0)] {
        let name = format!("logs/wd{decay}-s{seed}.log.gz");
        pack(&name, &format!("step 10: val loss {loss}\n"));
    }
    let logs = folder.path().join("logs");
    let call = wane(&["judge", text(&logs), "--name", "wd{wd}-s{seed}", "--arm", "wd", "--json"]);
    let arms = json(&call)["arms"].as_array().unwrap().len();
    assert_eq!(arms, 2, "{}", call.stderr);

    let whole = fs::read(&packed).unwrap();
    fs::write(&packed, &whole[..whole.len() / 2]).unwrap();
    let call = wane(&[&["judge", text(&packed)], &ASKED[..]].concat());
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("runs.csv.gz is damaged or was cut short"), "{}", call.stderr);
}

#[test]
fn a_table_in_utf_16_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.csv");
    let text_in_utf16: Vec<u8> =
        format!("\u{feff}{}", table(3)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&path, text_in_utf16).unwrap();
    let call = wane(&["judge", text(&path)]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("iconv -f UTF-16 -t UTF-8"), "{}", call.stderr);
}

/// The product's own verdict of two single arms, from the runs of a committed experiment.
#[test]
fn a_word_where_the_losses_of_a_log_stand_is_told_and_its_run_is_not_left_out() {
    let of = |last: &str| {
        let row = |wd: u8, seed: u8, loss: &str| {
            format!("{{\"wd\": {wd}, \"seed\": {seed}, \"val_loss\": {loss}}}\n")
        };
        let rows = [(0, 0, "3.1"), (0, 1, "3.12"), (0, 2, "3.09"), (1, 0, "3.0"), (1, 1, last)];
        let rows: String = rows.iter().map(|(wd, seed, loss)| row(*wd, *seed, loss)).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "runs.jsonl", &(rows + &row(1, 2, "3.01")));
        wane(&["judge", text(&path), "--arm", "wd"])
    };
    assert_eq!(of("3.05").code, Some(0));
    for (last, shown) in
        [("\"diverged\"", "`diverged`"), ("true", "`true`"), ("[3.05]", "`[3.05]`")]
    {
        let call = of(last);
        assert_eq!(call.code, Some(2), "{last}: {}", call.stdout);
        assert!(
            call.stderr.contains(&format!("{shown} in the column `val_loss`")),
            "{}",
            call.stderr
        );
    }
}

#[test]
fn a_log_that_was_cut_short_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (wd, seed, loss) in [(0, 0, 3.1), (0, 1, 3.2), (1, 0, 3.0), (1, 1, 9.9)] {
        let state = format!(
            "{{\"log_history\": [{{\"step\": 100, \"eval_loss\": {loss}}}], \"global_step\": 100}}"
        );
        let cut = if loss > 9.0 { state.len() - 30 } else { state.len() };
        file(&folder.path().join(format!("wd{wd}-s{seed}")), "trainer_state.json", &state[..cut]);
    }
    let call = wane(&["judge", text(folder.path()), "--name", "wd{wd}-s{seed}", "--arm", "wd"]);
    let told = call.stdout + &call.stderr;
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("holding no single object of JSON (")
            && told.contains("wd1-s1/trainer_state.json"),
        "{told}"
    );
}

#[test]
fn its_verdicts_are_those_of_a_sweep() {
    let reference = fixture("../../results/reference/grid");
    let runs = rows(&reference.join("runs.csv"));
    let wanted = |row: &&std::collections::HashMap<String, String>| {
        row["form"] == "none" || (row["form"] == "adamw" && row["mask"] == "matrices")
    };
    let line = |row: &std::collections::HashMap<String, String>| {
        let lambda = if row["weight_decay"].is_empty() { "0" } else { &row["weight_decay"] };
        format!("{lambda},{},{}\n", row["seed"], row["val_loss"])
    };
    let lines: String = runs.iter().filter(wanted).map(line).collect();
    let call =
        judge(&format!("wd,seed,val_loss\n{lines}"), &["--arm", "wd", "--baseline", "0", "--json"]);
    let found = json(&call);
    let summary = rows(&reference.join("summary.csv"));
    let mut compared = 0;
    for comparison in found["comparisons"].as_array().unwrap() {
        let lambda: f64 = comparison["left"].as_str().unwrap().parse().unwrap();
        let own = summary.iter().find(|row| {
            row["form"] == "adamw"
                && row["mask"] == "matrices"
                && row["weight_decay"].parse() == Ok(lambda)
        });
        let Some(own) = own else { continue };
        for (key, column) in [("difference", "d_val_loss"), ("p", "d_val_loss_p")] {
            let (found, expected) =
                (comparison[key].as_f64().unwrap(), own[column].parse::<f64>().unwrap());
            assert!(
                (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3),
                "{lambda} {key}: {found} {expected}"
            );
        }
        compared += 1;
    }
    assert!(compared >= 4, "{compared}");
}

#[test]
fn runs_without_common_seeds_are_two_samples_and_that_is_said() {
    let text = "arm,val_loss\na,3.00\na,3.02\na,2.98\na,3.01\nb,2.90\nb,2.93\nb,2.89\n";
    let found = json(&judge(text, &["--arm", "arm", "--json"]));
    let comparison = &found["comparisons"][0];
    assert_eq!((&comparison["test"], &comparison["kind"]), (&"welch".into(), &"higher".into()));
    assert_eq!((&comparison["n_left"], &comparison["n_right"]), (&4.into(), &3.into()));
    let fine_print = found["fine_print"].as_str().unwrap();
    assert!(fine_print.contains("Welch's t with the degrees of freedom of the smaller one"));
    assert!(fine_print.contains("which of normal numbers never claims more often than it says"));
}

#[test]
fn an_arm_of_one_run_is_held_against_the_spread_of_the_other() {
    let text = "arm,seed,val_loss\na,0,3.00\na,1,3.02\na,2,2.98\na,3,3.01\nb,0,2.50\nc,0,3.01\n";
    let found = json(&judge(text, &["--arm", "arm", "--baseline", "a", "--json"]));
    let kind = |place: usize| found["comparisons"][place]["kind"].clone();
    assert_eq!(found["comparisons"][0]["test"], "pooled");
    assert_eq!((kind(0), kind(1)), ("lower".into(), "undecided".into()));
    let lonely = json(&judge("arm,val_loss\na,3.0\nb,2.0\n", &["--arm", "arm", "--json"]));
    assert!(lonely["comparisons"][0]["kind"].is_null() && lonely["comparisons"][0]["p"].is_null());
    assert_eq!(lonely["comparisons"][0]["difference"], 1.0);
}

#[test]
fn a_seed_that_one_arm_was_not_trained_on_is_left_out_and_counted() {
    let text = format!("{}adamw,0.1,9,2.9\n", table(4));
    let found = json(&judge(&text, &[&ASKED[..], &["--json"]].concat()));
    let comparison = &found["comparisons"][0];
    assert_eq!((&comparison["n"], &comparison["unpaired"]), (&4.into(), &1.into()));
    assert_eq!((&comparison["kind"], &found["warnings"]), (&"lower".into(), &Json::Array(vec![])));
}

/// Arms x and y against z over five seeds: both are lower, and one run of x has this for its number.
fn with_a_run_of_x(number: &str) -> String {
    let line = |seed: usize| {
        let level = 3.0 + (seed as f64 * 2.39).sin() * 0.05;
        let own = (seed as f64 * 5.1).cos() * 0.01;
        let x = if seed == 2 { number.to_owned() } else { (level - 0.3 + own).to_string() };
        format!("x,{seed},{x}\ny,{seed},{}\nz,{seed},{level}\n", level - 0.05 + own)
    };
    format!("arm,seed,val_loss\n{}", (0..5).map(line).collect::<String>())
}

#[test]
fn an_arm_with_a_run_that_diverged_has_no_test_and_is_never_best() {
    for number in ["nan", "inf", "-inf", "", "null"] {
        let text = with_a_run_of_x(number);
        let found = json(&judge(&text, &["--arm", "arm", "--baseline", "z", "--json"]));
        let comparison = &found["comparisons"][0];
        assert_eq!(comparison["test"], "not-finite", "{number}");
        for key in ["kind", "p", "p_holm", "ci95"] {
            assert!(comparison[key].is_null(), "{number} {key}: {comparison}");
        }
        assert_eq!(
            found["verdicts"][0],
            "x: val_loss against z, not tested: 1 of 5 runs of x has no finite number to compare; a run that diverged is an outcome"
        );
        let best = found["arms"].as_array().unwrap().iter().find(|arm| arm["best"] == true);
        assert_eq!(best.unwrap()["arm"], "y", "{number}");
        let warnings = found["warnings"].to_string();
        assert!(warnings.contains("1 of 5 runs of x has no finite val_loss"), "{warnings}");
        assert!(warnings.contains("never called best and has no p"), "{warnings}");
    }
    let screen = judge(&with_a_run_of_x("nan"), &["--arm", "arm", "--baseline", "z"]);
    assert!(screen.stdout.starts_with("The best mean is that of y:"), "{}", screen.stdout);
}

/// Which comparisons a family has does not hang on how its runs ended.
#[test]
fn a_comparison_that_a_diverged_run_forbids_counts_in_the_correction() {
    let more = ["--arm", "arm", "--baseline", "z", "--json"];
    let found = json(&judge(&with_a_run_of_x("nan"), &more));
    let other = &found["comparisons"][1];
    assert_eq!((&other["kind"], &other["family_size"]), (&"lower".into(), &2.into()));
    let [p, holm] = ["p", "p_holm"].map(|key| other[key].as_f64().unwrap());
    assert!((holm - 2.0 * p).abs() < 1e-12 * p, "{p} {holm}");
    assert!(found["fine_print"].as_str().unwrap().contains("still count in Holm's correction"));
}

#[test]
fn a_baseline_whose_every_run_diverged_is_still_the_baseline() {
    let text = "arm,seed,val_loss\na,0,nan\na,1,nan\na,2,nan\nb,0,3.0\nb,1,3.1\nb,2,3.3\n";
    let found = json(&judge(text, &["--arm", "arm", "--baseline", "a", "--json"]));
    assert_eq!(found["comparisons"][0]["test"], "not-finite");
    assert_eq!((&found["arms"][0]["n"], &found["arms"][1]["best"]), (&0.into(), &true.into()));
    let screen = judge(text, &["--arm", "arm", "--baseline", "a"]);
    assert_eq!(screen.code, Some(0), "{}", screen.stderr);
}

#[test]
fn where_every_arm_has_a_run_that_diverged_that_is_the_answer() {
    let text = "arm,seed,val_loss\na,0,nan\na,1,3.0\nb,0,3.0\nb,1,inf\nb,2,3.3\n";
    let call = judge(text, &["--arm", "arm"]);
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    assert!(
        call.stderr.contains("every arm has runs without a finite val_loss (a: 1 of 2, b: 1 of 3)"),
        "{}",
        call.stderr
    );
}

#[test]
fn numbers_too_large_to_calculate_with_are_not_tested() {
    let unpaired = "arm,val_loss\na,1e308\na,1e308\nb,-1e308\nb,-1e308\nb,1e308\n";
    let paired =
        "arm,seed,val_loss\na,0,1e308\na,1,-1e308\na,2,1e308\nb,0,-1e308\nb,1,1e308\nb,2,1\n";
    for text in [unpaired, paired] {
        let found = json(&judge(text, &["--arm", "arm", "--epsilon", "0.1", "--json"]));
        let comparison = &found["comparisons"][0];
        assert!(comparison["p"].is_null() && comparison["kind"].is_null(), "{comparison}");
        assert_eq!(comparison["test"], "too-large");
        assert!(found["verdicts"][0].as_str().unwrap().contains("too large to calculate with"));
    }
}

#[test]
fn a_difference_that_is_the_same_in_every_seed_is_not_tested() {
    let lines = |shift: f64| -> String {
        // As they are written, so that differences agree but for rounding.
        let line = |(seed, loss): (usize, &f64)| {
            format!("a,{seed},{:.4}\nb,{seed},{loss}\n", loss + shift)
        };
        [3.012, 3.0471, 2.9954, 3.1009].iter().enumerate().map(line).collect()
    };
    for shift in [-0.001, -0.5, 0.0] {
        let text = format!("arm,seed,val_loss\n{}", lines(shift));
        let found = json(&judge(&text, &["--arm", "arm", "--epsilon", "0.01", "--json"]));
        let comparison = &found["comparisons"][0];
        assert_eq!((&comparison["test"], &comparison["kind"]), (&"copied".into(), &Json::Null));
        let verdict = found["verdicts"][0].as_str().unwrap();
        assert!(verdict.contains("not tested: the same in every seed"), "{verdict}");
    }
    let constant = "arm,val_loss\na,0.1\na,0.1\na,0.1\nb,0.3\nb,0.3\nb,0.3\n";
    let found = json(&judge(constant, &["--arm", "arm", "--json"]));
    assert!(found["verdicts"][0].as_str().unwrap().contains("the same in every run"), "{found}");
}

/// Differences and equivalences are two families, each with its own share of false claims.
#[test]
fn the_share_of_false_claims_is_told_once_for_differences_and_once_for_equivalences() {
    let found =
        json(&judge(&table(6), &[&ASKED[..], &["--epsilon", "0.00001", "--json"]].concat()));
    let told = found["fine_print"].as_str().unwrap();
    assert!(told.contains("5% for differences, and 5% for equivalences"), "{told}");
    assert!(told.contains("a difference of 1e-5 or more"), "as people write it: {told}");
    let help = wane(&["judge", "--help"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("5% for differences, and 5% for equivalences"), "{help}");
    let without = json(&judge(&table(6), &[&ASKED[..], &["--json"]].concat()));
    assert!(!without["fine_print"].as_str().unwrap().contains("for equivalences"));
}

#[test]
fn a_run_whose_log_ends_with_null_has_diverged() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..4 {
        let rows = |first: f64, last: &str| {
            format!(
                "{{\"step\": 100, \"val_loss\": {first}}}\n{{\"step\": 200, \"val_loss\": {last}}}\n"
            )
        };
        let own = |arm: &str, text: String| {
            file(folder.path(), &format!("{arm}-s{seed}.jsonl"), &text);
        };
        own("wd0", rows(3.1, &format!("3.0{seed}")));
        own("wd1", rows(2.9, "null"));
    }
    let call = wane(&["judge", text(folder.path()), "--baseline", "wd0"]);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    assert!(call.stdout.contains("The best mean is that of wd0"), "{}", call.stdout);
    assert!(call.stderr.contains("4 of 4 runs of wd1 have no finite val_loss"), "{}", call.stderr);
}

#[test]
fn whole_runs_under_one_name_are_refused_and_not_taken_for_one_that_was_resumed() {
    let mut rows = "wd,lr,seed,step,val_loss\n".to_owned();
    for (wd, lr, loss) in [(0, "1e-3", 3.2), (0, "1e-2", 3.0), (1, "1e-3", 3.0), (1, "1e-2", 3.2)] {
        for seed in 0..5 {
            for step in [100, 200, 300] {
                let loss = loss + f64::from(seed) / 100.0 - f64::from(step) / 1e4;
                rows += &format!("{wd},{lr},{seed},{step},{loss}\n");
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "runs.csv", &rows);
    let call = wane(&["judge", text(&path), "--arm", "wd", "--baseline", "0"]);
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    assert!(call.stderr.contains("several runs under one name"), "{}", call.stderr);
    let call = wane(&["judge", text(&path), "--arm", "wd,lr", "--baseline", "0"]);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
}

#[test]
fn the_loss_of_another_text_is_not_taken_for_that_of_val() {
    let folder = tempfile::tempdir().unwrap();
    for (arm, train, valid) in [("wd0", 1.9, 3.0), ("wd1", 2.1, 2.8)] {
        for seed in 0..4 {
            let more = f64::from(seed) / 100.0;
            let line = format!(
                "iter 100 train: loss {} valid: loss {}\n",
                train + more * more,
                valid + more
            );
            file(folder.path(), &format!("{arm}-s{seed}.log"), &line);
        }
    }
    let call = wane(&["judge", text(folder.path()), "--baseline", "wd0"]);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    let best = "The best mean is that of wd1: val_loss 2.8";
    assert!(call.stdout.contains(best), "{}", call.stdout);
}

#[test]
fn a_baseline_may_be_a_value_that_every_group_has() {
    let text = "optimizer,wd,seed,loss\nadamw,0,0,3\nadamw,0,1,3.1\nadamw,0,2,3.2\nadamw,0.1,0,2.9\nadamw,0.1,1,3.01\nadamw,0.1,2,3.1\n\
                muon,0,0,2.8\nmuon,0,1,2.9\nmuon,0,2,3\nmuon,0.1,0,2.6\nmuon,0.1,1,2.71\nmuon,0.1,2,2.8\n";
    let found = json(&judge(text, &["--arm", "optimizer,wd", "--baseline", "0.0", "--json"]));
    let pairs: Vec<String> = found["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["left"], one["right"]))
        .collect();
    assert_eq!(pairs, ["\"adamw 0.1\" \"adamw 0\"", "\"muon 0.1\" \"muon 0\""]);
    assert_eq!(found["comparisons"][0]["family_size"], 2);
}

#[test]
fn a_baseline_that_one_arm_alone_has_is_that_of_all_others() {
    let line = |arm: &str, loss: f64| {
        (0..4).map(|seed| format!("{arm},{seed},{}\n", loss + (seed as f64).sin() / 50.0)).collect()
    };
    let lines: [String; 3] =
        [line("none,,", 3.0), line("adamw,matrices,0.1", 2.9), line("l2,global,0.3", 2.8)];
    let text = format!("form,mask,wd,seed,val_loss\n{}", lines.concat());
    let found = json(&judge(&text, &["--arm", "form,mask,wd", "--baseline", "none", "--json"]));
    let pairs = found["comparisons"].as_array().unwrap();
    assert_eq!(pairs.len(), 2);
    assert!(pairs.iter().all(|one| one["right"] == "none (empty) (empty)"), "{pairs:?}");
}

#[test]
fn a_baseline_without_any_partner_is_refused_with_the_arms_that_there_are() {
    let text = "form,wd,seed,val_loss\nnone,1,0,3\nnone,1,1,3.1\nnone,2,0,3\nnone,2,1,3.1\n\
                l2,3,0,2.9\nl2,3,1,3\nl2,4,0,2.9\nl2,4,1,3\n";
    let call = judge(text, &["--arm", "form,wd", "--baseline", "none"]);
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    let said = call.stderr;
    assert!(
        said.contains("--baseline none") && said.contains("one of none 1, none 2, l2 3"),
        "{said}"
    );
}

#[test]
fn a_baseline_is_sought_where_arms_differ() {
    let line = |decay: &str, seed: usize, loss: f64| format!("0.0,{decay},{seed},{loss}\n");
    let lines: String = (0..4)
        .map(|seed| {
            let noise = (seed as f64).sin() * 0.01;
            line("0.0", seed, 3.0 + noise) + &line("0.1", seed, 2.9 - noise)
        })
        .collect();
    let text = format!("dropout,weight_decay,seed,val_loss\n{lines}");
    let found =
        json(&judge(&text, &["--arm", "dropout,weight_decay", "--baseline", "0.0", "--json"]));
    assert_eq!(found["comparisons"].as_array().unwrap().len(), 1);
    assert_eq!(found["comparisons"][0]["left"], "0 0.1");
}

#[test]
fn train_and_val_losses_of_one_run_are_never_mixed() {
    let folder = tempfile::tempdir().unwrap();
    for (run, val) in [("a_0", 3.0), ("a_1", 3.1), ("b_0", 2.9), ("b_1", 3.0)] {
        for (tag, step, value) in [("loss_train", 1000, 1.0), ("loss_val", 990, val)] {
            let scalars = format!("Wall time,Step,Value\n1.7e9,{step},{value}\n");
            file(folder.path(), &format!("run-{run}-tag-{tag}.csv"), &scalars);
        }
    }
    let call = wane(&["judge", text(folder.path())]);
    assert!(call.code == Some(2) && call.stderr.contains("--value"), "{}", call.stderr);
    let found = json(&wane(&["judge", text(folder.path()), "--value", "loss_val", "--json"]));
    assert!((found["arms"][0]["mean"].as_f64().unwrap() - 3.05).abs() < 1e-12, "{found}");
}

#[test]
fn evaluations_of_one_run_are_not_taken_for_runs() {
    let text =
        "optimizer,step,val_loss\na,10,3.5\na,20,3.2\na,30,3.0\nb,10,3.4\nb,20,3.1\nb,30,2.9\n";
    let found = json(&judge(text, &["--arm", "optimizer", "--json"]));
    assert_eq!(
        (&found["arms"][0]["n"], &found["comparisons"][0]["kind"]),
        (&1.into(), &Json::Null)
    );
}

#[test]
fn a_damaged_table_among_others_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..3 {
        let rows = format!("step,val_loss\n10,3.5\n20,{}\n", 3.0 + f64::from(seed) * 0.1);
        file(folder.path(), &format!("a-s{seed}.csv"), &rows);
        file(folder.path(), &format!("b-s{seed}.csv"), &rows);
    }
    file(folder.path(), "b-s3.csv", "step,val_loss\n10,3.5\n20\n");
    let found = json(&wane(&["judge", text(folder.path()), "--json"]));
    assert_eq!(found["arms"][1]["n"], 3);
    assert!(found["warnings"].to_string().contains("b-s3.csv"), "{}", found["warnings"]);
}

#[test]
fn copies_are_no_seeds_and_steps_that_no_run_has_are_named() {
    let copies = "arm,seed,val_loss\na,0,1\na,1,1\na,2,1\nb,0,2\nb,1,2\nb,2,2\n";
    let found = json(&judge(copies, &["--arm", "arm", "--json"]));
    let comparison = &found["comparisons"][0];
    assert!(comparison["p"].is_null() && comparison["test"] == "copied", "{comparison}");
    assert!(found["verdicts"][0].as_str().unwrap().contains("copies of one run"));
    let stepped = "arm,seed,step,val_loss\na,0,10,1\na,0,20,2\nb,0,10,2\nb,0,20,3\n";
    let call = judge(stepped, &["--arm", "arm", "--step", "17"]);
    assert!(
        call.code == Some(2)
            && call.stderr.contains("no run has a row at step 17; the nearest is 20"),
        "{}",
        call.stderr
    );
}

#[test]
fn a_folder_a_run_says_its_arm_and_seed() {
    let folder = tempfile::tempdir().unwrap();
    for (decay, seed, loss) in [
        ("0.1", 0, 3.0),
        ("0.1", 1, 3.1),
        ("0.1", 2, 3.0),
        ("0", 0, 3.2),
        ("0", 1, 3.31),
        ("0", 2, 3.24),
    ] {
        let log = format!("step 500: train loss 3.0, val loss {loss}\n");
        file(folder.path(), &format!("wd{decay}-s{seed}/log.txt"), &log);
    }
    let found = json(&wane(&["judge", text(folder.path()), "--json"]));
    assert_eq!(
        (&found["comparisons"][0]["test"], &found["comparisons"][0]["n"]),
        (&"paired".into(), &3.into())
    );
}

#[test]
fn equivalence_needs_a_size_that_matters() {
    let line = |seed: i32| {
        let level = 3.0 + 0.01 * f64::from(seed);
        let own = 0.001 * f64::from((seed * 5) % 3 - 1);
        format!("a,{seed},{level}\nb,{seed},{}\n", level + own)
    };
    let text = format!("arm,seed,val_loss\n{}", (0..9).map(line).collect::<String>());
    let kind = |more: &[&str]| {
        let call = judge(&text, &[&["--arm", "arm", "--json"], more].concat());
        json(&call)["comparisons"][0]["kind"].clone()
    };
    assert_eq!(kind(&["--epsilon", "0.01"]), "equivalent");
    assert_eq!(kind(&[]), "undecided");
}

#[test]
fn tables_of_trackers_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let wide = "\"Step\",\"adamw-s0 - val_loss\",\"adamw-s0 - val_loss__MIN\",\"adamw-s0 - val_loss__MAX\",\"adamw-s1 - val_loss\",\"muon-s0 - val_loss\",\"muon-s1 - val_loss\"\n\
                10,3.5,3.5,3.5,3.6,3.3,3.4\n20,3.1,3.1,3.1,3.2,2.9,3.0\n";
    let wandb = file(folder.path(), "chart.csv", wide);
    let found = json(&wane(&["judge", text(&wandb), "--json"]));
    assert_eq!(found["arms"][0]["arm"], "adamw");
    assert!((found["arms"][1]["mean"].as_f64().unwrap() - 2.95).abs() < 1e-12);
    let at = json(&wane(&["judge", text(&wandb), "--step", "10", "--json"]));
    assert!((at["arms"][1]["mean"].as_f64().unwrap() - 3.35).abs() < 1e-12);

    let mlflow = "run_id,params.weight_decay,params.seed,metrics.val_loss\nx,0.1,0,3.0\ny,0.1,1,3.1\nz,0.0,0,3.2\nw,0.0,1,3.3\n";
    let mlflow = file(folder.path(), "mlflow.csv", mlflow);
    let found = json(&wane(&[
        "judge",
        text(&mlflow),
        "--arm",
        "weight_decay",
        "--value",
        "val_loss",
        "--json",
    ]));
    assert_eq!((&found["arms"][0]["arm"], &found["arms"][0]["n"]), (&"0.1".into(), &2.into()));

    for (run, value) in [("wd0_1", 3.0), ("wd0_2", 3.1), ("wd1_1", 2.8), ("wd1_2", 2.9)] {
        let scalars = format!("Wall time,Step,Value\n1.7e9,10,9.9\n1.7e9,20,{value}\n");
        file(folder.path(), &format!("board/run-{run}-tag-loss_val.csv"), &scalars);
    }
    let found = json(&wane(&["judge", text(&folder.path().join("board")), "--json"]));
    let arms: Vec<_> = found["arms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arm| (arm["arm"].as_str().unwrap(), arm["n"].as_u64().unwrap()))
        .collect();
    assert_eq!(arms, [("wd0", 2), ("wd1", 2)]);
}

#[test]
fn a_chart_over_time_is_judged_at_steps_and_not_at_seconds() {
    // The arm that is better at each step takes twice as long for it.
    let folder = tempfile::tempdir().unwrap();
    let runs: Vec<(f64, u32)> = [0.0, 0.1].iter().flat_map(|wd| (0..3).map(|s| (*wd, s))).collect();
    let column = |(wd, seed): &(f64, u32)| {
        let run = format!("wd{wd}-s{seed}");
        format!(",{run} - _step,{run} - val_loss,{run} - val_loss__MIN")
    };
    let mut rows =
        format!("Relative Time (Process){}\n", runs.iter().map(column).collect::<String>());
    for step in [100.0, 200.0, 300.0, 400.0] {
        for own in &runs {
            let (wd, seed) = *own;
            let seconds = if wd > 0.0 { 2.0 * step } else { step };
            let loss = 5.0 - step / 200.0 - wd + f64::from(seed * seed) * (0.01 + wd / 100.0);
            let cells = |other| {
                if other == own { format!(",{step},{loss},{loss}") } else { ",,,".to_owned() }
            };
            rows += &format!("{seconds}{}\n", runs.iter().map(cells).collect::<String>());
        }
    }
    let path = file(folder.path(), "chart.csv", &rows);
    let asked = ["--name", "wd{wd}-s{seed}", "--arm", "wd", "--baseline", "0"];
    for (step, kind) in [("200", "lower"), ("400", "lower")] {
        let more = ["--step", step, "--json"];
        let found = json(&wane(&[&["judge", text(&path)], &asked[..], &more].concat()));
        assert_eq!(found["comparisons"][0]["kind"], kind, "{found}");
        assert!(found["warnings"].to_string().contains("is no step"), "{found}");
    }
    let call = wane(&[&["judge", text(&path)], &asked[..], &["--step", "800"]].concat());
    assert!(call.code == Some(2) && call.stderr.contains("the nearest is 400"), "{}", call.stderr);
}

#[test]
fn folders_of_logs_are_read_by_name_and_by_folder() {
    let folder = tempfile::tempdir().unwrap();
    for (decay, seed, loss) in [
        ("0.1", 0, 3.0),
        ("0.1", 1, 3.1),
        ("0.1", 2, 3.05),
        ("0.0", 0, 3.2),
        ("0.0", 1, 3.31),
        ("0.0", 2, 3.24),
    ] {
        let log = format!(
            "compiling the model\nstep 0: train loss 10.9, val loss 10.9\niter 10: loss 5.1\nstep 500: train loss 3.0, val loss {loss}\n"
        );
        file(folder.path(), &format!("nano/wd{decay}-s{seed}.txt"), &log);
        let log =
            format!("step:0/100 val_loss:10.8\nstep:100/100 val_loss:{loss} train_time:10ms\n");
        file(folder.path(), &format!("modded/wd{decay}/{seed}f1c2-d3e4a.txt"), &log);
    }
    let nano = folder.path().join("nano");
    let named = [
        "judge",
        text(&nano),
        "--name",
        "wd{weight_decay}-s{seed}",
        "--arm",
        "weight_decay",
        "--json",
    ];
    let comparison = json(&wane(&named))["comparisons"][0].clone();
    assert_eq!((&comparison["test"], &comparison["n"]), (&"paired".into(), &3.into()));
    let modded = folder.path().join("modded");
    let found = json(&wane(&["judge", text(&modded), "--json"]));
    assert_eq!(
        (&found["comparisons"][0]["test"], &found["arms"][0]["arm"]),
        (&"welch".into(), &"wd0.0".into())
    );
    let wrong = wane(&["judge", text(&nano), "--name", "lr{lr}-s{seed}"]);
    assert!(
        wrong.code == Some(2) && wrong.stderr.contains("`wd0.0-s0` does not fit"),
        "{}",
        wrong.stderr
    );
}

/// A folder of logs of two arms, of three seeds each: what a log says of its level.
fn logs(log: impl Fn(f64) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (arm, level) in [("0", 3.0), ("1", 2.9)] {
        for (seed, more) in [0.0, 0.02, 0.05].into_iter().enumerate() {
            let own = if arm == "1" { level + 1.1 * more } else { level + more };
            file(folder.path(), &format!("wd{arm}-s{seed}.log"), &log(own));
        }
    }
    folder
}

#[test]
fn a_log_in_colours_is_read() {
    let folder = logs(|loss| {
        format!(
            "INFO - \u{1b}[31mstep: 10  \u{1b}[32mloss:  1.5  \u{1b}[33mmemory: 10GiB\u{1b}[39m\n\
             INFO - \u{1b}[35mvalidate step: 10  \u{1b}[32mloss:  {loss}  \u{1b}[33mmemory: 10GiB\u{1b}[39m\n"
        )
    });
    let found = json(&wane(&["judge", text(folder.path()), "--json"]));
    let comparison = &found["comparisons"][0];
    assert_eq!((&comparison["quantity"], &comparison["n"]), (&"val_loss".into(), &3.into()));
}

#[test]
fn dicts_that_transformers_prints_are_refused_with_the_file_that_is_read() {
    let folder = logs(|loss| format!("{{'eval_loss': {loss}, 'epoch': 1.0}}\n"));
    let call = wane(&["judge", text(folder.path())]);
    let told = call.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        call.code == Some(2) && told.contains("trainer_state.json that transformers"),
        "{told}"
    );
}

#[test]
fn a_val_loss_in_a_dict_or_an_object_is_judged_or_refused_and_never_passed_over() {
    // The arm whose training loss is the smaller one has the larger val loss.
    let train = |loss: f64| format!("step 1 | loss 5.0\nstep 2 | loss {}\n", 9.0 - loss);
    let without_step = ["{'val_loss': LOSS, 'epoch': 1.0}", "12:00:00 INFO {'eval_loss': LOSS}"];
    for line in without_step {
        let folder = logs(|loss| {
            train(loss) + &line.replace("LOSS", &loss.to_string()) + "\nstep 3 | loss 4\n"
        });
        let asked = ["judge", text(folder.path())];
        let call = wane(&asked);
        let told = call.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = ["`loss` may be the training loss", "--value", "val_loss"];
        assert!(call.code == Some(2) && said.iter().all(|one| told.contains(one)), "{told}");
        assert_eq!(wane(&[&asked[..], &["--value", "loss"]].concat()).code, Some(0), "{line}");
    }
    for line in ["{'step': 2, 'val_loss': LOSS}", "INFO {\"step\": 2, \"val_loss\": LOSS}"] {
        let folder = logs(|loss| train(loss) + &line.replace("LOSS", &loss.to_string()) + "\n");
        let found = json(&wane(&["judge", text(folder.path()), "--baseline", "wd0", "--json"]));
        let comparison = &found["comparisons"][0];
        let said = (&comparison["quantity"], &comparison["kind"]);
        assert_eq!(said, (&"val_loss".into(), &"lower".into()), "{found}");
    }
}

#[test]
fn a_log_of_megatron_that_measures_again_after_training_is_judged_by_what_was_measured_during_it() {
    let folder = logs(|loss| {
        let line = |of: &str, loss: f64| {
            format!(
                " validation loss at iteration 1000{of} | lm loss value: {loss:.6E} | lm loss PPL: 2.4E+01 | \n"
            )
        };
        let again = [line(" on validation set", loss - 0.5), line(" on test set", loss + 0.5)];
        line("", loss) + &again.concat()
    });
    let found = json(&wane(&["judge", text(folder.path()), "--json"]));
    let best = found["arms"][1]["mean"].as_f64().unwrap();
    assert!((best - (2.9 + 1.1 * 0.07 / 3.0)).abs() < 1e-6, "{found}");
    assert!(
        found["warnings"].to_string().contains("`on validation set` after training"),
        "{found}"
    );
}

#[test]
fn several_validation_texts_of_a_log_are_columns_of_their_own() {
    let folder = logs(|loss| {
        let line = |panel: &str, loss: f64| {
            format!("0: validation loss at iteration 1000 [{panel}] | lm loss value: {loss} |\n")
        };
        let train = " iteration     1000/    1000 | lm loss: 1.500000E+00 | grad norm: 0.312 |\n";
        train.to_owned() + &line("english", loss) + &line("code", 1.0 + loss)
    });
    let asked = ["judge", text(folder.path())];
    let call = wane(&asked);
    let told = call.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(call.code == Some(2) && told.contains("code/val_loss, english/val_loss"), "{told}");
    let found = json(&wane(&[&asked[..], &["--value", "code/val_loss", "--json"]].concat()));
    let mean = found["arms"][0]["mean"].as_f64().unwrap();
    assert!((mean - (4.0 + 0.07 / 3.0)).abs() < 1e-6, "{found}");
}

#[test]
fn a_file_that_tells_two_numbers_of_a_step_is_not_taken_for_several_runs_to_be_named() {
    let folder =
        logs(|loss| format!("step 10: val loss {loss}\nstep 10: val loss {}\n", loss + 1.0));
    let call = wane(&["judge", text(folder.path())]);
    let told = call.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(call.code == Some(2) && told.contains("at step 10: its file tells them"), "{told}");
    assert!(!told.contains("--seed"), "{told}");
}

#[test]
fn a_val_loss_on_a_line_of_its_own_is_judged_and_not_the_training_loss() {
    let folder = logs(|loss| {
        let line = |step: usize| format!("step {step}/4 | loss {} (+0.1z)| norm 0.5\n", 9.0 - loss);
        let val = |loss: f64| format!("val loss {loss}\n");
        [val(11.0), line(1), line(2), val(loss + 1.0), line(3), line(4), val(loss)].concat()
    });
    let asked = ["judge", text(folder.path()), "--baseline", "wd0", "--json"];
    let found = json(&wane(&asked));
    let comparison = &found["comparisons"][0];
    let said = (&comparison["quantity"], &comparison["kind"]);
    assert_eq!(said, (&"val_loss".into(), &"lower".into()), "{found}");
    let at = json(&wane(&[&asked[..], &["--step", "2"]].concat()));
    let mean = at["arms"][0]["mean"].as_f64().unwrap();
    assert!((mean - (4.0 + 0.07 / 3.0)).abs() < 1e-6, "{at}");
}

#[test]
fn a_val_loss_that_is_named_once_with_a_step_does_not_silence_those_without() {
    let folder = logs(|loss| {
        let line = |step: usize| format!("step {step} | loss {}\n", 9.0 - loss);
        let val = |loss: f64| format!("val loss {loss}\n");
        let begun = "step 0: val loss 11.0\n".to_owned();
        [begun, line(1), line(2), val(loss + 1.0), line(3), line(4), val(loss)].concat()
    });
    let found = json(&wane(&["judge", text(folder.path()), "--baseline", "wd0", "--json"]));
    assert_eq!(found["comparisons"][0]["kind"], "lower", "{found}");
    let mean = found["arms"][0]["mean"].as_f64().unwrap();
    assert!((mean - (3.0 + 0.07 / 3.0)).abs() < 1e-6, "{found}");
}

#[test]
fn the_training_loss_is_not_judged_in_the_place_of_a_val_loss_that_cannot_be_read() {
    let folder = logs(|loss| {
        format!("step 100 | loss {}\nstep 200 | loss {}\nfinal val loss: {loss}\n", 5.0, 6.0 - loss)
    });
    let asked = ["judge", text(folder.path())];
    let call = wane(&asked);
    let told = call.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = ["--value", "`loss` may be the training loss", "val_loss"];
    assert!(call.code == Some(2) && said.iter().all(|one| told.contains(one)), "{told}");
    let call = wane(&[&asked[..], &["--value", "loss"]].concat());
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    let told = "`loss` names no text: it may be the training loss";
    assert!(call.stderr.contains(told), "{}", call.stderr);
}

#[test]
fn bits_per_byte_on_val_are_judged_before_a_loss_of_no_text_and_told_as_bits() {
    let folder = logs(|loss| {
        let train = format!("step 00250/01000 (25.00%) | loss: {} | dt: 512.10ms\n", 9.0 - loss);
        format!("Step 00250 | Validation bpb: {:.6}\n{train}", loss / 3.3)
    });
    let found = json(&wane(&["judge", text(folder.path()), "--baseline", "wd0", "--json"]));
    let comparison = &found["comparisons"][0];
    let said = (&comparison["quantity"], &comparison["kind"]);
    assert_eq!(said, (&"val_bpb".into(), &"lower".into()), "{found}");
    assert!(found["warnings"].to_string().contains("in bits per byte"), "{found}");
}

#[test]
fn a_loss_with_a_comma_is_refused_in_logs_as_it_is_in_tables() {
    let folder = tempfile::tempdir().unwrap();
    for (name, loss) in [("wd0-s0", "2,171"), ("wd0-s1", "2,1"), ("wd1-s0", "2,0001")] {
        let log = format!("step 4,500: train loss 2,000, val loss {loss}\n");
        file(folder.path(), &format!("{name}.log"), &log);
    }
    let call = wane(&["judge", text(folder.path())]);
    let said = ["`2,171` in the column `val_loss` is no number", "with a decimal point"];
    let is_told = said.iter().all(|one| call.stderr.contains(one));
    assert!(call.code == Some(2) && is_told, "{}", call.stderr);
}

#[test]
fn what_cannot_be_judged_is_a_usage_error_that_says_what_would_help() {
    for (contents, more, said) in [
        (table(3).as_str(), vec!["--arm", "optimzer"], "`optimizer`?"),
        ("arm,seed,val_loss\na,0,1\na,1,2\n", vec!["--arm", "arm"], "one arm (a)"),
        (&table(3), vec![], "--arm"),
        (&table(3), vec!["--arm", "weight_decay", "--baseline", "7"], "the arms are 0, 0.1"),
        (&table(3), vec!["--arm", "weight_decay", "--value", "optimizer"], "`adamw`"),
        (&table(3), vec!["--arm", "weight_decay", "--epsilon", "0"], "--epsilon"),
        (
            &table(3),
            vec!["--arm", "weight_decay", "--alpha", "1e-10"],
            "--alpha 1e-10: expected a share of at least 1e-9 and below 0.5",
        ),
        ("a,b\n", vec!["--arm", "a"], "nothing to judge"),
        ("", vec!["--arm", "a"], "is empty"),
        ("arm,seed,val_loss\na,0,1\na,0,2\nb,0,1\n", vec!["--arm", "arm"], "--step-column"),
    ] {
        let call = judge(contents, &more);
        assert_eq!(call.code, Some(2), "{more:?}: {}", call.stdout);
        assert!(call.stderr.contains(said) && call.stdout.is_empty(), "{more:?}: {}", call.stderr);
    }
    let call = wane(&["judge", "/nowhere.csv", "--arm", "a"]);
    assert!(call.code == Some(2) && call.stderr.contains("/nowhere.csv"));
}

#[test]
fn the_report_is_one_page_with_its_figure_and_nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let runs = file(folder.path(), "runs.csv", &table(6));
    let out = folder.path().join("judged");
    let arguments = [&["judge", text(&runs)], &ASKED[..], &["--out", text(&out)]].concat();
    wane_ok(&arguments);
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(
        page.contains("<svg")
            && page.contains("adamw 0.1: val_loss")
            && !page.contains("src=")
            && !page.contains("href=\"http"),
        "{page}"
    );
    let summary: Json =
        serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["comparisons"][0]["kind"], "lower");
    for figure in ["differences.svg", "differences.png"] {
        assert!(out.join("figures").join(figure).is_file());
    }
    assert_eq!(wane(&arguments).code, Some(2), "the folder has files");
    wane_ok(&[&arguments[..], &["--replace"]].concat());
}

#[test]
fn files_of_one_name_in_two_folders_are_two_arms() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (arm, more) in [("none", 0.1), ("decay", 0.0)] {
        for (seed, loss) in [3.0, 3.15, 3.04].into_iter().enumerate() {
            let loss = loss + more * (1.0 + 0.1 * seed as f64);
            let log = format!("step 500: train loss 3.0, val loss {loss}\n");
            files.push(file(folder.path(), &format!("{arm}/seed{seed}.log"), &log));
        }
    }
    let named: Vec<&str> = files.iter().map(|path| text(path)).collect();
    let folders = ["none", "decay"].map(|arm| folder.path().join(arm));
    for paths in [named, folders.iter().map(|path| text(path)).collect()] {
        let found = json(&wane(&[&["judge"], &paths[..], &["--json"]].concat()));
        let arms: Vec<&Json> = found["arms"].as_array().unwrap().iter().collect();
        let mut names: Vec<&str> = arms.iter().map(|arm| arm["arm"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["decay", "none"], "{found}");
        assert_eq!(found["comparisons"][0]["n"], 3);
    }
}

#[test]
fn a_row_about_several_seeds_is_no_run() {
    let call = judge(&format!("{}adamw,0.1,mean,2.9\n", table(4)), &ASKED);
    assert!(
        call.code == Some(2) && call.stderr.contains("`mean` beside numbers"),
        "{}",
        call.stderr
    );
}

#[test]
fn a_row_of_means_is_no_run_though_it_is_called_by_nothing() {
    let seeds = "a,0,3.11\na,1,3.16\na,2,3.15\nb,0,2.91\nb,1,2.97\nb,2,2.96\n";
    for (below, told) in [
        ("a,,3.14\nb,,2.9466667\n", "line 8: without a seed, and its val_loss is the mean of 3"),
        ("a,,0.03\n", "standard deviation of 3 other rows"),
        (",,3.0433333\n", "the mean of 6 other rows"),
    ] {
        let call = judge(&format!("opt,seed,val_loss\n{seeds}{below}"), &["--arm", "opt"]);
        assert!(call.code == Some(2) && call.stderr.contains(told), "{below}: {}", call.stderr);
    }
    let one_more = judge(&format!("opt,seed,val_loss\n{seeds}a,,3.12\n"), &["--arm", "opt"]);
    assert!(one_more.stderr.contains("empty in 1 of 7 rows"), "{}", one_more.stderr);
    // Without seeds, below the runs of every arm.
    let bare = "opt,val_loss\na,3.11\na,3.16\na,3.135\nb,2.91\nb,2.97\nb,2.94\n";
    let call = judge(bare, &["--arm", "opt"]);
    assert!(call.stderr.contains("line 4: without a seed"), "{}", call.stderr);
    // At steps.
    let at = |step: usize, shift: f64| {
        let row = |seed: &str, own: f64| format!("a,{seed},{step},{:.4}\n", 3.0 + shift + own);
        [row("0", 0.013), row("1", -0.004), row("", 0.0045)].concat()
    };
    let steps = format!("opt,seed,step,val_loss\n{}{}", at(10, 0.2), at(20, 0.0));
    let call = judge(&steps, &["--arm", "opt"]);
    assert!(call.stderr.contains("the mean of 2 other rows"), "{}", call.stderr);
}

#[test]
fn of_the_folder_of_a_sweep_the_runs_alone_are_judged() {
    let asked = ["--arm", "form,mask,weight_decay", "--value", "test_loss", "--json"];
    let of = |path: &str| json(&wane(&[&["judge", path], &asked[..]].concat()));
    let folder = of("results/reference/grid");
    assert_eq!(folder["arms"], of("results/reference/grid/runs.csv")["arms"]);
    let told = "of which runs.csv alone is read; `wane report results/reference/grid` tells more";
    assert!(folder["warnings"].to_string().contains(told), "{}", folder["warnings"]);
    let half = tempfile::tempdir().unwrap();
    for name in ["experiment.json", "runs.csv"] {
        fs::copy(format!("results/reference/grid/{name}"), half.path().join(name)).unwrap();
    }
    file(half.path(), ".half-written", "");
    let call = wane(&[&["judge", text(half.path())], &asked[..]].concat());
    assert_eq!(call.code, Some(2), "{}", call.stdout);
    assert!(call.stderr.contains("were not written to their end"), "{}", call.stderr);
}

#[test]
fn an_arm_that_its_test_finds_worse_is_not_crowned_on_the_screen_the_page_or_in_json() {
    let common = (0..6).map(|seed| {
        let noise = (f64::from(seed) * 2.39).sin() * 0.002;
        format!("A,{seed},{}\nB,{seed},{}\n", 3.05 + noise, 3.0 - noise)
    });
    let harder = (6..12).map(|seed| format!("B,{seed},4.{seed:02}\n"));
    let table = format!("opt,seed,val_loss\n{}", common.chain(harder).collect::<String>());
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "runs.csv", &table);
    let out = folder.path().join("judged");
    let call = wane(&["judge", text(&path), "--arm", "opt", "--out", text(&out)]);
    let told = "B is better than A, whose mean is the best: on the 6 seeds that both have";
    assert!(call.stdout.starts_with(told), "{}", call.stdout);
    assert!(call.stderr.contains("their means mislead"), "{}", call.stderr);
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains(told) && !page.contains("The best mean is that of"), "{page}");
    let summary: Json =
        serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    assert!(summary["headline"].as_str().unwrap().starts_with(told), "{summary}");
    let is_best = |arm: &Json| arm["best"] == true;
    assert!(!summary["arms"].as_array().unwrap().iter().any(is_best), "{summary}");
}

#[test]
fn two_families_count_a_comparison_once() {
    let call = judge(&table(6), &[&ASKED[..], &["--families", "against-baseline,pairs"]].concat());
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    let told = call.stdout.replace('\n', " ");
    assert!(told.contains("1 of 1 other arm compared with it is worse by more"), "{told}");
}

#[test]
fn rows_that_copy_others_are_warned_of_above_the_answer() {
    let rows = "A,2.99\nA,3.01\nA,3.03\nB,2.90\nB,2.91\nB,2.95\n";
    let call = judge(&format!("opt,val_loss\n{rows}{rows}"), &["--arm", "opt"]);
    assert!(call.stdout.starts_with("Careful: 6 of 12 runs are the same as"), "{}", call.stdout);
    assert!(call.stderr.contains("WARNING: 6 of 12 rows"), "{}", call.stderr);
    let named = "A,0,2.99\nA,1,3.01\nA,2,3.03\nB,0,2.90\nB,1,2.91\nB,2,2.95\n";
    let table = format!("opt,seed,val_loss\n{named}{named}");
    let found = json(&judge(&table, &["--arm", "opt", "--json"]));
    assert_eq!(found["comparisons"][0]["n"], 3, "{found}");
    assert!(found["warnings"].to_string().contains("6 rows stand twice"), "{found}");
}

#[test]
fn a_metric_of_which_more_is_better_is_known_in_any_spelling() {
    for (name, is_known) in [("valAccuracy", true), ("exact-match", true), ("mape", false)] {
        let table = format!("wd,seed,{name}\n0,0,0.8\n0,1,0.7\n1,0,0.9\n1,1,0.9\n");
        let call = judge(&table, &["--arm", "wd", "--value", name]);
        assert_eq!(call.stderr.contains("--higher-is-better"), is_known, "{}", call.stderr);
    }
}

#[test]
fn a_row_about_several_arms_is_no_arm() {
    let table = "opt,val_loss\na,2.9\na,3.0\na,3.1\nmean,3\nb,3.2\nb,3.1\nb,3.3\n";
    let call = judge(table, &["--arm", "opt"]);
    let told = "the column `opt` has `mean` in fewer rows than any other value";
    assert!(call.code == Some(2) && call.stderr.contains(told), "{}", call.stderr);
}

#[test]
fn what_is_no_number_or_no_step_is_told_with_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let head = "run,wd,seed,step,val_loss\n";
    let right = file(folder.path(), "right.csv", &format!("{head}a,0,1,10,3.0\na,0,1,20,2.9\n"));
    for (row, told) in [
        ("b,1,1,20,1_0", "`1_0` in the column `val_loss`"),
        ("b,1,1,-20,2.8", "`-20` in the column of the steps"),
        ("b,1,1,nan,2.8", "`nan` in the column of the steps"),
    ] {
        let wrong = file(folder.path(), "wrong.csv", &format!("{head}b,1,1,10,3.1\n{row}\n"));
        let call = wane(&["judge", text(&right), text(&wrong), "--arm", "wd"]);
        assert_eq!(call.code, Some(2), "{}", call.stderr);
        let is_told = call.stderr.contains("wrong.csv: line 3") && call.stderr.contains(told);
        assert!(is_told, "{}", call.stderr);
    }
}
