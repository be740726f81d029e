//! How many lanes a cohort gets and how many cohorts train at once.

use std::time::Duration;

use indicatif::HumanDuration;

use super::machine::Machine;
use crate::backend::DeviceKind;
use crate::config::RunConfig;
use crate::experiment::cost::{SWEEP_BYTES, WORKER_BYTES, lane_bytes};
use crate::plural::counted;

/// Most lanes of a cohort on a CPU. Stacking spares a small model the overhead of its operations;
/// four lanes gave one of 16 channels 1.3 times the speed of one, and eight gave less
/// (`benches/training`).
const CPU_LANES: usize = 4;
/// What a cohort may keep on a CPU so that it stays in the cache: beyond, every further lane slows
/// all of them down.
const CPU_CACHE_BYTES: u64 = 8 << 20;
/// Lanes of a cohort on a GPU, where small kernels are bound by their launches.
const GPU_LANES: usize = 64;
/// Memory that a GPU is assumed to have.
const GPU_BYTES: u64 = 4 << 30;

/// A way to share the runs of a plan out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Most lanes of a cohort.
    pub lanes: usize,
    /// Cohorts in training at once.
    pub workers: usize,
    /// Threads of each.
    pub threads: usize,
    /// Bytes that a lane needs, by estimate.
    pub lane_bytes: u64,
    /// Bytes that there are for all of them; `None` where that is not known, on a GPU.
    pub free_bytes: Option<u64>,
    /// Why so many lanes, to follow `of at most 4 lanes`.
    pub reason: String,
}

impl Layout {
    /// Chooses for these runs; `lanes` and `jobs` are the user's, if any.
    pub fn choose(
        runs: &[RunConfig],
        machine: &Machine,
        lanes: Option<usize>,
        jobs: Option<usize>,
    ) -> Self {
        let lane_bytes =
            runs.iter().map(|run| lane_bytes(run, machine.arithmetic)).max().unwrap_or(1);
        let (preferred, budget, most_workers, why) = match machine.kind {
            DeviceKind::Cpu => {
                let cached = (CPU_CACHE_BYTES / lane_bytes).clamp(1, CPU_LANES as u64) as usize;
                let workers = machine.cores.min(workers_in(machine.free_bytes, lane_bytes));
                (cached, machine.free_bytes / 2, workers, "to stay in the CPU's cache")
            }
            DeviceKind::Gpu => (GPU_LANES, GPU_BYTES, 1, "to keep the GPU busy"),
        };
        let free_bytes = (machine.kind == DeviceKind::Cpu).then_some(machine.free_bytes);
        let workers = jobs.unwrap_or(most_workers).min(runs.len()).max(1);
        let fitting = (budget / workers as u64 / lane_bytes).max(1) as usize;
        let chosen = lanes.unwrap_or(preferred.min(fitting)).min(runs.len());
        let reason = match lanes {
            Some(_) => "as --lanes says".to_owned(),
            None if fitting < preferred => format!("to fit in {} of memory", mebibytes(budget)),
            None => why.to_owned(),
        };
        let threads = (machine.cores / workers).max(1);
        Layout { lanes: chosen, workers, threads, lane_bytes, free_bytes, reason }
    }

    /// How these cohorts are trained, in a line.
    pub fn describe(&self, cohorts: usize) -> String {
        format!(
            "{} of at most {} ({}), {} at a time with {} each",
            counted(cohorts, "cohort"),
            counted(self.lanes, "lane"),
            self.reason,
            self.workers,
            counted(self.threads, "thread"),
        )
    }

    /// Says so where the memory that there is will not do, by estimate.
    pub fn shortage(&self) -> Option<Shortage> {
        let free = self.free_bytes.filter(|free| self.bytes() > *free)?;
        let least = self.lane_bytes.saturating_add(SWEEP_BYTES + WORKER_BYTES);
        let text = format!(
            "about {} of memory, and {} are free",
            mebibytes(self.bytes()),
            mebibytes(free)
        );
        // Estimates are right to a quarter.
        match least as f64 > 1.25 * free as f64 {
            true => Some(Shortage::Hopeless(format!("even one run needs {text}"))),
            false => Some(Shortage::Likely(format!("this may need {text}"))),
        }
    }

    /// Bytes that all workers together need, by estimate.
    pub fn bytes(&self) -> u64 {
        let lanes = self.lane_bytes.saturating_mul(self.lanes as u64);
        let workers = lanes.saturating_add(WORKER_BYTES).saturating_mul(self.workers as u64);
        workers.saturating_add(SWEEP_BYTES)
    }
}

/// How the memory that there is will not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// It may do yet.
    Likely(String),
    /// One run alone needs more.
    Hopeless(String),
}

/// Workers of one lane that fit, at least one.
fn workers_in(free_bytes: u64, lane_bytes: u64) -> usize {
    let fitting = free_bytes.saturating_sub(SWEEP_BYTES) / lane_bytes.saturating_add(WORKER_BYTES);
    usize::try_from(fitting).unwrap_or(usize::MAX).max(1)
}

