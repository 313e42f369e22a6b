//! What the client asks, and what it does with the answers.

use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::admin::sealing::{self, Keys};
use byok::admin::{
    Ask, AuditPage, Database, HistoryPage, KeyPage, NewGrant, NewRefund, OrgPage, Passphrases, Serving, UsageBy,
};
use byok::credits::{Credits, Operation};
use byok::error::{Error, Result};
use byok::name::{Holder, OrgId, ProviderId};
use byok::provider::{Target, read_private};
use byok::{clock, secret::Credential};

use super::super::input::{CANARY, Input, assert_silent};
use super::super::key_text;

/// A few calls.
pub(super) struct Called(Vec<u8>);

struct Subject {
    org: OrgId,
    holder: Holder,
    provider: ProviderId,
    operation: Operation,
    request: byok::credits::RequestId,
}

/// What is said of an error has nothing of the server's details in it.
pub(super) fn said(error: &Error) {
    let said = format!("{error} {error:?}");
    // A server's own message is shown; its details never.
    if !matches!(error, Error::Database { .. }) || !said.contains(CANARY) {
        assert_silent(&said);
    }
}

fn noted<T>(answer: Result<T>) -> Option<T> {
    answer.map_err(|error| said(&error)).ok()
}

impl Called {
    pub(super) fn of(input: &mut Input<'_>) -> Self {
        let count = input.byte() % 4 + 1;
        Self((0..count).map(|_| input.byte()).collect())
    }

    pub(super) async fn make(&self, database: &mut Database) {
        let org: OrgId = "acme".parse().expect("an id");
        let subject = Subject {
            holder: Holder::Organization(org.clone()),
            org,
            provider: "openai".parse().expect("an id"),
            operation: "interview".parse().expect("a name"),
            request: "req-1".parse().expect("an id"),
        };
        for call in &self.0 {
            match call % 30 {
                0..10 => subject.keys(call % 30, database).await,
                10..20 => subject.money(call % 30, database).await,
                _ => subject.platform(call % 30, database).await,
            }
        }
    }
}

fn master() -> MasterKeys {
    let text = key_text::with_checksum("BYOKM1-1-AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQTCQKRMFYYDENBWHA5DYPQ");
    MasterKeys::new(MasterKey::parse(&text).expect("a key"), Vec::new()).expect("one key")
}

impl Subject {
    async fn keys(&self, call: u8, database: &mut Database) {
        let Self { org, holder, provider, .. } = self;
        match call {
            0 => {
                noted(database.summary().await);
            }
            1 => {
                let page = KeyPage { holder: Some(holder), limit: 100, ..KeyPage::default() };
                for key in noted(database.keys(page).await).unwrap_or_default() {
                    key.last_test();
                    times([Some(key.created_at), key.expires_at, key.tested_at, key.verified_at]);
                }
            }
            2 => {
                for key in noted(database.key_versions(holder, provider, None, 100).await).unwrap_or_default() {
                    key.last_test();
                    times([Some(key.created_at), key.ended_at, key.expires_at, key.tested_at]);
                }
            }
            3 => {
                noted(database.key_context(holder, provider).await);
            }
            4 => {
                noted(database.data_key(holder).await);
            }
            5 => {
                noted(sealing::open_key(database, &Keys::Master(master()), holder, provider, 1).await);
            }
            6 => {
                let answer = database.key_serving(org, provider, &Passphrases::default()).await;
                if let Some(Serving::Key(key)) = noted(answer) {
                    Credential::from_payload(&key.sealed);
                }
            }
            7 => self.acquire(database).await,
            _ => self.resolve(database).await,
        }
    }

    async fn acquire(&self, database: &mut Database) {
        let operation = Some((&self.operation, 1));
        let call = byok::credits::CallId::random().expect("random bytes");
        let ask = Ask { operation, request: &self.request, call, seconds: None, purpose: None };
        noted(database.acquire(&self.org, &self.provider, &Passphrases::default(), &ask).await);
    }

    async fn resolve(&self, database: &mut Database) {
        let Some(resolution) = noted(database.resolve(&self.org, &Target::Provider(self.provider.clone())).await)
        else {
            return;
        };
        assert!(!resolution.sentence().is_empty());
        assert!(!resolution.rules().is_empty());
    }

    async fn money(&self, call: u8, database: &mut Database) {
        let Self { org, provider, operation, request, .. } = self;
        let page = HistoryPage { request: None, since: None, until: None, before: None, limit: 100 };
        match call {
            10 => {
                noted(database.balance(org).await);
            }
            11 => {
                noted(database.quote(org, provider, operation, 1).await);
            }
            12 => {
                for posting in noted(database.history(org, page).await).unwrap_or_default() {
                    times([Some(posting.at)]);
                    assert!(!posting.total().to_string().is_empty());
                }
            }
            13 => {
                noted(database.usage(&["acme".into()], UsageBy::Key, None, None).await);
            }
            14 => {
                noted(database.totals(None).await);
            }
            15 => {
                noted(database.findings(None).await);
            }
            16 => {
                noted(
                    database
                        .grant(org, NewGrant { request, amount: Credits::from_micro(1), note: None, make_org: false })
                        .await,
                );
            }
            17 => {
                noted(database.refund(org, NewRefund { of: request, request, amount: None, note: None }).await);
            }
            18 => {
                noted(database.settle(org, request, None).await);
            }
            _ => {
                for rate in noted(database.rates(None, true).await).unwrap_or_default() {
                    times([Some(rate.created_at)]);
                }
            }
        }
    }

    async fn platform(&self, call: u8, database: &mut Database) {
        match call {
            20 => {
                for record in
                    noted(database.audit(AuditPage { limit: 100, ..AuditPage::default() }).await).unwrap_or_default()
                {
                    times([Some(record.at)]);
                }
            }
            21 => {
                noted(sealing::verify_audit(database, Some(&master()), &[], |_| ()).await);
            }
            22 => {
                noted(database.audit_chain("acme", 10, 0, 100).await);
            }
            23 => {
                noted(database.orgs(OrgPage { after: None, limit: 100 }).await);
            }
            24 => {
                noted(database.members(&self.org).await);
            }
            25 => {
                for provider in noted(database.providers(None).await).unwrap_or_default() {
                    let Ok(id) = provider.provider.parse() else { continue };
                    let definition = serde_json::from_str(&provider.definition).unwrap_or_default();
                    let _ = read_private(&id, &definition, true);
                }
            }
            26 => {
                noted(database.master_keys().await);
            }
            27 => {
                noted(database.master_key_holders().await);
            }
            28 => {
                noted(database.routes().await);
            }
            _ => {
                noted(database.refresh().await);
            }
        }
    }
}

/// Shown, as every list shows them.
fn times<const N: usize>(times: [Option<time::OffsetDateTime>; N]) {
    for at in times.into_iter().flatten() {
        clock::rfc3339(at);
    }
}
