//! The head and the embedding: families tie them or do not, and files may have either or both.

use anyhow::{Result, ensure};

use super::names::{HEAD, core};
use super::notes::Notes;
use super::read::Tensors;
use super::stored::Stored;
use crate::config::{ModelShape, Named, ParameterShape, Role};

/// Leaves in `tensors` what the family has: the embedding, and the head where it is not tied.
///
/// # Errors
/// A family with a tied head, and a file whose head is another than its embedding.
pub fn settle(
    tensors: &mut Tensors,
    shape: &ModelShape,
    parameters: &[ParameterShape],
    notes: &mut Notes,
) -> Result<()> {
    let embedding = core(&parameters[0].name);
    let tied = !parameters.iter().any(|one| one.role == Role::Head);
    match (tensors.get(embedding).cloned(), tensors.get(HEAD).cloned()) {
        (Some(table), Some(head)) if tied => {
            check_same(&table, &head, shape)?;
            tensors.remove(HEAD);
        }
        (None, Some(head)) => {
            notes.say(format!("has no `{embedding}`; its `{}` is the embedding too", head.name));
            if tied {
                tensors.remove(HEAD);
            }
            tensors.insert(embedding.to_owned(), head);
        }
        (Some(table), None) if !tied => {
            notes.say(format!("has no `{HEAD}`; its `{}` is the head too", table.name));
            tensors.insert(HEAD.to_owned(), table);
        }
        _ => {}
    }
    Ok(())
}

fn check_same(table: &Stored, head: &Stored, shape: &ModelShape) -> Result<()> {
    let family = shape.family.name();
    ensure!(
        table.shape() == head.shape(),
        head.error(format_args!(
            "has shape {:?} and `{}` has {:?}, but they are one tensor in {family}, which ties its head \
             to its embedding; remove the one that is not meant",
            head.shape(),
            table.name,
            table.shape()
        ))
    );
    ensure!(
        table.values()? == head.values()?,
        head.error(format_args!(
            "differs from `{}`, but they are one tensor in {family}, which ties its head to its embedding: \
             such a model cannot be trained here; remove the one that is not meant",
            table.name
        ))
    );
    Ok(())
}
