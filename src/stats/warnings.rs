use super::groups::Group;
use super::inference::FEWEST_SEEDS;
use crate::config::Form;
use crate::record::Status;
use crate::results::RunRow;

/// Below this total decay Λ a run differs from one without decay by less than its seeds do.
pub const TOO_LITTLE_DECAY: f64 = 0.05;

/// What a reader should know before believing the numbers.
pub fn warnings(groups: &[Group], rows: &[RunRow]) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(too_few_seeds(groups));
    warnings.extend(incomplete(rows));
    warnings.extend(equal_coefficients(groups));
    warnings.extend(groups.iter().filter_map(edge_of_the_grid));
    warnings.extend(too_little_decay(rows));
    warnings
}

fn too_few_seeds(groups: &[Group]) -> Option<String> {
    let seeds = groups.iter().flat_map(|group| &group.cells).map(|cell| cell.runs.len()).max()?;
    (seeds < FEWEST_SEEDS).then(|| {
        format!(
            "With {seeds} seed(s) there is no interval and no verdict; train at least \
             {FEWEST_SEEDS}, such as --seeds 0,1,2."
        )
    })
}

fn incomplete(rows: &[RunRow]) -> Vec<String> {
    let count = |status| rows.iter().filter(|row| row.status == status).count();
    [
        (count(Status::Diverged), "diverged; arms with such a run are left out of every mean"),
        (count(Status::Failed), "failed; arms with such a run are left out of every mean"),
        (count(Status::Unfinished), "have not ended; sweep again to go on"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} of {} runs {what}.", rows.len()))
    .collect()
}

/// L2 in gradient or loss beside a decoupled form at one λ.
fn equal_coefficients(groups: &[Group]) -> Option<String> {
    let is_l2 = |form: Form| matches!(form, Form::L2 | Form::L2Loss);
    let coefficients = |l2: bool| -> Vec<f64> {
        let groups = groups.iter().filter(move |group| is_l2(group.key.form) == l2);
        let cells = groups.flat_map(|group| &group.cells);
        cells.filter_map(|cell| cell.weight_decay).filter(|value| *value > 0.0).collect()
    };
    let decoupled = coefficients(false);
    let mut both: Vec<f64> =
        coefficients(true).into_iter().filter(|value| decoupled.contains(value)).collect();
    both.sort_by(f64::total_cmp);
    both.dedup();
    let list: Vec<String> = both.iter().map(f64::to_string).collect();
    (!list.is_empty()).then(|| {
        format!(
            "λ = {} stands under L2 and under a decoupled form: one number, different amounts of \
             decay. Compare each form at its own best λ.",
            list.join(", ")
        )
    })
}

fn edge_of_the_grid(group: &Group) -> Option<String> {
    // The λ of a published recipe are no grid.
    if group.is_published() {
        return None;
    }
    let positive: Vec<_> =
        group.cells.iter().filter(|cell| cell.weight_decay > Some(0.0)).collect();
    let best = group.best()?.weight_decay?;
    let (first, last) = (positive.first()?.weight_decay?, positive.last()?.weight_decay?);
    let label = group.key.label();
    match positive.len() {
        0 | 1 => None,
        _ if best == last => Some(format!(
            "{label}: the best λ = {best} is the largest tried; larger may be better."
        )),
        _ if best == first => Some(format!(
            "{label}: the best λ = {best} is the smallest tried; smaller may be better."
        )),
        _ => None,
    }
}

fn too_little_decay(rows: &[RunRow]) -> Option<String> {
    // The values table says it of its own rows.
    let small = |row: &&RunRow| {
        row.transfer.is_none()
            && row.form != Form::None
            && row.weight_decay != Some(0.0)
            && row.total_decay.is_some_and(|all| all < TOO_LITTLE_DECAY)
    };
    let mut arms: Vec<String> = rows
        .iter()
        .filter(small)
        .map(|row| match row.weight_decay {
            Some(value) => format!("{} λ = {value}", row.form),
            None => row.form.to_string(),
        })
        .collect();
    arms.sort();
    arms.dedup();
    (!arms.is_empty()).then(|| {
        format!(
            "Total decay Λ is below {TOO_LITTLE_DECAY} for {}: too little to matter here.",
            arms.join(", ")
        )
    })
}
