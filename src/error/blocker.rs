//! An open transaction that other transactions wait for.

use std::fmt;

use time::OffsetDateTime;

use crate::word::words;

words! {
    /// What became of a session that holds something, or why it was not ended.
    #[non_exhaustive]
    pub enum BlockerOutcome: "outcome of ending a session" {
        /// It was ended.
        Ended = "ended",
        /// It is a prepared transaction, which no function can end.
        Prepared = "prepared",
        /// The functions have no right to end sessions.
        NoRight = "no_right",
        /// It is a superuser's.
        Superuser = "superuser",
        /// It is an admin's.
        Admin = "admin",
        /// It is one of the platform's servers'.
        Resolver = "resolver",
        /// It holds nothing of byok.
        NotOurs = "not_ours",
        /// It waits itself.
        Waiting = "waiting",
        /// It may be ended, and was not.
        Open = "open",
        /// Nothing says that its login lost a right.
        Unknown = "unknown",
    }
}

/// A session or a prepared transaction that blocks others.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Blocker {
    /// Its login.
    pub login: Option<String>,
    /// Its server process. A prepared transaction has none.
    pub pid: Option<i32>,
    /// The name of a prepared transaction, as an SQL literal.
    pub prepared: Option<String>,
    /// When it began, if the server says so.
    pub since: Option<OffsetDateTime>,
    /// What became of it.
    pub outcome: BlockerOutcome,
    /// Its database. `None` is the database that was asked.
    pub database: Option<String>,
}

impl fmt::Display for Blocker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ", self.login.as_deref().unwrap_or("the server"))?;
        match (self.pid, &self.prepared) {
            (Some(pid), _) => write!(out, "(process {pid}) has an open transaction, and this command waits for it")?,
            (None, Some(name)) => write!(out, "left the prepared transaction {name}, and this command waits for it")?,
            (None, None) => write!(out, "has a transaction, and this command waits for it")?,
        }
        match self.since {
            Some(since) => write!(out, ", since {}", crate::clock::rfc3339(since)),
            None => Ok(()),
        }
    }
}
