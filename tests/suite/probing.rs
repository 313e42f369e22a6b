//! What the tests of `key set` and `test-key` have in common.

use std::time::Duration;

use byok::probe::{Depth, Options, Outcome, Prober, Subject};
use byok::provider::{Catalog, Provider, Reach};
use byok::secret::{Credential, SecretText};

use crate::harness::CANARY;
use crate::simulated_providers::Stage;

pub(crate) fn vendor(id: &str) -> &'static Provider {
    Catalog::builtin().find(&id.parse().expect("an id")).unwrap_or_else(|| panic!("no {id} in the catalog"))
}

/// One key, and where it may go.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) key: &'a str,
    pub(crate) settings: &'a str,
    pub(crate) reach: Reach,
}

impl<'a> Asked<'a> {
    pub(crate) fn vendor(id: &str, key: &'a str) -> Self {
        Self { provider: vendor(id), key, settings: "{}", reach: Reach::Vendor }
    }

    pub(crate) fn test(self, prober: &Prober, depth: Depth<'_>) -> Outcome {
        let credential = Credential::single(self.provider.key_field(), SecretText::new(self.key.to_owned()));
        let Self { provider, settings, reach, .. } = self;
        let outcome = prober.test(&Subject { provider, credential: &credential, settings, reach }, depth);
        let shown = everything_shown(&outcome, provider);
        assert!(!shown.contains(CANARY), "the key is shown: {shown}");
        outcome
    }
}

/// One try of each request, and time enough on a busy machine.
pub(crate) fn once(stage: &Stage) -> Prober {
    prober(stage.options(), 1, Duration::from_secs(60))
}

pub(crate) fn prober(options: Options, attempts: u32, timeout: Duration) -> Prober {
    Prober::new(&Options { attempts, timeout, ..options }).expect("a client")
}

/// Whatever of an outcome can reach a person, a file or the database.
pub(crate) fn everything_shown(outcome: &Outcome, provider: &Provider) -> String {
    format!("{outcome:?} {:?} {}", outcome.to_record(), outcome.sentence(provider))
}
