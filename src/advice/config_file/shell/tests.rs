use super::*;

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let keys = keys(text);
    for (key, value) in expected {
        assert_eq!(keys.value(key), Some(*value), "{key}: {:?}", keys.get(key));
    }
}

#[test]
fn the_first_flag_of_a_quoted_list_is_read() {
    check(
        "ARGS=\"--weight-decay 0.1 --lr 1e-4\"\nOTHER=(--seed 3)\n",
        &[("weight_decay", "0.1"), ("lr", "1e-4"), ("seed", "3")],
    );
}

#[test]
fn a_flag_whose_value_is_json_has_its_entries() {
    let expected = [("kwargs.min_lr", "0.004"), ("kwargs.n", "3"), ("lr", "1"), ("bf16", "true")];
    for value in [
        "--kwargs '{\"min_lr\": 4e-3, \"n\": 3}' --lr 1",
        "--kwargs='{\"min_lr\": 4e-3, \"n\": 3}' --lr 1",
        "--kwargs \"{\\\"min_lr\\\": 4e-3, \\\"n\\\": 3}\" \\\n --lr 1",
        "--kwargs '{\"min_lr\":4e-3,\"n\":3}' --lr \"1\"",
    ] {
        check(&format!("train.py {value} --bf16\n"), &expected);
    }
    check("train.py --betas '[0.9, 0.95]'\n", &[("betas.0", "0.9"), ("betas.1", "0.95")]);
    check("train.py --name '{no json' --lr 1\n", &[("name", "{no json"), ("lr", "1")]);
}

#[test]
fn flags_in_texts_are_read_as_deep_as_anybody_writes_them() {
    check("bash -c \"cd x && torchrun t.py --lr 1 --wd 0.1\"\n", &[("lr", "1"), ("wd", "0.1")]);
    check("ARGS=\"\n  --lr 1 --wd 0.1\n\"\n", &[("lr", "1"), ("wd", "0.1")]);
    check("ARGS=\" \\\n --lr 1 \\\n --wd 0.1 \\\n\"\n", &[("lr", "1"), ("wd", "0.1")]);
    assert_eq!(keys(&"(--a ".repeat(50_000)).value("lr"), None);
}

#[test]
fn flags_are_read_through_variables() {
    check(
        "SEQ=2048\npython train.py \\\n  --seq-length $SEQ \\\n  --lr=6.0e-5 --bf16 --min-lr 6e-6 # slow\n",
        &[("seq_length", "2048"), ("lr", "6.0e-5"), ("bf16", "true"), ("min_lr", "6e-6")],
    );
}

#[test]
fn a_word_that_has_a_number_sign_in_it_starts_no_comment() {
    for script in [
        "train --wandb-exp-name exp#3 --weight-decay 0.3 # not 0.1\n",
        "train --wandb-exp-name exp#3 \\\n  --weight-decay 0.3 #--weight-decay 0.1\n",
        "# --weight-decay 0.1\nN=$#;#--weight-decay 0.1\ntrain --weight-decay 0.3\n",
    ] {
        check(script, &[("weight_decay", "0.3")]);
    }
}

#[test]
fn one_command_may_assign_several_names() {
    for script in [
        "export LR=6e-4 WD=0.3\n",
        "LR=6e-4 WD=\"0.3\"\n",
        "declare -r LR=6e-4; readonly WD=0.3 NAME='a b'\n",
        "set -e && true\nlocal LR=6e-4 STEPS=$(( 2 * 8 )) WD=0.3\n",
    ] {
        check(
            &format!("{script}train --lr $LR --weight-decay $WD\n"),
            &[("LR", "0.0006"), ("WD", "0.3"), ("weight_decay", "0.3")],
        );
    }
    check("ARGS=(--lr 1e-4 --seed 3)\n", &[("lr", "1e-4"), ("seed", "3")]);
}

#[test]
fn what_one_branch_assigns_is_doubtful() {
    for script in [
        "if [ $1 = a ]; then\n  LR=1\nelse\n  LR=2\nfi\n",
        "if [ $1 = a ]; then LR=1; fi\n",
        "LR=1\n[ $1 = a ] && LR=2\n",
        "case $1 in\n  a) LR=1;;\n  b) LR=2;;\nesac\n",
        "for x in 1 2; do\n  LR=1\ndone\n",
    ] {
        let found = keys(&format!("{script}train --lr $LR\n"));
        let found = found.get("lr").unwrap();
        assert!(found.doubt.is_some(), "{script}: {found:?}");
    }
    check("if [ $1 = a ]; then\n  X=1\nfi\nLR=2\ntrain --lr $LR\n", &[("lr", "2")]);
}

#[test]
fn a_flag_has_what_its_variable_had_before() {
    check("LR=1\ntrain --lr $LR\nLR=2\ntune --rate $LR\n", &[("lr", "1"), ("rate", "2")]);
    let found = keys("LR=1\ntrain --lr $LR\nLR=2\ntrain --lr $LR\n");
    assert_eq!(found.get("lr").unwrap().text, "1 and 2");
}

#[test]
fn two_calls_with_two_values_are_doubtful() {
    let found = keys("train --lr 1\ntrain --lr 2\n");
    assert_eq!(found.get("lr").unwrap().text, "1 and 2");
}
