use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::arm::{Arm, names};
use super::columns::Columns;
use super::copies::{Copies, copied_runs};
use super::grouped::grouped;
use super::labels::labelled;
use super::means::none_is_a_mean;
use super::remarks::{
    at_a_known_step, different_ends, empty_cells, in_bits, named_by_little, taken_up_again,
    unfinished, without_a_number, without_a_row,
};
use super::runs::{Chosen, Run};
use super::settings::{mixed, several_settings};
use super::table::Table;

/// The arms of a table with the name of what was measured, in order of first appearance, and what was concluded of
/// the columns.
///
/// # Errors
/// A column that is not there or not known, a number that is none, or two runs that cannot be told apart.
pub fn arms(table: &Table, columns: &Columns) -> Result<(Vec<Arm>, String, Vec<String>)> {
    let mut remarks = table.remarks.clone();
    let value = columns.value(table)?;
    let step = columns.step(table)?;
    ensure!(
        columns.at.is_none() || step.is_some(),
        "--step needs a column of steps: --step-column"
    );
    let (labelled, told) = labelled(table, columns)?;
    remarks.extend(told);
    none_is_a_mean(table, &labelled, value, step)?;
    let copies = Copies::of(table, &labelled, value, step)?;
    let found = grouped(table, &labelled, (value, step), &copies)?;
    // What is logged by step varies over steps.
    let has_steps =
        found.iter().flat_map(|(_, runs)| runs.values()).any(|run| run.measured.len() > 1);
    remarks.extend(mixed(table, &labelled, (value, has_steps), columns)?);
    if has_steps {
        remarks.extend(several_settings(table, &labelled, (value, step), columns));
    }
    remarks.extend(named_by_little(table, value, columns.value.is_some()));
    remarks.extend(in_bits(value));
    remarks.extend(copies.told());
    remarks.extend(taken_up_again(&found));
    remarks.extend(empty_cells(&found));
    remarks.extend(unfinished(table));
    if let Some(at) = columns.at {
        let runs = found.iter().flat_map(|(_, runs)| runs.values());
        let steps = runs.flat_map(|run| run.measured.iter().filter_map(|(step, _)| *step));
        at_a_known_step(&steps.collect::<Vec<_>>(), at)?;
    }
    let names = names(&found.iter().map(|(parts, _)| parts.as_slice()).collect::<Vec<_>>());
    let named = found.into_iter().zip(names);
    let arms = named.map(|((parts, runs), name)| arm((parts, name), runs, columns.at));
    let arms: Vec<Arm> = arms.collect::<Result<_>>()?;
    remarks.extend(arms.iter().filter_map(|arm| without_a_number(arm, value)));
    remarks.extend(arms.iter().filter_map(|arm| without_a_row(arm, columns.at)));
    remarks.extend(different_ends(&arms, has_steps));
    remarks.extend(copied_runs(&arms));
    Ok((arms, value.to_owned(), remarks))
}

fn arm(
    (parts, name): (Vec<String>, String),
    runs: BTreeMap<String, Run>,
    at: Option<f64>,
) -> Result<Arm> {
    let mut arm = Arm { parts, name, ..Arm::default() };
    for (name, run) in runs {
        match run.chosen(at).with_context(|| format!("{}, {name}", arm.name))? {
            Chosen::At(step, value) => {
                arm.ends.extend(step);
                arm.curves.extend(step.and_then(|step| run.curve(step)));
                arm.copies += usize::from(run.is_copy);
                arm.runs.push((run.seed, value));
            }
            Chosen::NoNumber(step) => {
                arm.ends.extend(step);
                arm.without += 1;
            }
            Chosen::NoRow => {
                arm.without += 1;
                arm.without_a_row += 1;
            }
        }
    }
    Ok(arm)
}

#[cfg(test)]
mod tests;
