//! The curve of a run that grows, of which only what is new is read.

use std::fs::File;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::ending::Seen;
use crate::files::check_is_plain;
use crate::record::{CurveRow, Places, Points};

/// What a look at a run found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    Nothing,
    /// Rows were added, or it began, or ended.
    Grown,
    /// Rows that were there are no more: it went on from a checkpoint, began anew, or its files were damaged or mended.
    Anew,
}

/// A CSV file to which whole lines are added, the last of which may be torn.
#[derive(Debug)]
pub struct Growing {
    path: PathBuf,
    seen: Option<Seen>,
    /// Bytes of whole lines that were read.
    read: u64,
    header: String,
    places: Option<Places>,
    last_line: String,
    points: Points,
}

impl Growing {
    /// When it was last written to.
    pub fn written(&self) -> Option<SystemTime> {
        self.seen.and_then(|seen| seen.written)
    }

    pub fn points(&self) -> &Points {
        &self.points
    }

    /// A file of which nothing is read yet.
    pub fn new(path: PathBuf) -> Self {
        Growing {
            path,
            seen: None,
            read: 0,
            header: String::new(),
            places: None,
            last_line: String::new(),
            points: Points::default(),
        }
    }

    /// Reads what is new.
    pub fn look(&mut self) -> Change {
        let seen = Seen::at(&self.path);
        if seen == self.seen {
            return Change::Nothing;
        }
        let before = self.points.len();
        let change = match self.go_on().or_else(|| self.begin_anew()) {
            Some(change) => change,
            None if before == 0 => Change::Nothing,
            None => Change::Anew,
        };
        self.seen = seen;
        change
    }

    /// Reads on where the last line that was read still stands.
    fn go_on(&mut self) -> Option<Change> {
        let known = self.last_line.len() as u64;
        let from = self.read.checked_sub(known).filter(|_| known > 0)?;
        let bytes = read_from(&self.path, from)?;
        let new = bytes.strip_prefix(self.last_line.as_bytes())?;
        Some(if self.take(new) { Change::Grown } else { Change::Nothing })
    }

    fn begin_anew(&mut self) -> Option<Change> {
        let had_rows = !self.points.is_empty();
        *self = Growing::new(std::mem::take(&mut self.path));
        let bytes = read_from(&self.path, 0)?;
        let grown = self.take(&bytes);
        Some(match (had_rows, grown) {
            (true, _) => Change::Anew,
            (false, true) => Change::Grown,
            (false, false) => Change::Nothing,
        })
    }

    /// Takes whole lines up to the first that is none; says whether there was a row.
    fn take(&mut self, bytes: &[u8]) -> bool {
        let before = self.points.len();
        let (mut rest, mut last) = (bytes, None);
        while let Some(line) = next_line(&mut rest).filter(|line| self.take_line(line)) {
            self.read += line.len() as u64;
            last = Some(line);
        }
        if let Some(last) = last {
            last.clone_into(&mut self.last_line);
        }
        self.points.len() > before
    }

    fn take_line(&mut self, line: &str) -> bool {
        let Some(places) = &self.places else {
            self.places = Places::of(line);
            line.clone_into(&mut self.header);
            return self.places.is_some();
        };
        let row = places.read(line);
        row.is_some_and(|(_, step, row)| {
            self.points.add(step, row);
            true
        })
    }

    /// The last row with all its columns.
    pub fn last_row(&self) -> Option<CurveRow> {
        let text = format!("{}{}", self.header, self.last_line);
        let mut rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
        rows.next()?.ok().filter(|_| !self.points.is_empty())
    }
}

/// A line with its end.
fn next_line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let bytes = *rest;
    let length = rest.skip_until(b'\n').ok()?;
    std::str::from_utf8(&bytes[..length]).ok().filter(|line| line.ends_with('\n'))
}

fn read_from(path: &Path, from: u64) -> Option<Vec<u8>> {
    check_is_plain(path).ok()?;
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
