//! The report in a browser: it works, shows everything, and complains of nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::browser::Browser;
use crate::common::{fixture, text, wane, wane_ok};

/// Catches whatever the page complains of; stands before everything else.
const LISTEN: &str = "<script>window.complaints = [];\
    window.addEventListener('error', (event) => complaints.push(event.message));\
    console.error = (...words) => complaints.push(words.join(' '));\
    console.warn = console.error;</script>";

/// Uses the page as a reader would and writes down what it sees.
const USE: &str = r#"<pre id="seen"></pre><script>
const column = (table, name) => [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === name);
const table = document.getElementById("runs");
const at = column(table, "val");
const values = () => [...table.tBodies[0].rows].map((row) => Number.parseFloat(row.cells[at].textContent));
const button = table.tHead.rows[0].cells[at].querySelector("button");
button.click();
const rising = values();
button.click();
const falling = values();
const input = document.querySelector("input[data-table=runs]");
input.value = "global 1";
input.dispatchEvent(new Event("input"));
const shown = [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => (row.textContent.includes("global") ? "global" : row.textContent));
const figures = [...document.querySelectorAll("figure svg")].map((svg) => {
  const box = svg.getBoundingClientRect();
  return box.width > 300 && box.height > 100 && svg.getAttribute("aria-label").length > 10;
});
document.getElementById("seen").textContent = JSON.stringify({
  complaints, rising, falling, shown, figures,
  sort: table.tHead.rows[0].cells[at].getAttribute("aria-sort"),
  hints: document.querySelectorAll("figure svg .hint title").length,
  focusable: button.tabIndex,
  external: [...document.querySelectorAll("[src], link[href]")].length,
});
</script>"#;

fn browser() -> Option<&'static str> {
    ["/usr/bin/chromium", "/usr/bin/google-chrome"]
        .into_iter()
        .find(|path| Path::new(path).exists())
}

