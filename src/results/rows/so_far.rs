//! Rows of runs as far as they have come.

use super::{RunRow, bits_per_byte};
use crate::corpus::Copied;
use crate::record::{CurveRow, Memory, Status, best_evaluation, joined};
use crate::store::SoFar;

impl RunRow {
    /// The row of a planned run as far as it has come.
    pub fn so_far(self, record: &SoFar) -> RunRow {
        let end = record.end.as_ref();
        let status = end.map_or(Status::Unfinished, |end| end.status);
        let last = record.curve.last().filter(|_| status == Status::Done);
        let reached = record.curve.last().map_or(0, |row| row.step);
        let steps = end.map_or(reached, |end| end.steps);
        // Where loss was measured at the end alone, the best of its evaluations is no choice among steps.
        let places = record.evaluations + usize::from(self.starts_from_weights());
        let is_at_end_alone = status == Status::Done && places < 2;
        let first = end.map_or(self.first_stop(), |end| end.first_stop(self.first_stop()));
        let best = best_evaluation(&record.curve, first).filter(|_| !is_at_end_alone);
        let of_best = |(_, step)| record.curve.iter().find(|row| row.step == step);
        let memory = last.map(|row| &row.memory);
        let stopped = best.and_then(of_best).map(|row| &row.memory);
        let val_loss = last.and_then(|row| row.val_loss);
        let test_loss = end.and_then(|end| end.test_loss);
        let stopped_test_loss = end.zip(best).and_then(|(end, _)| end.stopped_test_loss);
        let on_test = |nats: Option<f64>| Some(bits_per_byte(nats?, self.test_bytes_per_token?));
        RunRow {
            status,
            steps,
            train_loss: last.and_then(|row| row.train_loss),
            val_loss,
            gap: last.and_then(CurveRow::gap),
            best_val_loss: best.map(|(loss, _)| loss),
            best_step: best.map(|(_, step)| step),
            weight_norm: last.and_then(|row| row.weight_norm),
            seconds: end.map(|end| end.seconds),
            val_floor: end.and_then(|end| end.val_floor),
            backend: end.map(|end| end.provenance.backend.clone()),
            commit: end.map(|end| end.provenance.commit.clone()),
            val_unigram: end.and_then(|end| end.val_unigram),
            tokens: steps.saturating_mul(record.tokens_per_step),
            test_loss,
            stopped_test_loss,
            last_train_loss: last.and_then(|row| row.last_train_loss),
            last_val_loss: last.and_then(|row| row.last_val_loss),
            val_bpb: val_loss
                .zip(self.val_bytes_per_token)
                .map(|(nats, bytes)| bits_per_byte(nats, bytes)),
            test_bpb: on_test(test_loss),
            stopped_test_bpb: on_test(stopped_test_loss),
            verbatim_train: memory.and_then(|memory| memory.verbatim_train),
            verbatim_val: memory.and_then(|memory| memory.verbatim_val),
            longest_verbatim: memory.and_then(|memory| memory.longest_verbatim),
            longest_verbatim_val: memory.and_then(|memory| memory.longest_verbatim_val),
            exposure: memory.and_then(|memory| memory.exposure),
            exposure_by_repeats: memory
                .map_or(String::new(), |memory| by_repeats(&self.exposure_by_repeats, memory)),
            divergence: memory.and_then(|memory| memory.divergence),
            stopped_verbatim_train: stopped.and_then(|memory| memory.verbatim_train),
            stopped_verbatim_val: stopped.and_then(|memory| memory.verbatim_val),
            stopped_exposure: stopped.and_then(|memory| memory.exposure),
            stopped_divergence: stopped.and_then(|memory| memory.divergence),
            val_copied: end.and_then(|end| end.val_copied),
            test_copied: end.and_then(|end| end.test_copied),
            ..self
        }
    }
}

impl RunRow {
    /// With what of val and test stands in the text that an ended run was trained on.
    pub fn with_copied(self, copied: Option<Copied>) -> Self {
        match copied.filter(|_| self.val_copied.is_some()) {
            Some(one) => RunRow { val_copied: Some(one.val), test_copied: Some(one.test), ..self },
            None => self,
        }
    }
}

/// How often canaries are planted, with their mean exposure.
fn by_repeats(repeats: &str, memory: &Memory) -> String {
    let pairs = repeats.split_whitespace().zip(&memory.exposure_by_repeats);
    joined(&pairs.map(|(repeats, bits)| format!("{repeats}={bits}")).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::example;
    use crate::config::{RunConfig, Start};
    use crate::record::{End, Provenance};
    use crate::results::other_row;

    /// Where a run is best whose val losses are lowest before training.
    fn best_step(start: Start, stopped_step: Option<usize>) -> Option<usize> {
        let provenance: Provenance = serde_json::from_str(
            r#"{"version":"","commit":"","backend":"","adapter":"","host":"","cores":1,"jobs":1,"command":[]}"#,
        )
        .unwrap();
        let row = |(step, loss)| CurveRow { val_loss: Some(loss), ..CurveRow::at(step) };
        let end = End {
            status: Status::Done,
            stopped_test_loss: Some(1.5),
            stopped_step,
            ..End::failed(4, "", &provenance)
        };
        let curve = [(0, 1.0), (2, 1.5), (4, 2.0)].map(row).into();
        let record = SoFar { curve, end: Some(end), evaluations: 2, tokens_per_step: 1 };
        other_row(&RunConfig { start, ..example() }).so_far(&record).best_step
    }

    #[test]
    fn a_run_is_best_at_its_start_only_where_its_weights_were_given_and_tested_there() {
        let given = || Start::Weights("ab".into());
        assert_eq!(best_step(given(), Some(0)), Some(0));
        assert_eq!(best_step(given(), None), Some(2), "an older version tested a later step");
        assert_eq!(best_step(Start::Seed(0), None), Some(2));
    }
}
