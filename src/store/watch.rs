//! A run as it grows, read without its lock: whoever trains it never waits for a reader.

use std::path::PathBuf;
use std::time::SystemTime;

use super::ending::{Marks, Seen, checked};
use super::growing::{Change, Growing};
use super::run_folder::{CONFIG, CURVE, LOCK};
use super::state::SoFar;
use crate::record::{CurveRow, End, Points, Status};

/// What is known of a run, and of its files when they were last looked at.
#[derive(Debug)]
pub struct Watch {
    folder: PathBuf,
    begun: bool,
    heard: Option<SystemTime>,
    end: Option<End>,
    /// Why its files cannot be used, where they were changed after its end.
    damage: Option<String>,
    marks: Marks,
    curve: Growing,
}

impl Watch {
    pub(super) fn new(folder: PathBuf) -> Self {
        let curve = Growing::new(folder.join(CURVE));
        let (end, damage, marks) = (None, None, Marks::default());
        Watch { folder, begun: false, heard: None, end, damage, marks, curve }
    }

    /// Reads what is new. A file that is missing or cannot be read says nothing.
    pub fn look(&mut self) -> Change {
        let begun = self.begun;
        self.begun = self.begun || self.folder.join(CONFIG).exists();
        // The end first: the curve that is read after it is whole.
        let change = self.look_at_end().max(self.curve.look());
        let locked = Seen::at(&self.folder.join(LOCK)).and_then(|seen| seen.written);
        self.heard = locked.max(self.curve.written());
        change.max(if begun == self.begun { Change::Nothing } else { Change::Grown })
    }

    /// Checks the end and its curve where one of them has changed: of a thousand runs few have.
    fn look_at_end(&mut self) -> Change {
        let marks = Marks::of(&self.folder);
        if marks == self.marks {
            return Change::Nothing;
        }
        let was_damaged = self.damage.is_some();
        self.marks = marks;
        (self.end, self.damage) = match checked(&self.folder) {
            Ok(end) => (end, None),
            Err(why) => (None, Some(format!("{why:#}"))),
        };
        if was_damaged == self.damage.is_some() {
            return Change::Grown;
        }
        // Rows in the middle may be others than those that were read.
        self.curve = Growing::new(self.folder.join(CURVE));
        Change::Anew
    }

    /// Its identity.
    pub fn name(&self) -> String {
        self.folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// Whether anything of it is there.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// When it last wrote anything.
    pub fn heard(&self) -> Option<SystemTime> {
        self.heard
    }

    /// How it ended. One that failed and has written since trains again.
    pub fn end(&self) -> Option<&End> {
        let ended = self.marks.end.and_then(|seen| seen.written);
        let is_last = ended >= self.curve.written();
        self.end.as_ref().filter(|end| end.status != Status::Failed || is_last)
    }

    /// Why its files cannot be used, where they are not as it left them at its end.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    pub fn points(&self) -> &Points {
        self.curve.points()
    }

    /// The rows by which a run is told: that of its lowest val loss and the last one, with its end;
    /// nothing of one that is damaged. It may be stopped from step `first_stop` on.
    pub fn so_far(&self, tokens_per_step: usize, first_stop: usize) -> SoFar {
        let last = self.curve.last_row();
        let first = self.end().map_or(first_stop, |end| end.first_stop(first_stop));
        let best = self
            .curve
            .points()
            .best(first)
            .map(|(loss, step)| CurveRow { val_loss: Some(loss), ..CurveRow::at(step) });
        let best = best.filter(|best| last.as_ref().is_none_or(|last| best.step < last.step));
        let told = best.into_iter().chain(last).filter(|_| self.damage.is_none());
        SoFar {
            curve: told.collect(),
            end: self.end().cloned(),
            evaluations: self.curve.points().evaluations(),
            tokens_per_step,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;
    use std::path::Path;

    use super::super::run_folder::END;
    use super::*;
    use crate::files::csv_of;
    use crate::record::{Provenance, best_evaluation};

    fn rows(steps: std::ops::Range<usize>) -> Vec<CurveRow> {
        let row = |step| CurveRow { val_loss: Some(9.0 / (1 + step) as f64), ..CurveRow::at(step) };
        steps.map(row).collect()
    }

    fn append(path: &Path, text: &[u8]) {
        fs::File::options().append(true).create(true).open(path).unwrap().write_all(text).unwrap();
    }

    #[test]
    fn rows_that_are_added_are_read_once_and_a_torn_line_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CURVE);
        let mut watch = Watch::new(folder.path().to_owned());
        assert_eq!(watch.look(), Change::Nothing);
        let whole = csv_of(&rows(0..9)).unwrap();
        for (from, to) in
            (0..whole.len()).step_by(700).map(|from| (from, whole.len().min(from + 700)))
        {
            append(&path, &whole[from..to]);
            assert_ne!(watch.look(), Change::Anew, "{from}");
            let lines = whole[..to].iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(watch.points().len(), lines.saturating_sub(1));
            assert_eq!(watch.look(), Change::Nothing);
        }
        let mut as_read: Vec<CurveRow> = rows(0..9);
        let told = watch.so_far(3, 1).curve;
        assert_eq!(told.last(), as_read.last());
        as_read.truncate(9);
        assert_eq!(best_evaluation(&told, 1), best_evaluation(&as_read, 1));
    }

    #[test]
    fn a_run_that_goes_on_from_a_checkpoint_is_read_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CURVE);
        fs::write(&path, csv_of(&rows(0..9)).unwrap()).unwrap();
        let mut watch = Watch::new(folder.path().to_owned());
        assert_eq!(watch.look(), Change::Grown);
        fs::write(&path, csv_of(&rows(0..4)).unwrap()).unwrap();
        assert_eq!((watch.look(), watch.points().last_step()), (Change::Anew, 3));
        let mut other = rows(0..6);
        other[3].val_loss = Some(5.0);
        fs::write(&path, csv_of(&other).unwrap()).unwrap();
        assert_eq!((watch.look(), watch.points().last_step()), (Change::Anew, 5));
        fs::remove_file(&path).unwrap();
        assert_eq!((watch.look(), watch.points().len()), (Change::Anew, 0));
    }

    #[test]
    fn a_run_that_failed_and_trains_again_has_not_ended() {
        let folder = tempfile::tempdir().unwrap();
        let provenance: Provenance = serde_json::from_str(
            r#"{"version":"","commit":"","backend":"","adapter":"","host":"","cores":1,"jobs":1,"command":[]}"#,
        )
        .unwrap();
        let end = End::failed(0, "no memory", &provenance);
        let path = folder.path().join(END);
        fs::write(&path, serde_json::to_vec(&end).unwrap()).unwrap();
        let mut watch = Watch::new(folder.path().to_owned());
        assert_eq!((watch.look(), watch.end()), (Change::Grown, Some(&end)));
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        fs::write(folder.path().join(CURVE), csv_of(&rows(0..2)).unwrap()).unwrap();
        watch.look();
        assert_eq!(watch.end(), None);
    }
}