#[test]
fn the_report_sorts_filters_and_shows_every_figure_in_a_browser() {
    let Some(browser) = browser() else {
        assert!(std::env::var_os("WANE_NEEDS_BROWSER").is_none(), "no browser");
        eprintln!("skipped: no Chromium to open the report in");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let spec = fixture("tiny.toml");
    let seeds = ["--seeds", "0,1,2"];
    wane_ok(&[&["sweep", text(&spec), "--out", text(folder.path())][..], &seeds].concat());
    let page = fs::read_to_string(folder.path().join("tiny/report.html")).unwrap();
    let page = page.replacen("<head>", &format!("<head>{LISTEN}"), 1);
    let used = folder.path().join("used.html");
    fs::write(&used, page.replace("</body>", &format!("{USE}</body>"))).unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", used.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let seen = dom.split("<pre id=\"seen\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let seen: serde_json::Value =
        serde_json::from_str(seen.expect("the page's script ran")).unwrap();
    assert_eq!(seen["complaints"], serde_json::json!([]), "{seen}");
    let numbers = |key: &str| -> Vec<f64> {
        seen[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    // Runs that two masks share stand once.
    assert_eq!(numbers("rising").len(), 9);
    assert!(numbers("rising").is_sorted() && numbers("falling").iter().rev().is_sorted(), "{seen}");
    assert_eq!(seen["sort"], "descending");
    let shown = seen["shown"].as_array().unwrap();
    assert!(!shown.is_empty() && shown.iter().all(|mask| mask == "global"), "{seen}");
    let figures = seen["figures"].as_array().unwrap();
    assert!(figures.len() >= 8 && figures.iter().all(|visible| visible == true), "{seen}");
    assert!(seen["hints"].as_u64() > Some(20) && seen["focusable"] == 0, "{seen}");
    assert_eq!(seen["external"], 0, "nothing is loaded from elsewhere");
}

#[test]
fn a_report_is_drawn_again_from_the_csv_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    wane_ok(&["sweep", text(&fixture("tiny.toml")), "--out", text(folder.path()), "--quiet"]);
    let results = folder.path().join("tiny");
    let figure = results.join("figures/loss-by-lambda.svg");
    let (svg, page) = (fs::read(&figure).unwrap(), fs::read(results.join("report.html")).unwrap());
    for gone in ["figures", "report.html", "summary.csv", "summary.json"] {
        let path = results.join(gone);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap()
        } else {
            fs::remove_file(path).unwrap()
        }
    }
    fs::remove_dir_all(folder.path().join(".runs")).unwrap();
    let call = wane_ok(&["report", text(&results)]);
    assert!(
        call.stdout.contains("best λ") && call.stdout.contains("no verdict"),
        "{}",
        call.stdout
    );
    assert_eq!(fs::read(&figure).unwrap(), svg);
    assert_eq!(fs::read(results.join("report.html")).unwrap(), page);
}

#[test]
fn a_report_of_nothing_says_what_it_expected() {
    let folder = tempfile::tempdir().unwrap();
    let call = wane(&["report", text(folder.path())]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("runs.csv is not there"), "{}", call.stderr);
}

/// A text of an SVG as the box that it takes, in pixels of the drawing.
#[derive(Clone, Debug)]
pub struct Label {
    pub text: String,
    left: f64,
    pub right: f64,
    top: f64,
    bottom: f64,
    anchor: String,
}

impl Label {
    /// The upright texts of an SVG. Widths are estimates: DejaVu Sans takes about 0.6 em a character.
    pub fn all(svg: &str) -> Vec<Label> {
        svg.split("<text ").skip(1).filter_map(Label::parse).collect()
    }

    fn parse(element: &str) -> Option<Label> {
        let (attributes, rest) = element.split_once('>')?;
        if attributes.contains("rotate") {
            return None;
        }
        let attribute = |name: &str| {
            let start = attributes.find(&format!("{name}=\""))? + name.len() + 2;
            attributes[start..].split('"').next()
        };
        let number = |name: &str| attribute(name)?.parse::<f64>().ok();
        let text = rest.split("</text>").next()?.trim().to_owned();
        let (x, y, size) = (number("x ").or(number("x"))?, number("y")?, number("font-size")?);
        let width = 0.6 * size * text.chars().count() as f64;
        let left = match attribute("text-anchor") {
            Some("middle") => x - width / 2.0,
            Some("end") => x - width,
            _ => x,
        };
        let top = match attribute("dy") {
            Some("0.76em") => y,
            Some("0.5ex") => y - size * 0.38,
            _ => y - size * 0.76,
        };
        let anchor = attribute("text-anchor").unwrap_or("start").to_owned();
        Some(Label { text, left, right: left + width, top, bottom: top + size * 0.76, anchor })
    }

    /// Whether its place is its end, as that of the numbers at a vertical axis.
    pub fn is_at_end(&self) -> bool {
        self.anchor == "end"
    }

    fn overlaps(&self, other: &Label) -> bool {
        // Boxes a little smaller than estimated: touching is no overlap.
        let (dx, dy) = (0.1 * (self.right - self.left), 0.15 * (self.bottom - self.top));
        self.left + dx < other.right
            && other.left + dx < self.right
            && self.top + dy < other.bottom
            && other.top + dy < self.bottom
    }
}

/// Every SVG of a folder with its file's name.
pub fn svgs(figures: &Path) -> Vec<(String, String)> {
    let paths = fs::read_dir(figures).unwrap().map(|entry| entry.unwrap().path());
    let svgs = paths.filter(|path| path.extension().is_some_and(|extension| extension == "svg"));
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).unwrap())
    };
    svgs.map(read).collect()
}

