use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::record::Points;
use crate::results::CurveCsvRow;

/// Numbers of a page that stands alone, at most: what more is logged is thinned.
const MOST_NUMBERS: usize = 400_000;

/// The steps of curves, each list of them once.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Grids {
    lists: Vec<Vec<u32>>,
    #[serde(skip)]
    known: HashMap<Vec<u32>, usize>,
}

impl Grids {
    fn place(&mut self, steps: Vec<u32>) -> usize {
        *self.known.entry(steps).or_insert_with_key(|steps| {
            self.lists.push(steps.clone());
            self.lists.len() - 1
        })
    }
}

/// Curves of one measure as columns, one value a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Curves {
    /// Places of the runs.
    at: Vec<usize>,
    /// How many points of each are known already, to which the values are added.
    from: Vec<usize>,
    /// Places of their steps among the grids.
    grid: Vec<usize>,
    values: Vec<Vec<f32>>,
}

impl Curves {
    /// Adds what a run has beyond these rows of its curve.
    pub fn add(
        &mut self,
        run: usize,
        points: &Points,
        measure: usize,
        known: usize,
        grids: &mut Grids,
    ) {
        let (steps, values) = points.of(measure, known);
        if !values.is_empty() || known == 0 {
            // Rows in which it was not measured are no points.
            self.push(run, points.count(measure, known), steps, values, grids);
        }
    }

    fn push(
        &mut self,
        run: usize,
        from: usize,
        steps: Vec<u32>,
        values: Vec<f32>,
        grids: &mut Grids,
    ) {
        self.at.push(run);
        self.from.push(from);
        self.grid.push(grids.place(steps));
        self.values.push(values);
    }

    /// The curves of a finished experiment by measure, thinned where a page would be too large, and the steps between
    /// points that are kept: 1 where all are.
    pub fn of_experiment(
        ids: &[String],
        curves: &BTreeMap<String, Vec<CurveCsvRow>>,
    ) -> (Grids, BTreeMap<&'static str, Curves>, usize) {
        const KEPT: [&str; 4] = ["val_loss", "train_loss", "grad_norm", "weight_norm"];
        let rows: usize = curves.values().map(Vec::len).sum();
        let every = (rows * KEPT.len()).div_ceil(MOST_NUMBERS).max(1);
        let (mut grids, mut measures) = (Grids::default(), BTreeMap::new());
        for name in KEPT {
            let mut own = Curves::default();
            for (place, id) in ids.iter().enumerate() {
                let rows = curves.get(id).map_or(&[][..], Vec::as_slice);
                let last = rows.len().saturating_sub(1);
                let kept = rows.iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
                let points =
                    kept.filter_map(|(_, row)| Some((row.row.step as u32, value(row, name)?)));
                let (steps, values): (Vec<_>, Vec<_>) = points.unzip();
                own.push(place, 0, steps, values, &mut grids);
            }
            measures.insert(name, own);
        }
        (grids, measures, every)
    }
}

fn value(CurveCsvRow { row, .. }: &CurveCsvRow, name: &str) -> Option<f32> {
    match name {
        "val_loss" => row.val_loss.map(|loss| loss as f32),
        "train_loss" => row.train_loss.map(|loss| loss as f32),
        "grad_norm" => row.grad_norm,
        _ => row.weight_norm,
    }
}
