//! Whether this is a dry run: everything is checked and said, and nothing is written.
//!
//! The database takes part by a rehearsal (`Database::rehearsed`). What else a command writes or does is asked here: files,
//! questions, transactions of others.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether --dry-run was given.
static ON: AtomicBool = AtomicBool::new(false);

/// This is a dry run from now on.
pub(crate) fn begin() {
    ON.store(true, Ordering::Relaxed);
}

pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// What is said of a change.
pub(crate) fn said(words: &str) -> Cow<'_, str> {
    if is_on() { format!("dry run, nothing was changed: {words}").into() } else { words.into() }
}
