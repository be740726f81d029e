use std::path::Path;

use anyhow::{Result, bail};
use sysinfo::System;

/// Checks whether the nodes of a cluster can see a folder, as far as can be told from here: an error if they
/// cannot, a note if they probably cannot.
///
/// # Errors
/// A folder in the memory of this machine while there are nodes elsewhere.
pub fn check_shared(folder: &Path, hosts: &[String]) -> Result<Option<String>> {
    let here = System::host_name().unwrap_or_default();
    judge(folder, storage_of(folder), &here, hosts)
}

/// What a file system keeps its files on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storage {
    Memory,
    Disk,
    /// Over a network, or not known.
    Elsewhere,
}

fn judge(folder: &Path, storage: Storage, here: &str, hosts: &[String]) -> Result<Option<String>> {
    let short = |host: &str| host.split('.').next().unwrap_or_default().to_owned();
    let elsewhere = hosts.iter().find(|host| short(host) != short(here));
    let Some(host) = elsewhere else { return Ok(None) };
    let folder = folder.display();
    match storage {
        Storage::Memory => bail!(
            "{folder} is in the memory of this machine, where nodes such as {host} cannot see it; \
             name a folder on a file system that they share with --out"
        ),
        Storage::Disk => Ok(Some(format!(
            "{folder} looks like a disk of this machine; tasks on nodes such as {host} fail unless they \
             see it under the same name"
        ))),
        Storage::Elsewhere => Ok(None),
    }
}

#[cfg(target_os = "linux")]
fn storage_of(folder: &Path) -> Storage {
    /// As in Linux's `magic.h`.
    const TMPFS: i128 = 0x0102_1994;
    const RAMFS: i128 = 0x8584_58f6;
    const EXT: i128 = 0xef53;
    const XFS: i128 = 0x5846_5342;
    const BTRFS: i128 = 0x9123_683e;
    const OVERLAY: i128 = 0x794c_7630;
    match rustix::fs::statfs(folder).map(|system| i128::from(system.f_type)) {
        Ok(TMPFS | RAMFS) => Storage::Memory,
        Ok(EXT | XFS | BTRFS | OVERLAY) => Storage::Disk,
        _ => Storage::Elsewhere,
    }
}

#[cfg(not(target_os = "linux"))]
fn storage_of(_folder: &Path) -> Storage {
    Storage::Elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_matters_only_where_nodes_are_elsewhere() {
        let judge = |storage, hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            judge(Path::new("/r"), storage, "login.site", &hosts)
        };
        assert!(judge(Storage::Memory, &["login"]).unwrap().is_none());
        assert!(judge(Storage::Memory, &["login", "n7"]).unwrap_err().to_string().contains("n7"));
        assert!(judge(Storage::Disk, &["n7"]).unwrap().unwrap().contains("/r"));
        assert!(judge(Storage::Elsewhere, &["n7"]).unwrap().is_none());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_is_told_from_disks() {
        assert_eq!(storage_of(Path::new("/dev/shm")), Storage::Memory);
    }
}
