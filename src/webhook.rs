//! Posts an event to an address, with a signature that the receiver checks.
//!
//! The signature is that of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, in the header `webhook-signature`. Redirects are
//! not followed, the body of an answer is not read, and its status decides.

use std::time::{Duration, Instant};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use ureq::http::uri::PathAndQuery;
use ureq::http::{HeaderName, Method, Uri};
use zeroize::Zeroizing;

use crate::clock;
use crate::probe::http::{Client, Request};
use crate::probe::{NoAnswer, ProbeError, ProxyInUse, Roots};
use crate::provider::Reach;
use crate::provider::address::is_loopback_host;
use crate::secret::SecretText;

/// How a secret begins.
const PREFIX: &str = "whsec_";

/// Why nothing can be posted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The address cannot be used.
    #[error("the address of a webhook is https://HOST/..., or http:// on this machine, without a user name")]
    BadAddress,
    /// The secret cannot be used.
    #[error("the secret of a webhook is `whsec_` and base64 of 24 to 64 bytes")]
    BadSecret,
    /// The proxy cannot be used.
    #[error(transparent)]
    Proxy(#[from] ProbeError),
}

/// The secrets of a receiver. Each signs, so that one can be replaced while the other is still in use.
pub struct WebhookSecrets(Vec<Zeroizing<Vec<u8>>>);

impl WebhookSecrets {
    /// Reads secrets, one a line.
    pub fn parse(text: &SecretText) -> Result<Self, WebhookError> {
        let lines = text.expose().lines().map(str::trim).filter(|line| !line.is_empty());
        let secrets: Option<Vec<_>> = lines
            .map(|line| {
                let bytes = Zeroizing::new(BASE64.decode(line.strip_prefix(PREFIX)?.as_bytes()).ok()?);
                (24..=64).contains(&bytes.len()).then_some(bytes)
            })
            .collect();
        secrets.filter(|secrets| (1..=4).contains(&secrets.len())).map(Self).ok_or(WebhookError::BadSecret)
    }

    /// The signatures of a message.
    fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = self.0.iter().filter_map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
            mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
            Some(format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes())))
        });
        signed.collect::<Vec<_>>().join(" ")
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untaken {
    /// The receiver answered with another status than 2xx.
    Status(u16),
    /// There was no answer.
    NoAnswer(NoAnswer),
}

impl Untaken {
    /// One stable word.
    pub fn word(self) -> String {
        match self {
            Self::Status(status) => format!("status_{status}"),
            Self::NoAnswer(why) => why.detail().to_owned(),
        }
    }
}

/// A receiver of messages.
pub struct Webhook {
    client: Client,
    url: Uri,
    secrets: WebhookSecrets,
    timeout: Duration,
}

impl Webhook {
    /// Checks the address, and reads the system's certificates and proxy settings.
    pub fn new(url: &str, secrets: WebhookSecrets, timeout: Duration) -> Result<Self, WebhookError> {
        let url = address(url).ok_or(WebhookError::BadAddress)?;
        let client = Client::new(&Roots::System, &ProxyInUse::Environment)?;
        Ok(Self { client, url, secrets, timeout })
    }

    /// The host, for messages. The path may be a secret of the receiver.
    pub fn host(&self) -> &str {
        self.url.host().unwrap_or_default()
    }

    /// Posts one message. It blocks, at most for the timeout.
    pub fn post(&self, id: &str, body: &str) -> Result<(), Untaken> {
        let timestamp = clock::here().unix_timestamp();
        let signature = self.secrets.sign(id, timestamp, body);
        let header = |name, value: String| (HeaderName::from_static(name), SecretText::new(value));
        let request = Request {
            method: Method::POST,
            url: self.url.clone(),
            headers: vec![
                header("content-type", "application/json".into()),
                header("webhook-id", id.to_owned()),
                header("webhook-timestamp", timestamp.to_string()),
                header("webhook-signature", signature),
            ],
            body: Some(Zeroizing::new(body.to_owned())),
            cap: 0,
        };
        let answer = self.client.send(&request, Reach::Private, Instant::now() + self.timeout);
        match answer.map_err(Untaken::NoAnswer)?.status {
            200..=299 => Ok(()),
            status => Err(Untaken::Status(status)),
        }
    }
}

fn address(url: &str) -> Option<Uri> {
    let url: Uri = url.parse().ok()?;
    let (host, authority) = (url.host()?, url.authority()?.as_str());
    let secure = match url.scheme_str()? {
        "https" => true,
        "http" => is_loopback_host(host),
        _ => false,
    };
    let plain = url.path_and_query().is_none_or(|path: &PathAndQuery| !path.as_str().contains('\\'));
    (secure && plain && !host.is_empty() && !authority.contains('@')).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(text: &str) -> Result<WebhookSecrets, WebhookError> {
        WebhookSecrets::parse(&SecretText::new(text.to_owned()))
    }

    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        // The example of its specification.
        let secrets = secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").expect("a secret");
        let signature = secrets.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs() {
        let both =
            secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nwhsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").expect("two");
        assert_eq!(both.sign("a", 1, "b").split(' ').count(), 2);
    }

    #[test]
    fn a_secret_of_another_form_is_refused_without_repeating_it() {
        for bad in ["", "secret", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!!"] {
            assert_eq!(secrets(bad).err(), Some(WebhookError::BadSecret), "{bad}");
        }
    }

    #[test]
    fn an_address_is_https_or_on_this_machine_and_has_no_user() {
        for good in [
            "https://hooks.example.org/byok?x=1",
            "http://127.0.0.1:8080/",
            "http://localhost:8080",
            "http://[::1]:1/a",
        ] {
            assert!(address(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "hooks.example.org",
            "http://hooks.example.org/",
            "ftp://a/",
            "https://u:p@hooks.example.org/",
            "https:///a",
        ] {
            assert!(address(bad).is_none(), "{bad}");
        }
    }
}
