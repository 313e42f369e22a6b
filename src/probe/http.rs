//! The only place that speaks HTTP: no redirects, no cookies, no compression, a deadline, and a limit for each answer.

use std::io::Read as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use zeroize::Zeroizing;

use super::no_answer::NoAnswer;
use super::proxy::{ProbeError, ProxyInUse, ProxyRoute};
use crate::provider::address::{Reach, is_loopback_host, is_public, plainly_private};
use crate::secret::SecretText;

/// The limit for an answer,
pub(super) const BODY_CAP: u64 = 1024 * 1024;
/// and for a list to choose from, because the list of models of a router is long.
pub(super) const LIST_CAP: u64 = 16 * 1024 * 1024;

/// Which certificates are trusted.
#[derive(Clone, Debug, Default)]
pub enum Roots {
    /// The system's (and `SSL_CERT_FILE`), or Mozilla's if the system has none.
    #[default]
    System,
    /// Only these, in DER.
    Only(Vec<Vec<u8>>),
}

/// A request that is ready to go.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Uri,
    pub(crate) headers: Vec<(HeaderName, SecretText)>,
    pub(crate) body: Option<Zeroizing<String>>,
    /// The limit for the answer.
    pub(crate) cap: u64,
}

impl Request {
    /// Its parts in clear, to check where a key would be sent.
    #[cfg(feature = "test-server")]
    pub(super) fn into_shown(self) -> (Uri, Vec<(HeaderName, String)>) {
        let shown = |(name, value): (HeaderName, SecretText)| (name, value.expose().to_owned());
        (self.url, self.headers.into_iter().map(shown).collect())
    }
}

/// The parts of an answer that are used.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) retry_after: Option<Duration>,
    headers: HeaderMap,
    body: Vec<u8>,
    /// Whether the answer was longer than the limit.
    pub(super) cut: bool,
}

impl Answer {
    /// Whether the body is a JSON object or list. An API answers with one of these.
    pub(super) fn json(&self) -> Option<Value> {
        if self.cut || !self.begins_like_json() { None } else { serde_json::from_slice(&self.body).ok() }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn begins_like_json(&self) -> bool {
        self.body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{[".contains(byte))
    }

    /// Whether the body is an HTML page, as a portal or an inspecting proxy sends it.
    pub(super) fn is_page(&self) -> bool {
        let text = self.body.trim_ascii_start();
        ["<!doctype html", "<html"]
            .iter()
            .any(|tag| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes())))
    }

    pub(super) fn of_parts(status: u16, headers: &HeaderMap, body: Vec<u8>, cut: bool) -> Self {
        let (request_id, retry_after) = (request_id(headers), retry_after(headers));
        Self { status, request_id, retry_after, headers: headers.clone(), body, cut }
    }

    /// A header that is a text, and not there twice.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let (value, more) = (values.next()?, values.next());
        value.to_str().ok().filter(|_| more.is_none())
    }
}

#[derive(Debug)]
pub(crate) struct Client {
    open: Agent,
    guarded: Agent,
    way: ProxyRoute,
}

impl Client {
    pub(crate) fn new(roots: &Roots, proxy: &ProxyInUse) -> Result<Self, ProbeError> {
        let way = ProxyRoute::choose(proxy)?;
        let config = || {
            Config::builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .proxy(way.proxy.clone())
                .user_agent(concat!("byok/", env!("CARGO_PKG_VERSION")))
                .accept_encoding("identity")
                .tls_config(TlsConfig::builder().root_certs(trusted(roots)).build())
                .build()
        };
        let agent = |guard| Agent::with_parts(config(), DefaultConnector::default(), Lookup { guard });
        Ok(Self { open: agent(false), guarded: agent(true), way })
    }

    pub(crate) fn proxy_shown(&self) -> Option<String> {
        self.way.shown()
    }

    pub(crate) fn send(&self, request: &Request, reach: Reach, deadline: Instant) -> Result<Answer, NoAnswer> {
        let host = request.url.host().unwrap_or_default();
        // A proxy resolves names itself, so an address that is clearly private is refused before the proxy is asked.
        if reach == Reach::Public && plainly_private(host).is_some() {
            return Err(NoAnswer::Blocked);
        }
        if request.url.scheme_str() != Some("https") && !is_loopback_host(host) {
            return Err(NoAnswer::Blocked);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(NoAnswer::Timeout);
        }
        let agent = if reach == Reach::Public { &self.guarded } else { &self.open };
        let direct = self.way.is_direct(host);
        let response = match (&request.body, &request.method) {
            (None, &Method::GET) => run(agent, request, (), left, direct),
            (body, _) => {
                let bytes: &[u8] = body.as_ref().map_or(&[], |body| body.as_bytes());
                run(agent, request, bytes, left, direct)
            }
        };
        let proxied = !direct && self.way.proxy.is_some();
        let mut response = response.map_err(|error| silence(&error, proxied))?;
        let (body, cut) = read(response.body_mut(), request.cap)?;
        let headers = response.headers();
        let answer = Answer::of_parts(response.status().as_u16(), headers, body, cut);
        if ends_with_the_connection(headers) && !answer.cut && answer.begins_like_json() && answer.json().is_none() {
            return Err(NoAnswer::Broken);
        }
        Ok(answer)
    }
}

fn run(
    agent: &Agent,
    request: &Request,
    body: impl ureq::AsSendBody,
    left: Duration,
    direct: bool,
) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
    let mut ready = ureq::http::Request::new(body);
    *ready.method_mut() = request.method.clone();
    *ready.uri_mut() = request.url.clone();
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value.expose()).map_err(|error| ureq::Error::Http(error.into()))?;
        value.set_sensitive(true);
        ready.headers_mut().insert(name.clone(), value);
    }
    let mut configured = agent.configure_request(ready).timeout_global(Some(left));
    if direct {
        configured = configured.proxy(None);
    }
    agent.run(configured.build())
}

