//! Shows progress as a line on stderr. It is shown only at a terminal.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use byok::setting;

use crate::cli::session::{Context, settings};

/// A progress line. It is hidden in a pipe, under CI, and with --quiet.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Counts up to a known number.
    pub(crate) fn of(context: &Context, total: u64, what: &str) -> Self {
        Self::begin(context, Some(total), &format!("[{{bar:30}}] {{pos}}/{{len}} {what}, {{eta}} left"))
    }

    /// Counts up to a number that grows with `expect`.
    pub(crate) fn growing(context: &Context, what: &str) -> Self {
        Self::begin(context, Some(0), &format!("[{{bar:30}}] {{pos}}/{{len}} {what}  {{msg}}  {{elapsed}}"))
    }

    /// Counts without a total.
    pub(crate) fn uncounted(context: &Context, what: &str) -> Self {
        Self::begin(context, None, &format!("{{spinner}} {{pos}} {what}"))
    }

    /// Shows nothing.
    pub(crate) fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    fn begin(context: &Context, total: Option<u64>, template: &str) -> Self {
        let ci = setting::bytes("CI").is_some_and(|value| !value.is_empty());
        let unwanted = settings::switch("BYOK_NO_PROGRESS");
        let dumb = setting::bytes("TERM").is_some_and(|value| value == "dumb");
        if context.is_quiet() || dumb || ci || unwanted || !stderr().is_terminal() {
            return Self::none();
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        // Updates the elapsed time even when nothing is done.
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// Adds to the total.
    pub(crate) fn expect(&self, more: usize) {
        self.0.inc_length(more as u64);
    }

    /// Adds to what is done.
    pub(crate) fn add(&self, count: u64) {
        self.0.inc(count);
    }

    /// Sets the message of the line.
    pub(crate) fn say(&self, words: String) {
        self.0.set_message(words);
    }

    /// Hides the line while something else is written.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
