//! The machine that figures are of.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::Outcome;
use byok::local::programs_dir;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) system: String,
    pub(crate) postgres: String,
    /// The file system of the figures with a disk.
    pub(crate) disk: String,
}

impl Machine {
    pub(crate) fn here(disk: &Path) -> Outcome<Self> {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
            line.map(|(_, value)| value.trim().to_owned())
        };
        let memory = value(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let kib: u64 = memory.split(' ').next().unwrap_or_default().parse().unwrap_or_default();
        let system = rustix::system::uname();
        let words =
            [system.sysname(), system.release(), system.machine()].map(|word| word.to_string_lossy().into_owned());
        Ok(Self {
            processor: value(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            memory_gib: (kib + (1 << 19)) >> 20,
            system: words.join(" "),
            postgres: postgres()?,
            disk: file_system(disk).unwrap_or_else(|| "unknown".into()),
        })
    }

    pub(crate) fn text(&self) -> String {
        let Self { processor, cores, memory_gib, system, postgres, disk } = self;
        format!("{processor}, {cores} cores, {memory_gib} GiB, {system}, PostgreSQL {postgres}, disk: {disk}")
    }
}

fn postgres() -> Outcome<String> {
    let output = Command::new(programs_dir()?.join("postgres")).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.trim().rsplit_once(") ").map_or(text.trim(), |(_, version)| version);
    Ok(version.split(' ').next().unwrap_or_default().to_owned())
}

/// The type of the file system that holds this directory.
pub(crate) fn file_system(dir: &Path) -> Option<String> {
    let dir = dir.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let of = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        dir.starts_with(place).then(|| (place.len(), kind.to_owned()))
    });
    of.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}
