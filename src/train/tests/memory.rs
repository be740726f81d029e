use super::*;
use crate::config::Canaries;

/// Runs of which everything is asked that can be.
fn asked() -> Vec<RunConfig> {
    let mut lanes = mixed_lanes();
    for lane in &mut lanes {
        let recipe = &mut lane.recipe;
        (recipe.verbatim_prompts, recipe.verbatim_after, recipe.verbatim_tokens) = (5, 2, 2);
        lane.data.canaries = canaries();
    }
    lanes
}

fn canaries() -> Option<Canaries> {
    Some(Canaries { count: 3, length: 4, repeats: vec![1, 6] })
}

fn trained_with(
    lanes: &[RunConfig],
    resume: Vec<Checkpoint>,
    stop_after: Option<usize>,
) -> Vec<TrainedLane> {
    let mut cut = cut();
    cut.canaries.clone_from(&lanes[0].data.canaries);
    let corpus = Corpus::load(&Source::GRAMMAR, &cut, &[0, 1, 2]).unwrap();
    let cohort = Cohort { lanes, resume, corpus: &corpus, initial: None, device: Device::flex() };
    let mut notebook = Notebook { stop_after, ..Notebook::default() };
    let interrupter = notebook.interrupter.clone();
    train(&cohort, &mut notebook, &interrupter).unwrap();
    notebook.lanes
}

#[test]
fn what_is_known_by_heart_is_the_same_alone_among_others_and_after_an_interruption() {
    let lanes = asked();
    let whole = trained_with(&lanes, Vec::new(), None);
    for (run, among) in lanes.iter().zip(&whole) {
        assert_same(&trained_with(std::slice::from_ref(run), Vec::new(), None)[0], among);
        let measured = among.curve.iter().filter(|row| row.val_loss.is_some());
        assert!(
            measured.clone().count() == 3 && measured.clone().all(is_whole),
            "{:?}",
            among.curve
        );
        let others = among.curve.iter().filter(|row| row.val_loss.is_none());
        assert!(others.clone().count() > 0);
        assert!(others.clone().all(|row| row.memory == Default::default()));
        let last = &among.curve.last().unwrap().memory;
        assert_eq!(last.test_loss, among.end().test_loss);
    }
    let first = trained_with(&lanes, Vec::new(), Some(3));
    for group in [&[3, 0][..], &[1], &[2, 4]] {
        let again: Vec<RunConfig> = group.iter().map(|place| lanes[*place].clone()).collect();
        let resume = group.iter().map(|place| first[*place].checkpoint.clone().unwrap()).collect();
        for (place, mut second) in group.iter().zip(trained_with(&again, resume, None)) {
            second.curve.splice(0..0, first[*place].curve.clone());
            assert_same(&second, &whole[*place]);
        }
    }
}

fn is_whole(row: &CurveRow) -> bool {
    let memory = &row.memory;
    memory.test_loss.is_some()
        && memory.verbatim_train.is_some()
        && memory.longest_verbatim.is_some_and(|longest| longest <= 5)
        && memory.verbatim_val.is_some()
        && memory.longest_verbatim_val.is_some()
        && memory.exposure.is_some_and(|bits| (0.0..=8.0).contains(&bits))
        && memory.exposure_by_repeats.len() == 2
        && memory.divergence.is_some_and(|nats| nats > 0.0)
}

#[test]
fn asking_changes_no_other_number_and_planting_does() {
    let plain = trained(&mixed_lanes(), Device::flex());
    let mut lanes = asked();
    lanes.iter_mut().for_each(|lane| lane.data.canaries = None);
    for (asked, plain) in trained_with(&lanes, Vec::new(), None).into_iter().zip(&plain) {
        assert!(asked.curve[0].memory.exposure.is_none());
        assert!(asked.curve[0].memory.verbatim_train.is_some());
        let mut without = asked.clone();
        without.curve.iter_mut().for_each(|row| row.memory = Default::default());
        assert_same(&without, plain);
    }
    lanes.iter_mut().for_each(|lane| lane.recipe.verbatim_prompts = 0);
    lanes.iter_mut().for_each(|lane| lane.data.canaries = canaries());
    for (planted, plain) in trained_with(&lanes, Vec::new(), None).into_iter().zip(&plain) {
        assert!(planted.curve[0].memory.exposure.is_some());
        assert!(planted.curve[0].memory.verbatim_train.is_none());
        assert_ne!(planted.weights(), plain.weights());
    }
}

/// What is learned is the truth, and what is learned by heart is not: the loss of a model that reads what the truth
/// writes is the entropy of the truth and how far the model is from it.
#[test]
fn the_loss_is_the_floor_and_the_divergence_but_for_what_was_drawn() {
    let mut run = asked().remove(0);
    (run.recipe.steps, run.recipe.lr, run.data.canaries) = (60, 1e-2, None);
    run.recipe.eval_windows = 3000;
    run.data.split.test = 3000;
    let cut = Cut { test: Some(3000), ..cut() };
    let corpus = Corpus::load(&Source::GRAMMAR, &cut, &[0]).unwrap();
    let levels = corpus.levels(corpus.text(Some(0)), run.model.context, 3000).unwrap();
    let (lanes, resume, device) = ([run], Vec::new(), Device::flex());
    let cohort = Cohort { lanes: &lanes, resume, corpus: &corpus, initial: None, device };
    let mut notebook = Notebook::default();
    train(&cohort, &mut notebook, &Interrupter::new()).unwrap();
    for row in notebook.lanes[0].curve.iter().filter(|row| row.val_loss.is_some()) {
        let (loss, nats) = (row.memory.test_loss.unwrap(), row.memory.divergence.unwrap());
        let apart = loss - levels.floor.unwrap() - nats;
        assert!(nats > 0.5 && apart.abs() < 0.08, "step {}: {loss} {nats} {apart}", row.step);
    }
}
