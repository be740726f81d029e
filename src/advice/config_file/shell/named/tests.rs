use super::*;

#[track_caller]
fn check(command: &str, expected: Option<&str>) {
    let keys: Keys = [("CONFIG", "config/a.py")].into_iter().collect();
    let words: Vec<&str> = command.split_whitespace().collect();
    let told = configuration(&words, &keys).map(|one| one.told);
    assert_eq!(told.as_deref(), expected, "{command}");
}

#[test]
fn a_file_after_the_program_is_one_that_it_reads() {
    for command in [
        "torchrun --standalone --nproc_per_node=1 train.py config/a.py --max_iters=5000",
        "python train.py --max_iters 5000 config/a.py",
        "python train.py $CONFIG --max_iters=5000",
        "python train.py ${CONFIG} --max_iters=5000",
        "python train.py ${1:-config/a.py} --max_iters=5000",
    ] {
        check(command, Some("config/a.py"));
    }
    for command in [
        "axolotl train a.yml --learning_rate 1e-4",
        "accelerate launch --config_file acc.yml -m axolotl.cli.train a.yml",
        "trl sft --config a.yml --learning_rate 1e-4",
        "python train.py -c a.yml --learning_rate 1e-4",
        "python train.py --train_config=${OTHER:-a.yml} --learning_rate 1e-4",
        "python train.py --bf16 a.yml --learning_rate 1e-4",
        "python train.py --deepspeed zero3.json a.yml",
        "python -m lingua.train config=a.yml steps=3",
        "python deepy.py train.py a.yml",
        "torchrun train.py --lr 1 --config-file=a.yml | tee log.json",
    ] {
        check(command, Some("a.yml"));
    }
}

#[test]
fn other_files_of_a_command_are_not() {
    for command in [
        "accelerate launch --config_file acc.yaml train.py --lr 1",
        "python train.py --tokenizer=tokenizer.json --lr 1 > log.json",
        "cp a.yaml b.yaml",
        "python train.py --data_files a.yaml b.yaml --lr 1",
        "python run_clm.py --config_name gpt2 --dataset_config_name $1 --save_config true --lr 1",
    ] {
        check(command, None);
    }
    assert!(is_maybe_data("data/train.json") && !is_maybe_data("config.json"));
}

#[test]
fn a_configuration_of_deepspeed_may_be_all_of_a_run_or_nothing() {
    for command in [
        "deepspeed train.py --deepspeed zero3.json --lr 1",
        "deepspeed train.py --deepspeed --deepspeed_config=zero3.json",
    ] {
        let words: Vec<&str> = command.split_whitespace().collect();
        let named = configuration(&words, &Keys::default()).unwrap();
        assert!(named.told == "zero3.json" && named.is_maybe_data, "{command}");
    }
    check("deepspeed train.py --deepspeed --lr 1", None);
}

#[test]
fn a_word_sets_what_no_flag_does() {
    for (word, set) in [
        ("optim.lr=3e-4", Some(("optim.lr", "3e-4"))),
        ("+steps=3", Some(("steps", "3"))),
        ("--lr=1", None),
        ("config=a.yaml", None),
        ("http://x?y=z", None),
        ("steps", None),
    ] {
        assert_eq!(set_by(word), set, "{word}");
    }
}

#[test]
fn a_configuration_is_read_also_where_its_name_is_not_known() {
    for (command, told) in [
        ("python train.py --lr 1 --config $1", "`--config $1`"),
        ("python train.py --config=\"$OTHER\"", "`--config $OTHER`"),
        ("python train.py --config-name gpt_5b --lr 1", "`--config-name gpt_5b`"),
        ("python train.py -cn gpt_5b", "`-cn gpt_5b`"),
    ] {
        check(command, Some(&format!("the configuration that {told} names")));
    }
}

#[test]
fn flags_come_by_variables_that_hold_flags() {
    let keys: Keys = [("ARGS", "--lr 1"), ("LIST", "("), ("OUT", "x")].into_iter().collect();
    assert!(takes_flags(&["train.py", "a.yml", "$ARGS"], &keys));
    assert!(takes_flags(&["train.py", "a.yml", "\"${LIST[@]}\""], &keys));
    assert!(!takes_flags(&["$OUT/convert.py", "a.yml", "$OUT", "$1", "ARGS"], &keys));
}