/// No text of a figure is cut off or covers another.
pub fn assert_legible_svg(svg: &str, name: &str) {
    let view = svg.split("viewBox=\"0 0 ").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let (width, height) = view.split_once(' ').unwrap();
    let (width, height): (f64, f64) = (width.parse().unwrap(), height.parse().unwrap());
    let labels = Label::all(svg);
    assert!(labels.len() > 5, "{name} has labels");
    for (place, label) in labels.iter().enumerate() {
        let inside = label.left >= -1.0
            && label.right <= width * 1.005
            && label.top >= -1.0
            && label.bottom <= height + 1.0;
        assert!(inside, "{name}: `{}` is cut off: {label:?}", label.text);
        for other in &labels[place + 1..] {
            assert!(!label.overlaps(other), "{name}: `{}` covers `{}`", label.text, other.text);
        }
    }
}

fn assert_legible(figures: &Path) {
    let all = svgs(figures);
    all.iter().for_each(|(name, svg)| assert_legible_svg(svg, name));
    assert!(all.len() >= 7, "{} figures", all.len());
}

#[test]
fn no_text_is_cut_off_or_overlaps_at_two_arms_or_at_forty() {
    let folder = tempfile::tempdir().unwrap();
    let spec = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let arms = &spec[spec.find("[[arm]]").unwrap()..];
    let two = "[[arm]]\nform = \"adamw\"\nweight_decay = [0.0, 1.0]\n";
    let forty = "[[arm]]\nform = [\"adamw\", \"l2\", \"independent\", \"cautious\"]\n\
        mask = [\"matrices\", \"no-embeddings\"]\nweight_decay = [0.0, 0.001, 0.01, 0.1, 1.0]\n";
    for (name, replacement) in [("two", two), ("forty", forty)] {
        let path = folder.path().join(format!("{name}.toml"));
        let spec = spec.replace(arms, replacement).replace("\"tiny\"", &format!("\"{name}\""));
        fs::write(&path, spec).unwrap();
        let words = ["sweep", text(&path), "--out", text(folder.path()), "--seeds", "0,1,2", "-q"];
        wane_ok(&words);
        assert_legible(&folder.path().join(name).join("figures"));
    }
}

/// Everything in a folder by name.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())
    };
    files.filter(|path| path.is_file()).map(read).collect()
}

fn copy_of_the_fixture(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for file in ["experiment.json", "runs.csv", "curves.csv", "manifest.csv"] {
        fs::copy(fixture("report").join(file), folder.join(file)).unwrap();
    }
}

#[test]
fn a_report_of_damaged_files_names_the_file_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let header = fs::read_to_string(fixture("report").join("runs.csv")).unwrap();
    let header = header.lines().next().unwrap().to_owned();
    let experiment = fs::read_to_string(fixture("report").join("experiment.json")).unwrap();
    let of_terms = |terms: &str| {
        let terms = format!("{{\"analysis\": {{\"families\": [], {terms}}},");
        ("experiment.json", experiment.replacen('{', &terms, 1))
    };
    let cases = [
        of_terms("\"alpha\": 5.0, \"epsilon\": null"),
        of_terms("\"alpha\": 0.05, \"epsilon\": -0.1"),
        ("runs.csv", String::new()),
        ("runs.csv", format!("{header}\n")),
        ("runs.csv", format!("{header}\n1,adamw,matrices,nonsense\n")),
        ("curves.csv", "run,form\n1,adamw\n".to_owned()),
        ("curves.csv", String::new()),
        ("manifest.csv", "form\nother\n".to_owned()),
        ("experiment.json", "{".to_owned()),
    ];
    copy_of_the_fixture(folder.path());
    wane_ok(&["report", text(folder.path())]);
    for (file, text_of_file) in cases {
        copy_of_the_fixture(folder.path());
        fs::write(folder.path().join(file), &text_of_file).unwrap();
        let before = contents(folder.path());
        let call = wane(&["report", text(folder.path())]);
        assert_eq!(call.code, Some(2), "{file} `{text_of_file}`: {}", call.stderr);
        assert!(call.stderr.contains(file), "{file}: {}", call.stderr);
        assert!(contents(folder.path()) == before, "{file} `{text_of_file}` changed a file");
    }
}

