//! Where to begin: at a time, or after an event.

use byok::clock;
use time::OffsetDateTime;

use crate::cli::terminal::failure::Failure;

/// Where to begin.
#[derive(Clone, Copy)]
pub(super) enum Since {
    Time(OffsetDateTime),
    Seq(i64),
}

impl Since {
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        if let Some(at) = clock::parse(text) {
            return Ok(Self::Time(at));
        }
        match text.parse() {
            Ok(seq) if seq >= 0 => Ok(Self::Seq(seq)),
            _ => Err(Failure::usage(
                "bad_date",
                "--since takes a date such as 2027-01-31, a time, or the number of an event",
            )
            .hint("a date is the start of that day in UTC")
            .into()),
        }
    }
}
