//! What two experiments do not share of what was asked, and by which program.

use super::spec::{self, Line};
use crate::experiment::CommandLine;
use crate::results::{Experiment, RunRow};

/// What the two do not share, each line with its side.
pub fn differences(
    experiments: &[Experiment; 2],
    runs: &[Vec<RunRow>; 2],
    names: &[String; 2],
) -> String {
    let [a, b] = [0, 1].map(|place| described(&experiments[place]));
    let only = |these: &[Line], those: &[Line], name: &str| -> Vec<String> {
        let alone = these.iter().filter(|line| !line.is_said_by(those));
        alone.map(|line| format!("{name}: {}", line.text)).collect()
    };
    let mut lines = [only(&a, &b, &names[0]), only(&b, &a, &names[1])].concat();
    let have_other_weights = have_other_weights(experiments, runs);
    if have_other_weights {
        lines.push(
            "The first weights differ: --init gave both, and equal arms and seeds are other runs."
                .to_owned(),
        );
    }
    match lines.is_empty() {
        true if a != b => {
            "Specs say the same in other words; data and program are the same.".to_owned()
        }
        true => "Specs, data and program are the same.".to_owned(),
        false => lines.join("\n"),
    }
}

/// A line for each thing that was asked, and for what answered.
fn described(experiment: &Experiment) -> Vec<Line> {
    let origin = &experiment.provenance;
    let of_call = [
        format!(
            "data: {} ({})",
            experiment.data,
            &experiment.digest.chars().take(12).collect::<String>()
        ),
        format!("program: wane {} ({})", origin.version, origin.commit),
        format!("backend: {} on {}", origin.backend, origin.adapter),
        format!("changes: {}", changes(&origin.command, true)),
    ];
    of_call.into_iter().map(Line::new).chain(spec::lines(&experiment.spec)).collect()
}

/// Whether both began with weights of a file, and not of one: such files are known by their paths alone, but what is in
/// them is part of what a run is named by.
fn have_other_weights([left, right]: &[Experiment; 2], runs: &[Vec<RunRow>; 2]) -> bool {
    let has_init = |experiment: &Experiment| {
        CommandLine::of_command(&experiment.provenance.command).init.is_some()
    };
    let is_other = |run: &RunRow| {
        let mut alike = runs[1].iter().filter(|other| is_alike(run, other)).peekable();
        alike.peek().is_some() && alike.all(|other| other.run != run.run)
    };
    has_init(left)
        && has_init(right)
        && is_same_without_path(left, right)
        && runs[0].iter().any(is_other)
}

/// Whether the same was asked, whatever the file of first weights is called.
fn is_same_without_path(left: &Experiment, right: &Experiment) -> bool {
    let [left, right] = [left, right].map(|experiment| {
        let mut lines = described(experiment);
        lines.retain(|line| !line.text.starts_with("changes: "));
        lines.push(Line::new(changes(&experiment.provenance.command, false)));
        lines
    });
    left.iter().all(|line| line.is_said_by(&right))
        && right.iter().all(|line| line.is_said_by(&left))
}

/// Whether two runs are of equal arms and seeds.
fn is_alike(one: &RunRow, other: &RunRow) -> bool {
    let decay = |run: &RunRow| (run.form, run.mask, run.weight_decay, run.transfer);
    one.draw() == other.draw()
        && decay(one) == decay(other)
        && (one.setting == other.setting && one.treatment == other.treatment)
        && (one.variant == other.variant && one.recipe == other.recipe)
}

/// What a command line changed in its spec and its first weights, in one spelling and order; `with_path` names the file of
/// those.
fn changes(command: &[String], with_path: bool) -> String {
    let CommandLine { set, data, seeds, init, is_cropped } = CommandLine::of_command(command);
    let option = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
    let mut kept: Vec<String> = [
        option("--data", data),
        option("--seeds", seeds),
        option("--init", init.filter(|_| with_path)),
        is_cropped.then(|| "--init-crop".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    kept.extend(set.into_iter().map(|assignment| format!("--set {assignment}")));
    if kept.is_empty() { "none".to_owned() } else { kept.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_weights_and_how_they_were_cut_are_changes_and_their_file_can_be_left_out() {
        let command =
            "wane sweep a.toml --init w.safetensors --init-crop --jobs 2 --set=train.lr=1";
        let command: Vec<String> = command.split(' ').map(str::to_owned).collect();
        assert_eq!(changes(&command, true), "--init w.safetensors --init-crop --set train.lr=1");
        assert_eq!(changes(&command, false), "--init-crop --set train.lr=1");
        assert_eq!(changes(&command[..3], true), "none");
    }
}