#[test]
fn a_report_goes_elsewhere_and_leaves_its_folder_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (results, out) = (folder.path().join("tiny"), folder.path().join("a/b"));
    copy_of_the_fixture(&results);
    let before = contents(&results);
    let call = wane_ok(&["report", text(&results), "--out", text(&out)]);
    assert!(call.stdout.contains(text(&out.join("report.html"))), "{}", call.stdout);
    assert!(contents(&results) == before && !results.join("figures").exists());
    for file in ["summary.csv", "summary.json", "report.html", "figures/loss-by-lambda.png"] {
        assert!(out.join(file).is_file(), "{file}");
    }
}

/// Calls `wane report` where no file may grow beyond so many bytes, as on a full disk.
#[cfg(unix)]
fn report_on_a_full_disk(results: &Path, out: &Path, bytes: u64) -> crate::common::Call {
    // A process that ignores the signal is told by an error.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", bytes.div_ceil(512));
    let mut call = std::process::Command::new("sh");
    call.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_wane"), "report", text(results)]);
    call.args(["--out", text(out)]).output().unwrap().into()
}

#[cfg(unix)]
#[test]
fn a_report_that_could_not_be_written_is_not_in_the_way_of_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let (results, whole) = (folder.path().join("tiny"), folder.path().join("whole"));
    copy_of_the_fixture(&results);
    wane_ok(&["report", text(&results), "--out", text(&whole)]);
    let page = fs::metadata(whole.join("report.html")).unwrap().len();
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>()
    };
    let before = names();
    let out = folder.path().join("out");
    let call = report_on_a_full_disk(&results, &out, page / 2);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    let told = format!("cannot write the report {}", out.display());
    assert!(call.stderr.contains(&told), "{}", call.stderr);
    assert_eq!(names(), before, "nothing is left");
    fs::create_dir(&out).unwrap();
    let call = report_on_a_full_disk(&results, &out, page / 2);
    assert!(call.code == Some(1) && call.stderr.contains("report.html"), "{}", call.stderr);
    wane_ok(&["report", text(&results), "--out", text(&out)]);
    assert!(contents(&out) == contents(&whole));
}

#[test]
fn a_folder_that_takes_no_files_is_named_once() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("tiny");
    copy_of_the_fixture(&results);
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let call = wane(&["report", text(&results), "--out", text(&file)]);
    assert_eq!(call.code, Some(1), "{}", call.stderr);
    assert_eq!(call.stderr.matches(text(&file)).count(), 1, "{}", call.stderr);
}

#[test]
fn another_experiment_of_the_same_name_is_not_replaced_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.toml");
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let call = |words: &[&str]| {
        let always = ["--out", text(folder.path()), "--quiet", "--seeds", "0"];
        wane(&[words, &always[..if words[0] == "collect" { 2 } else { 5 }]].concat())
    };
    let sweep = |text_of_spec: &str, more: &[&str]| {
        fs::write(&spec, text_of_spec).unwrap();
        call(&[&["sweep", text(&spec)][..], more].concat())
    };
    let runs = || fs::read(folder.path().join("tiny/runs.csv")).unwrap();
    assert_eq!(sweep(&tiny, &[]).code, Some(0));
    assert_eq!(sweep(&format!("# a comment\n{tiny}"), &[]).code, Some(0));
    let changed = sweep(&tiny, &["--set", "train.lr=0.02"]);
    assert_eq!(changed.code, Some(0), "{}", changed.stderr);
    let (before, other) = (runs(), tiny.replace("steps = 6", "steps = 7"));
    assert_ne!(other, tiny);
    for words in [&["sweep", text(&spec)][..], &["collect", text(&spec)]] {
        fs::write(&spec, &other).unwrap();
        let refused = call(words);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
        assert!(runs() == before, "nothing is written");
    }
    let asked = sweep(&other, &["--replace"]);
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    assert!(runs() != before);
}