/// Reads the body up to the limit. An answer that stops in the middle counts as no answer.
fn read(body: &mut ureq::Body, cap: u64) -> Result<(Vec<u8>, bool), NoAnswer> {
    let mut bytes = Vec::new();
    let read = body.with_config().limit(cap + 1).reader().take(cap).read_to_end(&mut bytes);
    read.map_err(|error| silence(&ureq::Error::from(error), false))?;
    let cut = bytes.len() as u64 >= cap;
    Ok((bytes, cut))
}

/// Whether only the end of the connection marks the end of the body. Anybody on the way can cause that.
fn ends_with_the_connection(headers: &HeaderMap) -> bool {
    !headers.contains_key("content-length") && !headers.contains_key("transfer-encoding")
}

fn trusted(roots: &Roots) -> RootCerts {
    let ders: Vec<Vec<u8>> = match roots {
        Roots::Only(ders) => ders.clone(),
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            found.certs.into_iter().map(|certificate| certificate.to_vec()).collect()
        }
    };
    if ders.is_empty() {
        return RootCerts::WebPki;
    }
    let certificates: Vec<Certificate<'static>> =
        ders.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    RootCerts::Specific(Arc::new(certificates))
}

/// Resolves names. For a guarded request it refuses private addresses. The connection goes to the addresses that were
/// checked.
#[derive(Debug)]
struct Lookup {
    guard: bool,
}

impl Resolver for Lookup {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let proxied = config.proxy().is_some_and(|proxy| proxy.uri() == uri);
        let found = DefaultResolver::default().resolve(uri, config, timeout).map_err(|error| match error {
            ureq::Error::Io(_) => ureq::Error::HostNotFound,
            other => other,
        })?;
        if self.guard && !proxied && found.iter().any(|address| !is_public(address.ip())) {
            return Err(ureq::Error::Other(Box::new(Refused)));
        }
        Ok(found)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a private address")]
struct Refused;

/// Why there is no answer, without any text of the other side.
fn silence(error: &ureq::Error, proxied: bool) -> NoAnswer {
    use std::io::ErrorKind;
    match error {
        ureq::Error::Timeout(_) => NoAnswer::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed if proxied => NoAnswer::Proxy,
        ureq::Error::HostNotFound => NoAnswer::NoSuchHost,
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => NoAnswer::Tls,
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => NoAnswer::Proxy,
        ureq::Error::Other(other) if other.is::<Refused>() => NoAnswer::Blocked,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::InvalidData => NoAnswer::Tls,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => NoAnswer::Timeout,
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable if proxied => {
                NoAnswer::Proxy
            }
            ErrorKind::ConnectionRefused => NoAnswer::Refused,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => NoAnswer::NoRoute,
            _ => NoAnswer::Broken,
        },
        _ => NoAnswer::Broken,
    }
}

/// The provider's id of the request.
fn request_id(headers: &HeaderMap) -> Option<String> {
    const NAMES: [&str; 7] = [
        "x-request-id",
        "request-id",
        "x-amzn-requestid",
        "apim-request-id",
        "x-ms-request-id",
        "x-goog-request-id",
        "cf-ray",
    ];
    let harmless = |text: &&str| {
        (1..=80).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b))
    };
    NAMES.iter().find_map(|name| headers.get(*name)?.to_str().ok().filter(harmless).map(ToOwned::to_owned))
}

/// The time to wait: milliseconds, seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|it| it.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    let wait = text("retry-after")?;
    if let Ok(seconds) = wait.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let at = time::PrimitiveDateTime::parse(wait, format).ok()?.assume_utc();
    Some(Duration::try_from(at - crate::clock::here()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn a_guarded_lookup_refuses_a_name_that_leads_inside_unless_it_is_the_proxys() {
        let look = |guard, proxy: Option<&str>| {
            let proxy = proxy.map(|url| ureq::Proxy::new(url).expect("a proxy"));
            let config = Config::builder().proxy(proxy).build();
            let uri = "http://localhost:3128".parse().expect("an address");
            Lookup { guard }.resolve(&uri, &config, NextTimeout::default())
        };
        assert!(look(false, None).is_ok());
        assert_eq!(silence(&look(true, None).expect_err("refused"), false), NoAnswer::Blocked);
        assert!(look(true, Some("http://localhost:3128")).is_ok());
        assert!(look(true, Some("http://localhost:3129")).is_err());
    }

    #[test]
    fn a_wait_is_read_in_every_spelling() {
        assert_eq!(retry_after(&headers(&[("retry-after-ms", "1500")])), Some(Duration::from_millis(1500)));
        assert_eq!(retry_after(&headers(&[("retry-after", "20")])), Some(Duration::from_secs(20)));
        assert_eq!(retry_after(&headers(&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")])), Some(Duration::ZERO));
        for odd in ["soon", "-5", "1e300", "NaN", ""] {
            assert_eq!(retry_after(&headers(&[("retry-after", odd)])), None, "{odd}");
        }
    }

    #[test]
    fn a_request_id_is_short_and_plain_or_not_shown() {
        assert_eq!(request_id(&headers(&[("x-request-id", "req_011-A.b")])).as_deref(), Some("req_011-A.b"));
        for odd in ["a b", "<script>", "", &"a".repeat(81)] {
            assert_eq!(request_id(&headers(&[("x-request-id", odd)])), None, "{odd}");
        }
    }
}
