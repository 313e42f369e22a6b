//! Whoever keeps a transaction open that others wait for.

use std::fmt;

use time::OffsetDateTime;

/// A session, or a prepared transaction, that holds what somebody waits for.
#[derive(Clone, Debug)]
pub struct Blocker {
    /// Whose.
    pub login: Option<String>,
    /// The server process; none for a prepared transaction.
    pub pid: Option<i32>,
    /// The name of a prepared transaction, as an SQL literal.
    pub prepared: Option<String>,
    /// Since when, where the server tells it.
    pub since: Option<OffsetDateTime>,
    /// `ended`, or why it was not: `prepared`, `no_right`, `superuser`, `admin`, `resolver`, `not_ours`, `waiting`, `open`,
    /// `unknown` where nothing says that its login lost a right.
    pub outcome: String,
    /// Where it is; none is the database that was asked.
    pub database: Option<String>,
}

impl fmt::Display for Blocker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ", self.login.as_deref().unwrap_or("the server"))?;
        match (self.pid, &self.prepared) {
            (Some(pid), _) => write!(out, "(process {pid}) keeps a transaction open that this waits for")?,
            (None, Some(name)) => write!(out, "left the prepared transaction {name} that this waits for")?,
            (None, None) => write!(out, "keeps a transaction that this waits for")?,
        }
        match self.since {
            Some(since) => write!(out, ", since {}", crate::clock::rfc3339(since)),
            None => Ok(()),
        }
    }
}
