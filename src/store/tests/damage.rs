//! Files that are not as a run left them.

use std::fs::File;

use super::super::seal::SealedFile;
use super::*;

#[test]
fn damage_is_recognised_and_named() {
    type Damage = fn(&Scene);
    let cases: [(Damage, &str); 10] = [
        (|scene| scene.cut(CURVE, 5), "curve.csv"),
        (|scene| fs::remove_file(scene.folder.join(CURVE)).unwrap(), "curve.csv"),
        (|scene| fs::write(scene.folder.join(CURVE), "step\n0\n2\n").unwrap(), "curve.csv"),
        (|scene| fs::write(scene.folder.join(CURVE), "\u{0}\u{1}").unwrap(), "curve.csv"),
        (|scene| scene.cut(END, 20), "end.json is damaged"),
        (|scene| fs::write(scene.folder.join(END), "[]").unwrap(), "end.json is damaged"),
        (|scene| scene.cut(CONFIG, 20), "config.json is damaged"),
        (|scene| fs::remove_file(scene.folder.join(CONFIG)).unwrap(), "config.json is missing"),
        (
            |scene| {
                let other = fs::read_to_string(scene.folder.join(CONFIG)).unwrap();
                fs::write(scene.folder.join(CONFIG), other.replace("0.003", "0.004")).unwrap();
            },
            "another run",
        ),
        (
            |scene| {
                fs::remove_file(scene.folder.join(END)).unwrap();
                fs::create_dir(scene.folder.join(END)).unwrap();
            },
            "end.json",
        ),
    ];
    for (damage, expected) in cases {
        let scene = Scene::new();
        scene.finish();
        damage(&scene);
        assert!(scene.why().contains(expected), "{}: {expected}", scene.why());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_opened_is_no_damage() {
    let scene = Scene::new();
    scene.finish();
    let path = scene.folder.join(CURVE);
    let aside = scene.folder.join("aside");
    fs::rename(&path, &aside).unwrap();
    // The superuser may read whatever has permissions; this is a file whose reading fails.
    std::os::unix::fs::symlink("/proc/self/mem", &path).unwrap();
    let state = scene.store.state(&example());
    let RunState::Unreadable { why } = state else { panic!("{state:?}") };
    assert!(why.contains("curve.csv"), "{why}");
    fs::rename(&aside, &path).unwrap();
    assert!(matches!(scene.store.state(&example()), RunState::Finished(_)));
}

#[test]
fn a_digit_of_an_ended_run_that_was_changed_by_hand_is_told_by_the_checksum() {
    let changes = [(CURVE, "0.30000000000000004", "0.30000000000000005"), (END, "1.25", "1.26")];
    for (file, from, to) in changes {
        let scene = Scene::new();
        scene.finish();
        let path = scene.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        assert!(scene.why().contains("checksum does not match"), "{}", scene.why());
    }
}

#[test]
fn files_of_another_run_of_the_same_length_are_not_taken() {
    let (scene, other) = (Scene::new(), Scene::new());
    scene.finish();
    let mut config = example();
    config.recipe.eps = 1e-7;
    let lock = other.store.lock(&config.id(), &Holder::new("here", 0)).unwrap().unwrap();
    let mut writer = RunWriter::begin(&other.store, lock, &config, 0).unwrap();
    (0..=4).for_each(|step| writer.append(&row(step)).unwrap());
    writer.end(&end(Status::Done, 4)).unwrap();
    for file in [CURVE, END] {
        fs::copy(other.store.folder_of(&config.id()).join(file), scene.folder.join(file)).unwrap();
    }
    assert!(scene.why().contains("not as this run left them"), "{}", scene.why());
}

#[test]
fn an_end_that_an_older_version_wrote_needs_no_checksum() {
    let scene = Scene::new();
    scene.finish();
    fs::write(scene.folder.join(END), json_of(&end(Status::Done, 4)).unwrap()).unwrap();
    assert!(scene.store.finished(&example()).is_some());
}

#[test]
fn a_damaged_checkpoint_is_recognised_wherever_it_is_damaged() {
    let scene = Scene::new();
    drop(scene.train_to(3));
    let path = scene.folder.join(CHECKPOINT);
    let whole = fs::read(&path).unwrap();
    for length in [0, 1, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(scene.why().contains("checkpoint.safetensors is damaged"), "cut to {length} bytes");
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(&path, &flipped).unwrap();
    assert!(scene.why().contains("checksum"), "{}", scene.why());
    fs::write(&path, &whole).unwrap();
    assert_eq!(scene.state(), RunState::Interrupted { step: 2 });
}

#[test]
fn a_digit_of_an_interrupted_run_that_was_changed_by_hand_is_told_by_the_checksum_of_its_checkpoint()
 {
    let scene = Scene::new();
    drop(scene.train_to(3));
    let path = scene.folder.join(CURVE);
    let whole = fs::read_to_string(&path).unwrap();
    let write_changed = |step: usize| {
        let (before, after) = whole.split_at(whole.find(&format!("\n{step},")).expect("its row"));
        let changed = before.to_owned() + &after.replacen("0.2", "0.1", 1);
        assert_ne!(changed, whole);
        fs::write(&path, changed).unwrap();
    };
    write_changed(1);
    assert!(scene.why().contains("curve.csv is not as this run left it"), "{}", scene.why());
    // A step after the checkpoint is lost anyway.
    write_changed(3);
    assert_eq!(scene.state(), RunState::Interrupted { step: 2 });
}

#[test]
fn a_checkpoint_of_another_run_is_not_taken() {
    let scene = Scene::new();
    drop(scene.train_to(3));
    let mut other = example();
    other.recipe.eps = 1e-7;
    let path = scene.folder.join(CHECKPOINT);
    checkpoint::write(&path, &other.id(), &checkpoint(2), &Default::default()).unwrap();
    assert!(scene.why().contains("another run"), "{}", scene.why());
}

#[test]
fn a_curve_of_an_older_version_is_written_with_the_columns_of_this_one_and_is_not_damaged_then() {
    let scene = Scene::new();
    drop(scene.train_to(3));
    let path = scene.folder.join(CURVE);
    let without_a_column = |text: &str| -> String {
        let lines = text.lines().map(|line| line.rsplit_once(',').expect("columns").0);
        lines.map(|line| line.to_owned() + "\n").collect()
    };
    let older = without_a_column(&fs::read_to_string(&path).unwrap());
    fs::write(&path, &older).unwrap();
    let mut stored = checkpoint::read(&scene.folder.join(CHECKPOINT), &example().id()).unwrap();
    stored.about.curve =
        Some(SealedFile::after(older.as_bytes(), File::open(&path).unwrap()).seal());
    let file = scene.folder.join(CHECKPOINT);
    checkpoint::write(&file, &example().id(), &stored.checkpoint, &stored.about).unwrap();
    assert_eq!(scene.state(), RunState::Interrupted { step: 2 });
    // Killed after it has begun to go on, before its next checkpoint.
    drop(RunWriter::begin(&scene.store, scene.lock(), &example(), 2).unwrap());
    assert_ne!(fs::read_to_string(&path).unwrap().lines().next(), older.lines().next());
    assert_eq!(scene.state(), RunState::Interrupted { step: 2 });
    let mut writer = RunWriter::begin(&scene.store, scene.lock(), &example(), 2).unwrap();
    writer.append(&row(3)).unwrap();
    writer.checkpoint(&checkpoint(3)).unwrap();
    let again = checkpoint::read(&file, &example().id()).unwrap();
    assert!(again.about.curve.is_some_and(|seal| seal.check(&fs::read(&path).unwrap()).is_ok()));
}
