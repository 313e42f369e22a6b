//! What all tests of keys share: their options, the wording of a result, and its exit code.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;

use byok::exit;
use byok::probe::{Depth, Options, Outcome, Prober, Subject};
use byok::provider::{Capability, Provider, ProviderEntry, Verdict};
use byok::secret::Credential;
use byok::system::signal::{Kind, Signal, listen};

use crate::cli::keys_page;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;

/// The time limit of a test.
#[derive(Args)]
pub(crate) struct ProbeArgs {
    /// Time limit for the test of one key, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

impl ProbeArgs {
    /// The client that makes the tests. A notice says when requests go through a proxy.
    pub(crate) fn prober(&self, context: &Context) -> anyhow::Result<Arc<Prober>> {
        let options = Options { timeout: Duration::from_secs(self.timeout), ..Options::default() };
        let prober = Prober::new(&options).map_err(|error| {
            Failure::usage("bad_proxy", error.to_string()).hint("set it to http://host:port, or remove it")
        })?;
        if let Some(proxy) = prober.proxy() {
            context.notice(&format!("requests to providers go through the proxy {proxy}"));
        }
        Ok(Arc::new(prober))
    }
}

/// How keys are tested: the HTTP client, and the paid operation if one is made. The thread of each test gets a clone.
#[derive(Clone)]
pub(crate) struct ProbePlan {
    pub(crate) prober: Arc<Prober>,
    pub(crate) generate: Option<Generate>,
}

/// A paid operation: its capability and its model.
#[derive(Clone)]
pub(crate) struct Generate {
    pub(crate) capability: Option<Capability>,
    pub(crate) model: Option<String>,
}

/// A key to test.
pub(crate) struct Candidate {
    pub(crate) provider: Arc<ProviderEntry>,
    pub(crate) credential: Credential,
    pub(crate) settings: String,
}

impl ProbePlan {
    /// Free tests.
    pub(crate) fn free(prober: Arc<Prober>) -> Self {
        Self { prober, generate: None }
    }

    /// Tests a key. This blocks, so it must run in a thread of its own.
    pub(crate) fn test(&self, candidate: &Candidate) -> Outcome {
        let Candidate { provider, credential, settings } = candidate;
        let subject = Subject { provider, credential, settings, reach: provider.reach() };
        let depth = match &self.generate {
            None => Depth::Free,
            Some(Generate { capability, model }) => {
                Depth::Generate { capability: *capability, model: model.as_deref() }
            }
        };
        self.prober.test(&subject, depth)
    }

