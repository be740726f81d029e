use std::path::Path;

use anyhow::{Result, bail};
use sysinfo::System;

/// Whether the nodes of a cluster can see a folder, as far as can be told from here: an error where they
/// cannot, a note where they probably cannot.
///
/// # Errors
/// A folder in the memory of this machine while there are nodes elsewhere.
pub fn check_shared(folder: &Path, hosts: &[String]) -> Result<Option<String>> {
    let here = System::host_name().unwrap_or_default();
    judge(folder, place_of(folder), &here, hosts)
}

/// Where a file system keeps its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Memory,
    Disk,
    /// Over a network, or not known.
    Elsewhere,
}

fn judge(folder: &Path, place: Place, here: &str, hosts: &[String]) -> Result<Option<String>> {
    let short = |host: &str| host.split('.').next().unwrap_or_default().to_owned();
    let elsewhere = hosts.iter().find(|host| short(host) != short(here));
    let Some(host) = elsewhere else { return Ok(None) };
    let folder = folder.display();
    match place {
        Place::Memory => bail!(
            "{folder} is in the memory of this machine, where nodes such as {host} cannot see it; \
             name a folder on a file system that they share with --out"
        ),
        Place::Disk => Ok(Some(format!(
            "{folder} looks like a disk of this machine; tasks on nodes such as {host} fail unless they \
             see it under the same name"
        ))),
        Place::Elsewhere => Ok(None),
    }
}

#[cfg(target_os = "linux")]
fn place_of(folder: &Path) -> Place {
    /// As in Linux's `magic.h`.
    const TMPFS: i128 = 0x0102_1994;
    const RAMFS: i128 = 0x8584_58f6;
    const EXT: i128 = 0xef53;
    const XFS: i128 = 0x5846_5342;
    const BTRFS: i128 = 0x9123_683e;
    const OVERLAY: i128 = 0x794c_7630;
    match rustix::fs::statfs(folder).map(|system| i128::from(system.f_type)) {
        Ok(TMPFS | RAMFS) => Place::Memory,
        Ok(EXT | XFS | BTRFS | OVERLAY) => Place::Disk,
        _ => Place::Elsewhere,
    }
}

#[cfg(not(target_os = "linux"))]
fn place_of(_folder: &Path) -> Place {
    Place::Elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_matters_only_where_nodes_are_elsewhere() {
        let judge = |place, hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            judge(Path::new("/r"), place, "login.site", &hosts)
        };
        assert!(judge(Place::Memory, &["login"]).unwrap().is_none());
        assert!(judge(Place::Memory, &["login", "n7"]).unwrap_err().to_string().contains("n7"));
        assert!(judge(Place::Disk, &["n7"]).unwrap().unwrap().contains("/r"));
        assert!(judge(Place::Elsewhere, &["n7"]).unwrap().is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_told_from_disks() {
        assert_eq!(place_of(Path::new("/dev/shm")), Place::Memory);
    }
}
