//! Programs that tests write and then start.
//!
//! Another process writes them. A file that this process writes may still be open in a process that another thread has just
//! started, and the system refuses to run a program that is open for writing ("text file busy").

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program that everybody may run.
pub(crate) fn write_script(path: &Path, text: &str) {
    let mut install =
        Command::new("install").args(["-m", "755", "/dev/stdin"]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    install.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(install.wait().unwrap().success(), "{}", path.display());
}

/// Copies the program that is tested, so that everybody may run it.
pub(crate) fn copy_byok(to: &Path) {
    let copied = Command::new("install").args(["-m", "755", env!("CARGO_BIN_EXE_byok")]).arg(to).status().unwrap();
    assert!(copied.success(), "{}", to.display());
}

#[test]
fn a_program_that_was_just_written_can_be_started_while_others_start_programs() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("program");
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    assert!(Command::new("true").status().unwrap().success());
                }
            });
        }
        let started = std::panic::catch_unwind(|| {
            for number in 0..100 {
                write_script(&program, &format!("#!/bin/sh\nexit {}\n", number % 7));
                assert_eq!(Command::new(&program).status().unwrap().code(), Some(number % 7));
            }
        });
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        started.unwrap();
    });
}
