//! The request id of a command that moves credits.

use clap::Args;

use byok::Error;
use byok::credits::RequestId;
use byok::error::ConnectionError;

use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::ids;

/// The idempotency key.
#[derive(Args)]
pub(crate) struct RequestArg {
    /// Your own id of this request: a repeated request with the same id takes effect only once
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

impl RequestArg {
    pub(crate) fn request(&self) -> anyhow::Result<RequestId> {
        match &self.request_id {
            Some(text) => Ok(ids::id(text)?),
            None => Ok(RequestId::random().map_err(|_| Error::NoRandomness)?),
        }
    }

    /// Whether the caller named it.
    pub(crate) fn is_given(&self) -> bool {
        self.request_id.is_some()
    }

    /// Adds how to see a result that could not be written.
    pub(crate) fn said(request: &RequestId, written: anyhow::Result<u8>) -> anyhow::Result<u8> {
        written.hint(format!(
            "to see the result without doing it twice, run the command again with --request-id {request}"
        ))
    }

    /// Adds the request id to a failure. After a lost answer, only the same id can find out what was done.
    pub(crate) fn failed(&self, error: Error, request: &RequestId) -> anyhow::Error {
        let lost = matches!(error, Error::Connection(ConnectionError::Lost(_)));
        if !lost || self.request_id.is_some() {
            return error.into();
        }
        let failure = Failure::from(error);
        let message = format!("{} [request {request}]", failure.message);
        Failure { message, code: "may_be_done", ..failure }
            .hint(format!("to do nothing twice, run the same command again with --request-id {request}"))
            .into()
    }
}
