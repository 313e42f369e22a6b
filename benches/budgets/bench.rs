//! What all subjects share: the sizes, the runtimes, and the servers, which are made when they are first needed.

use std::cell::OnceCell;

use tokio::runtime::{Builder, Runtime};

use super::Outcome;
use super::lab::{Client, Lab, Verb, alone, together};
use super::machine::file_system;
use super::options::Options;

pub(crate) struct Bench {
    pub(crate) options: Options,
    /// As a server with one thread has it: a future is polled where it is awaited.
    pub(crate) single: Runtime,
    /// As a server has it that uses this machine's processors.
    pub(crate) server: Runtime,
    small: OnceCell<Lab>,
    large: OnceCell<Lab>,
    disk: OnceCell<Lab>,
}

impl Bench {
    pub(crate) fn new(options: Options) -> Outcome<Self> {
        let threads = std::thread::available_parallelism().map_or(1, Into::into);
        Ok(Self {
            options,
            single: Builder::new_current_thread().enable_all().build()?,
            server: Builder::new_multi_thread().worker_threads(threads).enable_all().build()?,
            small: OnceCell::new(),
            large: OnceCell::new(),
            disk: OnceCell::new(),
        })
    }

    /// The runtime for so many requests in flight.
    pub(crate) fn runtime(&self, flying: usize) -> &Runtime {
        if flying == 1 { &self.single } else { &self.server }
    }

    /// Sends requests of this client, so many at any time: how many a second.
    pub(crate) fn requests(&self, lab: &Lab, client: Client, verb: Verb, flying: usize) -> Outcome<f64> {
        let (runtime, seconds) = (self.runtime(flying), self.options.sizes.seconds);
        if flying == 1 {
            runtime.block_on(alone(lab, &client, verb, seconds))
        } else {
            runtime.block_on(together(lab, client, verb, (flying, seconds)))
        }
    }

    /// A platform with few organizations, in memory.
    pub(crate) fn small(&self) -> Outcome<&Lab> {
        once(&self.small, || self.single.block_on(Lab::new(self.options.sizes.orgs, None, self.options.smoke)))
    }

    /// A platform with many, in memory. None with `--quick`.
    pub(crate) fn large(&self) -> Outcome<Option<&Lab>> {
        let Some(many) = self.options.sizes.many else { return Ok(None) };
        once(&self.large, || self.single.block_on(Lab::new(many, None, self.options.smoke))).map(Some)
    }

    /// The small one on a disk, and the disk's file system. None if that directory is in memory.
    pub(crate) fn disk(&self) -> Outcome<Option<(&Lab, String)>> {
        let (dir, orgs) = (&self.options.disk, self.options.sizes.orgs);
        let kind = file_system(dir).unwrap_or_else(|| "unknown".into());
        if kind == "tmpfs" || kind == "ramfs" {
            return Ok(None);
        }
        let lab = once(&self.disk, || self.single.block_on(Lab::new(orgs, Some(dir), self.options.smoke)))?;
        Ok(Some((lab, kind)))
    }
}

fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Outcome<T>) -> Outcome<&T> {
    match cell.get() {
        Some(there) => Ok(there),
        None => make().map(|made| cell.get_or_init(|| made)),
    }
}
