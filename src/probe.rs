//! Tests whether a key works, by asking its provider.
//!
//! The catalog says which request only a working key can make, and what the answers mean. This module makes the
//! request, with one deadline for the whole test, without redirects, over https, and with a limit for every answer. No
//! text of a provider is shown, because error texts quote keys.

mod classify;
#[cfg(feature = "test-server")]
pub mod door;
mod end_date;
pub(crate) mod http;
mod no_answer;
mod outcome;
mod proxy;
mod request;
mod service_account;

use std::time::{Duration, Instant};

pub use http::Roots;
pub use no_answer::NoAnswer;
pub use outcome::Outcome;
pub use proxy::{ProbeError, ProxyInUse};

use crate::provider::{Capability, PaidOperation, Pick, Probe, Provider, Reach, Verdict};
use crate::secret::Credential;
use classify::{Expectation, texts_at};
use http::{Answer, Client};
use request::Values;

/// The longest timeout.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How tests are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time limit for the whole test of one key, with all its requests.
    pub timeout: Duration,
    /// How often a free request is tried if the provider does not answer.
    pub attempts: u32,
    /// Which certificates are trusted.
    pub roots: Roots,
    /// The proxy: that of the environment, a named one, or none.
    pub proxy: ProxyInUse,
}

impl Default for Options {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), attempts: 3, roots: Roots::System, proxy: ProxyInUse::Environment }
    }
}

/// The key to test.
pub struct Subject<'a> {
    /// Its provider.
    pub provider: &'a Provider,
    /// Its secret fields.
    pub credential: &'a Credential,
    /// Its non-secret fields, as a JSON object.
    pub settings: &'a str,
    /// The addresses that it may be sent to.
    pub reach: Reach,
}

/// How much a test does.
#[derive(Clone, Copy, Debug, Default)]
pub enum Depth<'a> {
    /// A free request.
    #[default]
    Free,
    /// A free request, and then the smallest paid operation of a capability, or of the provider's first one.
    Generate {
        /// Which.
        capability: Option<Capability>,
        /// The model or voice. By default one of the provider's list is chosen.
        model: Option<&'a str>,
    },
}

/// Makes tests. One value serves any number of threads.
#[derive(Debug)]
pub struct Prober {
    client: Client,
    timeout: Duration,
    attempts: u32,
}

impl Prober {
    /// Reads the system's certificates and proxy settings, once.
    pub fn new(options: &Options) -> Result<Self, ProbeError> {
        let client = Client::new(&options.roots, &options.proxy)?;
        Ok(Self { client, timeout: options.timeout.min(LONGEST), attempts: options.attempts.max(1) })
    }

    /// The proxy that requests go through, without its password.
    pub fn proxy(&self) -> Option<String> {
        self.client.proxy_shown()
    }

    /// Tests one key. It blocks, at most for the timeout.
    pub fn test(&self, subject: &Subject<'_>, depth: Depth<'_>) -> Outcome {
        let begun = Instant::now();
        let mut run = match Run::begin(self, subject, begun + self.timeout) {
            Ok(run) => run,
            Err(outcome) => return *outcome,
        };
        let mut outcome = run.free();
        if let Depth::Generate { capability, model } = depth
            && goes_on(&outcome)
        {
            let generated = run.generate(capability, model);
            // A paid operation may need something from the free answer. If that is missing, the free answer is the
            // result.
            let lacking = !generated.paid && generated.detail.as_deref() == Some("settings");
            if outcome.verdict == Verdict::Verified || !lacking {
                outcome = generated.after(&outcome);
            }
        }
        outcome.elapsed = begun.elapsed();
        outcome
    }
}

/// Whether the result of the free request leaves something to find out.
fn goes_on(outcome: &Outcome) -> bool {
    use Verdict::{Misconfigured, NoCredit, Rejected, Unreachable};
    !matches!(outcome.verdict, Rejected | NoCredit | Misconfigured | Unreachable)
}

struct Run<'a> {
    prober: &'a Prober,
    provider: &'a Provider,
    reach: Reach,
    values: Values,
    deadline: Instant,
}

impl<'a> Run<'a> {
    fn begin(prober: &'a Prober, subject: &Subject<'a>, deadline: Instant) -> Result<Self, Box<Outcome>> {
        let values = Values::of(subject.provider, subject.credential, subject.settings)
            .map_err(|detail| Box::new(Outcome::of(Verdict::Misconfigured, detail)))?;
        Ok(Self { prober, provider: subject.provider, reach: subject.reach, values, deadline })
    }

    fn free(&mut self) -> Outcome {
        let Some(probe) = &self.provider.probe else {
            return Outcome::of(Verdict::Unchecked, "no_free_test");
        };
        let first = self.probe(probe);
        match &self.provider.fallback_probe {
            // The request itself may be out of date, because vendors change it and the catalog follows later.
            Some(other) if first.is_unexpected() => self.probe(other),
            _ => first,
        }
    }

