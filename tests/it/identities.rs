//! Any configuration is found again as the one that it is, in every file that holds it.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use wane::backend::Backend;
use wane::config::{
    DECAY_TERMS, Family, Form, HYPERPARAMETERS, Kind, Mask, Named, OptimizerKind, Order, Range,
    Recipe, RunConfig, Value, plain,
};
use wane::experiment::{Changes, Plan, Spec};
use wane::files::csv_of;
use wane::record::{CurveRow, End, Provenance, Status};
use wane::results::{RunRow, run_row};
use wane::runner::Todo;
use wane::store::{Holder, RunState, RunWriter, Store};

const CONFIGURATIONS: usize = 10_000;

/// A spec of one run, its numbers written in some way.
type Spelling = fn(f64) -> String;

/// What a spec says.
#[derive(Clone, Debug)]
struct Said {
    /// Values of `[train]`, in the order of the key table.
    train: Vec<Value>,
    order: Order,
    family: Family,
    /// What the keys of some families alone are made of.
    draws: [usize; 5],
    layers: usize,
    heads: usize,
    context: usize,
    form: Form,
    mask: Mask,
    weight_decay: f64,
    seed: u64,
}

fn number(range: Range) -> BoxedStrategy<f64> {
    // Of the size that 32 bits hold, with any of the digits that 64 bits have besides.
    let singles = prop::num::f32::POSITIVE | prop::num::f32::SUBNORMAL;
    let digits = (singles, 0_u64..1 << 29)
        .prop_map(|(single, low)| f64::from_bits(f64::from(single).to_bits() | low));
    let bits = prop_oneof![15 => digits, 1 => Just(0.0)];
    let magnitude = (-440_i32..385).prop_map(|tenths| 10f64.powf(f64::from(tenths) / 10.0));
    let any = match range {
        // Of others nearly all would be rejected.
        Range::Share | Range::Beta | Range::Inside => {
            prop_oneof![0.0..1.0f64, Just(0.0), magnitude.prop_map(|number| number.min(1.0) / 2.0)]
                .boxed()
        }
        _ => prop_oneof![bits, magnitude, 0.0..1.0f64, (0u32..100).prop_map(f64::from)].boxed(),
    };
    any.prop_map(f64::abs).prop_filter("in range", move |number| range.contains(*number)).boxed()
}

fn value_of(kind: &Kind) -> BoxedStrategy<Value> {
    match *kind {
        Kind::Count(least, most) => {
            let most = most.min(i64::MAX as usize);
            let few = least..=most.min(least + 1000);
            prop_oneof![few, least..=most].prop_map(Value::Count).boxed()
        }
        Kind::Number(range) => number(range).prop_map(Value::Number).boxed(),
        Kind::Pair(range) => {
            (number(range), number(range)).prop_map(|(a, b)| Value::Pair([a, b])).boxed()
        }
        Kind::Name(names) => prop::sample::select(names()).prop_map(Value::Name).boxed(),
        Kind::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Text | Kind::Seeds | Kind::Names(_) | Kind::Rising(..) => {
            unreachable!("no key of [train] is a text")
        }
    }
}

fn said() -> impl Strategy<Value = Said> {
    let train: Vec<_> = HYPERPARAMETERS.iter().map(|row| value_of(&row.key.kind)).collect();
    let shape = (prop::sample::select(Family::ALL), 1usize..200, 1usize..9, 1usize..60);
    let forms = prop::sample::select(Form::ALL);
    let decay = (forms, prop::sample::select(Mask::ALL), number(Range::NotNegative));
    // A text is generated for every seed that was not drawn before.
    let seed = prop_oneof![9 => 0..50_u64, 1 => 0..i64::MAX as u64];
    let data = (prop::sample::select(Order::ALL), seed);
    let draws = prop::array::uniform5(0usize..1000);
    (train, shape, draws, decay, data).prop_map(
        |(train, shape, draws, (form, mask, weight_decay), (order, seed))| {
            let (family, layers, heads, context) = shape;
            Said {
                train,
                order,
                family,
                draws,
                layers,
                heads: 2 * heads,
                context,
                form,
                mask,
                weight_decay,
                seed,
            }
        },
    )
}

