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
    cargo bench --bench throughput

# Open the figures of an experiment.
view NAME="overfit":
    xdg-open results/{{NAME}}/figures/loss-curves.png
