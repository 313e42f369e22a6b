//! An entry point for fuzzers: the parts of a test without a network. It is not a part of the public interface.

use ureq::http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::classify::{Expectation, classify};
use super::http::{Answer, Request};
use super::outcome::Outcome;
use super::proxy::{ProxyInUse, ProxyRoute};
use super::request::Values;
use crate::provider::{Probe, Provider};
use crate::secret::Credential;

/// An answer, as the network would give it.
pub struct Parts<'a> {
    /// The status.
    pub status: u16,
    /// Its headers. Invalid ones are left out, as the HTTP client would refuse them.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// The part of the body that is read.
    pub body: &'a [u8],
    /// Whether there was more.
    pub cut: bool,
}

/// The result of a test for an answer: to a free request, or to a paid operation.
pub fn outcome_of(provider: &Provider, probe: Option<&Probe>, credential: &Credential, parts: &Parts<'_>) -> Outcome {
    let mut headers = HeaderMap::new();
    for (name, value) in parts.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let answer = Answer::of_parts(parts.status, &headers, parts.body.to_vec(), parts.cut);
    let expected = probe.map_or(Expectation::OfOperation, Expectation::of_probe);
    Outcome::from_answer(classify(provider, &expected, &answer), &answer, &Values::of_credential(credential))
}

/// A request as it would be sent: its address, and each header with its value.
pub type Shown = (Uri, Vec<(HeaderName, String)>);

/// Every request that a test of this credential would make. The error is the detail of a verdict.
pub fn requests_of(
    provider: &Provider,
    credential: &Credential,
    settings: &str,
    model: &str,
) -> Result<Vec<Shown>, &'static str> {
    let mut values = Values::of(provider, credential, settings)?;
    values.insert("model", model.to_owned());
    let probes = provider.probe.iter().chain(&provider.fallback_probe).map(|probe| values.request_of(provider, probe));
    let paid = provider.paid.iter().map(|operation| values.request_of_operation(provider, operation));
    let picks = provider.paid.iter().flat_map(|it| &it.picks);
    let lists = picks.map(|pick| values.request_for_list(provider, &pick.from));
    Ok(probes.chain(paid).chain(lists).filter_map(Result::ok).map(Request::into_shown).collect())
}

/// The proxy for a request to a host, with these exceptions: `None` if there is none, an error if the proxy cannot be
/// used.
pub fn way_of(proxy: &str, except: &str, host: &str) -> Result<Option<String>, String> {
    let way = ProxyRoute::choose(&ProxyInUse::Named(proxy.to_owned())).map_err(|error| error.to_string())?;
    let way = way.with_exceptions(except);
    Ok(if way.is_direct(host) { None } else { way.shown() })
}
