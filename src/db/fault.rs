//! Checks the rows that lists show.
//!
//! The functions of the database keep every value in its range. Somebody who can write to the tables directly can store
//! anything. An invalid row of one organization must not stop a list of all: it is reported, and the other rows are
//! shown.

mod event;

use std::fmt;

use serde_json::Value;
use time::OffsetDateTime;

use super::{
    AuditRecord, Balance, KeyRecord, KeyVersion, MasterKeyHolder, MasterKeyRecord, Member, OrgRecord, Posting,
    PrivateProvider, RateRecord, RoleHolder, Route, Usage, Wiped,
};
use crate::clock;
use crate::name::{OrgId, ProviderId};
use crate::word::{ListedWord, Word};

/// A column with a value that no version of byok writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault(&'static str);

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "its {} is not one that byok writes, so somebody changed the tables directly", self.0)
    }
}

/// A row of a list.
pub trait Listed {
    /// The name of the row, in words.
    fn name(&self) -> String;

    /// What is wrong with the row.
    fn fault(&self) -> Option<Fault>;
}

/// The first invalid column.
fn first<const N: usize>(columns: [(&'static str, bool); N]) -> Option<Fault> {
    columns.into_iter().find(|(_, good)| !good).map(|(column, _)| Fault(column))
}

fn time(at: OffsetDateTime) -> bool {
    clock::is_usual(at)
}

fn times<const N: usize>(times: [Option<OffsetDateTime>; N]) -> bool {
    times.into_iter().flatten().all(clock::is_usual)
}

fn org(text: &str) -> bool {
    text.is_empty() || text.parse::<OrgId>().is_ok()
}

fn provider(text: &str) -> bool {
    text.parse::<ProviderId>().is_ok()
}

/// Whether the length of a text is allowed.
fn short(text: &str, longest: usize) -> bool {
    text.len() <= longest
}

fn shorts<'a>(texts: impl IntoIterator<Item = &'a Option<String>>, longest: usize) -> bool {
    texts.into_iter().flatten().all(|text| short(text, longest))
}

/// Whether the length of a login's name is allowed. PostgreSQL limits it to 63 bytes.
fn login(text: &str) -> bool {
    (1..=63).contains(&text.len())
}

fn object(text: &str, longest: usize) -> bool {
    short(text, longest) && serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object())
}

fn known<T: Word>(word: Option<&ListedWord<T>>) -> bool {
    word.is_none_or(ListedWord::is_known)
}

const SETTINGS: usize = 4096;
const HINT: usize = 16;
const DETAIL: usize = 16_384;

fn name_of_key(provider: &str, org: &str) -> String {
    format!("{provider} key of {}", owner(org))
}

impl Listed for KeyRecord {
    fn name(&self) -> String {
        name_of_key(&self.provider, &self.org)
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("organization", org(&self.org)),
            ("provider", provider(&self.provider)),
            ("version", self.version > 0),
            ("hint", short(&self.hint, HINT)),
            ("settings", object(&self.settings, SETTINGS)),
            ("fingerprint", self.fingerprint.len() == 8),
            ("end date", times([self.expires_at])),
            ("date", time(self.created_at)),
            ("login", login(&self.created_by)),
            ("last test", known(self.verdict.as_ref()) && shorts([&self.detail], 40)),
            ("last test's date", times([self.tested_at, self.verified_at])),
            ("last use", known(self.outcome.as_ref())),
            ("last use's date", times([self.last_used_at, self.last_ok_at, self.failing_since])),
        ])
    }
}

impl Listed for KeyVersion {
    fn name(&self) -> String {
        format!("version {}", self.version)
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("version", self.version > 0),
            ("state", self.state.is_known()),
            ("hint", short(&self.hint, HINT)),
            ("settings", object(&self.settings, SETTINGS)),
            ("fingerprint", self.fingerprint.len() == 8),
            ("end date", times([self.expires_at])),
            ("date", time(self.created_at) && times([self.ended_at, self.keep_until])),
            ("login", login(&self.created_by) && self.ended_by.as_deref().is_none_or(login)),
            ("last test", known(self.verdict.as_ref()) && shorts([&self.detail], 40)),
            ("last test's date", times([self.tested_at, self.verified_at])),
            ("last use", known(self.outcome.as_ref())),
            ("last use's date", times([self.last_used_at, self.last_ok_at, self.failing_since])),
        ])
    }
}

impl Listed for Wiped {
    fn name(&self) -> String {
        name_of_key(&self.provider, &self.org)
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("organization", org(&self.org)),
            ("provider", provider(&self.provider)),
            ("version", self.version > 0),
            ("hint", short(&self.hint, HINT)),
        ])
    }
}

