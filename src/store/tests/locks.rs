//! Who trains a run.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[test]
fn one_holder_has_a_run_until_it_lets_go() {
    let scene = Scene::new();
    let id = example().id();
    let lock = scene.lock();
    assert_eq!(scene.store.holder(&id).unwrap().host, "here");
    assert!(scene.store.lock(&id, &Holder::new("there", 0)).unwrap().is_none());
    drop(lock);
    assert_eq!(scene.store.holder(&id), None);
    assert!(scene.store.lock(&id, &Holder::new("there", 0)).unwrap().is_some());
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_lock_is_named_and_not_waited_for() {
    let scene = Scene::new();
    drop(scene.train_to(2));
    let id = example().id();
    let path = scene.folder.join(LOCK);
    fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(scene.store.holder(&id), None);
    let error = scene.store.lock(&id, &Holder::new("here", 0)).unwrap_err();
    assert!(format!("{error:#}").contains("not a plain file"), "{error:#}");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_lock_is_refused_and_what_it_leads_to_is_left_as_it_is() {
    let scene = Scene::new();
    drop(scene.train_to(2));
    let (lock, other) = (scene.folder.join(LOCK), scene.folder.join("other"));
    fs::write(&other, "mine").unwrap();
    fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink(&other, &lock).unwrap();
    let error = scene.store.lock(&example().id(), &Holder::new("here", 0)).unwrap_err();
    assert!(format!("{error:#}").contains("not a plain file"), "{error:#}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
}

#[test]
fn looking_at_a_lock_never_makes_a_starter_see_it_taken() {
    let scene = Scene::new();
    let id = example().id();
    drop(scene.lock());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    scene.store.holder(&id);
                }
            });
        }
        let taken = || scene.store.lock(&id, &Holder::new("here", 0)).unwrap().is_some();
        let all = (0..300).all(|_| taken());
        over.store(true, Ordering::Relaxed);
        assert!(all);
    });
}
