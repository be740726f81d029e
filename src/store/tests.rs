use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

mod damage;
mod ended;
mod locks;

use super::*;
use crate::config::tests::example;
use crate::record::{Best, CurveRow, LaneState, Provenance, Status, now};

fn provenance() -> Provenance {
    Provenance {
        version: "0".into(),
        commit: "unknown".into(),
        backend: "flex".into(),
        adapter: "a processor".into(),
        host: "here".into(),
        cores: 1,
        jobs: 1,
        command: vec!["wane".into()],
    }
}

fn end(status: Status, steps: usize) -> End {
    End {
        status,
        steps,
        error: None,
        val_floor: Some(0.5),
        val_unigram: Some(2.5),
        val_copied: Some(0.0),
        test_copied: Some(0.0),
        test_loss: Some(0.1 + 0.2),
        stopped_test_loss: Some(0.2),
        stopped_step: None,
        seconds: 1.25,
        lanes: 1,
        resumed_from: 0,
        started: now(),
        ended: now(),
        provenance: provenance(),
    }
}

fn checkpoint(step: usize) -> Checkpoint {
    let values = |value: f32| BTreeMap::from([("w".to_owned(), vec![value, 0.1 + 0.2])]);
    let state = LaneState::from([("first".into(), values(2.0)), ("second".into(), values(3.0))]);
    let best = Some(Best { step, val_loss: 0.1 + 0.2, test_loss: 1e-23 });
    Checkpoint { step, seconds: 0.5, weights: values(1.0), state, best }
}

struct Scene {
    _results: tempfile::TempDir,
    store: Store,
    folder: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let results = tempfile::tempdir().unwrap();
        let store = Store::new(results.path());
        let folder = store.folder_of(&example().id());
        Scene { _results: results, store, folder }
    }

    fn lock(&self) -> RunLock {
        let lock = self.store.lock(&example().id(), &Holder::new("here", 0));
        lock.unwrap().expect("nobody else has the run")
    }

    fn state(&self) -> RunState {
        self.store.state(&example())
    }

    fn why(&self) -> String {
        match self.state() {
            RunState::Broken { why } => why,
            state => panic!("expected a damaged run, found {state:?}"),
        }
    }

    /// Trains up to `step` of 4 with a checkpoint after step 2.
    fn train_to(&self, step: usize) -> RunWriter {
        let mut writer = RunWriter::begin(&self.store, self.lock(), &example(), 0).unwrap();
        for at in 0..=step {
            writer.append(&row(at)).unwrap();
            if at == 2 {
                writer.checkpoint(&checkpoint(2)).unwrap();
            }
        }
        writer
    }

    fn finish(&self) {
        self.train_to(4).end(&end(Status::Done, 4)).unwrap();
    }

    fn cut(&self, file: &str, bytes: usize) {
        let path = self.folder.join(file);
        let contents = fs::read(&path).unwrap();
        fs::write(&path, &contents[..contents.len() - bytes]).unwrap();
    }
}

fn row(step: usize) -> CurveRow {
    let losses = (Some(0.2), Some(0.1 + 0.2));
    CurveRow {
        train_loss: losses.0,
        val_loss: losses.1,
        batch_loss: Some(0.1),
        ..CurveRow::at(step)
    }
}

#[test]
fn a_store_that_cannot_be_read_is_no_empty_one() {
    let results = tempfile::tempdir().unwrap();
    let store = Store::new(results.path());
    assert_eq!((store.names().unwrap().len(), store.runs().unwrap().len()), (0, 0));
    // A folder that is none: who tests as root may read any other.
    fs::write(results.path().join(FOLDER), "").unwrap();
    for error in [store.names().unwrap_err(), store.runs().unwrap_err()] {
        assert!(error.to_string().contains(FOLDER), "{error:#}");
    }
}

#[test]
fn the_best_row_is_told_from_the_whole_curve_and_before_training_nothing_is_best() {
    let scene = Scene::new();
    let at = |step: usize, loss: f64| CurveRow { val_loss: Some(loss), ..row(step) };
    let best = |writer: &mut RunWriter, row: CurveRow| {
        writer.append(&row).unwrap();
        writer.is_at_its_best()
    };
    let mut writer = RunWriter::begin(&scene.store, scene.lock(), &example(), 0).unwrap();
    assert!(!best(&mut writer, at(0, 1.0)));
    assert!(best(&mut writer, at(1, 3.0)));
    assert!(best(&mut writer, at(2, 2.0)));
    writer.checkpoint(&checkpoint(2)).unwrap();
    assert!(best(&mut writer, at(3, 1.5)), "a step that is lost");
    drop(writer);
    let mut writer = RunWriter::begin(&scene.store, scene.lock(), &example(), 2).unwrap();
    assert!(!best(&mut writer, at(3, 2.0)));
    assert!(best(&mut writer, at(4, 1.9)));
}

