//! A database that is asked again until it answers.

use std::time::Duration;

use byok::Error;
use byok::admin::Database;
use byok::error::ConnectionError;

use super::ending::Ending;
use crate::cli::terminal::output;

/// How long it is not asked for events after it had none.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// The pauses after a failure.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(15);

pub(super) struct Lasting<'a> {
    database: &'a mut Database,
    /// Whether the first failure ends the command.
    once: bool,
    /// A signal ends the waiting.
    ending: Ending,
}

impl<'a> Lasting<'a> {
    pub(super) fn new(database: &'a mut Database, once: bool, ending: Ending) -> Self {
        Self { database, once, ending }
    }

    pub(super) fn ending(&self) -> &Ending {
        &self.ending
    }

    pub(super) fn once(&self) -> bool {
        self.once
    }

    /// Makes a call that can be repeated. If the database cannot be reached, it is tried again over another connection.
    pub(super) async fn ask<T>(
        &mut self,
        mut question: impl AsyncFnMut(&mut Database) -> byok::Result<T>,
    ) -> byok::Result<T> {
        let mut pause = FIRST;
        let mut failed = match question(self.database).await {
            Err(error) if may_pass(&error) && !self.once => error,
            outcome => return outcome,
        };
        output::warn(&format!("{failed}; byok goes on when the database answers"));
        loop {
            self.ending.pause(pause).await;
            if self.ending.code().is_some() {
                return Err(failed);
            }
            pause = (pause * 2).min(LONGEST);
            let outcome = match self.database.reopen().await {
                Ok(()) => question(self.database).await,
                Err(error) => Err(error),
            };
            match outcome {
                Err(error) if may_pass(&error) => failed = error,
                Ok(value) => {
                    output::notice("the database answers again");
                    return Ok(value);
                }
                outcome => return outcome,
            }
            output::detail(|| failed.to_string());
        }
    }

    /// Makes a last call, once more over another connection if this one does not answer or was interrupted.
    pub(super) async fn ask_at_last<T>(
        &mut self,
        mut question: impl AsyncFnMut(&mut Database) -> byok::Result<T>,
    ) -> byok::Result<T> {
        if let Ok(answer) = question(self.database).await {
            return Ok(answer);
        }
        self.database.reopen().await?;
        question(self.database).await
    }
}

/// Whether it may go on later. Somebody who leaves a transaction open does not end this command.
fn may_pass(error: &Error) -> bool {
    error.may_pass() || matches!(error, Error::Connection(ConnectionError::HeldUp(_)))
}
