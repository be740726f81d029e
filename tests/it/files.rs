//! `docs/files.md` lists every file and every column that the program writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::common::{fixture, project, text, wane_ok};

/// The first cells of the table below a heading.
fn listed(heading: &str) -> Vec<String> {
    let page = fs::read_to_string(project().join("docs/files.md")).unwrap();
    let section = page.split(&format!("{heading}\n")).nth(1).unwrap_or_else(|| panic!("{heading}"));
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').nth(1).unwrap().trim().to_owned()).collect()
}

fn columns(path: &Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.headers().unwrap().iter().map(|column| format!("`{column}`")).collect()
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() { format!("{name}/") } else { name }
    };
    fs::read_dir(folder).unwrap().map(name).collect()
}

/// A table's names, several of which may share a row.
fn names_listed(heading: &str) -> BTreeSet<String> {
    let cells = listed(heading);
    let names = cells.iter().flat_map(|cell| cell.split(", "));
    names.map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn every_column_and_file_of_results_is_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let out = text(folder.path());
    wane_ok(&["sweep", text(&fixture("tiny.toml")), "--save-best", "--out", out, "-q"]);
    let spec = fs::read_to_string(fixture("tiny.toml")).unwrap();
    let arms = &spec[spec.find("[[arm]]").unwrap()..];
    let recipe = "[[arm]]\nrecipe = \"gpt-3\"\ntransfer = [\"none\", \"raw\"]\n";
    let recipes = folder.path().join("recipes.toml");
    fs::write(&recipes, spec.replace(arms, recipe).replace("\"tiny\"", "\"recipes\"")).unwrap();
    wane_ok(&["sweep", text(&recipes), "--save-best", "--out", out, "-q"]);
    let results = folder.path().join("recipes");
    for file in
        ["runs.csv", "curves.csv", "mechanism.csv", "manifest.csv", "summary.csv", "table.csv"]
    {
        assert_eq!(columns(&results.join(file)), listed(&format!("### `{file}`")), "{file}");
    }
    let planned = columns(&folder.path().join(".planned/recipes.csv"));
    assert_eq!(planned, listed("### `runs.csv`"));
    wane_ok(&["sweep", text(&fixture("search.toml")), "--save-best", "--out", out, "-q"]);
    let search = folder.path().join("search");
    assert_eq!(columns(&search.join("search.csv")), listed("### `search.csv`"));
    let mut names = names_in(&results);
    names.extend(names_in(&search));
    let claims = "[[claim]]\ntext = 't'\nsource = 's'\nbasis = 'primary'\nquantity = 'test-loss'\nsmallest = 0.1\n\
        left = { weight_decay = 1.0, mask = 'matrices' }\nexpect = 'lower'\n";
    let claiming = folder.path().join("claiming.toml");
    fs::write(&claiming, spec.replace("\"tiny\"", "\"claiming\"") + claims).unwrap();
    wane_ok(&["sweep", text(&claiming), "--out", out, "-q", "--seeds", "0,1,2"]);
    let claiming = folder.path().join("claiming");
    assert_eq!(columns(&claiming.join("claims.csv")), listed("### `claims.csv`"));
    names.extend(names_in(&claiming));
    // Where tokens are no characters, this one is in the place of the alphabet.
    names.insert("tokenizer.json".to_owned());
    assert_eq!(names, names_listed("## `results/<name>/`"));
    let drawn = |name: &str| -> BTreeSet<String> {
        let names = names_in(&folder.path().join(name).join("figures"));
        names.iter().filter_map(|name| Some(name.strip_suffix(".svg")?.to_owned())).collect()
    };
    let mut figures = drawn("tiny");
    figures.extend(drawn("recipes"));
    figures.extend(drawn("claiming"));
    // Drawn only where the learning rate, the batch or the form varies as well, of more λ and blocks, and where what is
    // known by heart is measured.
    let further =
        ["memorisation", "heatmap", "norms-by-lambda", "updates-by-layer", "gradient-ratio-end"];
    let collapses = ["collapse-timescale", "collapse-product", "collapse-rate"];
    figures.extend(further.into_iter().chain(collapses).map(str::to_owned));
    assert_eq!(figures, names_listed("### `figures/`"));
    let run = fs::read_dir(folder.path().join(".runs")).unwrap().next().unwrap().unwrap().path();
    let mut of_a_run = names_listed("## `results/.runs/<id>/`");
    of_a_run.remove("set-aside-N/");
    assert_eq!(names_in(&run), of_a_run);
    let of_curves = listed("### `curves.csv`");
    let own = ["run", "form", "mask", "weight_decay", "seed", "variant", "tokens", "gap"];
    let own = own.map(|name| format!("`{name}`"));
    let of_curve: Vec<String> = of_curves.into_iter().filter(|name| !own.contains(name)).collect();
    assert_eq!(columns(&run.join("curve.csv")), of_curve);
}
