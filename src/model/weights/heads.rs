//! The head and the embedding: families tie them or do not, and files may have either or both.

use anyhow::{Result, ensure};

use super::names::{HEAD, core};
use super::notes::Notes;
use super::stored::{Stored, Tensors};
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

/// Checks that a model whose head is not its embedding has both.
///
/// # Errors
/// A head that is missing; the message names it.
pub fn check_is_there(name: &str, tensors: &Tensors, parameters: &[ParameterShape]) -> Result<()> {
    let has_head = parameters.iter().any(|one| one.role == Role::Head);
    ensure!(
        !has_head || tensors.contains_key(HEAD),
        "{name}: config.json says that the head is not tied to the embedding (tie_word_embeddings is false), but there is \
         no tensor `{HEAD}`; is a file missing? Where they are one, set tie_word_embeddings to true"
    );
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Family;

    #[test]
    fn a_head_that_is_said_to_be_its_own_is_missed_where_the_family_has_one() {
        let of = |family: Family| {
            let hidden = (family != Family::Gpt2).then_some(16);
            let shape = ModelShape { family, hidden, ..ModelShape::gpt2(1, 2, 8, 4) };
            check_is_there("hub", &Tensors::new(), &shape.parameters(5))
        };
        let error = of(Family::Llama).unwrap_err().to_string();
        assert!(
            error.starts_with("hub: ") && error.contains("no tensor `lm_head.weight`"),
            "{error}"
        );
        assert!(of(Family::Gpt2).is_ok());
    }
}
