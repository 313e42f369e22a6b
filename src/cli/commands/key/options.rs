//! Options of changes to a stored key: the version that is changed, how long a replaced key is kept, and end dates.

use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use byok::admin::sealing::{Existing, KEEP_PREVIOUS};
use byok::error::ChangeError;
use byok::name::Holder;
use byok::{Error, exit};

use crate::cli::duration;
use crate::cli::session::Session;
use crate::cli::terminal::failure::Failure;

/// The longest time that the database keeps a replaced key.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// How long the key that is replaced is kept.
#[derive(Args)]
pub(crate) struct KeepArgs {
    /// Keep the replaced key for this long, so that `byok key rollback` can make it active again (default: 24h)
    #[arg(long, value_name = "DURATION", value_parser = keeping, conflicts_with = "no_keep")]
    keep_previous: Option<Duration>,
    /// Erase the replaced key at once
    #[arg(long)]
    no_keep: bool,
}

impl KeepArgs {
    pub(crate) fn time(&self) -> Duration {
        if self.no_keep { Duration::ZERO } else { self.keep_previous.unwrap_or(KEEP_PREVIOUS) }
    }
}

fn keeping(text: &str) -> Result<Duration, String> {
    let time = duration::parse(text)?;
    if time > LONGEST { Err("it is at most 366 days".into()) } else { Ok(time) }
}

/// Which version is replaced.
#[derive(Args)]
pub(crate) struct VersionArg {
    /// Fail (exit 5) unless this version is active; 0 means that no key is active
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u32).range(0..=1_000_000_000))]
    if_version: Option<u32>,
}

impl VersionArg {
    /// What must be there, or else what the command asks for by itself.
    pub(crate) fn existing(&self, otherwise: Existing) -> Existing {
        self.if_version.map_or(otherwise, Existing::Version)
    }

    /// What must be there for a command that replaces a key and never stores a first one.
    pub(crate) fn existing_key(&self) -> anyhow::Result<Existing> {
        if self.if_version == Some(0) {
            let failure = Failure::usage("bad_version", "this command replaces an active key, so there is a version");
            return Err(failure.hint("to store a first key, use `set` instead of `rotate`").into());
        }
        Ok(self.existing(Existing::Key))
    }

    pub(crate) fn number(&self) -> Option<u32> {
        self.if_version
    }

    /// The error of a change. If a version was named, it says that another one is active.
    pub(crate) fn explain(&self, error: Error) -> anyhow::Error {
        match (self.if_version, error) {
            (Some(version), Error::Change(ChangeError::Changed(key))) => other_version(&key, version),
            (_, error) => error.into(),
        }
    }
}

/// The failure when another version is active than the one that was named.
pub(crate) fn other_version(key: &str, wanted: u32) -> anyhow::Error {
    let message = match wanted {
        0 => format!("no key was expected, and there is one: {key}; nothing was changed"),
        _ => format!("version {wanted} of the {key} is not active; nothing was changed"),
    };
    Failure::new(exit::CONFLICT, "other_version", message)
        .hint("see which version is active: byok key list --org ORG, or byok platform-key list")
        .into()
}

/// The command that makes the replaced key active again.
pub(crate) fn rollback_command(holder: &Holder, provider: &str) -> String {
    match holder {
        Holder::Organization(org) => format!("byok key rollback {provider} --org {org}"),
        Holder::Platform => format!("byok platform-key rollback {provider}"),
    }
}

/// When a key ends: a time, or a length of time from now on by the database's clock.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum EndDate {
    At(OffsetDateTime),
    In(Duration),
}

impl EndDate {
    /// Reads `2027-01-31`, an RFC 3339 time or `30d`.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        if let Some(at) = byok::clock::parse_end(text) {
            return Ok(Self::At(at));
        }
        duration::parse(text).map(Self::In).map_err(|why| {
            let wrong = match text.as_bytes() {
                [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|it| it.is_ascii_digit()) => {
                    "there is no such day or time; "
                }
                _ if why == duration::ZERO => "a time from now on is longer than zero; ",
                _ if why == duration::TOO_LONG => "a time from now on is at most 50 years; ",
                _ => "",
            };
            let takes =
                "--expires takes a date such as 2027-01-31, an RFC 3339 time, or a time from now on such as 30d";
            Failure::usage("bad_date", format!("{wrong}{takes}")).hint("a date means the end of that day in UTC").into()
        })
    }

    /// The time itself. The database is asked only where the date counts from now on.
    pub(crate) async fn time(&self, session: &mut Session) -> anyhow::Result<OffsetDateTime> {
        match self {
            Self::At(at) => Ok(*at),
            Self::In(length) => Ok(session.database.now().await? + *length),
        }
    }
}
