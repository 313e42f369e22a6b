//! What all tests of keys share: options, the wording of a result, and its exit code.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use time::OffsetDateTime;
use tokio::signal::unix::{SignalKind, signal};

use byok::exit;
use byok::probe::{Depth, Options, Outcome, Prober, Subject};
use byok::provider::{Capability, Provider, ProviderEntry, Verdict};
use byok::secret::Credential;

use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;

/// How long a test may take.
#[derive(Args)]
pub(crate) struct ProbeArgs {
    /// Give up on the provider after so many seconds, for the whole test of one key
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

impl ProbeArgs {
    /// The client that makes the tests. A notice says when requests go through a proxy.
    pub(crate) fn prober(&self, context: &Context) -> anyhow::Result<Arc<Prober>> {
        let options = Options { timeout: Duration::from_secs(self.timeout), ..Options::default() };
        let prober = Prober::new(&options).map_err(|error| {
            Failure::usage("bad_proxy", error.to_string()).hint("set it to http://host:port, or unset it")
        })?;
        if let Some(proxy) = prober.proxy() {
            context.notice(&format!("requests to providers go through the proxy {proxy}"));
        }
        Ok(Arc::new(prober))
    }
}

/// How keys are tested: with which client, and whether a paid operation is made. Each test's thread gets a clone.
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

    /// Tests a key. This blocks, so it belongs into a thread.
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

    /// Tests one key; Ctrl-C ends it.
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
pub(crate) fn interrupts() -> anyhow::Result<tokio::signal::unix::Signal> {
    Ok(signal(SignalKind::interrupt()).map_err(|error| Failure::new(exit::FAILURE, "signals", error.to_string()))?)
}

pub(crate) fn interrupted() -> Failure {
    Failure::new(exit::INTERRUPTED, "interrupted", "interrupted; what was not finished was not stored")
}

/// The finding in one sentence. For a rejected key that worked before, it says when.
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

/// The next step after a finding.
pub(crate) fn next_step(provider: &Provider, outcome: &Outcome) -> Option<String> {
    let step = match (outcome.verdict, outcome.detail.as_deref()) {
        (Verdict::Rejected, _) => format!("make a new key at {} and store it", provider.name),
        (Verdict::Limited, _) => "give the key the missing right where it was made, if requests need it".into(),
        (Verdict::NoCredit, _) => format!("add credit or raise the limit at {}", provider.name),
        (Verdict::RateLimited, _) => match outcome.retry_after {
            Some(wait) => format!("test again in {} seconds", wait.as_secs().max(1)),
            None => "test again later".into(),
        },
        (Verdict::Misconfigured, Some("blocked_address")) => {
            "a platform admin may allow it: byok provider add ... --allow-private".into()
        }
        (Verdict::Misconfigured, Some("address_changed")) => "store the key again".into(),
        (Verdict::Misconfigured, _) => "check address, region and settings, and store the key again".into(),
        (Verdict::Unreachable, Some("proxy")) => "check HTTPS_PROXY and NO_PROXY".into(),
        (Verdict::Unreachable, Some("tls")) => {
            "behind an inspecting proxy, set SSL_CERT_FILE to its certificate".into()
        }
        (Verdict::Unreachable, _) => "test again later; a longer --timeout may help".into(),
        (Verdict::Unchecked, Some("no_free_test" | "proves_nothing")) if !provider.paid.is_empty() => {
            "ask for real work, which costs a little: --generate".into()
        }
        (Verdict::Unchecked, Some("no_model")) => "name one: --model NAME".into(),
        (Verdict::Unchecked, Some("settings")) => "store the key again with the setting that is missing".into(),
        (Verdict::Verified | Verdict::Unchecked, _) => return None,
    };
    Some(step)
}

/// The exit code of a verdict: the key works, cannot be used, or its state is unknown.
pub(crate) fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Verified => exit::OK,
        Verdict::Rejected | Verdict::Limited | Verdict::NoCredit | Verdict::Misconfigured => exit::KEY_REJECTED,
        Verdict::RateLimited | Verdict::Unreachable | Verdict::Unchecked => exit::UNAVAILABLE,
    }
}