/// Seconds for people, however many they are.
pub fn duration(seconds: f64) -> HumanDuration {
    HumanDuration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Bytes for people.
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::example;
    use crate::experiment::cost::Arithmetic;

    fn machine(kind: DeviceKind, free_bytes: u64) -> Machine {
        Machine { kind, arithmetic: Arithmetic::Kernels, cores: 8, free_bytes }
    }

    #[test]
    fn a_cpu_gets_a_worker_a_core_with_few_lanes_and_a_gpu_one_with_many() {
        let runs = vec![example(); 200];
        let cpu = Layout::choose(&runs, &machine(DeviceKind::Cpu, 8 << 30), None, None);
        assert_eq!((cpu.lanes, cpu.workers, cpu.threads), (CPU_LANES, 8, 1));
        let gpu = Layout::choose(&runs, &machine(DeviceKind::Gpu, 8 << 30), None, None);
        assert_eq!((gpu.lanes, gpu.workers), (GPU_LANES, 1));
    }

    #[test]
    fn little_memory_means_fewer_lanes_but_never_none() {
        let runs = vec![example(); 200];
        let bytes = lane_bytes(&example(), Arithmetic::Kernels);
        let tight =
            Layout::choose(&runs, &machine(DeviceKind::Cpu, bytes * 2 * 8 * 2), None, Some(8));
        assert_eq!(tight.lanes, 2);
        let none = Layout::choose(&runs, &machine(DeviceKind::Cpu, 0), None, None);
        assert_eq!(none.lanes, 1);
    }

    #[test]
    fn memory_for_fewer_workers_than_cores_means_fewer_workers() {
        let mut large = example();
        large.model.channels = 512;
        let lane = lane_bytes(&large, Arithmetic::Kernels);
        let for_three = SWEEP_BYTES + 3 * (WORKER_BYTES + lane);
        let layout =
            Layout::choose(&vec![large; 20], &machine(DeviceKind::Cpu, for_three), None, None);
        assert_eq!((layout.workers, layout.shortage()), (3, None));
    }

    #[test]
    fn too_little_memory_is_told_and_far_too_little_is_hopeless() {
        let runs = vec![example(); 8];
        let least = SWEEP_BYTES + WORKER_BYTES + lane_bytes(&example(), Arithmetic::Kernels);
        let shortage = |free: u64, jobs| {
            Layout::choose(&runs, &machine(DeviceKind::Cpu, free), None, jobs).shortage()
        };
        assert_eq!(shortage(8 << 30, None), None);
        assert!(matches!(shortage(least, Some(8)), Some(Shortage::Likely(_))));
        let Some(Shortage::Hopeless(text)) = shortage(least / 2, None) else {
            panic!("it does not fit")
        };
        assert!(text.contains("even one run needs about"), "{text}");
        let gpu = Layout::choose(&runs, &machine(DeviceKind::Gpu, 0), None, None);
        assert_eq!(gpu.shortage(), None, "a GPU's memory is not known");
    }

    #[test]
    fn a_run_beyond_all_memory_needs_more_than_a_small_one_and_not_less() {
        let mut huge = example();
        (huge.model.layers, huge.model.channels, huge.model.context) = (1000, 100_000, 1_000_000);
        huge.recipe.batch = 1_000_000;
        let layout =
            Layout::choose(&vec![huge; 8], &machine(DeviceKind::Cpu, 8 << 30), None, Some(8));
        assert_eq!((layout.lane_bytes, layout.bytes()), (u64::MAX, u64::MAX));
        assert!(matches!(layout.shortage(), Some(Shortage::Hopeless(_))));
    }

    #[test]
    fn times_beyond_all_clocks_are_told_too() {
        assert_eq!(duration(7200.0).to_string(), "2 hours");
        for seconds in [1e30, f64::INFINITY, f64::NAN] {
            assert!(duration(seconds).to_string().ends_with("years"), "{seconds}");
        }
    }

    #[test]
    fn the_user_decides_where_the_user_speaks() {
        let runs = vec![example(); 20];
        let layout = Layout::choose(&runs, &machine(DeviceKind::Cpu, 8 << 30), Some(7), Some(2));
        assert_eq!((layout.lanes, layout.workers, layout.threads), (7, 2, 4));
        let mut large = example();
        large.model.channels = 512;
        let large =
            Layout::choose(&vec![large; 20], &machine(DeviceKind::Cpu, 8 << 30), None, None);
        assert_eq!(large.lanes, 1, "one lane of a large model fills the cache");
        let single = Layout::choose(&runs[..1], &machine(DeviceKind::Cpu, 8 << 30), Some(7), None);
        assert_eq!((single.lanes, single.workers, single.threads), (1, 1, 8));
    }
}