    fn probe(&mut self, probe: &'a Probe) -> Outcome {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let outcome = self.ask(probe);
            if attempt >= self.prober.attempts || !self.pauses(&outcome, attempt) {
                return outcome;
            }
        }
    }

    fn ask(&mut self, probe: &Probe) -> Outcome {
        let request = match self.values.request_of(self.provider, probe) {
            Ok(request) => request,
            Err(detail) => return Outcome::of(Verdict::Misconfigured, detail),
        };
        match self.prober.client.send(&request, self.reach, self.deadline) {
            Ok(answer) => {
                self.take(probe, &answer);
                let finding = classify::classify(self.provider, &Expectation::of_probe(probe), &answer);
                let outcome = Outcome::from_answer(finding, &answer, &self.values);
                outcome.dated(|| probe.expires.as_ref().and_then(|rule| end_date::of_answer(rule, &answer)))
            }
            Err(silence) => Outcome::from_silence(silence, self.address_is_theirs()),
        }
    }

    /// Keeps values that later operations need. They are as secret as the key.
    fn take(&mut self, probe: &Probe, answer: &Answer) {
        let Some(body) = answer.json().filter(|_| !probe.take.is_empty()) else { return };
        for (name, path) in &probe.take {
            if let Some(text) = texts_at(&body, path).into_iter().find(|text| !text.is_empty()) {
                self.values.insert(name, text);
            }
        }
    }

    /// Waits before another attempt, if one makes sense and there is time for it.
    fn pauses(&self, outcome: &Outcome, attempt: u32) -> bool {
        let asked = outcome.retry_after.unwrap_or_default();
        let transient = match outcome.verdict {
            Verdict::Unreachable => outcome.silence.is_none_or(NoAnswer::may_pass),
            Verdict::RateLimited => outcome.retry_after.is_some() && asked <= Duration::from_secs(2),
            _ => false,
        };
        let pause = asked.max(Duration::from_millis(150 * u64::from(attempt * attempt)));
        // A server may ask for a longer wait than the remaining time.
        let in_time = Instant::now().checked_add(pause).is_some_and(|again| again < self.deadline);
        if !transient || !in_time {
            return false;
        }
        std::thread::sleep(pause);
        true
    }

    /// Whether the user who stored the key typed the address, so that a wrong one is that user's mistake.
    fn address_is_theirs(&self) -> bool {
        self.provider.base_url.contains('{') || self.reach != Reach::Vendor
    }

    fn generate(&mut self, capability: Option<Capability>, model: Option<&str>) -> Outcome {
        let meant = |operation: &PaidOperation| operation.only_for.as_ref().is_none_or(|it| self.values.fit(it));
        let wanted = |it: &&PaidOperation| capability.is_none_or(|wanted| wanted == it.capability) && meant(it);
        let Some(operation) = self.provider.paid.iter().find(wanted) else {
            return Outcome::of(Verdict::Unchecked, "no_operation");
        };
        if let Some(model) = model {
            self.values.insert("model", model.to_owned());
        }
        for pick in &operation.picks {
            if !self.values.has(&pick.name)
                && let Err(outcome) = self.pick(pick)
            {
                return *outcome;
            }
        }
        let request = match self.values.request_of_operation(self.provider, operation) {
            Ok(request) => request,
            Err(detail) => return Outcome::of(Verdict::Unchecked, detail),
        };
        // Only once, because a second attempt could cost a second time.
        let outcome = match self.prober.client.send(&request, self.reach, self.deadline) {
            Ok(answer) => self.outcome_of_operation(&answer),
            Err(silence) => Outcome::from_silence(silence, self.address_is_theirs()),
        };
        Outcome { paid: true, ..outcome }
    }

    fn outcome_of_operation(&self, answer: &Answer) -> Outcome {
        let finding = classify::classify(self.provider, &Expectation::OfOperation, answer);
        Outcome::from_answer(finding, answer, &self.values)
    }

    /// Chooses a model or voice from the provider's list.
    fn pick(&mut self, pick: &Pick) -> Result<(), Box<Outcome>> {
        let none = || Box::new(Outcome::of(Verdict::Unchecked, "no_model"));
        let request = self.values.request_for_list(self.provider, &pick.from).map_err(|_| none())?;
        let answer = match self.prober.client.send(&request, self.reach, self.deadline) {
            Ok(answer) if answer.status == 200 => answer,
            Ok(answer) => {
                let outcome = self.outcome_of_operation(&answer);
                return Err(if outcome.verdict == Verdict::Unchecked { none() } else { Box::new(outcome) });
            }
            Err(silence) => return Err(Box::new(Outcome::from_silence(silence, self.address_is_theirs()))),
        };
        let names = answer.json().map(|body| texts_at(&body, &pick.path)).unwrap_or_default();
        let chosen = pick.like.iter().find_map(|like| {
            names.iter().find_map(|name| {
                let found = like.captures(name)?;
                Some(found.get(1).map_or(name.as_str(), |group| group.as_str()).to_owned())
            })
        });
        self.values.insert(&pick.name, chosen.ok_or_else(none)?);
        Ok(())
    }
}