#[test]
fn a_finished_run_is_found_again_number_for_number() {
    let scene = Scene::new();
    assert_eq!(scene.state(), RunState::New);
    scene.finish();
    let record = scene.store.finished(&example()).unwrap();
    assert_eq!(record.curve, (0..=4).map(row).collect::<Vec<_>>());
    assert_eq!((record.end.status, record.end.seconds), (Status::Done, 1.25));
    assert_eq!(scene.store.so_far(&example()).curve, record.curve);
}

#[test]
fn a_run_without_an_end_goes_on_from_its_checkpoint() {
    let scene = Scene::new();
    drop(scene.train_to(1));
    assert_eq!(scene.state(), RunState::Begun);
    drop(scene.train_to(3));
    assert_eq!(scene.state(), RunState::Interrupted { step: 2 });
    assert_eq!(scene.store.checkpoint(&example()).unwrap(), checkpoint(2));
    let mut writer = RunWriter::begin(&scene.store, scene.lock(), &example(), 2).unwrap();
    (3..=4).for_each(|step| writer.append(&row(step)).unwrap());
    writer.end(&end(Status::Done, 4)).unwrap();
    let record = scene.store.finished(&example()).unwrap();
    assert_eq!(record.curve, (0..=4).map(row).collect::<Vec<_>>());
}

#[test]
fn what_a_killed_process_had_half_written_is_removed_when_the_run_goes_on() {
    let scene = Scene::new();
    drop(scene.train_to(3));
    fs::write(scene.folder.join(".tmpAbC123"), "half").unwrap();
    let mut writer = RunWriter::begin(&scene.store, scene.lock(), &example(), 2).unwrap();
    (3..=4).for_each(|step| writer.append(&row(step)).unwrap());
    writer.end(&end(Status::Done, 4)).unwrap();
    assert!(scene.store.finished(&example()).is_some());
    let names = fs::read_dir(&scene.folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
}

#[test]
fn a_run_that_goes_on_on_another_backend_names_both() {
    let scene = Scene::new();
    let on = |backend: &str| Provenance { backend: backend.into(), ..provenance() };
    let begin = |step, backend| {
        let writer = RunWriter::begin(&scene.store, scene.lock(), &example(), step).unwrap();
        writer.produced_by(&on(backend))
    };
    let mut writer = begin(0, "ndarray");
    (0..=2).for_each(|at| writer.append(&row(at)).unwrap());
    writer.checkpoint(&checkpoint(2)).unwrap();
    drop(writer);
    assert_eq!(scene.store.begun_by(&example()).unwrap().backend, "ndarray");
    let mut writer = begin(2, "flex");
    (3..=4).for_each(|at| writer.append(&row(at)).unwrap());
    writer.end(&End { provenance: on("flex"), ..end(Status::Done, 4) }).unwrap();
    let record = scene.store.finished(&example()).expect("it has ended");
    assert_eq!(record.end.provenance.backend, "ndarray, flex");
    assert_eq!(record.end.provenance.host, provenance().host);
}

#[test]
fn a_torn_last_line_after_the_checkpoint_is_cut_off() {
    let scene = Scene::new();
    drop(scene.train_to(3));
    scene.cut(CURVE, 5);
    assert_eq!(scene.state(), RunState::Interrupted { step: 2 });
    RunWriter::begin(&scene.store, scene.lock(), &example(), 2).unwrap();
    assert_eq!(scene.store.last_step(&example()), 2);
}

#[test]
fn a_failed_run_says_why_and_keeps_its_checkpoint() {
    let scene = Scene::new();
    let end = End::failed(2, "out of memory", &provenance());
    drop(scene.train_to(3));
    scene.store.fail(&scene.lock(), &example(), &end).unwrap();
    assert_eq!(scene.state(), RunState::Failed { error: "out of memory".into(), step: 2 });
    assert_eq!(scene.store.so_far(&example()).end.unwrap().status, Status::Failed);
}

#[test]
fn what_is_set_aside_is_kept_and_the_run_is_new() {
    let scene = Scene::new();
    scene.finish();
    for number in 1..=2 {
        fs::write(scene.folder.join(END), "torn").unwrap();
        let aside = scene.store.set_aside(&scene.lock(), &example().id()).unwrap();
        assert!(aside.ends_with(format!("set-aside-{number}")));
        assert_eq!(fs::read_to_string(aside.join(END)).unwrap(), "torn");
        assert_eq!(scene.state(), RunState::New);
    }
}

#[test]
fn what_is_forgotten_is_gone_and_foreign_files_stay() {
    let scene = Scene::new();
    scene.finish();
    fs::write(scene.folder.join("notes.txt"), "mine").unwrap();
    scene.store.forget(&scene.lock(), &example().id()).unwrap();
    assert_eq!(scene.state(), RunState::New);
    assert_eq!(fs::read_to_string(scene.folder.join("notes.txt")).unwrap(), "mine");
}
