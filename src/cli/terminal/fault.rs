//! Reports a panic without its message, which may contain a key.

use std::panic::{self, PanicHookInfo};

use byok::exit;

use crate::cli::terminal::output;

/// Installs the panic hook. A panic in any thread reports its source location, omits its message, and ends the program
/// with exit code 1. No other thread continues, and no core dump is written.
pub(crate) fn announce() {
    panic::set_hook(Box::new(end));
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "release builds abort here: no destructor would run either"
)]
fn end(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".into(), |it| format!("{}:{}", it.file(), it.line()));
    let version = env!("VERSION_OF_BYOK");
    output::say(&format!("error: internal error of byok {version} at {place}; the command may be incomplete"));
    output::say("  hint: check the state (byok status), then report the line above; it contains none of your data");
    std::process::exit(exit::FAILURE.into());
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// Not a test. The test below runs it in a process of its own.
    #[test]
    #[ignore = "ends the process"]
    fn panics_with_a_key() {
        super::announce();
        let key = String::from("hunter2-cAnArYcAnArY");
        let _ = std::thread::spawn(move || std::panic::panic_any(format!("bad key {key}"))).join();
        std::thread::park();
    }

    #[test]
    fn a_panic_in_any_thread_says_its_place_and_nothing_else_and_ends_with_1() {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "cli::terminal::fault::tests::panics_with_a_key", "--ignored", "--nocapture"]);
        let output = command.env("RUST_BACKTRACE", "full").output().expect("its end");
        let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{all}");
        assert!(all.contains("src/cli/terminal/fault.rs:") && all.contains(env!("CARGO_PKG_VERSION")), "{all}");
        assert!(!all.contains("hunter2") && !all.contains("cAnArY") && !all.contains("bad key"), "{all}");
    }
}
