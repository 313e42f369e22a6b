//! The result of a test, in a form to store, and in words.

use std::time::Duration;

use time::OffsetDateTime;

use super::classify::Finding;
use super::http::Answer;
use super::no_answer::NoAnswer;
use super::request::Values;
use crate::db::NewTest;
use crate::provider::{Provider, Verdict};

/// The result of a test.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The detail of the verdict, a stable word.
    pub detail: Option<String>,
    /// Whether the verdict is based on observation and not on the vendor's documentation.
    pub probably: bool,
    /// The provider's HTTP status.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The time that the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// How long the test took.
    pub elapsed: Duration,
    /// Whether a paid operation was made.
    pub paid: bool,
    /// The address of the catalog to which the provider sends the key.
    pub address: Option<String>,
    /// When the provider ends the key, if its answer says so and does not refuse the key. It may have passed.
    pub expires_at: Option<OffsetDateTime>,
    /// Whether that date had passed when the key was tested, by the clock of this machine.
    pub past_its_date: bool,
    /// Why there was no answer.
    pub(super) silence: Option<NoAnswer>,
}

impl Outcome {
    pub(super) fn of(verdict: Verdict, detail: &str) -> Self {
        Self {
            verdict,
            detail: Some(detail.to_owned()),
            probably: false,
            status: None,
            request_id: None,
            retry_after: None,
            elapsed: Duration::ZERO,
            paid: false,
            address: None,
            expires_at: None,
            past_its_date: false,
            silence: None,
        }
    }

    pub(super) fn from_answer(finding: Finding, answer: &Answer, values: &Values) -> Self {
        Self {
            detail: finding.detail,
            probably: finding.probably,
            address: finding.address,
            status: Some(answer.status),
            // The provider controls this header and may put anything into it.
            request_id: answer.request_id.clone().filter(|id| !values.occur_in(id)),
            retry_after: answer.retry_after,
            ..Self::of(finding.verdict, "")
        }
    }

    pub(super) fn from_silence(silence: NoAnswer, address_is_theirs: bool) -> Self {
        let verdict = match silence {
            NoAnswer::Blocked => Verdict::Misconfigured,
            NoAnswer::NoSuchHost if address_is_theirs => Verdict::Misconfigured,
            _ => Verdict::Unreachable,
        };
        Self { silence: Some(silence), ..Self::of(verdict, silence.detail()) }
    }

    /// Takes the end date that the answer has. An answer that does not show that the provider knows the key says nothing.
    pub(super) fn dated(mut self, end: impl FnOnce() -> Option<OffsetDateTime>) -> Self {
        use Verdict::{Limited, NoCredit, RateLimited, Verified};
        if !self.probably && matches!(self.verdict, Verified | Limited | NoCredit | RateLimited) {
            self.expires_at = end();
            self.past_its_date = self.expires_at.is_some_and(|end| end <= crate::clock::here());
        }
        self
    }

    /// The result of a paid operation after that of the free request, whose answer may have had the end date.
    pub(super) fn after(self, free: &Self) -> Self {
        if self.verdict == Verdict::Rejected {
            return self;
        }
        Self { expires_at: free.expires_at, past_its_date: free.past_its_date, ..self }
    }

    /// Whether the answer is not one that the catalog knows.
    pub(super) fn is_unexpected(&self) -> bool {
        self.verdict == Verdict::Unchecked && self.detail.as_deref() == Some("unexpected")
    }

    /// Whether the key certainly cannot be used: the provider rejected it as documented, or it is a document that
    /// cannot sign.
    pub fn forbids_storing(&self) -> bool {
        (self.verdict == Verdict::Rejected && !self.probably) || self.detail.as_deref() == Some("document")
    }

    /// The form in which the result is stored.
    pub fn to_record(&self) -> NewTest {
        NewTest {
            verdict: self.verdict,
            detail: self.detail.clone(),
            status: self.status,
            request_id: self.request_id.clone(),
            latency_ms: i32::try_from(self.elapsed.as_millis()).unwrap_or(i32::MAX),
            paid: self.paid,
        }
    }

