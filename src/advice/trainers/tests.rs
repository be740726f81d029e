use super::*;

#[test]
fn every_trainer_is_told_by_its_own_marks() {
    for trainer in ALL.iter() {
        let amounts = trainer.keys.get(&Name::Steps).or(trainer.keys.get(&Name::Duration));
        let amount = amounts.unwrap()[0].as_str();
        let marks = trainer.marks.iter().map(String::as_str).chain([amount]);
        let keys: Keys = marks.map(|mark| (mark, "1")).collect();
        assert_eq!(Trainer::of(&keys).unwrap().unwrap().name, trainer.name);
        assert!(trainer.keys.values().all(|keys| !keys.is_empty()), "{}", trainer.name);
    }
    assert!(Trainer::of(&Keys::default()).unwrap().is_none());
}

#[test]
fn what_is_not_set_is_the_default_and_is_said() {
    let trainer = ALL.iter().find(|one| one.name.starts_with("Hugging")).unwrap();
    let keys = [("learning_rate", "3e-4"), ("max_steps", "-1")];
    let mut remarks = Vec::new();
    let keys = keys.into_iter().collect();
    let fields = trainer.read(&keys, &RunFields::default(), &mut remarks).unwrap();
    assert_eq!((fields.lr, fields.steps, fields.epochs), (Some(3e-4), None, Some(3.0)));
    assert_eq!((fields.weight_decay, fields.device_sequences), (Some(0.0), Some(8.0)));
    assert!(remarks[1].contains("weight_decay = 0,"), "{remarks:?}");
}

#[test]
fn a_list_under_a_known_key_is_told_by_that_key_and_is_no_misspelling() {
    let trainer = ALL.iter().find(|one| one.name == "Megatron-LM").unwrap();
    let list = ["rampup_batch_size.0", "rampup_batch_size.1"].map(|key| (key, "32"));
    let keys = [("lr", "1e-3"), ("train_iters", "1000")].into_iter().chain(list).collect();
    let mut remarks = Vec::new();
    trainer.read(&keys, &RunFields::default(), &mut remarks).unwrap();
    assert!(remarks.iter().all(|one| !one.contains("meant?")), "{remarks:?}");
    let unread = "in the file and not read: rampup_batch_size";
    assert!(remarks.iter().any(|one| one == unread), "{remarks:?}");
}

#[test]
fn a_key_that_differs_from_a_known_one_in_its_digit_is_no_misspelling_of_it() {
    let remarks = |name: &str, known: &[(&str, &str)]| {
        let trainer = ALL.iter().find(|one| one.name == name).unwrap();
        let keys = known.iter().copied().chain([("adam_beta2", "0.95")]).collect();
        let mut remarks = Vec::new();
        trainer.read(&keys, &RunFields::default(), &mut remarks).unwrap();
        remarks
    };
    let axolotl = remarks("Axolotl", &[("micro_batch_size", "4"), ("learning_rate", "2e-4")]);
    assert!(axolotl.iter().any(|one| one == "in the file and not read: adam_beta2"), "{axolotl:?}");
    let megatron = remarks("Megatron-LM", &[("lr", "1e-3"), ("train_iters", "1000")]);
    for told in [axolotl, megatron] {
        assert!(told.iter().all(|one| !one.contains("meant?")), "{told:?}");
    }
}

#[test]
fn a_number_that_would_change_the_batch_by_its_name_is_told_where_it_is_not_read() {
    let trainer = ALL.iter().find(|one| one.name == "torchtitan").unwrap();
    let told = |more: &[(&str, &str)]| {
        let known = [
            ("training.local_batch_size", "8"),
            ("training.steps", "1000"),
            ("parallelism.tensor_parallel_degree", "2"),
        ];
        let keys = known.into_iter().chain(more.iter().copied()).collect();
        let mut remarks = Vec::new();
        trainer.read(&keys, &RunFields::default(), &mut remarks).unwrap();
        let unread = remarks.into_iter().find(|one| one.starts_with("in the file and not read"));
        unread.unwrap_or_default()
    };
    let ring = ("experimental.ring_parallel_degree", "4");
    assert_eq!(told(&[ring]), "in the file and not read: experimental.ring_parallel_degree");
    assert_eq!(told(&[ring, ("training.global_batch_size", "64")]), "");
    for other in [
        ("experimental.ring_parallel_degree", "1"),
        ("experimental.ring_parallel", "true"),
        ("parallelism.data_parallel_shard_degree", "8"),
        ("parallelism.expert_parallel_degree", "8"),
    ] {
        assert_eq!(told(&[other]), "", "{other:?}");
    }
}
