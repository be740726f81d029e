//! Figures of an earlier commit on machines of the same class, in a CSV file beside the benches: today's are
//! printed beside them, and what became worse by more than a twentieth is marked.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a figure may lose before it is marked.
const TOLERANCE: f64 = 0.05;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    machine: String,
    what: String,
    figure: f64,
}

pub struct Kept {
    path: PathBuf,
    machine: String,
    rows: Vec<Row>,
    today: Vec<Row>,
}

impl Kept {
    /// The figures of a file in `benches` for machines of this class.
    pub fn read(name: &str, machine: String) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches").join(name);
        let rows = csv::Reader::from_path(&path)
            .map(|mut reader| reader.deserialize().collect::<Result<_, _>>())
            .unwrap_or(Ok(Vec::new()))
            .expect("the file of kept figures has machine, what and figure");
        Kept { path, machine, rows, today: Vec::new() }
    }

    /// Says how today's figure compares with the kept one.
    pub fn compared(&mut self, what: &str, today: f64, more_is_better: bool) -> String {
        let row = Row { machine: self.machine.clone(), what: what.to_owned(), figure: today };
        let same = |kept: &&Row| (&kept.machine, &kept.what) == (&row.machine, &row.what);
        let kept = self.rows.iter().find(same).map(|kept| kept.figure);
        self.today.push(row);
        let Some(kept) = kept else { return "none kept for this machine".to_owned() };
        let change = today / kept - 1.0;
        let worse = if more_is_better { -change } else { change };
        let mark = if worse > TOLERANCE { "  ◀ WORSE" } else { "" };
        format!("kept {} ({:+.1}%){mark}", shown(kept), 100.0 * change)
    }

    /// Writes today's figures into the file where `WANE_BENCH_KEEP` asks for it.
    pub fn finish(mut self) {
        if std::env::var_os("WANE_BENCH_KEEP").is_none() {
            return println!("{}; WANE_BENCH_KEEP=1 keeps these figures", self.machine);
        }
        let today = std::mem::take(&mut self.today);
        let new =
            |row: &Row| today.iter().all(|a| (&a.machine, &a.what) != (&row.machine, &row.what));
        self.rows.retain(new);
        self.rows.extend(today);
        self.rows.sort_by(|a, b| (&a.machine, &a.what).cmp(&(&b.machine, &b.what)));
        let mut writer =
            csv::Writer::from_path(&self.path).expect("the folder of benches is writable");
        self.rows.iter().for_each(|row| writer.serialize(row).expect("the disk has room"));
        writer.flush().expect("the disk has room");
        println!("kept in {}", self.path.display());
    }
}

fn shown(figure: f64) -> String {
    if figure >= 1000.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}
