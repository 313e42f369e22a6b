//! Failures: what happened, the next command, and one exit code each.

use std::process::ExitCode;

use serde_json::json;

use byok::credits::AmountError;
use byok::provider::{FormatError, TargetError, looks_like_key};
use byok::resolution::Reason;
use byok::{Error, exit, local::LocalError, name::NameError};

use super::out::{self, Format};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: u8,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: u8, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), hint: None }
    }

    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, code, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Whether trying again may help.
fn retryable(code: u8) -> bool {
    code == exit::UNAVAILABLE
}

/// Writes a failure to stderr, as JSON where results are JSON.
pub(crate) fn report(format: Format, failure: &Failure) -> ExitCode {
    if matches!(format, Format::Json | Format::Jsonl) {
        let error = json!({"format_version": out::VERSION, "error": {
            "code": failure.code, "exit_code": failure.exit, "message": failure.message, "hint": failure.hint,
            "retryable": retryable(failure.exit),
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

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, code) = classify(&error);
        let failure = Self::new(exit, code, error.to_string());
        match next(&error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

fn classify(error: &Error) -> (u8, &'static str) {
    match error {
        Error::NotInitialized => (exit::CHECK_FAILED, "not_initialized"),
        Error::SchemaOlder { .. } => (exit::CHECK_FAILED, "schema_older"),
        Error::SchemaNewer { .. } => (exit::CHECK_FAILED, "schema_newer"),
        Error::ServerTooOld(_) => (exit::CHECK_FAILED, "server_too_old"),
        Error::BrokenPgcrypto => (exit::CHECK_FAILED, "broken_pgcrypto"),
        Error::Corrupt { .. } => (exit::CHECK_FAILED, "corrupt"),
        Error::Unreadable(_) => (exit::CHECK_FAILED, "key_unreadable"),
        Error::DataKeyUnreadable(_) => (exit::CHECK_FAILED, "data_key_unreadable"),
        Error::NotAllowed(_) | Error::NoRole => (exit::NOT_AUTHORIZED, "not_authorized"),
        Error::LoginRefused => (exit::NOT_AUTHORIZED, "login_refused"),
        Error::WrongMasterKey { .. } | Error::OtherMasterKey => (exit::NOT_AUTHORIZED, "wrong_master_key"),
        Error::NoMasterKey => (exit::NOT_AUTHORIZED, "no_master_key"),
        Error::NoSuchOrg(_) | Error::NoSuchLogin(_) | Error::NoSuchKey(_) => (exit::NOT_FOUND, "not_found"),
        Error::NoSuchDatabase => (exit::NOT_FOUND, "no_such_database"),
        Error::Denied(reason @ (Reason::KeyExpired | Reason::PlatformKeyExpired)) => {
            (exit::KEY_REJECTED, reason.code())
        }
        Error::Denied(reason @ Reason::KeyUnreadable) => (exit::CHECK_FAILED, reason.code()),
        Error::Denied(reason) => (exit::NOT_FOUND, reason.code()),
        Error::NotEnabled(_) => (exit::CONFLICT, "not_enabled"),
        Error::Changed(_) => (exit::CONFLICT, "changed_meanwhile"),
        Error::Exists(_) => (exit::CONFLICT, "exists"),
        Error::NotEnoughCredits { .. } => (exit::NO_CREDITS, "no_credits"),
        Error::RequestReused(_) => (exit::CONFLICT, "request_reused"),
        Error::NoRate => (exit::NOT_FOUND, "no_rate"),
        Error::NoSuchRequest(_) => (exit::NOT_FOUND, "no_such_request"),
        Error::HoldEnded(_) => (exit::CONFLICT, "hold_ended"),
        Error::MoreThanCharged(_) => (exit::CONFLICT, "more_than_charged"),
        Error::OutOfRange => (exit::USAGE, "out_of_range"),
        Error::PlatformKeyOnly(_) => (exit::NOT_AUTHORIZED, "platform_key"),
        Error::OtherKeyServes(_) => (exit::CONFLICT, "other_key_serves"),
        Error::Unavailable(_) => (exit::UNAVAILABLE, "unavailable"),
        Error::BadUrl => (exit::USAGE, "bad_database_url"),
        _ => (exit::FAILURE, "failure"),
    }
}

fn next(error: &Error) -> Option<String> {
    let hint = match error {
        Error::NotInitialized | Error::SchemaOlder { .. } => "a platform admin brings it up to date with: byok init",
        Error::SchemaNewer { .. } => "use a newer byok",
        Error::NotAllowed(_) | Error::NoRole => {
            "a platform admin can make this login an owner: byok member add ORG LOGIN"
        }
        Error::WrongMasterKey { .. } | Error::OtherMasterKey | Error::NoMasterKey => {
            "see which key the database wants: byok status"
        }
        Error::NoSuchOrg(org) => {
            return Some(format!("see what is there: byok org list; to add it: byok enable {org}"));
        }
        Error::NoSuchLogin(login) => {
            return Some(format!("create it in PostgreSQL first: create role \"{login}\" login"));
        }
        Error::NotEnabled(holder) => {
            let org = holder.trim_start_matches("organization ");
            return Some(format!("ask a platform admin to run: byok enable {org}"));
        }
        Error::Changed(_) => "see what is there now: byok key list; then set it again",
        Error::Unreadable(_) | Error::DataKeyUnreadable(_) => "set the key again: byok key set",
        Error::NotEnoughCredits { org, .. } => {
            return Some(format!("a platform admin grants more: byok credits grant AMOUNT --org {org}"));
        }
        Error::RequestReused(org) => {
            return Some(format!(
                "see for what: byok credits history --request-id ID --org {org}; a new request has a new id"
            ));
        }
        Error::NoRate => {
            "a platform admin sets one: byok credits rates set OPERATION --platform-part A --provider-part B"
        }
        Error::NoSuchRequest(_) | Error::MoreThanCharged(_) | Error::HoldEnded(_) => {
            "see what there is: byok credits history --org ORG"
        }
        Error::PlatformKeyOnly(org) => {
            return Some(format!("store a key of the organization's own: byok key set PROVIDER --org {org}"));
        }
        Error::OtherKeyServes(_) => "ask with a new request id; the charge before stands until it is refunded",
        Error::BadUrl => "it looks like postgres://login@host/database, in BYOK_DATABASE_URL",
        Error::LoginRefused => "check the login and password in BYOK_DATABASE_URL, or ~/.pgpass",
        Error::Unavailable(_) => "check the host in BYOK_DATABASE_URL, then try again",
        _ => return None,
    };
    Some(hint.into())
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