    /// Tests one key. Ctrl-C ends the test.
    pub(crate) async fn test_one(&self, candidate: Candidate) -> anyhow::Result<(Candidate, Outcome)> {
        let mut interrupt = interrupts()?;
        let how = self.clone();
        let testing = tokio::task::spawn_blocking(move || {
            let outcome = how.test(&candidate);
            (candidate, outcome)
        });
        tokio::select! {
            done = testing => Ok(done.map_err(|_| Failure::new(exit::FAILURE, "test", "the test ended without a result"))?),
            _ = interrupt.recv() => Err(interrupted().into()),
        }
    }
}

/// Listens for Ctrl-C.
pub(crate) fn interrupts() -> anyhow::Result<Signal> {
    Ok(listen(Kind::Interrupt).map_err(|error| Failure::new(exit::FAILURE, "signals", error.to_string()))?)
}

pub(crate) fn interrupted() -> Failure {
    Failure::new(exit::INTERRUPTED, "interrupted", "interrupted; unfinished results were not stored")
}

/// The result in one sentence. For a rejected key that worked before, the sentence says when.
pub(crate) fn sentence(provider: &Provider, outcome: &Outcome, worked: Option<OffsetDateTime>) -> String {
    let said = outcome.sentence(provider);
    match worked {
        Some(at) if outcome.verdict == Verdict::Rejected => {
            let at = byok::clock::rfc3339(at);
            format!("{said}; it worked on {at}, so it was probably revoked or has expired since")
        }
        _ => said,
    }
}

/// The next step after a finding about a key with these settings.
pub(crate) fn next_step(provider: &Provider, settings: &str, outcome: &Outcome) -> Option<String> {
    let page = provider.keys_page_for(settings);
    let step = match (outcome.verdict, outcome.detail.as_deref()) {
        (Verdict::Rejected, Some("invalid")) if provider.has_keys_of_places() => format!(
            "make a new key at {} and store it; store a key of another region or address with {}",
            keys_page::at(provider, page),
            place_options(provider)
        ),
        (Verdict::Rejected, _) => format!("create a new key at {} and store it", keys_page::at(provider, page)),
        (Verdict::Limited, _) => "if requests need the missing right, give it to the key at its provider".into(),
        (Verdict::NoCredit, _) => format!("add credit or raise the limit at {}", provider.name),
        (Verdict::RateLimited, _) => match outcome.retry_after {
            Some(wait) => format!("test again in {} seconds", wait.as_secs().max(1)),
            None => "test again later".into(),
        },
        (Verdict::Misconfigured, detail) => {
            setting_to_change(provider, outcome.address.as_deref(), detail.unwrap_or_default())
        }
        (Verdict::Unreachable, Some("proxy")) => "check HTTPS_PROXY and NO_PROXY".into(),
        (Verdict::Unreachable, Some("tls")) => "if a proxy inspects TLS, set SSL_CERT_FILE to its certificate".into(),
        (Verdict::Unreachable, _) => "test again later; a longer --timeout may help".into(),
        (Verdict::Unchecked, Some("no_free_test" | "proves_nothing")) if !provider.paid.is_empty() => {
            "for a real request, which costs a little: --generate".into()
        }
        (Verdict::Unchecked, Some("no_model")) => "name a model: --model NAME".into(),
        (Verdict::Unchecked, Some("settings")) => "store the key again with the setting that is missing".into(),
        (Verdict::Verified | Verdict::Unchecked, _) => return None,
    };
    Some(step)
}

/// What to change so that a key works.
fn setting_to_change(provider: &Provider, address: Option<&str>, detail: &str) -> String {
    let name = &provider.name;
    let again = |options: &str| format!("store the key again with {options}");
    match detail {
        "blocked_address" => {
            "a platform admin may allow it: byok provider add ID --base-url URL --allow-private".into()
        }
        "address_changed" => "store the key again".into(),
        "wrong_host" => match address {
            Some(address) => again(&format!("its address: --setting base_url={address}")),
            None => again(&place_options(provider)),
        },
        "address_rule" => {
            format!("add the public address of this machine, or of its proxy, to those that are allowed at {name}")
        }
        "location" => {
            format!(
                "run byok where {name} serves requests, or set HTTPS_PROXY to a proxy there; a VPN may be the reason"
            )
        }
        "app_rule" => {
            format!("remove the restriction to a web site or an app from the key at {name}, or make a key without it")
        }
        "clock" => "set the clock of this machine, for example from a time server (NTP), and test again".into(),
        "organization" => again("the right --setting org_id=... and --setting project_id=..., or without them"),
        "project" => again("the right --setting project_id=..."),
        "service_off" => {
            format!("turn on the API of {name} in the project of the key, and test again some minutes later")
        }
        "key_auth_off" => {
            format!(
                "allow API keys for the resource at {name} (local authentication), or use another kind of credential"
            )
        }
        "deployment" => again("the right --setting deployment=..."),
        "api_version" => again("another --setting api_version=..."),
        "region" => format!("{}; if that is right, make a new key at {name}", again("its --setting region=...")),
        "no_such_host" => again(&place_options(provider)),
        "settings" => {
            format!("store the key again with the settings that it needs: byok provider show {}", provider.id)
        }
        "document" => format!("download a service account's key in JSON from {name}, and store that file"),
        _ => "check address, region and settings, and store the key again".into(),
    }
}

/// The options that say where a key belongs.
fn place_options(provider: &Provider) -> String {
    let of_address = provider.settings().filter(|field| provider.base_url.contains(&format!("{{{}}}", field.name)));
    let mut options: Vec<String> = of_address.map(|field| format!("--setting {}=...", field.name)).collect();
    if !provider.other_base_urls.is_empty() {
        let known: Vec<&str> = provider.addresses().collect();
        options.push(format!("--setting base_url=ADDRESS ({})", known.join(", ")));
    }
    if options.is_empty() {
        return format!("the right address; to see it: byok provider show {}", provider.id);
    }
    options.join(" and ")
}

/// The exit code of a verdict: the key works, cannot be used, or its state is unknown.
pub(crate) fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Verified => exit::OK,
        Verdict::Rejected | Verdict::Limited | Verdict::NoCredit | Verdict::Misconfigured => exit::KEY_REJECTED,
        Verdict::RateLimited | Verdict::Unreachable | Verdict::Unchecked => exit::UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use byok::provider::Catalog;

    use super::*;

    #[test]
    fn every_misconfiguration_of_the_catalog_has_the_setting_to_change() {
        for provider in Catalog::builtin().providers() {
            for rule in provider.rules.iter().filter(|rule| rule.verdict == Verdict::Misconfigured) {
                let detail = rule.detail.as_deref().unwrap_or_default();
                let step = setting_to_change(provider, None, detail);
                assert_ne!(step, setting_to_change(provider, None, ""), "{}: {detail:?}", provider.id);
                // A setting that is named is one that the provider has.
                for name in step.split("--setting ").skip(1).filter_map(|rest| rest.split('=').next()) {
                    let known = provider.settings().any(|field| field.name == name)
                        || (name == "base_url" && !provider.other_base_urls.is_empty());
                    assert!(known, "{}: {step}", provider.id);
                }
            }
        }
    }
}
