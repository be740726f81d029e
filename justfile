set shell := ["bash", "-cu"]

# Backends to build beside flex: `just features=wgpu sweep --backend wgpu`, or `features=ndarray`, or both.
features := ""
run := "cargo run --release --features '" + features + "' --"

# Answer the default question: search every λ, judge on fresh seeds, draw the figures.
sweep *ARGS:
    {{run}} sweep experiments/overfit.toml {{ARGS}}

# The same question on a fixed grid, with a larger model.
grid *ARGS:
    {{run}} sweep experiments/grid.toml {{ARGS}}

# The same question in under a minute.
quick *ARGS:
    {{run}} sweep experiments/quick.toml {{ARGS}}

# All tests, with the profile of the program.
test:
    cargo test --release --features '{{features}}'

# The same with every backend that needs no vendor's toolchain.
test-all:
    cargo test --release --features ndarray,wgpu

# Runs the code that export and audit write, with a Python that has torch, transformers, JAX and Optax.
test-exports PYTHON="python3":
    WANE_PYTHON={{PYTHON}} cargo test --release --test it export:: -- --test-threads 1
    WANE_PYTHON={{PYTHON}} cargo test --release --test it audit::
    WANE_PYTHON={{PYTHON}} cargo test --release --test it transformers::

# Kills a sweep at random moments, a hundred times over.
torture:
    WANE_TORTURE=100 cargo test --release --test it killed -- --nocapture

# Formatting, lints and tests, as CI runs them.
check:
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings
    cargo test --release

# Decay against dropout, label smoothing, averaged weights and stopping early, in two to five minutes.
rivals *ARGS:
    {{run}} sweep experiments/rivals.toml {{ARGS}}

# Does decay reduce what is learned by heart, and does it at equal test loss? Three minutes.
memorisation *ARGS:
    {{run}} sweep experiments/memorisation.toml {{ARGS}}

# Why decay acts: rotation beside its prediction, runs that theory says are one; six minutes.
mechanism *ARGS:
    {{run}} sweep experiments/mechanism.toml {{ARGS}}

# Is the best timescale in epochs the same for other amounts of text? Five minutes.
timescale:
    {{run}} sweep experiments/timescale.toml --set name=timescale-600 --set data.train=600 --set train.steps=200 --set train.warmup=10
    {{run}} sweep experiments/timescale.toml --set name=timescale-1200
    {{run}} sweep experiments/timescale.toml --set name=timescale-2400 --set data.train=2400 --set train.steps=800 --set train.warmup=40
    {{run}} explain results/timescale-600 results/timescale-1200 results/timescale-2400 --out results/timescale

# The published values of λ at toy scale, every recipe of the table.
values *ARGS:
    {{run}} sweep experiments/values-table.toml {{ARGS}}

# The field's claims, each asked of small models: an hour, and one page at its end.
literature:
    for spec in experiments/literature/*.toml; do {{run}} sweep $spec --out results/literature || exit 1; done
    {{run}} report results/literature --literature

# Training speed and instruction counts beside the kept ones; with WANE_BENCH_PYTHON, PyTorch and JAX too.
bench:
    cargo bench --bench training
    cargo bench --bench instructions

# How time, memory and disk grow, and what a plan of 100,000 runs costs.
scaling:
    cargo bench --bench scaling
    cargo bench --bench scale

# Show sweeps in a browser while they train.
view *ARGS:
    {{run}} view {{ARGS}}

# Open the report of an experiment.
report NAME="overfit":
    {{run}} report results/{{NAME}} --open

# Train the field's claims from a committed program, keep what they came to, and write their page.
reference-literature: literature
    for spec in experiments/literature/*.toml; do \
        name=$(basename $spec .toml); kept=results/reference/literature/$name; mkdir -p $kept; \
        cp results/literature/$name/{experiment.json,claims.csv,summary.csv,runs.csv} $kept/; \
        cp results/literature/$name/figures/claims.svg $kept/; \
    done
    {{run}} report results/reference/literature --literature --out docs

# The same of the published values.
reference-values: values
    mkdir -p results/reference/values-table
    cp results/values-table/{experiment.json,runs.csv,table.csv,table.md} results/reference/values-table/
    cp results/values-table/figures/values-table.{png,svg} results/reference/values-table/

# Train what README and docs quote from a committed program, and keep it: an hour and three quarters on two cores.
reference: reference-values reference-literature
    {{run}} sweep experiments/overfit.toml
    {{run}} sweep experiments/grid.toml
    {{run}} sweep experiments/rivals.toml
    {{run}} sweep experiments/mechanism.toml
    {{run}} sweep experiments/memorisation.toml
    just features='{{features}}' timescale
    mkdir -p results/reference/{grid,rivals,mechanism,memorisation,timescale-600,timescale-1200,timescale-2400}
    cp results/overfit/{experiment.json,runs.csv,search.csv,summary.csv,summary.json} results/reference/
    cp results/overfit/figures/{overfitting,regret}.{png,svg} results/reference/
    cp results/grid/{experiment.json,runs.csv,summary.csv,summary.json} results/reference/grid/
    cp results/rivals/{experiment.json,runs.csv,summary.csv,summary.json} results/reference/rivals/
    cp results/rivals/figures/differences.{png,svg} results/reference/rivals/
    cp results/memorisation/{experiment.json,runs.csv,summary.csv,summary.json} results/reference/memorisation/
    cp results/memorisation/figures/memorisation.{png,svg} results/reference/memorisation/
    cp results/mechanism/{experiment.json,runs.csv,mechanism.csv,summary.json} results/reference/mechanism/
    cp results/mechanism/figures/{rotation,norms-by-lambda,updates-by-layer,gradient-ratio-end}.png results/reference/mechanism/
    cp results/mechanism/figures/gradient-ratio-end.svg results/reference/mechanism/
    cp results/mechanism/figures/collapse-{timescale,product,rate}.{png,svg} results/reference/mechanism/
    for train in 600 1200 2400; do cp results/timescale-$train/{experiment.json,runs.csv,mechanism.csv} results/reference/timescale-$train/; done
    cp results/timescale/collapse.{png,svg} results/reference/mechanism/