    /// The result in one sentence. It contains no text of the provider.
    pub fn sentence(&self, provider: &Provider) -> String {
        let name = &provider.name;
        let words = match (self.verdict, self.detail.as_deref()) {
            (Verdict::Verified, _) if self.paid => format!("{name} did what was asked with this key"),
            (Verdict::Verified, _) => format!("{name} accepts this key"),
            (Verdict::Rejected, Some("expired")) => format!("{name} says that this key has expired"),
            (Verdict::Rejected, Some("revoked")) => format!("{name} has revoked or suspended this key"),
            (Verdict::Rejected, _) if provider.has_keys_of_places() => {
                format!(
                    "{name} refuses this key here: it is invalid, expired, revoked, or belongs to another region or address"
                )
            }
            (Verdict::Rejected, _) => {
                format!("{name} refuses this key: invalid, expired or revoked (it does not say which)")
            }
            (Verdict::Limited, _) => format!("{name} knows this key, which lacks the right to what was asked"),
            (Verdict::NoCredit, _) => format!("{name} accepts this key, and its credit or quota is used up"),
            (Verdict::RateLimited, _) => format!("{name} has counted too many requests of this key for now"),
            (Verdict::Misconfigured, detail) => misconfigured(name, detail),
            (Verdict::Unreachable, detail) => unreachable(name, detail),
            (Verdict::Unchecked, detail) => unchecked(name, detail, self.status),
        };
        if self.probably { format!("{words} (probably: {name} documents no such answer)") } else { words }
    }
}

fn misconfigured(name: &str, detail: Option<&str>) -> String {
    match detail {
        Some("redirect") => format!("{name} answers with a redirect; byok does not send the key there"),
        Some("no_such_host") => format!("the address of {name} that is configured does not exist"),
        Some("blocked_address") => "the address is a private one, to which no key is sent".into(),
        Some("address_changed") => format!("this key was stored for another address of {name}"),
        Some("settings") => format!("the settings of this {name} key are not complete"),
        Some("document") => "the document is not a usable service account".into(),
        Some("wrong_host") => format!("{name} serves this key at another one of its addresses"),
        Some("address_rule") => {
            format!("{name} refuses requests from this network address: a rule of the key, its project or resource")
        }
        Some("location") => format!("{name} does not serve the country or network that this request came from"),
        Some("app_rule") => format!("{name} binds this key to a web site or an app, and refuses other callers"),
        Some("clock") => format!("{name} refuses the time in the request: the clock of this machine is wrong"),
        Some("organization") => "the organization or project stored with this key is not the key's own".into(),
        Some("project") => "the project stored with this key does not exist, or this key may not use it".into(),
        Some("service_off") => format!("the API of {name} is turned off in the project of this key"),
        Some("key_auth_off") => format!("{name} accepts no API keys here"),
        Some("deployment") => format!("{name} has no such deployment at this endpoint"),
        Some("api_version") => format!("{name} does not know the API version stored with this key"),
        Some("region") => {
            format!("{name} refuses this key here: it is invalid, or its region is missing or another one")
        }
        _ => format!("{name} does not serve this key from here: wrong address, region, or a rule of the key"),
    }
}

fn unreachable(name: &str, detail: Option<&str>) -> String {
    match detail {
        Some("timeout") => format!("{name} did not answer in time"),
        Some("no_such_host") => format!("the host of {name} cannot be looked up"),
        Some("tls") => format!("no trusted connection to {name}"),
        Some("proxy") => format!("the proxy does not connect to {name}"),
        Some("server_error") => format!("{name} reports an error of its own"),
        _ => format!("no connection to {name}"),
    }
}

fn unchecked(name: &str, detail: Option<&str>, status: Option<u16>) -> String {
    match (detail, status) {
        (Some("no_free_test"), _) => format!("no free request to {name} is known that proves a key"),
        (Some("proves_nothing"), _) => format!("{name} did not refuse this key, which proves nothing there"),
        (Some("no_operation"), _) => format!("no operation of {name} is known that would prove a key"),
        (Some("no_model"), _) => format!("{name} lists no model to try"),
        (Some("settings"), _) => format!("this {name} key is stored without a setting that the operation needs"),
        (Some("not_the_provider"), _) => "something answered that is not the provider".into(),
        (_, Some(status)) => format!("{name} answered with status {status}, which says nothing about the key"),
        (_, None) => format!("nothing was learned from {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Catalog;

    #[test]
    fn every_misconfiguration_of_the_catalog_says_what_it_is() {
        let catalog = Catalog::builtin();
        for provider in catalog.providers() {
            let rules = provider.rules.iter().filter(|rule| rule.verdict == Verdict::Misconfigured);
            for rule in rules {
                let detail = rule.detail.as_deref().unwrap_or_default();
                let said = misconfigured(&provider.name, Some(detail));
                assert_ne!(said, misconfigured(&provider.name, None), "{}: {detail:?}", provider.id);
            }
        }
    }
}
