//! Figures of experiments at the edges: one arm and hundreds, outliers of any size, numbers of any digits.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::{fixture, text, wane_ok};
use crate::report::{Label, assert_legible_svg, svgs};

/// An experiment's files, made up.
struct Experiment<'a> {
    lambdas: Vec<f64>,
    lrs: &'a [f64],
    masks: &'a [&'a str],
    /// Val loss of the arms with λ of 50 and more.
    outlier: f64,
    status: &'a str,
}

impl Default for Experiment<'_> {
    fn default() -> Self {
        let (lrs, masks) = (&[0.001][..], &["matrices"][..]);
        Experiment { lambdas: vec![0.0, 1.0], lrs, masks, outlier: 1e7, status: "done" }
    }
}

const RUNS: &str = "run,form,mask,weight_decay,lr,seed,status,steps,train_loss,val_loss,gap,\
    best_val_loss,best_val_step,total_decay,timescale_steps,weight_norm,seconds,variant,val_floor,\
    backend,commit,family,recipe,transfer,setting,val_unigram\n";
const CURVES: &str = "run,form,mask,weight_decay,seed,step,tokens,lr,batch_loss,grad_norm,train_loss,\
    val_loss,gap,weight_norm,weight_norm_embedding,weight_norm_attention,weight_norm_mlp,\
    weight_norm_norm,weight_norm_bias,variant\n";

impl Experiment<'_> {
    fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        let (mut runs, mut curves) = (RUNS.to_owned(), CURVES.to_owned());
        let mut id = 0;
        for mask in self.masks {
            for lr in self.lrs {
                for lambda in &self.lambdas {
                    for seed in 0..3 {
                        id += 1;
                        self.add(&mut runs, &mut curves, (id, mask, *lr, *lambda, seed));
                    }
                }
            }
        }
        for file in ["experiment.json", "manifest.csv"] {
            fs::copy(fixture("report").join(file), folder.join(file)).unwrap();
        }
        fs::write(folder.join("runs.csv"), runs).unwrap();
        fs::write(folder.join("curves.csv"), curves).unwrap();
    }

    fn add(
        &self,
        runs: &mut String,
        curves: &mut String,
        (id, mask, lr, lambda, seed): (usize, &str, f64, f64, u64),
    ) {
        let variant = if self.lrs.len() > 1 { format!("lr={lr:?}") } else { String::new() };
        let noise = 0.01 * ((id * 7919 % 101) as f64 / 101.0 - 0.5);
        let best = ((lambda * lr * 1000.0 + 1e-6).ln() / 10.0).abs();
        let end =
            if lambda < 50.0 { 2.0 + best.min(2.0) + noise } else { self.outlier * (1.0 + noise) };
        let val_at = |share: f64| match end < 10.0 {
            true => end + (4.2 - end) * (-5.0 * share).exp(),
            false => 4.2 + (end - 4.2) * share,
        };
        let steps = if self.status == "done" { 100 } else { 7 + seed };
        for step in [0, 10, 20, 40, 60, 80, 100].into_iter().filter(|step| *step <= steps) {
            let share = step as f64 / 100.0;
            let val = val_at(share);
            let (train, norm) = (val - 0.3 * share, 5.0 - share * best.min(1.0));
            let _ = writeln!(
                curves,
                "{id:016x},adamw,{mask},{lambda:?},{seed},{step},{step},{lr},{train},1.0,{train:?},{val:?},\
                 {:?},{norm},{norm},{norm},{norm},1.0,0.1,{variant}",
                val - train
            );
        }
        let (val, total) = (val_at(1.0), lambda * lr);
        let numbers = match self.status {
            "done" => {
                // Of what only rises the first evaluation is the lowest.
                let best = if end < 4.2 { 100 } else { 10 };
                let lowest = val_at(f64::from(best) / 100.0);
                format!("100,{:?},{val:?},0.3,{lowest:?},{best}", val - 0.3)
            }
            _ => format!("{steps},,,,,"),
        };
        let _ = writeln!(
            runs,
            "{id:016x},adamw,{mask},{lambda:?},{lr},{seed},{},{numbers},{total:?},,5.0,0.1,{variant},0.8,\
             flex,abc,gpt2,,,setting {lr},",
            self.status
        );
    }
}

/// λ from 0.001 to `top`, with all their digits.
fn grid(count: usize, top: f64) -> Vec<f64> {
    let decades = (top / 1e-3).log10() / (count.max(2) - 1) as f64;
    let rising = |index: usize| 1e-3 * 10f64.powf(decades * index as f64);
    (0..count).map(|index| if index == 0 && count > 1 { 0.0 } else { rising(index) }).collect()
}

/// The numbers at a vertical axis, which end at one place and follow each other, differ.
fn assert_ticks_differ(svg: &str, name: &str) {
    let ticks: Vec<Label> = Label::all(svg).into_iter().filter(Label::is_at_end).collect();
    for pair in ticks.windows(2).filter(|pair| pair[0].right == pair[1].right) {
        assert_ne!(pair[0].text, pair[1].text, "{name}: two ticks read the same");
    }
}

