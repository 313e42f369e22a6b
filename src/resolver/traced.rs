//! A `tracing` span for each call, with the organization, the provider, the outcome and the duration.
//!
//! No field has a key, a passphrase, a request id or the text of an error: an error is named by its reason or its area.

#[cfg(feature = "tracing")]
use std::time::Instant;

#[cfg(feature = "tracing")]
use tracing::Instrument as _;

#[cfg(feature = "tracing")]
use crate::error::Error;
use crate::error::Result;
use crate::name::{OrgId, ProviderId};

/// A call of the resolver: its name, organization and provider.
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only spans show it"))]
pub(super) struct Call<'a> {
    pub(super) name: &'static str,
    pub(super) org: Option<&'a OrgId>,
    pub(super) provider: Option<&'a ProviderId>,
}

impl Call<'_> {
    /// Runs the call in its span.
    #[cfg(feature = "tracing")]
    pub(super) async fn run<T>(self, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        use tracing::field::Empty;
        let Self { name, org, provider } = self;
        let (org, provider) = (org.map(OrgId::as_str), provider.map(ProviderId::as_str));
        let span = tracing::info_span!("byok", call = name, org, provider, outcome = Empty, duration_us = Empty);
        let mut end = End { span: span.clone(), begun: Instant::now(), outcome: "given_up" };
        let result = work.instrument(span).await;
        end.outcome = result.as_ref().err().map_or("ok", outcome);
        result
    }

    /// Runs the call.
    #[cfg(not(feature = "tracing"))]
    pub(super) async fn run<T>(self, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        work.await
    }
}

/// Records the outcome of a call, even if its future was dropped.
#[cfg(feature = "tracing")]
struct End {
    span: tracing::Span,
    begun: Instant,
    outcome: &'static str,
}

#[cfg(feature = "tracing")]
impl Drop for End {
    fn drop(&mut self) {
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.span.record("outcome", self.outcome).record("duration_us", micros);
    }
}

#[cfg(feature = "tracing")]
fn outcome(error: &Error) -> &'static str {
    match error {
        Error::Denied(reason) => reason.code(),
        Error::Connection(_) => "connection",
        Error::Credit(_) => "credit",
        Error::Key(_) => "key",
        Error::Access(_) => "access",
        Error::Change(_) => "change",
        Error::Schema(_) => "schema",
        Error::Data(_) => "data",
        Error::Server(_) => "server",
        Error::NoRandomness | Error::Database { .. } => "failure",
    }
}
