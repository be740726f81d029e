//! Stretches of documents, and the splits that they belong to.

use anyhow::Result;

use super::Order;
use super::assignment::Assignment;
use crate::corpus::documents::{Documents, Stretch};

/// The stretches of a source with the number of their split, without documents that are empty.
pub struct Assigned<'a> {
    documents: Documents<'a>,
    assignment: &'a Assignment,
    document: usize,
    /// Bytes of the document that were read.
    place: u64,
    /// What is left of a stretch that two splits share.
    rest: Option<Stretch>,
}

impl<'a> Assigned<'a> {
    pub fn of(order: &'a Order, assignment: &'a Assignment) -> Result<Self> {
        let documents = Documents::of(&order.source, order.text_field.as_deref())?;
        Ok(Assigned { documents, assignment, document: 0, place: 0, rest: None })
    }

    /// The next one of a document that is not empty.
    fn next_stretch(&mut self) -> Option<Result<Stretch>> {
        if let Some(rest) = self.rest.take() {
            return Some(Ok(rest));
        }
        let begun = self.place > 0;
        let is_text = |stretch: &Result<Stretch>| {
            stretch.as_ref().map_or(true, |stretch| begun || !stretch.text.is_empty())
        };
        self.documents.by_ref().find(is_text)
    }
}

impl Iterator for Assigned<'_> {
    type Item = Result<(usize, Stretch)>;

    fn next(&mut self) -> Option<Self::Item> {
        let stretch = match self.next_stretch()? {
            Ok(stretch) => stretch,
            Err(error) => return Some(Err(error)),
        };
        let Some((split, end)) = self.assignment.split(self.document, self.place) else {
            return Some(Err(anyhow::anyhow!("the source has changed while it was read")));
        };
        let left = usize::try_from(end - self.place).unwrap_or(usize::MAX);
        let Stretch { mut text, ends } = stretch;
        let mut ends_here = ends;
        if left < text.len() {
            let rest = text.split_off(text.ceil_char_boundary(left));
            self.rest = Some(Stretch { text: rest, ends });
            ends_here = false;
        }
        self.place += text.len() as u64;
        if ends_here {
            self.document += 1;
            self.place = 0;
        }
        Some(Ok((split, Stretch { text, ends: ends_here })))
    }
}
