//! Organizations, their members, and the logins with service roles.

use schemars::JsonSchema;
use serde::Serialize;

use byok::admin::{Member, OrgRecord, Role, RoleHolder, ServiceRole};
use byok::clock::rfc3339;
use byok::name::OrgId;

use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::{cell, keys, time, yes};

/// An organization.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OrgView {
    org: String,
    enabled: bool,
    keys: i64,
    dead_keys: i64,
    owners: Vec<String>,
    created_at: String,
    created_by: String,
    purged_at: Option<String>,
}

impl From<&OrgRecord> for OrgView {
    fn from(record: &OrgRecord) -> Self {
        Self {
            org: record.org.clone(),
            enabled: record.enabled,
            keys: record.keys,
            dead_keys: record.dead_keys,
            owners: record.owners.clone(),
            created_at: rfc3339(record.created_at),
            created_by: record.created_by.clone(),
            purged_at: time(record.purged_at),
        }
    }
}

impl View for OrgView {
    const COLUMNS: &'static [&'static str] = &["ORG", "ENABLED", "KEYS", "OWNERS", "CREATED", "PURGED"];
    const YIELDS: &'static [&'static str] = &["CREATED", "PURGED", "OWNERS", "KEYS"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.org.clone(),
            yes(self.enabled),
            keys(self.keys, self.dead_keys),
            self.owners.join(","),
            self.created_at.clone(),
            cell(self.purged_at.as_ref()),
        ]
    }
}

/// A member of an organization.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MemberView {
    org: String,
    login: String,
    #[schemars(extend("x-known-values" = words::<Role>()))]
    role: String,
    present: bool,
    added_at: String,
    added_by: String,
}

impl MemberView {
    pub(crate) fn of(org: &OrgId, member: &Member) -> Self {
        Self {
            org: org.to_string(),
            login: member.login.clone(),
            role: member.role.to_string(),
            present: member.present,
            added_at: rfc3339(member.added_at),
            added_by: member.added_by.clone(),
        }
    }
}

impl View for MemberView {
    const COLUMNS: &'static [&'static str] = &["LOGIN", "ROLE", "STATE", "ADDED", "BY"];
    const YIELDS: &'static [&'static str] = &["BY", "ADDED"];

    fn cells(&self) -> Vec<String> {
        let state = if self.present { "present" } else { "login dropped" };
        vec![self.login.clone(), self.role.clone(), state.into(), self.added_at.clone(), self.added_by.clone()]
    }
}

/// A login with a service role.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RoleView {
    login: String,
    #[schemars(extend("x-known-values" = words::<ServiceRole>()))]
    role: String,
    can_login: bool,
}

impl From<&RoleHolder> for RoleView {
    fn from(holder: &RoleHolder) -> Self {
        Self { login: holder.login.clone(), role: holder.role.to_string(), can_login: holder.can_login }
    }
}

impl View for RoleView {
    const COLUMNS: &'static [&'static str] = &["ROLE", "LOGIN", "KIND"];

    fn cells(&self) -> Vec<String> {
        let kind = if self.can_login { "login" } else { "group" };
        vec![self.role.clone(), self.login.clone(), kind.into()]
    }
}