impl Listed for AuditRecord {
    fn name(&self) -> String {
        format!("record {}", self.seq)
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("organization", org(&self.org)),
            ("date", time(self.at)),
            ("login", login(&self.login)),
            ("application", short(&self.application, 256)),
            ("action", short(&self.action, 64)),
            ("subject", short(&self.subject, 800)),
            ("detail", object(&self.detail, DETAIL)),
        ])
    }
}

impl Listed for Posting {
    fn name(&self) -> String {
        format!("posting {}", self.seq)
    }

    fn fault(&self) -> Option<Fault> {
        let names = [&self.provider, &self.operation, &self.unit];
        first([
            ("date", time(self.at)),
            ("kind", self.kind.is_known()),
            ("request id", short(&self.request, 800) && shorts([&self.of_request], 800)),
            ("provider, operation or unit", shorts(names, 64)),
            ("source", known(self.source.as_ref())),
            ("hint", shorts([&self.hint], HINT)),
            ("note", shorts([&self.note], 2000)),
            ("login", login(&self.login)),
        ])
    }
}

impl Listed for Usage {
    fn name(&self) -> String {
        format!("usage of {}", owner(&self.org))
    }

    fn fault(&self) -> Option<Fault> {
        let names = [&self.provider, &self.operation, &self.period, &self.unit];
        first([
            ("organization", org(&self.org)),
            ("source", known(self.source.as_ref())),
            ("provider, operation or unit", shorts(names, 64)),
            ("hint", shorts([&self.hint], HINT)),
        ])
    }
}

impl Listed for OrgRecord {
    fn name(&self) -> String {
        owner(&self.org)
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("id", org(&self.org)),
            ("owners", self.owners.iter().all(|owner| login(owner))),
            ("date", time(self.created_at)),
            ("login", login(&self.created_by)),
        ])
    }
}

impl Listed for Balance {
    fn name(&self) -> String {
        owner(&self.org)
    }

    fn fault(&self) -> Option<Fault> {
        first([("id", org(&self.org)), ("holds' date", times([self.next_expiry]))])
    }
}

impl Listed for Member {
    fn name(&self) -> String {
        format!("member {}", head(&self.login))
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("login", login(&self.login) && login(&self.added_by)),
            ("role", self.role.is_known()),
            ("date", time(self.added_at)),
        ])
    }
}

impl Listed for RoleHolder {
    fn name(&self) -> String {
        format!("role of {}", head(&self.login))
    }

    fn fault(&self) -> Option<Fault> {
        first([("login", login(&self.login))])
    }
}

impl Listed for MasterKeyRecord {
    fn name(&self) -> String {
        format!("master key of epoch {}", self.epoch)
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("state", self.state.is_known()),
            ("date", time(self.created_at) && times([self.escrowed_at])),
            ("login", login(&self.created_by) && self.escrowed_by.as_deref().is_none_or(login)),
        ])
    }
}

impl Listed for MasterKeyHolder {
    fn name(&self) -> String {
        format!("holder {}", head(&self.instance))
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("instance", short(&self.instance, 800)),
            ("login", login(&self.login)),
            ("epochs", self.epochs.len() <= 10_000),
            ("date", time(self.seen_at)),
        ])
    }
}

impl Listed for PrivateProvider {
    fn name(&self) -> String {
        format!("provider {}", head(&self.provider))
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("id", provider(&self.provider)),
            ("definition", object(&self.definition, 65_536)),
            ("date", time(self.created_at)),
            ("login", login(&self.created_by)),
        ])
    }
}

impl Listed for Route {
    fn name(&self) -> String {
        format!("route of {}", head(self.capability.as_str()))
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("capability", self.capability.is_known()),
            ("language", short(&self.language, 35)),
            ("provider", provider(&self.provider)),
            ("date", time(self.set_at)),
            ("login", login(&self.set_by)),
        ])
    }
}

impl Listed for RateRecord {
    fn name(&self) -> String {
        format!("price of {}, version {}", head(&self.operation), self.version)
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("operation", short(&self.operation, 64)),
            ("provider", self.provider.is_empty() || provider(&self.provider)),
            ("unit", short(&self.unit, 32)),
            ("state", self.state.is_known()),
            ("date", time(self.created_at) && times([self.ended_at])),
            ("login", login(&self.created_by)),
        ])
    }
}

fn owner(org: &str) -> String {
    if org.is_empty() { "the platform".into() } else { head(org) }
}

/// The beginning of a name, long enough to find its row.
fn head(text: &str) -> String {
    let head: String = text.chars().take(64).collect();
    if head.len() < text.len() { format!("{head}...") } else { head }
}
