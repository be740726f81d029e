//! What counts the parameters of a model: its channels, blocks and vocabulary, as far as a file has them.

use anyhow::Result;

use super::super::name::Name;
use super::Reading;

impl Reading<'_> {
    /// The vocabulary, unless the default is that of another model or text.
    pub(super) fn vocabulary(&mut self) -> Result<Option<f64>> {
        let mut others = self.trainer.own_vocabulary.iter();
        let is_own = others.any(|(key, usual)| self.keys.is_unlike(key, usual));
        let is_known =
            self.says(Name::Vocabulary) || self.of_named_model(Name::Vocabulary).is_some();
        if is_own && !is_known { Ok(None) } else { self.of_shape(Name::Vocabulary) }
    }

    /// A number that only serves to count the parameters, which an argument says too.
    pub(super) fn of_shape(&mut self, name: Name) -> Result<Option<f64>> {
        if let Some((_, number)) = self.of_named_model(name).filter(|_| !self.is_given(name)) {
            return Ok(Some(number));
        }
        let mut own = self.own(name);
        let doubt =
            own.find_map(|key| Some((key, self.keys.get(key).filter(|one| one.doubt.is_some())?)));
        let Some((key, found)) = doubt else { return self.number(name) };
        self.said.push(format!("{key} is not known: {}", found.text));
        Ok(None)
    }

    /// The setting with which a block has other parameters than 12 × channels².
    pub(super) fn own_shape(&self) -> Option<String> {
        let mut own = self.trainer.own_shape.iter();
        let (key, _) = own.find(|(key, usual)| self.keys.is_unlike(key, usual))?;
        Some(format!("{key} = {}", self.keys.get(key)?.text))
    }

    /// Says which model a file names, if that has its shape in the place of the file.
    pub(super) fn named_model(&mut self) {
        if let Some((model, _)) = self.of_named_model(Name::Width) {
            self.said
                .push(format!("{model}: channels, blocks and vocabulary are those of that model"));
        }
    }

    /// A size of the model that a file names, with the key and the value that name it.
    fn of_named_model(&self, name: Name) -> Option<(String, f64)> {
        self.trainer.sizes.iter().find_map(|(key, models)| {
            let model = self.keys.value(key)?;
            Some((format!("{key} = {model}"), *models.get(model)?.get(&name)?))
        })
    }
}
