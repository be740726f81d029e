//! Searches on curves whose optimum is known.

#[path = "../../benches/search/truths.rs"]
mod truths;

mod coverage;
mod cubes;
mod decisions;
mod starts;
mod surfaces;
mod valleys;
mod worlds;
