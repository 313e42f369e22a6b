//! Failures: what happened, the next command, and one exit code each.

mod core;
mod hints;

use byok::credits::AmountError;
use byok::provider::{FormatError, TargetError};
use byok::setting::SettingError;
use byok::{exit, local::LocalError, name::NameError};

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

    /// What failed after something had been done: that is said too.
    pub(crate) fn took_effect(mut self, done: &str) -> Self {
        self.message = format!("{}; what was asked for took effect: {done}", self.message);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        Self::usage("bad_variable", error.to_string()).hint(hints::of_setting(&error))
    }
}

impl From<LocalError> for Failure {
    fn from(error: LocalError) -> Self {
        if let LocalError::Setting(error) = error {
            return error.into();
        }
        let (exit, code) = match error {
            LocalError::NotOurs(_) => (exit::CONFLICT, "not_ours"),
            _ => (exit::UNAVAILABLE, "local_server"),
        };
        Self::new(exit, code, error.to_string()).hint(hints::of_local(&error))
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
        Self::usage("bad_key", format!("{error}; nothing was stored")).hint(hints::of_format(&error))
    }
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        let code = match &error {
            TargetError::LooksLikeKey => "key_as_argument",
            TargetError::Unknown { .. } => "unknown_provider",
        };
        Self::usage(code, error.to_string()).hint(hints::of_target(&error))
    }
}
