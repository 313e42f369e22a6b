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
    /// Your own id of this request: a repeated request with the same id is charged once
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

    /// A result that could not be written can be asked for again.
    pub(crate) fn said(request: &RequestId, written: anyhow::Result<u8>) -> anyhow::Result<u8> {
        written.hint(format!("to see it again without doing it twice, give --request-id {request}"))
    }

    /// What failed. After a lost answer the same id asks for the same once more, and no other does.
    pub(crate) fn failed(&self, error: Error, request: &RequestId) -> Failure {
        let lost = matches!(error, Error::Connection(ConnectionError::Lost(_)));
        let failure = Failure::from(error);
        if !lost || self.request_id.is_some() {
            return failure;
        }
        let message = format!("{} [request {request}]", failure.message);
        Failure { message, code: "may_be_done", ..failure }.hint(format!(
            "what was done is not done twice if you run the same again with --request-id {request} (without it, it may be)"
        ))
    }
}
