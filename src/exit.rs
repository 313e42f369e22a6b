//! Exit codes of the command line. Scripts depend on them, so they do not change within a major version.

/// Done, nothing to do, or an empty list.
pub const OK: u8 = 0;
/// A failure that no other code describes.
pub const FAILURE: u8 = 1;
/// The arguments or the input are wrong, or byok needed a prompt or a confirmation and could not ask.
pub const USAGE: u8 = 2;
/// Something that was named does not exist, or no key serves the request.
pub const NOT_FOUND: u8 = 3;
/// The login may not do this, or the master key or data key is missing or wrong.
pub const NOT_AUTHORIZED: u8 = 4;
/// The current state does not allow it (not enabled, already exists, in use, changed at the same time), or a condition such as
/// `--require` is not met.
pub const CONFLICT: u8 = 5;
/// The key cannot be used: its provider rejects it, it has expired, or it was stored for another address of the provider.
pub const KEY_REJECTED: u8 = 6;
/// The database, the private server or a provider cannot be reached. Trying again may help.
pub const UNAVAILABLE: u8 = 7;
/// Some items succeeded and others failed.
pub const PARTIAL: u8 = 8;
/// A check failed: for example, a stored key does not open.
pub const CHECK_FAILED: u8 = 9;
/// Not enough credits.
pub const NO_CREDITS: u8 = 10;
/// `run` failed before the program started.
pub const RUN_FAILED: u8 = 125;
/// The program of `run` cannot be executed.
pub const RUN_NOT_EXECUTABLE: u8 = 126;
/// The program of `run` was not found.
pub const RUN_NOT_FOUND: u8 = 127;
/// The terminal was closed (SIGHUP).
pub const HANGUP: u8 = 129;
/// Interrupted by Ctrl-C, or by the end of input at a prompt.
pub const INTERRUPTED: u8 = 130;
/// Ended by Ctrl-\ (SIGQUIT).
pub const QUIT: u8 = 131;
/// Terminated by SIGTERM.
pub const TERMINATED: u8 = 143;

/// Every code with its name and its meaning, for help texts and tests.
pub const ALL: &[(u8, &str, &str)] = &[
    (OK, "ok", "done, nothing to do, or an empty list"),
    (FAILURE, "failure", "a failure that no other code describes"),
    (USAGE, "usage", "the arguments or the input are wrong, or byok needed a prompt and could not ask"),
    (NOT_FOUND, "not_found", "something that was named does not exist, or no key serves the request"),
    (NOT_AUTHORIZED, "not_authorized", "the login may not do this, or the master key or data key is missing or wrong"),
    (CONFLICT, "conflict", "not possible now (not enabled, already exists, in use, changed), or --require is not met"),
    (
        KEY_REJECTED,
        "key_rejected",
        "the key cannot be used: rejected, expired, or stored for another address of its provider",
    ),
    (UNAVAILABLE, "unavailable", "the database or a provider cannot be reached; trying again may help"),
    (PARTIAL, "partial", "at least one item failed; the others were done"),
    (CHECK_FAILED, "check_failed", "a check failed: for example, a stored key does not open"),
    (NO_CREDITS, "no_credits", "not enough credits"),
    (RUN_FAILED, "run_failed", "`run` failed before the program started"),
    (RUN_NOT_EXECUTABLE, "run_not_executable", "the program of `run` cannot be executed"),
    (RUN_NOT_FOUND, "run_not_found", "the program of `run` was not found"),
    (HANGUP, "hangup", "the terminal was closed (SIGHUP)"),
    (INTERRUPTED, "interrupted", "interrupted by Ctrl-C, or by the end of input at a prompt"),
    (QUIT, "quit", "ended by Ctrl-\\ (SIGQUIT)"),
    (TERMINATED, "terminated", "terminated by SIGTERM"),
];