/// `UPDATE_SNAPSHOTS=1` writes the drawings anew, to be looked at and committed.
#[test]
fn figures_look_as_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let kept = fixture("report");
    let results = folder.path().join("tiny");
    fs::create_dir(&results).unwrap();
    for file in ["experiment.json", "runs.csv", "curves.csv", "manifest.csv"] {
        fs::copy(kept.join(file), results.join(file)).unwrap();
    }
    wane_ok(&["report", text(&results)]);
    let figures = [
        "overfitting",
        "differences",
        "final-and-stopped",
        "regret",
        "loss-by-lambda",
        "phase",
        "generalization-gap",
        "heatmap",
    ];
    for figure in figures {
        let drawn = fs::read_to_string(results.join(format!("figures/{figure}.svg"))).unwrap();
        let snapshot = kept.join(format!("{figure}.svg"));
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(&snapshot, &drawn).unwrap();
        }
        assert!(
            fs::read_to_string(&snapshot).unwrap_or_default() == drawn,
            "{figure} has changed; look at it, then run the test with UPDATE_SNAPSHOTS=1"
        );
    }
}

#[test]
fn two_experiments_are_compared_by_what_differs_and_by_their_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (fixture("tiny.toml"), folder.path());
    let sweep = |name: &str, more: &[&str]| {
        let place = out.join(name);
        wane_ok(&[&["sweep", text(&spec), "--out", text(&place), "-q"][..], more].concat());
        place.join("tiny")
    };
    let one = sweep("one", &["--seeds", "0,1,2"]);
    let two = sweep("two", &["--seeds", "0,1,2", "--set", "train.lr=0.03"]);
    let same = wane_ok(&["compare", text(&one), text(&one)]).stdout;
    assert!(same.contains("are the same") && same.contains("No verdict differs."), "{same}");
    let other = wane_ok(&["compare", text(&one), text(&two)]).stdout;
    assert!(other.contains("--set train.lr=0.03") && other.contains("adamw on global"), "{other}");
    let call = wane(&["compare", text(&one), text(out)]);
    assert_eq!(call.code, Some(2), "{}", call.stderr);
    assert!(call.stderr.contains("experiment.json is not there"), "{}", call.stderr);
}

/// Two rules that differ in a word, no decay as a form, and runs that diverge.
const SPEC: &str = "[[arm]]\nform = \"adamw\"\nweight_decay = [0.0, 1.0]\n\
                    [[arm]]\nform = \"adamw\"\nweight_decay = [1.0, 2.0]\ndecay_schedule = \"cosine\"\n\
                    [[arm]]\nform = \"none\"\n\
                    [[arm]]\nform = \"adamw\"\nweight_decay = [1.0, 3.0]\nlr = 1e30\n";

#[test]
fn lines_of_a_report_join_arms_that_differ_in_one_number_alone() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let tiny = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let spec = folder.path().join("spec.toml");
    fs::write(&spec, format!("{}{SPEC}", &tiny[..tiny.find("[[arm]]").unwrap()])).unwrap();
    wane(&["sweep", text(&spec), "--out", text(folder.path()), "-q"]);
    browser.open(&format!("file://{}", folder.path().join("tiny/report.html").display()));
    browser
        .wait("document.querySelector('#against figcaption')?.textContent.includes('Test loss')");
    let model = "const model = new Model(); \
                 model.apply({ ...JSON.parse(document.getElementById('numbers').textContent), anew: true })";
    let lines = browser.value(&format!(
        "(() => {{ {model}; return model.alike(['weight_decay'], model.chart.arms)\
         .map((one) => `${{one.label}}: ${{one.arms.map((arm) => arm.at.weight_decay)}}`); }})()"
    ));
    let lines: Vec<&str> =
        lines.as_array().unwrap().iter().filter_map(|one| one.as_str()).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for (part, lambdas) in [("cosine", ": 1,2"), ("none", ": 0"), ("1e30", ": 1,3")] {
        let own = |line: &&&str| line.contains(part) && line.ends_with(lambdas);
        assert_eq!(lines.iter().filter(own).count(), 1, "{part}: {lines:?}");
    }
    let told = browser.text("#against figcaption");
    assert!(told.contains("4 runs diverged or failed and have no dot"), "{told}");
    let told = browser.text("#curves figcaption");
    assert!(told.contains("The lowest at its end is") && !told.contains("1e30"), "{told}");
    let lost = browser.value(&format!(
        "(() => {{ {model}; return model.chart.arms.filter((arm) => model.standing(arm) === 'lost').length; }})()"
    ));
    assert_eq!(lost, 2);
    a_chosen_dot_stays_chosen_when_the_figure_is_drawn_anew(&mut browser);
    lines_and_colours_are_seen(&mut browser);
}

