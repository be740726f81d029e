//! Which of several GPUs to compute on.

use anyhow::{Result, bail};
use burn::tensor::{Device, DeviceType};

use super::{Backend, DeviceKind};
use crate::exit::usage;

impl Backend {
    /// Opens the device that the user asked for, by its number or part of its name, or the default one.
    ///
    /// # Errors
    /// As [`open`](Self::open), or a usage error that lists what there is.
    pub fn open_device(self, wanted: Option<&str>) -> Result<Device> {
        let Some(wanted) = wanted else { return self.open() };
        let (mut devices, names): (Vec<Device>, Vec<String>) = self.gpus().into_iter().unzip();
        let index = usage(self.pick(&names, wanted))?;
        Ok(devices.swap_remove(index))
    }

    /// The name of that device, where it has one.
    pub fn device_name(self, wanted: Option<&str>) -> Option<String> {
        let mut names = self.device_names();
        let index = wanted.map_or(Ok(0), |wanted| self.pick(&names, wanted)).ok()?;
        (index < names.len()).then(|| names.swap_remove(index))
    }

    /// Names of the GPUs that it reaches here, in the order of their numbers.
    pub fn device_names(self) -> Vec<String> {
        self.gpus().into_iter().map(|(_, name)| name).collect()
    }

    /// Checks what the user asked for.
    ///
    /// # Errors
    /// A usage error that lists what there is, or says how to build the backend in.
    pub fn check_device(self, wanted: Option<&str>) -> Result<()> {
        self.check_built()?;
        let Some(wanted) = wanted else { return Ok(()) };
        usage(self.pick(&self.device_names(), wanted).map(drop))
    }

    fn gpus(self) -> Vec<(Device, String)> {
        let Some(kind) = self.device_type() else { return Vec::new() };
        let devices = Device::enumerate(kind).into_vec().into_iter();
        devices.filter_map(|device| name_of(&device).map(|name| (device, name))).collect()
    }

    /// What Burn lists its GPUs under; `None` for a CPU and for what is not in this build.
    fn device_type(self) -> Option<DeviceType> {
        #[cfg(feature = "wgpu")]
        if self == Backend::Wgpu {
            return Some(DeviceType::Wgpu);
        }
        #[cfg(feature = "cuda")]
        if self == Backend::Cuda {
            return Some(DeviceType::Cuda);
        }
        None
    }

    fn pick(self, names: &[String], wanted: &str) -> Result<usize> {
        if self.kind() == DeviceKind::Cpu {
            bail!("--device {wanted}: {self} computes on the CPU; add --backend wgpu or cuda");
        }
        pick(names, wanted)
    }
}

/// Burn names the devices of its GPU backends alone.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn name_of(device: &Device) -> Option<String> {
    device.identity().map(|found| found.name)
}

#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
fn name_of(_device: &Device) -> Option<String> {
    None
}

/// The place of a device among the names of all: by its number, or by part of its name.
fn pick(names: &[String], wanted: &str) -> Result<usize> {
    let all = (0..names.len()).collect::<Vec<_>>();
    if let Ok(index) = wanted.parse::<usize>() {
        match index < names.len() {
            true => return Ok(index),
            false => bail!("--device {wanted}: there is no such number; {}", list(names, &all)),
        }
    }
    let part = wanted.to_lowercase();
    let fits = |index: &usize| !part.is_empty() && names[*index].to_lowercase().contains(&part);
    let fitting: Vec<usize> = all.iter().copied().filter(fits).collect();
    match fitting[..] {
        [index] => Ok(index),
        [] => bail!("--device {wanted}: no GPU is called so; {}", list(names, &all)),
        _ => bail!("--device {wanted}: give the number of one; {}", list(names, &fitting)),
    }
}

fn list(names: &[String], indices: &[usize]) -> String {
    let lines: Vec<String> =
        indices.iter().map(|index| format!("{index} ({})", names[*index])).collect();
    match lines.is_empty() {
        true => "this machine has none".to_owned(),
        false => format!("there is {}", lines.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_found_by_its_number_or_by_a_part_of_its_name_that_no_other_has() {
        let names = ["NVIDIA H100", "NVIDIA H100", "Intel Arc"].map(str::to_owned);
        assert_eq!(pick(&names, "1").unwrap(), 1);
        assert_eq!(pick(&names, "arc").unwrap(), 2);
        let said = |wanted| pick(&names, wanted).unwrap_err().to_string();
        let all = "there is 0 (NVIDIA H100), 1 (NVIDIA H100), 2 (Intel Arc)";
        assert_eq!(said("3"), format!("--device 3: there is no such number; {all}"));
        assert_eq!(said("amd"), format!("--device amd: no GPU is called so; {all}"));
        assert_eq!(said(""), format!("--device : no GPU is called so; {all}"));
        let two =
            "--device h100: give the number of one; there is 0 (NVIDIA H100), 1 (NVIDIA H100)";
        assert_eq!(said("h100"), two);
        let none = "--device 0: there is no such number; this machine has none";
        assert_eq!(pick(&[], "0").unwrap_err().to_string(), none);
    }
}
