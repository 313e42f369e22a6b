//! A program that events are delivered to, and the consumer that it is for.

use std::fs;
use std::path::PathBuf;

use crate::harness::{Byok, Run, World};
use crate::programs::write_script;

/// Time passes for whoever held a consumer, and for deliveries that wait.
pub(super) const LATER: &str = "with held as (update byok.consumer set held_until = now() - interval '1 second')
    update byok.delivery set next_at = now() - interval '1 second' where state = 'waiting'";

/// A program that is a script, and the file that it writes to.
pub(super) struct Script {
    dir: tempfile::TempDir,
}

impl Script {
    /// `{file}` in the text stands for the file.
    pub(super) fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let this = Self { dir };
        write_script(&this.path(), &format!("#!/bin/sh\n{}\n", text.replace("{file}", &this.file())));
        this
    }

    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("hook")
    }

    pub(super) fn file(&self) -> String {
        self.dir.path().join("written").display().to_string()
    }

    pub(super) fn written(&self) -> String {
        fs::read_to_string(self.file()).unwrap_or_default()
    }

    /// Delivers to it what is due.
    pub(super) fn once(&self, byok: &Byok, more: &[&str]) -> Run {
        let path = self.path().display().to_string();
        byok.run(&[&["watch", "--consumer", "pager", "--once"], more, &["--", &path]].concat())
    }
}

/// A consumer that begins before all events.
pub(super) fn begun() -> (World, Byok) {
    let (world, ..) = World::with_owners();
    let admin = world.byok("byok");
    admin.ok(&["watch", "--consumer", "pager", "--once"]);
    (world, admin)
}

pub(super) fn pending(admin: &Byok) -> (i64, i64) {
    let document = admin.json(&["event", "consumers"]).1;
    let pager = document["items"].as_array().unwrap().iter().find(|it| it["consumer"] == "pager").unwrap().clone();
    (pager["pending"].as_i64().unwrap(), pager["failed"].as_i64().unwrap())
}

pub(super) const KEEPS: &str = "cat >> {file}";

/// Waits until a process that was killed has ended.
pub(super) fn until_dead(pid: &str) {
    for _ in 0..3000 {
        if !fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z")) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{pid} lives");
}
