//! Records that say themselves which split they are of.

use std::collections::HashMap;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::splits::is_train;

/// Fields that say it, in small letters.
const FIELDS: [&str; 6] = ["split", "subset", "set", "partition", "fold", "dataset_split"];

/// What was said so far: by field what the first records of train and of what is held out say, with their lines.
#[derive(Debug, Default)]
pub struct OwnSplits(HashMap<String, [Option<(String, usize)>; 2]>);

impl OwnSplits {
    /// Notes what a record says, the one on such a line.
    ///
    /// # Errors
    /// Some say that they are trained on, and others that they are held out: here all would be one text.
    pub fn add(&mut self, record: &Map<String, Value>, line: usize) -> Result<()> {
        for (field, value) in record {
            if !FIELDS.contains(&field.to_lowercase().as_str()) {
                continue;
            }
            let Some(word) = value.as_str() else { continue };
            let Some(is_train) = is_train(word) else { continue };
            let said = self.0.entry(field.clone()).or_default();
            said[usize::from(is_train)].get_or_insert_with(|| (word.to_owned(), line));
            if let [Some((held_out, other)), Some((train, one))] = said {
                bail!(
                    "line {one} of these JSON lines has {train:?} in its field `{field}`, and line {other} {held_out:?}: \
                     they are of two splits, but splits are cut from one text here; take those of one, such as by `jq -c \
                     'select(.{field} == {train:?})' FILE > NEW`"
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(records: &[Value]) -> Option<String> {
        let mut splits = OwnSplits::default();
        let add =
            |(place, record): (usize, &Value)| splits.add(record.as_object()?, place + 1).err();
        records.iter().enumerate().find_map(add).map(|error| error.to_string())
    }

    #[test]
    fn records_of_two_splits_are_refused_with_their_lines() {
        let [train, test] = [json!({"text": "a", "split": "train"}), json!({"split": "Test"})];
        let told = said(&[train.clone(), train.clone(), test.clone()]).unwrap();
        assert!(told.starts_with(
            "line 1 of these JSON lines has \"train\" in its field `split`, and line 3 \"Test\""
        ));
        assert!(told.contains("select(.split == \"train\")"), "{told}");
        assert!(said(&[test.clone(), train.clone()]).is_some());
        for others in [
            vec![train.clone(), train.clone()],
            vec![test.clone(), json!({"split": "the train to Turin"})],
            vec![train, json!({"split": 1}), json!({"source": "test"}), json!({"set": "test"})],
        ] {
            assert_eq!(said(&others), None, "{others:?}");
        }
    }
}
