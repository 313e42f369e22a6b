//! Shows progress as a line on stderr. It is shown only at a terminal, and only if something takes long.

use std::io::{IsTerminal as _, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use byok::setting;

use crate::cli::session::settings;
use crate::cli::terminal::{input, output};

/// What ends earlier shows nothing.
const PATIENCE: Duration = Duration::from_millis(150);
/// How often the time is updated, even when nothing is done.
const TICK: Duration = Duration::from_millis(250);

/// Whether --no-progress was given.
static LEFT_OUT: AtomicBool = AtomicBool::new(false);

/// Shows no progress from now on.
pub(crate) fn leave_out() {
    LEFT_OUT.store(true, Ordering::Relaxed);
}

/// A progress line. It is hidden in a pipe, under CI, and with --quiet or --no-progress.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Counts up to a known number.
    pub(crate) fn of(total: u64, what: &str) -> Self {
        Self::begin(Some(total), &format!("[{{bar:30}}] {{pos}}/{{len}} {what}, {{eta}} left"))
    }

    /// Counts up to a number that grows with `expect`.
    pub(crate) fn growing(what: &str) -> Self {
        Self::begin(Some(0), &format!("[{{bar:30}}] {{pos}}/{{len}} {what}  {{msg}}  {{elapsed}}"))
    }

    /// Counts without a total.
    pub(crate) fn uncounted(what: &str) -> Self {
        Self::begin(None, &format!("{{spinner}} {{pos}} {what}  {{elapsed}}"))
    }

    /// The rows of a list. At a terminal, the rows themselves show it.
    pub(crate) fn rows() -> Self {
        if output::is_terminal() { Self::none() } else { Self::uncounted("rows") }
    }

    /// Waits for one answer.
    pub(crate) fn waiting(what: &str) -> Self {
        Self::begin(None, &format!("{{spinner}} {what}  {{elapsed}}"))
    }

    /// Waits for this answer.
    pub(crate) async fn during<T>(self, answer: impl Future<Output = T>) -> T {
        answer.await
    }

    /// Shows nothing.
    pub(crate) fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    fn begin(total: Option<u64>, template: &str) -> Self {
        if !is_wanted() {
            return Self::none();
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        let later = bar.clone();
        thread::spawn(move || {
            thread::sleep(PATIENCE);
            if !later.is_finished() {
                later.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
                later.enable_steady_tick(TICK);
            }
        });
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

fn is_wanted() -> bool {
    let dumb = setting::bytes("TERM").is_some_and(|value| value == "dumb");
    let unwanted = output::is_quiet() || LEFT_OUT.load(Ordering::Relaxed) || settings::switch("BYOK_NO_PROGRESS");
    !(unwanted || dumb || input::is_ci()) && stderr().is_terminal()
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
