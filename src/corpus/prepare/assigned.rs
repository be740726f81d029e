//! Stretches of documents, and the splits that they belong to.

use anyhow::{Result, anyhow, ensure};
use sha2::{Digest, Sha256};

use super::Order;
use super::assignment::Assignment;
use super::survey::{Document, Survey};
use crate::corpus::documents::{Documents, Stretch};

/// The stretches of a source with the number of their split, without documents that are empty.
pub struct Assigned<'a> {
    order: &'a Order,
    documents: Documents<'a>,
    /// What they were when the source was surveyed.
    known: &'a [Document],
    assignment: &'a Assignment,
    document: usize,
    /// Bytes of the document that were read.
    place: u64,
    /// Of those.
    hash: Sha256,
    /// What is left of a stretch that two splits share.
    rest: Option<Stretch>,
}

impl<'a> Assigned<'a> {
    pub fn of(order: &'a Order, survey: &'a Survey, assignment: &'a Assignment) -> Result<Self> {
        Ok(Assigned {
            order,
            documents: Documents::of(&order.source, order.text_field.as_deref())?,
            known: &survey.documents,
            assignment,
            document: 0,
            place: 0,
            hash: Sha256::new(),
            rest: None,
        })
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

    /// A stretch with its split; of one that two share, what belongs to the first.
    fn assigned(&mut self, stretch: Stretch) -> Result<(usize, Stretch)> {
        let (split, end) =
            self.assignment.split(self.document, self.place).ok_or_else(|| self.changed())?;
        let left = usize::try_from(end - self.place).unwrap_or(usize::MAX);
        let Stretch { mut text, ends } = stretch;
        let mut ends_here = ends;
        if left < text.len() {
            let rest = text.split_off(text.ceil_char_boundary(left));
            self.rest = Some(Stretch { text: rest, ends });
            ends_here = false;
        }
        self.place += text.len() as u64;
        self.hash.update(&text);
        self.check(ends_here)?;
        if ends_here {
            self.document += 1;
            self.place = 0;
        }
        Ok((split, Stretch { text, ends: ends_here }))
    }

    /// Checks that what was read of a document may be, or, where it is over, is what was surveyed: splits are cut by that.
    fn check(&mut self, is_over: bool) -> Result<()> {
        let known = self.known.get(self.document);
        let is_same = match is_over {
            true => known == Some(&Document::of(&mut self.hash, self.place)),
            false => known.is_some_and(|known| self.place <= known.bytes),
        };
        ensure!(is_same, self.changed());
        Ok(())
    }

    fn changed(&self) -> anyhow::Error {
        let name = self.order.source.display();
        anyhow!("{name} has changed while it was read; let it be, and call again")
    }
}

impl Iterator for Assigned<'_> {
    type Item = Result<(usize, Stretch)>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_stretch() {
            Some(stretch) => Some(stretch.and_then(|stretch| self.assigned(stretch))),
            None => (self.document < self.known.len()).then(|| Err(self.changed())),
        }
    }
}
