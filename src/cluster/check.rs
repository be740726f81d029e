//! What can be known to go wrong before anything is submitted.

use std::path::Path;

use anyhow::{Result, anyhow};

use super::slurm::{Cluster, check_shared};
use super::snapshot::Program;
use super::submit::Live;
use crate::exit::usage;
use crate::files::create_folder;

/// Checks the partition and the folder of results; returns a note where the nodes may not see the folder.
///
/// # Errors
/// A partition that the cluster does not have, a folder that its nodes cannot see.
pub fn check_cluster(
    cluster: &dyn Cluster,
    partition: Option<&str>,
    results: &Path,
) -> Result<Option<String>> {
    let known = cluster.partitions()?;
    let mut names = partition.into_iter().flat_map(|names| names.split(','));
    if let Some(name) = names.find(|name| !known.iter().any(|known| known == name)) {
        let known = known.join(", ");
        return usage(Err(anyhow!("--partition {name}: the cluster has {known}")));
    }
    let hosts = cluster.hosts(partition)?;
    create_folder(results)?;
    usage(check_shared(results, &hosts))
}

/// Tasks that another program froze refuse this one: say so before they do.
///
/// # Errors
/// Another program, unless `mix` allows it.
pub fn check_programs(queued: &[Live], program: &Program, mix: bool) -> Result<()> {
    for live in queued.iter().filter(|live| live.tasks.is_live()) {
        if mix {
            live.frozen.allow_version_mix()?;
        }
        live.frozen.check_program(program)?;
    }
    Ok(())
}