fn a_chosen_dot_stays_chosen_when_the_figure_is_drawn_anew(browser: &mut Browser) {
    browser.value(
        "document.getElementById('against-plot').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }))",
    );
    let chosen = browser.text("#against .values");
    assert!(chosen.contains("seed"), "{chosen}");
    browser.value("[...document.querySelectorAll('[data-arm]')].at(-1).click()");
    browser.wait(
        "document.querySelector('#against figcaption').textContent.includes('2 runs diverged')",
    );
    assert_eq!(browser.text("#against .values"), chosen);
}

fn lines_and_colours_are_seen(browser: &mut Browser) {
    let range = browser.value("bounds([[3, 4], [3.5, 4.5], [3.25, 1e14]], false)");
    assert_eq!(range, serde_json::json!([3, 4.5]), "one line that is far above rules the axis");
    let unplaced = browser.value(
        "Lines.prototype.unplaced.call({ address: { get: () => 'log' }, spanned: [0, 9], \
         lines: [{ steps: [0, 5, 10], mean: [-1, 0, -1] }] })",
    );
    assert_eq!(unplaced, 2);
    let seen = browser.value(
        "['#56b4e9', '#e69f00', '#009e73', '#d6be14', '#440154'].filter((one) => \
         contrast(visible(one, false), '#ffffff') < 3 || contrast(visible(one, true), '#16181b') < 3)",
    );
    assert_eq!(seen, serde_json::json!([]));
}

#[test]
fn tables_of_a_report_put_empty_cells_last_take_either_minus_and_open_for_print() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    wane_ok(&["sweep", text(&fixture("tiny.toml")), "--out", text(folder.path()), "-q"]);
    browser.open(&format!("file://{}", folder.path().join("tiny/report.html").display()));
    browser.wait("document.querySelector('#against figcaption')?.textContent.includes('loss')");
    let sorted = browser.value(
        "(() => { const table = document.getElementById('runs'); \
         const at = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === 'gap'); \
         [...table.tBodies[0].rows].forEach((row, place) => { \
           row.cells[at].textContent = ['', '\u{2212}0.0034', '-0.0100', '0.2000'][place % 4]; }); \
         const sort = () => { table.tHead.rows[0].cells[at].querySelector('button').click(); \
           return [...new Set([...table.tBodies[0].rows].map((row) => row.cells[at].textContent))]; }; \
         return [sort(), sort()]; })()",
    );
    let expected = serde_json::json!([
        ["-0.0100", "−0.0034", "0.2000", ""],
        ["0.2000", "−0.0034", "-0.0100", ""]
    ]);
    assert_eq!(sorted, expected);
    let mut left = |words: &str| {
        browser.value(&format!(
            "(() => {{ const input = document.querySelector('input[data-table=runs]'); input.value = '{words}'; \
             input.dispatchEvent(new Event('input')); return document.getElementById('runs-left').textContent; }})()"
        ))
    };
    assert_eq!(left("-0.0034"), left("−0.0034"));
    assert!(left("-0.0034").as_str().unwrap().ends_with("rows"));
    assert!(left("no such words").as_str().unwrap().starts_with("No row"));
    assert_eq!(left(""), "");
    let state = "(() => [document.querySelectorAll('details:not([open])').length, \
                 document.documentElement.classList.contains('paper')])()";
    let closed = browser.value(state);
    browser.value("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(browser.value(state), serde_json::json!([0, true]));
    browser.value("dispatchEvent(new Event('afterprint'))");
    assert_eq!(browser.value(state), closed);
}
