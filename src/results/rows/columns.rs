use super::RunRow;
use crate::results::CsvRow;

/// Columns of `runs.csv` by the version that added them.
const VERSIONS: &[&[&str]] = &[
    &[
        "run",
        "form",
        "mask",
        "weight_decay",
        "lr",
        "seed",
        "status",
        "steps",
        "train_loss",
        "val_loss",
        "gap",
        "best_val_loss",
        "best_step",
        "total_decay",
        "timescale_steps",
        "weight_norm",
        "seconds",
        "variant",
        "val_floor",
        "backend",
        "commit",
    ],
    &["family", "recipe", "transfer"],
    &["setting", "val_unigram"],
    &["tokens"],
    &[
        "test_loss",
        "stopped_test_loss",
        "test_uniform",
        "test_unigram",
        "test_ngram",
        "test_ngram_order",
        "test_floor",
        "texts",
        "text_seed",
        "model_seed",
        "data_seed",
    ],
    &["base", "axes", "tuned"],
    &["stage"],
    &["treatment", "last_train_loss", "last_val_loss"],
    &[
        "val_bytes_per_token",
        "test_bytes_per_token",
        "val_bpb",
        "test_bpb",
        "stopped_test_bpb",
        "test_unigram_bpb",
        "test_ngram_bpb",
    ],
    &[
        "verbatim_after",
        "verbatim_tokens",
        "verbatim_train",
        "verbatim_val",
        "longest_verbatim",
        "longest_verbatim_val",
        "exposure",
        "exposure_by_repeats",
        "divergence",
        "stopped_verbatim_train",
        "stopped_verbatim_val",
        "stopped_exposure",
        "stopped_divergence",
    ],
    &["val_copied", "test_copied"],
    &["common"],
];

impl CsvRow for RunRow {
    fn columns() -> Vec<Vec<&'static str>> {
        VERSIONS.iter().map(|added| added.to_vec()).collect()
    }

    fn former(column: &str) -> Option<&'static str> {
        (column == "best_step").then_some("best_val_step")
    }
}
