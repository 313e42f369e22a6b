//! The stored keys to test, page by page.

use std::collections::VecDeque;

use anyhow::bail;

use byok::admin::{KeyPage, KeyRecord};
use byok::exit;
use byok::name::{Holder, OrgId, ProviderId};
use byok::provider::Target;

use crate::cli::session::Session;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::progress::Progress;

const PAGE: i32 = 1000;

/// Whose keys are tested.
pub(super) struct Scope {
    pub(super) all_orgs: bool,
    pub(super) holders: Vec<Holder>,
}

/// The keys of a scope, page by page.
pub(super) struct Keys<'a> {
    providers: &'a [ProviderId],
    /// Holders that are left. `None` stands for all organizations.
    scopes: VecDeque<Option<Holder>>,
    page: VecDeque<KeyRecord>,
    after: Option<(String, String)>,
    /// What was asked for and has no key yet: organizations and the platform, and providers.
    holders_left: Vec<Holder>,
    providers_left: Vec<ProviderId>,
}

impl<'a> Keys<'a> {
    pub(super) fn of(scope: &Scope, providers: &'a [ProviderId]) -> Self {
        let mut scopes: VecDeque<_> = scope.holders.iter().cloned().map(Some).collect();
        if scope.all_orgs {
            scopes.push_back(None);
        }
        let (holders_left, providers_left) = (scope.holders.clone(), providers.to_vec());
        Self { providers, scopes, page: VecDeque::new(), after: None, holders_left, providers_left }
    }

    /// What was asked for and has no key, in words.
    pub(super) fn unmatched(&self) -> Vec<String> {
        let holders = self.holders_left.iter().map(|holder| format!("{holder} has no such key"));
        let providers = self.providers_left.iter().map(|provider| format!("there is no stored {provider} key here"));
        holders.chain(providers).collect()
    }

    /// Fails if a holder does not exist, or if a single holder has no key of any named provider. What one of several has not is
    /// told after the tests.
    pub(super) async fn all_there(&self, session: &mut Session) -> anyhow::Result<()> {
        for holder in self.scopes.iter().flatten() {
            session.database.keys(KeyPage { holder: Some(holder), limit: 1, ..KeyPage::default() }).await?;
        }
        let (1, Some(Some(holder))) = (self.scopes.len(), self.scopes.front()) else { return Ok(()) };
        let mut missing = Vec::new();
        for provider in self.providers {
            let page =
                KeyPage { holder: Some(holder), provider: Some(provider.as_str()), limit: 1, ..KeyPage::default() };
            if session.database.keys(page).await?.is_empty() {
                missing.push(provider);
            }
        }
        let [provider, ..] = missing.as_slice() else { return Ok(()) };
        if missing.len() < self.providers.len() {
            return Ok(());
        }
        let names: Vec<&str> = missing.iter().map(|it| it.as_str()).collect();
        let message = format!("{holder} has no {} key", names.join(" or "));
        let failure = Failure::new(exit::NOT_FOUND, "not_found", message);
        bail!(match holder {
            Holder::Platform => failure.hint(format!("byok platform-key set {provider}")),
            Holder::Organization(org) => {
                session.check_open(org).await?;
                let serves = instead(session, org, provider).await?;
                let first = if session.is_enabled(org).await? {
                    String::new()
                } else {
                    format!("a platform admin enables it first: byok enable {org}; ")
                };
                failure.hint(format!("{serves}; {first}to set one: byok key set {provider} --org {org}"))
            }
        });
    }

    pub(super) fn are_left(&self) -> bool {
        !self.page.is_empty() || !self.scopes.is_empty()
    }

    pub(super) async fn next(
        &mut self,
        session: &mut Session,
        progress: &Progress,
    ) -> anyhow::Result<Option<KeyRecord>> {
        while self.page.is_empty() {
            let Some(holder) = self.scopes.front() else { return Ok(None) };
            let one = if let [one] = self.providers { Some(one.as_str()) } else { None };
            let after = self.after.as_ref().map(|(org, provider)| (org.as_str(), provider.as_str()));
            let page = KeyPage { holder: holder.as_ref(), provider: one, after, limit: PAGE, ..KeyPage::default() };
            let keys = session.database.keys(page).await?;
            self.after = keys.last().map(|key| (key.org.clone(), key.provider.clone()));
            if keys.len() < usize::try_from(PAGE).unwrap_or_default() {
                self.scopes.pop_front();
                self.after = None;
            }
            let wanted = |key: &KeyRecord| {
                self.providers.is_empty() || self.providers.iter().any(|it| it.as_str() == key.provider)
            };
            self.page.extend(keys.into_iter().filter(wanted));
            progress.expect(self.page.len());
        }
        let key = self.page.pop_front();
        if let Some(key) = &key {
            self.holders_left.retain(|holder| holder.as_str() != key.org);
            self.providers_left.retain(|provider| provider.as_str() != key.provider);
        }
        Ok(key)
    }
}

/// What requests of an organization do that has no key of its own.
async fn instead(session: &mut Session, org: &OrgId, provider: &ProviderId) -> anyhow::Result<String> {
    let resolution = session.database.resolve(org, &Target::Provider(provider.clone())).await?;
    Ok(match resolution.source {
        Some(_) => format!("its requests use the platform's key; to test that: byok test-key {provider} --platform"),
        None => format!("its requests are denied ({})", resolution.reason.code()),
    })
}