fn report_and_check(experiment: &Experiment, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    experiment.write(folder.path());
    let start = Instant::now();
    let report = wane::report::write(folder.path(), folder.path()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(60), "{name} took {:?}", start.elapsed());
    if let Some(keep) = std::env::var_os("KEEP_FIGURES") {
        for file in
            report.files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "png"))
        {
            let to = Path::new(&keep).join(name);
            fs::create_dir_all(&to).unwrap();
            fs::copy(file, to.join(file.file_name().unwrap())).unwrap();
        }
    }
    for (figure, svg) in svgs(&folder.path().join("figures")) {
        let name = format!("{name}: {figure}");
        assert_legible_svg(&svg, &name);
        assert_ticks_differ(&svg, &name);
    }
    for line in report.answer.lines().filter(|line| line.starts_with("warning")) {
        assert!(line.chars().count() <= 330, "{name}: {line}");
    }
}

#[test]
fn figures_are_legible_at_any_number_of_arms_with_and_without_outliers() {
    for count in [1, 2, 7, 61, 400] {
        for (top, outlier) in [(10.0, 1e7), (3000.0, 1e7), (3000.0, 1e300)] {
            let experiment =
                Experiment { lambdas: grid(count, top), outlier, ..Experiment::default() };
            report_and_check(&experiment, &format!("{count} arms to {top}, {outlier:e}"));
        }
    }
}

#[test]
fn figures_are_legible_at_any_digits_of_lambda() {
    let lambdas = [
        vec![0.0, 0.122_253_866_209_483_97, 0.122_253_866_209_483_99, 0.122_253_9, 3.0],
        vec![0.0, 1e-300, 1e-3, 1.0, 1e300],
        vec![1e-300, 2.5e-300],
        vec![0.0, 1.0, 1000.0, 3000.0],
    ];
    for lambdas in lambdas {
        let name = format!("{lambdas:?}");
        report_and_check(&Experiment { lambdas, ..Experiment::default() }, &name);
    }
}

#[test]
fn figures_are_legible_at_many_rules() {
    let masks = &["matrices", "linear", "no-embeddings", "global"];
    let lrs: Vec<f64> = (0..50).map(|index| 1e-4 * 1.07f64.powi(index)).collect();
    let lambdas = vec![0.0, 0.01, 0.1, 1.0, 100.0];
    let three =
        Experiment { lambdas: lambdas.clone(), masks, lrs: &lrs[..3], ..Experiment::default() };
    report_and_check(&three, "three learning rates");
    let many = Experiment { lambdas, masks: &masks[..2], lrs: &lrs, ..Experiment::default() };
    report_and_check(&many, "fifty learning rates");
}

/// The strokes and fills that a figure's lines and markers have.
fn colours(svg: &str) -> std::collections::BTreeSet<&str> {
    let coloured = svg.split("stroke=\"").skip(1).filter_map(|rest| rest.split('"').next());
    coloured.filter(|colour| colour.starts_with('#')).collect()
}

#[test]
fn two_recipes_of_one_form_and_mask_differ_in_line_marker_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let draw = |lrs: &[f64]| {
        let experiment = Experiment { lambdas: vec![0.0, 0.1, 1.0], lrs, ..Experiment::default() };
        experiment.write(folder.path());
        wane::report::write(folder.path(), folder.path()).unwrap();
        fs::read_to_string(folder.path().join("figures/loss-by-lambda.svg")).unwrap()
    };
    let (one, two) = (draw(&[0.001]), draw(&[0.001, 0.003]));
    assert!(colours(&two).len() > colours(&one).len(), "{:?}", colours(&two));
    for name in ["adamw on matrices, lr=0.001", "adamw on matrices, lr=0.003"] {
        assert!(two.contains(name), "{name}");
    }
}

#[test]
fn a_sweep_without_a_result_says_so_and_its_page_has_no_figures() {
    let folder = tempfile::tempdir().unwrap();
    Experiment { status: "diverged", ..Experiment::default() }.write(folder.path());
    let call = wane_ok(&["report", text(folder.path())]);
    let sentence = "No result: none of 6 runs reached its end. 6 diverged, at steps 7 to 9";
    assert!(call.stdout.contains(sentence), "{}", call.stdout);
    assert!(call.stdout.contains("lr = 0.0001"), "{}", call.stdout);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains(sentence) && !page.contains("<figure"));
}

/// A figure beside a page that does not know it would show what is not so any more.
#[test]
fn figures_that_a_report_does_not_draw_any_more_go_and_other_files_stay() {
    let folder = tempfile::tempdir().unwrap();
    Experiment::default().write(folder.path());
    let experiment = text(folder.path());
    wane_ok(&["report", experiment]);
    let figures = folder.path().join("figures");
    let drawn = fs::read_dir(&figures).unwrap().count();
    assert!(drawn > 10, "{drawn}");
    fs::write(figures.join("mine.png"), "mine").unwrap();
    Experiment { status: "diverged", ..Experiment::default() }.write(folder.path());
    wane_ok(&["report", experiment]);
    let left: Vec<_> =
        fs::read_dir(&figures).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left, ["mine.png"]);
}