impl Said {
    /// A number that a key of some families alone may have beside the others.
    fn of_some_families(&self, key: &str) -> usize {
        let [kv_heads, hidden, window, experts, active] = self.draws;
        let experts = experts % 15 + 1;
        match key {
            // Attention heads are even in number.
            "kv_heads" => [1, 2, self.heads][kv_heads % 3],
            "hidden" => hidden + 1,
            "window" => window + 1,
            "experts" => experts,
            "active_experts" => active % experts + 1,
            key => panic!("{key} is new: give it a number here"),
        }
    }

    /// The numbers of `[train]`.
    fn recipe(&self) -> Recipe {
        let mut recipe = Recipe::DEFAULT;
        for (row, value) in HYPERPARAMETERS.iter().zip(&self.train) {
            row.set(&mut recipe, value);
        }
        recipe
    }

    /// As a spec; what nothing in it reads is left out.
    fn spec(&self, spelling: Spelling) -> String {
        let recipe = self.recipe();
        let form = match (self.form, recipe.optimizer) {
            // Both set the size of an update by the norm of its weights.
            (Form::Hyperball, OptimizerKind::Adafactor) => Form::None,
            (form, _) => form,
        };
        let mut text = format!(
            "name = 'any'\nseeds = [{}]\n[data]\ntrain = 600\nval = 300\norder = '{}'\n",
            self.seed,
            self.order.name()
        );
        let channels = 4 * self.heads;
        text += &format!(
            "[model]\nfamily = '{}'\nlayers = {}\nheads = {}\nchannels = {channels}\ncontext = {}\n",
            self.family.name(),
            self.layers,
            self.heads,
            self.context
        );
        for key in self.family.facts().keys {
            text += &format!("{key} = {}\n", self.of_some_families(key));
        }
        text += "[train]\n";
        let (mut steps, mut warmup, mut after) = (0, 0, 0);
        for (row, value) in HYPERPARAMETERS.iter().zip(&self.train) {
            let key = row.key.name;
            if !recipe.reads(key) || !is_read_by(form, key) {
                continue;
            }
            let value = match (key, value) {
                ("steps", Value::Count(count)) => {
                    // The total decay of a row is a sum over all steps.
                    steps = count % 1000 + 1;
                    steps.to_string()
                }
                // The rise to the peak and the stay there fit into the run.
                ("warmup", Value::Count(count)) => {
                    warmup = count % steps;
                    warmup.to_string()
                }
                ("hold", Value::Count(count)) => (count % (steps - warmup)).to_string(),
                // A prompt and what should follow it fit into the context.
                ("verbatim_after", Value::Count(count)) => {
                    after = count % self.context + 1;
                    after.to_string()
                }
                ("verbatim_tokens", Value::Count(count)) => {
                    (count % (self.context + 1 - after) + 1).to_string()
                }
                // A window and the token after it fit into what is read of the train text.
                ("read_tokens", Value::Count(count)) => match count % 3 {
                    0 => "0".to_owned(),
                    _ => (self.context + 2 + count % (599 - self.context)).to_string(),
                },
                (_, Value::Count(count)) => count.to_string(),
                (_, Value::Number(number)) => spelling(*number),
                // A hold ends before the fall does.
                ("decay_turns", Value::Pair([a, b])) => {
                    format!("[{}, {}]", spelling(a / 2.0), spelling((1.0 + b) / 2.0))
                }
                (_, Value::Pair(pair)) => format!("[{}, {}]", spelling(pair[0]), spelling(pair[1])),
                (_, Value::Name(name)) => format!("'{name}'"),
                (_, Value::Flag(flag)) => flag.to_string(),
                (_, Value::Text(_) | Value::Names(_) | Value::Counts(_)) => unreachable!(),
            };
            text += &format!("{key} = {value}\n");
        }
        text += &format!("[[arm]]\nform = '{}'\n", form.name());
        // Biases start at 0, which is no norm to hold.
        let holds = matches!(form, Form::Hyperball | Form::Matched);
        let mask = if holds { Mask::Linear } else { self.mask };
        if form != Form::None {
            text += &format!("mask = '{}'\n", mask.name());
        }
        if form.takes_weight_decay() {
            text += &format!("weight_decay = {}\n", spelling(self.weight_decay));
        }
        text
    }
}

