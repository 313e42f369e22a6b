//! Failures: what happened, the next command, and one exit code each.

mod core;

use std::process::ExitCode;

use serde_json::json;

use byok::credits::AmountError;
use byok::provider::{FormatError, TargetError, looks_like_key};
use byok::{exit, local::LocalError, name::NameError};

use super::out::{self, Format};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: u8,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// The function of the database that refused.
    pub(crate) denied: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: u8, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), hint: None, denied: None }
    }

    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, code, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Whether trying the same again may help, and does no harm.
fn retryable(failure: &Failure) -> bool {
    failure.exit == exit::UNAVAILABLE && failure.code != "may_be_done"
}

/// Writes a failure to stderr, as JSON where results are JSON.
pub(crate) fn report(format: Format, failure: &Failure) -> ExitCode {
    if matches!(format, Format::Json | Format::Jsonl) {
        let error = json!({"format_version": out::VERSION, "error": {
            "code": failure.code, "exit_code": failure.exit, "message": failure.message, "hint": failure.hint,
            "retryable": retryable(failure),
        }});
        out::say(&error.to_string());
    } else {
        out::say(&format!("error: {}", failure.message));
        if let Some(hint) = &failure.hint {
            out::say(&format!("  hint: {hint}"));
        }
    }
    ExitCode::from(failure.exit)
}

/// clap's own message, without anything that may be a key: it quotes the arguments that it does not understand.
pub(crate) fn report_usage(error: &clap::Error) -> ExitCode {
    let mut text = error.render().to_string();
    if !error.use_stderr() {
        return ExitCode::from(out::print(&text));
    }
    for argument in std::env::args().skip(1) {
        for part in [argument.as_str(), argument.split_once('=').map_or("", |(_, value)| value)] {
            if looks_like_key(part) {
                text = text.replace(part, "***");
            }
        }
    }
    out::say(text.trim_end());
    ExitCode::from(exit::USAGE)
}

impl From<LocalError> for Failure {
    fn from(error: LocalError) -> Self {
        Self::new(exit::UNAVAILABLE, "local_server", error.to_string()).hint(error.hint())
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        Self::usage("bad_name", error.to_string())
    }
}

impl From<AmountError> for Failure {
    fn from(error: AmountError) -> Self {
        Self::usage("bad_amount", error.to_string())
    }
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Self {
        Self::usage("bad_key", format!("{error}; nothing was stored")).hint(error.hint())
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        match &error {
            TargetError::LooksLikeKey => Self::usage("key_as_argument", error.to_string())
                .hint("a key is never an argument: byok key set PROVIDER --org ORG, and type it at the prompt"),
            TargetError::Unknown { near, .. } => {
                let hint = match near.as_slice() {
                    [] => "see them all: byok provider list".to_owned(),
                    near => format!("did you mean {}? (byok provider list)", near.join(" or ")),
                };
                Self::usage("unknown_provider", error.to_string()).hint(hint)
            }
        }
    }
}
