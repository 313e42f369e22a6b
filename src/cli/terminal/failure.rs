//! Failures: what happened, its exit code and stable code, and the next command.
//!
//! A verb returns `anyhow::Result`. It passes errors of the library on with `?`. It adds a fact with `.context`, and
//! with `.hint` the next command if it knows a better one than the error has. `Failure::of` decides what a chain of
//! errors means to the caller.

mod change;
mod core;
mod hints;
mod server;
pub(crate) mod system;

use std::error::Error as StdError;
use std::fmt;

pub(crate) use change::is_reserved;
pub(crate) use hints::is_about_roles;

use byok::credits::AmountError;
use byok::name::{NameError, OrgId, ProviderId};
use byok::provider::{FormatError, NoSuchCapability, TargetError};
use byok::setting::SettingError;
use byok::{Error, exit, local::LocalError};

/// Why a command failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) exit: u8,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// The function of the database that refused.
    pub(crate) denied: Option<String>,
    /// Where the failure says which database it is about.
    pub(crate) place: Place,
}

/// Where a failure says which database it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is not about a database.
    Nowhere,
    /// At the end of the message.
    Message,
    /// Before the hint, because the message ends with statements to copy.
    Hint,
}

/// The next command, as a context in a chain of errors. It has no text of its own, because it is not part of the
/// message.
#[derive(Debug)]
struct Hint(String);

impl fmt::Display for Hint {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// What a verb adds to an error.
pub(crate) trait Explain<T> {
    /// The next command.
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T>;

    /// Adds to the message what took effect before the failure.
    fn took_effect(self, done: &str) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> Explain<T> for Result<T, E> {
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T> {
        self.map_err(|error| error.into().context(Hint(hint.into())))
    }

    fn took_effect(self, done: &str) -> anyhow::Result<T> {
        self.map_err(|error| Failure::of(&error.into()).took_effect(done).into())
    }
}

impl Failure {
    pub(crate) fn new(exit: u8, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), hint: None, denied: None, place: Place::Nowhere }
    }

    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, code, message)
    }

    /// What a chain of errors means to the caller.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let mut failure = known(error).unwrap_or_else(|| Self::new(exit::FAILURE, "failure", ""));
        failure.message = words(error);
        if let Some(Hint(hint)) = error.downcast_ref() {
            failure.hint = Some(hint.clone());
        }
        failure
    }

    /// Adds to the message what took effect before the failure.
    pub(crate) fn took_effect(mut self, done: &str) -> Self {
        self.message = format!("{}; but this was done: {done}", self.message);
        self
    }

    /// Names the key in the next command.
    pub(crate) fn about(mut self, provider: &ProviderId, org: &OrgId) -> Self {
        let named = |hint: String| hint.replace("PROVIDER", provider.as_str()).replace("ORG", org.as_str());
        self.hint = self.hint.map(named);
        self
    }

    /// Adds to the message which database it is about.
    pub(crate) fn at(mut self, place: &str) -> Self {
        match self.place {
            Place::Hint => self.hint = self.hint.map(|hint| format!("in {place}: {hint}")),
            Place::Message | Place::Nowhere => self.message = format!("{} ({place})", self.message),
        }
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Exit code, stable code and hint. They come from the outermost failure of a verb, or else from the error of the
/// library.
fn known(error: &anyhow::Error) -> Option<Failure> {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return Some(failure.clone());
    }
    let of_library = error.downcast_ref::<Error>().map(Failure::from);
    let of_library = of_library.or_else(|| error.downcast_ref::<LocalError>().map(Failure::from));
    let of_library = of_library.or_else(|| error.downcast_ref::<SettingError>().map(Failure::from));
    let of_library = of_library.or_else(|| error.downcast_ref::<NameError>().map(Failure::from));
    let of_library = of_library.or_else(|| error.downcast_ref::<AmountError>().map(Failure::from));
    let of_library = of_library.or_else(|| error.downcast_ref::<FormatError>().map(Failure::from));
    let of_library = of_library.or_else(|| error.downcast_ref::<NoSuchCapability>().map(Failure::from));
    of_library.or_else(|| error.downcast_ref::<TargetError>().map(Failure::from))
}

/// The chain as one line. It ends at the first error of this package, because the cause of that error may quote a
/// server or a file and must not be shown. A cause whose text is already in the line is not repeated.
fn words(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !line.contains(&text) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&text);
        }
        if is_ours(cause) {
            break;
        }
    }
    line
}

