//! The progress of something long: a bar at a terminal, nothing anywhere else.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::session::Context;

/// How far it is.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Towards a known number of things.
    pub(crate) fn of(context: &Context, total: u64, what: &str) -> Self {
        Self::start(context, ProgressBar::new(total), &format!("{{bar:30}} {{pos}}/{{len}} {what}, {{eta}} left"))
    }

    /// Records of a log whose length nobody counted.
    pub(crate) fn records(context: &Context) -> Self {
        Self::start(context, ProgressBar::no_length(), "{spinner} {pos} records")
    }

    fn start(context: &Context, bar: ProgressBar, template: &str) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value: std::ffi::OsString| !value.is_empty());
        let shown = std::io::stderr().is_terminal() && !context.is_quiet() && !set("CI") && !set("BYOK_NO_PROGRESS");
        if !shown {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(150));
        Self(bar)
    }

    pub(crate) fn add(&self, count: u64) {
        self.0.inc(count);
    }

    pub(crate) fn end(self) {
        self.0.finish_and_clear();
    }
}
