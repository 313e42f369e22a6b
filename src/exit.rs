//! Exit codes of the command line: a promise to scripts, never renumbered within a major version.

/// Done, nothing to do, or an empty list.
pub const OK: u8 = 0;
/// A failure that no other code describes.
pub const FAILURE: u8 = 1;
/// The command line or an input is wrong, or a prompt or confirmation was needed and not possible.
pub const USAGE: u8 = 2;
/// What was named is not there, or no key serves the request.
pub const NOT_FOUND: u8 = 3;
/// The login may not do this, or the master key or data key is missing or wrong.
pub const NOT_AUTHORIZED: u8 = 4;
/// Not enabled, changed by somebody else meanwhile, or a stated condition is not met.
pub const CONFLICT: u8 = 5;
/// The key cannot be used: refused by its provider, past its date, or stored for another address.
pub const KEY_REJECTED: u8 = 6;
/// The database, the local server or a provider cannot be reached: trying again may help.
pub const UNAVAILABLE: u8 = 7;
/// Some of several items failed.
pub const PARTIAL: u8 = 8;
/// A check found something: a stored key does not open, a schema is out of date.
pub const CHECK_FAILED: u8 = 9;
/// Not enough credits.
pub const NO_CREDITS: u8 = 10;
/// `run` itself failed before the child began.
pub const RUN_FAILED: u8 = 125;
/// The child's program cannot be executed.
pub const RUN_NOT_EXECUTABLE: u8 = 126;
/// The child's program was not found.
pub const RUN_NOT_FOUND: u8 = 127;
/// Ctrl-C, or end of input at a prompt.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM.
pub const TERMINATED: u8 = 143;

/// Every code with its name and when it is given, for help texts and tests.
pub const ALL: &[(u8, &str, &str)] = &[
    (OK, "ok", "done, nothing to do, or an empty list"),
    (FAILURE, "failure", "a failure that no other code describes"),
    (USAGE, "usage", "wrong arguments or input, or a prompt was needed and not possible"),
    (NOT_FOUND, "not_found", "what was named is not there, or no key serves the request"),
    (NOT_AUTHORIZED, "not_authorized", "the login may not do this, or the master key or data key is missing or wrong"),
    (CONFLICT, "conflict", "not enabled, changed meanwhile, or a stated condition is not met"),
    (
        KEY_REJECTED,
        "key_rejected",
        "the key cannot be used: refused by its provider, past its date, or stored for another address",
    ),
    (UNAVAILABLE, "unavailable", "the database or a provider cannot be reached; trying again may help"),
    (PARTIAL, "partial", "some of several items failed"),
    (CHECK_FAILED, "check_failed", "a check found something, such as a stored key that does not open"),
    (NO_CREDITS, "no_credits", "not enough credits"),
    (RUN_FAILED, "run_failed", "the child could not be prepared"),
    (RUN_NOT_EXECUTABLE, "run_not_executable", "the child's program cannot be executed"),
    (RUN_NOT_FOUND, "run_not_found", "the child's program was not found"),
    (INTERRUPTED, "interrupted", "Ctrl-C, or end of input at a prompt; nothing was changed"),
    (TERMINATED, "terminated", "ended by SIGTERM"),
];
