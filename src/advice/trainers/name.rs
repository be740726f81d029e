//! Fields of a run as they stand in the files of trainers.

use serde::Deserialize;

/// A field as it stands in a trainer's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// Sequences a step of all devices.
    Sequences,
    /// The same, to be multiplied by `Accumulation`.
    AccumulatedSequences,
    /// Sequences a step of a device, where `Accumulation` is not said.
    DeviceTotal,
    /// Sequences of a device, to be multiplied by `Accumulation`.
    DeviceSequences,
    Accumulation,
    Context,
    Steps,
    Samples,
    Tokens,
    /// Steps, or with a letter after it tokens, samples, epochs or batches.
    Duration,
    /// The step at which training is stopped before its length.
    StopsAt,
    Epochs,
    Lr,
    MinLr,
    MinLrRatio,
    Warmup,
    WarmupRatio,
    /// Warm-up in the trainer's unit.
    WarmupSpan,
    WeightDecay,
    Beta1,
    Schedule,
    /// Whether the learning rate changes at all.
    Falls,
    /// The step at which its fall ends.
    FallEnds,
    /// The same in the trainer's unit.
    FallSpan,
    /// The share of the run at whose end the learning rate falls, whatever its schedule.
    FallShare,
    /// The part of the run at whose end that of a warm-up, stable and decay falls.
    WsdSpan,
    Optimizer,
    Width,
    Depth,
    Vocabulary,
}

impl Name {
    /// Whether it is a number of things, of which there is no part.
    pub fn counts_things(self) -> bool {
        use Name::*;
        let of_batch = matches!(
            self,
            Sequences | AccumulatedSequences | DeviceTotal | DeviceSequences | Context
        );
        of_batch
            || matches!(self, Steps | Samples | Tokens | Duration | Epochs | StopsAt)
            || matches!(self, FallEnds | FallSpan | WarmupSpan | WsdSpan | Vocabulary)
    }

    /// Whether it is a word and no number.
    pub fn is_word(self) -> bool {
        matches!(self, Name::Schedule | Name::Falls | Name::Optimizer)
    }

    /// The argument of the command line that says it.
    pub fn argument(self) -> Option<&'static str> {
        use Name::*;
        match self {
            Sequences | AccumulatedSequences | DeviceTotal | DeviceSequences | Accumulation => {
                Some("--batch-sequences")
            }
            Context => Some("--context"),
            Steps | Samples | Tokens => Some("--tokens"),
            Duration | Epochs | StopsAt => Some("--steps"),
            Lr => Some("--lr"),
            MinLr | MinLrRatio => Some("--min-lr-ratio"),
            Warmup | WarmupRatio | WarmupSpan => Some("--warmup"),
            WeightDecay => Some("--weight-decay"),
            Beta1 => Some("--beta1"),
            Schedule | FallShare | WsdSpan => Some("--schedule"),
            Optimizer => Some("--optimizer"),
            Width => Some("--width"),
            Depth => Some("--depth"),
            Vocabulary => Some("--params"),
            Falls | FallEnds | FallSpan => None,
        }
    }
}