/// Whether a form reads a key that says more of decay.
fn is_read_by(form: Form, key: &str) -> bool {
    match key {
        "target_norm" => form == Form::TargetNorm,
        key if DECAY_TERMS.contains(&key) => form.takes_weight_decay(),
        _ => true,
    }
}

/// With a decimal point or an exponent, as TOML wants a float.
fn exponent(number: f64) -> String {
    format!("{number:e}")
}

fn decimals(number: f64) -> String {
    format!("{number:?}")
}

/// Puts a run into the store that diverged at its first step.
fn keep(store: &Store, run: &RunConfig, call: &Provenance) {
    let lock = store.lock(&run.id(), &Holder::new("here", 0)).unwrap().expect("nobody else trains");
    let mut writer = RunWriter::begin(store, lock, run, 0).unwrap();
    writer.append(&CurveRow::at(0)).unwrap();
    let end = End { status: Status::Diverged, steps: 1, error: None, ..End::failed(0, "", call) };
    writer.end(&end).unwrap();
}

fn read_back(rows: &[RunRow]) -> Vec<RunRow> {
    let bytes = csv_of(rows).unwrap();
    csv::Reader::from_reader(&bytes[..]).into_deserialize().map(Result::unwrap).collect()
}

/// A folder in memory where there is one: thousands of files are written to last.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

#[test]
fn ten_thousand_configurations_keep_their_identity_through_every_file() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let folder = scratch();
    let (store, mut known, mut runs) = (Store::new(folder.path()), BTreeSet::new(), Vec::new());
    let call = Provenance::of_call(Backend::Flex, None, 1, Vec::new());
    let mut corpus = None;
    while runs.len() < CONFIGURATIONS {
        let said = said().new_tree(&mut runner).unwrap().current();
        let text = said.spec(decimals);
        let mut plan = |text: &str| {
            let spec = Spec::parse(text, &Changes::default())
                .unwrap_or_else(|error| panic!("{error:#}\n{text}"));
            let corpus = corpus.get_or_insert_with(|| spec.load_corpus().unwrap());
            spec.seeds.iter().for_each(|seed| corpus.read_text(Some(seed.text)).unwrap());
            Plan::new(&spec, corpus, None)
        };
        let (one, other, third) =
            (plan(&text), plan(&said.spec(exponent)), plan(&said.spec(plain_float)));
        let run = &one.runs[0];
        assert_eq!(run.id(), other.runs[0].id(), "{text}");
        assert_eq!(run.id(), third.runs[0].id(), "{text}");
        if !known.insert(run.id()) {
            continue;
        }
        assert_eq!(store.state(run), RunState::New);
        keep(&store, run, &call);
        let row = run_row(&one.entries[0], run, &store.so_far(run), None);
        assert_eq!(row.run, run.id().to_string());
        assert_eq!(row.lr.to_bits(), run.recipe.lr.to_bits());
        assert_eq!((row.status, row.tokens), (Status::Diverged, run.tokens_per_step()));
        let read = read_back(std::slice::from_ref(&row)).remove(0);
        assert_eq!(
            (&read.run, read.seed, read.weight_decay),
            (&row.run, row.seed, row.weight_decay)
        );
        assert_eq!(read, row, "{text}");
        runs.push(run.clone());
    }
    let found = store.runs().unwrap();
    assert_eq!(found.len(), CONFIGURATIONS);
    assert!(found.iter().all(|run| known.contains(&run.id())));
    let status = Todo::of(&runs, &store);
    assert_eq!((status.finished(), status.pending().len()), (CONFIGURATIONS, 0));
}

/// As the program itself writes numbers.
fn plain_float(number: f64) -> String {
    let text = plain(number);
    if text.contains(['.', 'e']) { text } else { format!("{text}.0") }
}