fn is_ours(cause: &(dyn StdError + 'static)) -> bool {
    cause.is::<Failure>()
        || cause.is::<Error>()
        || cause.is::<LocalError>()
        || cause.is::<SettingError>()
        || cause.is::<NameError>()
        || cause.is::<AmountError>()
        || cause.is::<FormatError>()
        || cause.is::<NoSuchCapability>()
        || cause.is::<TargetError>()
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&SettingError> for Failure {
    fn from(error: &SettingError) -> Self {
        Self::usage("bad_variable", error.to_string()).hint(hints::of_setting(error))
    }
}

impl From<&NameError> for Failure {
    fn from(error: &NameError) -> Self {
        Self::usage("bad_name", error.to_string())
    }
}

impl From<&AmountError> for Failure {
    fn from(error: &AmountError) -> Self {
        Self::usage("bad_amount", error.to_string())
    }
}

impl From<&FormatError> for Failure {
    fn from(error: &FormatError) -> Self {
        Self::usage("bad_key", format!("{error}; nothing was stored")).hint(hints::of_format(error))
    }
}

impl From<&NoSuchCapability> for Failure {
    fn from(error: &NoSuchCapability) -> Self {
        Self::new(exit::NOT_FOUND, "unknown_capability", error.to_string())
    }
}

impl From<&TargetError> for Failure {
    fn from(error: &TargetError) -> Self {
        let (exit, code) = match error {
            TargetError::LooksLikeKey => (exit::USAGE, "key_as_argument"),
            TargetError::Unknown { .. } => (exit::NOT_FOUND, "unknown_provider"),
        };
        Self::new(exit, code, error.to_string()).hint(hints::of_target(error))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context as _;

    use super::*;
    use byok::error::ChangeError;

    fn refused() -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, "not yours")
    }

    #[test]
    fn a_chain_is_one_line_and_no_cause_stands_in_it_twice() {
        let local = LocalError::Io { path: "/data".into(), source: refused() };
        let error = Err::<(), _>(local).context("the private database").expect_err("an error");
        let failure = Failure::of(&error);
        assert_eq!(failure.message, "the private database: /data: not yours");
        assert_eq!((failure.exit, failure.code), (exit::UNAVAILABLE, "local_setup"));
        let plain = Err::<(), _>(refused()).context("cannot write it: not yours").expect_err("an error");
        assert_eq!(Failure::of(&plain).message, "cannot write it: not yours");
        assert_eq!(Failure::of(&plain).code, "failure");
    }

    #[test]
    fn a_failure_of_a_verb_gives_the_code_and_the_library_the_reason() {
        let unreadable =
            Err::<(), _>(refused()).context(Failure::usage("cannot_read", "key.txt")).hint("chmod 600 key.txt");
        let failure = Failure::of(&unreadable.expect_err("an error"));
        assert_eq!((failure.exit, failure.code), (exit::USAGE, "cannot_read"));
        assert_eq!(failure.message, "key.txt: not yours");
        assert_eq!(failure.hint.as_deref(), Some("chmod 600 key.txt"));
    }

    #[test]
    fn the_hint_of_a_verb_counts_before_that_of_the_library_and_is_no_part_of_the_message() {
        let error = Error::Change(ChangeError::NoSuchOrg("acme".into()));
        let known = Failure::from(&error).hint;
        assert_eq!(Failure::of(&anyhow::Error::new(Error::Change(ChangeError::NoSuchOrg("acme".into())))).hint, known);
        let hinted = Err::<(), _>(error).hint("add --new").context("grant").expect_err("an error");
        let failure = Failure::of(&hinted);
        assert_eq!(failure.hint.as_deref(), Some("add --new"));
        assert_eq!(failure.message, "grant: there is no organization `acme`");
    }

    #[test]
    fn nothing_behind_an_error_of_ours_is_shown() {
        let source = io::Error::other(Refused(io::Error::other("password=hunter2")));
        let error = anyhow::Error::new(LocalError::Io { path: "/data".into(), source }).context("a fact");
        assert_eq!(Failure::of(&error).message, "a fact: /data: refused");
    }

    #[derive(Debug, thiserror::Error)]
    #[error("refused")]
    struct Refused(#[source] io::Error);
}
