//! Runs that have ended, as they are watched, and files that are none.

use std::fs::File;

use super::*;

const DIGIT: &str = "0.30000000000000004";

/// Replaces what stands in a file and says that it was written so many seconds after 1970.
fn put(path: &Path, text: &str, seconds: u64) {
    fs::write(path, text).unwrap();
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

#[test]
fn a_watched_run_whose_files_were_changed_after_its_end_is_damaged_until_they_are_mended() {
    let scene = Scene::new();
    scene.finish();
    let id = example().id();
    let text = |file| fs::read_to_string(scene.folder.join(file)).unwrap();
    let mut watch = scene.store.watch(id.as_str());
    let changes = [
        (CURVE, DIGIT, "0.90000000000000004", "checksum does not match"),
        (END, "1.25", "1.26", "checksum does not match"),
        (END, "{", "", "end.json is damaged"),
        (CONFIG, "\"steps\": 4", "\"steps\": 5", "config.json describes another run"),
        (CONFIG, "{", "", "config.json is damaged"),
    ];
    for (time, (file, from, to, why)) in (1..).step_by(2).zip(changes) {
        let (path, whole) = (&scene.folder.join(file), text(file));
        let changed = whole.replacen(from, to, 1);
        assert_ne!(changed, whole);
        put(path, &changed, time);
        assert_eq!(watch.look(), Change::Anew);
        assert!(watch.damage().unwrap().contains(why), "{:?}", watch.damage());
        let told = watch.so_far(1, 1);
        assert_eq!((told.curve, told.end, told.tokens_per_step), (vec![], None, 1));
        assert!(!scene.store.has_ended(id.as_str()));
        put(path, &whole, time + 1);
        assert_eq!((watch.look(), watch.damage()), (Change::Anew, None));
        assert_eq!(watch.end().unwrap().status, Status::Done);
        assert_eq!(watch.points().of(0, 0).1, vec![0.3; 5], "not what stood there before");
        assert!(scene.store.has_ended(id.as_str()));
    }
}

#[test]
fn the_files_of_an_ended_run_are_checked_again_only_when_they_have_changed() {
    let scene = Scene::new();
    scene.finish();
    let id = example().id();
    let path = scene.folder.join(CURVE);
    let whole = fs::read_to_string(&path).unwrap();
    put(&path, &whole, 1);
    let (mut watch, marks) = (scene.store.watch(id.as_str()), scene.store.marks(id.as_str()));
    watch.look();
    // As long, and as old: nothing tells it from the one that was checked.
    put(&path, &whole.replacen(DIGIT, "0.30000000000000005", 1), 1);
    assert_eq!((watch.look(), watch.damage()), (Change::Nothing, None));
    assert_eq!(scene.store.marks(id.as_str()), marks);
    put(&path, &whole.replacen(DIGIT, "0.30000000000000005", 1), 2);
    assert_eq!(watch.look(), Change::Anew);
    assert_ne!(scene.store.marks(id.as_str()), marks);
}

#[test]
fn a_run_that_failed_has_ended_whatever_became_of_its_curve() {
    let scene = Scene::new();
    let id = example().id();
    drop(scene.train_to(3));
    scene
        .store
        .fail(&scene.lock(), &example(), &End::failed(2, "no memory", &provenance()))
        .unwrap();
    scene.cut(CURVE, 5);
    let mut watch = scene.store.watch(id.as_str());
    watch.look();
    assert_eq!((watch.damage(), scene.store.has_ended(id.as_str())), (None, true));
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_named_and_not_waited_for() {
    for file in [CONFIG, CURVE, CHECKPOINT, END] {
        let scene = Scene::new();
        match file {
            CHECKPOINT => drop(scene.train_to(3)),
            _ => scene.finish(),
        }
        let path = scene.folder.join(file);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let told = format!("{file}: it is not a plain file");
        assert!(scene.why().contains(&told), "{}", scene.why());
        let mut watch = scene.store.watch(example().id().as_str());
        watch.look();
        assert_eq!(watch.damage().is_some(), file != CHECKPOINT, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_is_that_file() {
    let scene = Scene::new();
    scene.finish();
    for file in [CONFIG, CURVE, END] {
        let (path, elsewhere) = (scene.folder.join(file), scene.folder.join("elsewhere"));
        fs::rename(&path, elsewhere.with_extension(file)).unwrap();
        std::os::unix::fs::symlink(elsewhere.with_extension(file), &path).unwrap();
    }
    assert!(scene.store.finished(&example()).is_some());
}

#[test]
fn a_run_that_diverged_before_its_first_step_has_ended_without_a_row() {
    let scene = Scene::new();
    let writer = RunWriter::begin(&scene.store, scene.lock(), &example(), 0).unwrap();
    writer.end(&end(Status::Diverged, 0)).unwrap();
    let record = scene.store.finished(&example()).expect("it has ended");
    assert_eq!((record.end.status, record.end.steps), (Status::Diverged, 0));
    assert_eq!(record.curve, vec![]);
    let mut watch = scene.store.watch(example().id().as_str());
    watch.look();
    assert_eq!(watch.damage(), None);
}
