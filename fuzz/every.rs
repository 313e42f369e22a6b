//! The fuzzers in one program, which is linked once. `FUZZ_TARGET` names the one that runs.

#![no_main]

use std::sync::{LazyLock, Mutex};

use byok_fuzz::{TARGETS, Target};

/// Targets that speak to the driver of the database. Its panics are caught where it is called.
const CATCHING: [&str; 2] = ["server", "server_bytes"];

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    let target = TARGETS.into_iter().find(|(known, _)| *known == name);
    target.unwrap_or_else(|| panic!("there is no target {name}: {:?}", TARGETS.map(|(known, _)| known)))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (name, check) = *TARGET;
    if CATCHING.contains(&name) { only_uncaught(check, data) } else { check(data) }
});

/// Keeps the panics that are caught from ending the fuzzer; one that is not caught ends it, with its words.
fn only_uncaught(check: fn(&[u8]), data: &[u8]) {
    static LAST: Mutex<String> = Mutex::new(String::new());
    static QUIET: LazyLock<()> = LazyLock::new(|| {
        std::panic::set_hook(Box::new(|panic| *LAST.lock().expect("a lock") = panic.to_string()));
    });
    *QUIET;
    if std::panic::catch_unwind(|| check(data)).is_err() {
        let words = LAST.lock().expect("a lock").clone();
        drop(std::panic::take_hook());
        panic!("{words}");
    }
}
