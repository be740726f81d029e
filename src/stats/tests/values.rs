//! Published recipes, carried over and varied.

use super::arm;
use crate::config::{Form, Mask, TestFamily};
use crate::published::Transfer;
use crate::results::RunRow;
use crate::stats::{Analysis, ValuesRow, group_by_rule};

/// A recipe's runs without decay, at its λ and at the matched one, under a form and mask.
fn carried(recipe: &str, variant: &str, form: Form, mask: Mask) -> Vec<RunRow> {
    let own = |transfer, rows: Vec<RunRow>| {
        rows.into_iter().map(move |row| RunRow {
            recipe: Some(recipe.to_owned()),
            variant: variant.to_owned(),
            setting: format!("{variant:0>12}"),
            transfer: Some(transfer),
            run: format!("{variant} {}", row.run),
            ..row
        })
    };
    let none = own(Transfer::None, arm(Form::None, mask, 0.0, 2.0, 0.1));
    let none = none.map(|row| RunRow { mask: None, weight_decay: None, ..row });
    let raw = own(Transfer::Raw, arm(form, mask, 0.1, 1.8, 0.101));
    let matched = own(Transfer::Matched, arm(form, mask, 0.7, 1.7, 0.102));
    none.chain(raw).chain(matched).collect()
}

#[test]
fn rows_that_alternate_between_settings_give_one_row_each_and_one_family() {
    let [one, two] = ["gpt-3", "gpt-3 lr=0.001"]
        .map(|variant| carried("gpt-3", variant, Form::AdamW, Mask::Matrices));
    let alternating: Vec<RunRow> =
        one.chunks(3).zip(two.chunks(3)).flat_map(|(a, b)| [a, b].concat()).collect();
    let table = Analysis::of(&alternating).values.unwrap();
    let variants: Vec<&str> = table.rows.iter().map(|row| row.variant.as_str()).collect();
    assert_eq!(variants, ["gpt-3", "gpt-3 lr=0.001"]);
    assert!(table.comparisons().all(|comparison| comparison.judgement.family_size == 4));
    assert_eq!(table.comparisons().count(), 4);
}

#[test]
fn a_recipe_crossed_with_masks_has_a_row_for_each() {
    let both = [Mask::Matrices, Mask::Global]
        .map(|mask| carried("gpt-3", "gpt-3", Form::AdamW, mask))
        .concat();
    let table = Analysis::of(&both).values.unwrap();
    let masks: Vec<Option<Mask>> = table.rows.iter().map(|row| row.mask).collect();
    assert_eq!(masks, [Some(Mask::Matrices), Some(Mask::Global)]);
    let is_whole = |row: &ValuesRow| {
        let carried = [&row.raw, &row.matched].into_iter().flatten();
        carried.clone().count() == 2 && carried.into_iter().all(|one| one.run().mask == row.mask)
    };
    assert!(table.rows.iter().all(|row| row.is_crossed && is_whole(row)));
}

#[test]
fn a_matched_run_stands_beside_the_raw_run_whose_form_has_no_coefficient() {
    let mut rows = carried("palm", "palm", Form::LrPower, Mask::Global);
    for row in rows.iter_mut().filter(|row| row.transfer == Some(Transfer::Matched)) {
        row.form = Form::CorrectedAll;
    }
    let table = Analysis::of(&rows).values.unwrap();
    assert_eq!(table.rows.len(), 1);
    assert!(table.rows[0].raw.is_some() && table.rows[0].matched.is_some());
}

#[test]
fn equal_recipes_under_two_names_keep_their_own_rows() {
    let named = |name: &str| -> Vec<RunRow> {
        let rows = carried(name, name, Form::AdamW, Mask::Matrices).into_iter();
        rows.map(|row| RunRow { setting: "0".repeat(12), ..row }).collect()
    };
    let rows = [named("pythia"), named("nanogpt")].concat();
    let table = Analysis::of(&rows).values.unwrap();
    assert_eq!(table.rows.len(), 2);
    let carried = table.rows.iter().flat_map(|row| [&row.raw, &row.matched]).flatten();
    assert!(carried.into_iter().all(|carried| carried.cell.runs.len() == 3));
    let groups = group_by_rule(&rows);
    assert!(groups.iter().flat_map(|group| &group.cells).all(|cell| cell.runs.len() == 3));
}

#[test]
fn a_recipe_with_its_own_masks_asks_its_own_question_and_has_no_row() {
    let without = |mask| {
        let rows = carried("llama-2", "llama-2", Form::AdamW, mask).into_iter();
        rows.map(|row| RunRow { transfer: None, ..row })
    };
    let rows: Vec<RunRow> = without(Mask::Matrices).chain(without(Mask::Global)).collect();
    let analysis = Analysis::of(&rows);
    assert!(analysis.values.is_none());
    let masks = analysis.family(TestFamily::Mask).count();
    assert_eq!(masks, 1, "one comparison between masks");
}
