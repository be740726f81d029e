set shell := ["bash", "-cu"]

# Train the default ablation and draw its figures.
sweep *ARGS:
    cargo run --release -- sweep experiments/overfit.toml {{ARGS}}

# The same question in under a minute.
quick *ARGS:
    cargo run --release -- sweep experiments/quick.toml {{ARGS}}

# All tests, with the profile of the program.
test:
    cargo test --release

# Kills a sweep at random moments, a hundred times over.
torture:
    WANE_TORTURE=100 cargo test --release --test resume killed -- --nocapture

# Formatting, lints and tests, as CI runs them.
check:
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings
    cargo test --release

# Training speed by layout, in tokens per second.
bench:
    cargo bench --bench training

# Open the report of an experiment.
view NAME="overfit":
    cargo run --release -- report results/{{NAME}} --open

# Train the default ablation from a committed program and keep what the README shows of it.
reference:
    cargo run --release -- sweep experiments/overfit.toml
    mkdir -p results/reference
    cp results/overfit/{experiment.json,runs.csv,summary.csv,summary.json} results/reference/
    cp results/overfit/figures/overfitting.{png,svg} results/reference/
