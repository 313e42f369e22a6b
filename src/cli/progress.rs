//! Progress of something long: a line on stderr at a terminal, nothing anywhere else.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that says how far it is. Silent in a pipe, under CI, and with --quiet.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Begins it; `unit` is what is counted, such as `keys`.
    pub(crate) fn begin(quiet: bool, unit: &str) -> Self {
        let set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty());
        let dumb = std::env::var("TERM").is_ok_and(|value| value == "dumb");
        if quiet || dumb || set("CI") || set("BYOK_NO_PROGRESS") || !stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        let template = format!("[{{bar:30}}] {{pos}}/{{len}} {unit}  {{msg}}  {{elapsed}}");
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        // So that the time goes on while everything waits.
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// So many more than were known of.
    pub(crate) fn expect(&self, more: usize) {
        self.0.inc_length(more as u64);
    }

    /// So many are done.
    pub(crate) fn done(&self, count: usize, words: String) {
        self.0.set_message(words);
        self.0.inc(count as u64);
    }

    /// Something is written between its lines.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
