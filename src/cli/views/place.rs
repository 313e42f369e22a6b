//! Where things are: the database that is used, and the private server.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::terminal::output::View;
use crate::cli::views::changes::MasterKeyNamed;
use crate::cli::views::{cell, keys};

/// The private server.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LocalView {
    pub(crate) path: String,
    pub(crate) created: bool,
    pub(crate) running: bool,
    pub(crate) pid: Option<i32>,
    pub(crate) postgres: Option<u32>,
    pub(crate) socket_dir: String,
    pub(crate) account: String,
    pub(crate) bytes: u64,
    pub(crate) url: String,
    pub(crate) log: String,
}

impl View for LocalView {
    const COLUMNS: &'static [&'static str] = &["STATE", "PATH", "POSTGRES", "ACCOUNT", "SIZE", "URL", "LOG"];

    fn cells(&self) -> Vec<String> {
        let state = match (self.created, self.running) {
            (_, true) => "running",
            (true, false) => "stopped",
            (false, false) => "not created yet",
        };
        vec![
            state.into(),
            self.path.clone(),
            cell(self.postgres.as_ref()),
            self.account.clone(),
            format!("{} MB", self.bytes / 1_000_000),
            self.url.clone(),
            self.log.clone(),
        ]
    }
}

/// The database, who asks, and what is stored.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StatusView {
    pub(crate) database: String,
    pub(crate) from: String,
    /// The profile in force
    pub(crate) profile: Option<String>,
    /// Whether that profile is marked as production
    pub(crate) production: bool,
    pub(crate) server: String,
    pub(crate) schema_version: i64,
    pub(crate) login: String,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) master_key: String,
    /// The keys that the database needs
    pub(crate) wanted: Vec<MasterKeyNamed>,
    pub(crate) orgs: i64,
    pub(crate) enabled_orgs: i64,
    pub(crate) org_keys: i64,
    pub(crate) dead_org_keys: i64,
    pub(crate) platform_keys: Option<i64>,
    pub(crate) dead_platform_keys: Option<i64>,
    /// Active keys of organizations whose latest use failed, as servers reported it
    pub(crate) failing_org_keys: i64,
    /// The same of the platform; null if the login may not see them
    pub(crate) failing_platform_keys: Option<i64>,
    pub(crate) warnings: Vec<WarningView>,
}

/// A warning about the roles of the server.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WarningView {
    pub(crate) code: String,
    pub(crate) login: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) message: String,
}

impl View for StatusView {
    const COLUMNS: &'static [&'static str] = &[
        "DATABASE",
        "FROM",
        "PROFILE",
        "SERVER",
        "SCHEMA",
        "LOGIN",
        "ROLES",
        "MASTER_KEY",
        "WANTED",
        "ORGS",
        "ORG_KEYS",
        "PLATFORM_KEYS",
        "FAILING",
    ];

    fn cells(&self) -> Vec<String> {
        let wanted: Vec<String> =
            self.wanted.iter().map(|key| format!("{} (epoch {})", key.fingerprint, key.epoch)).collect();
        vec![
            self.database.clone(),
            self.from.clone(),
            match (&self.profile, self.production) {
                (Some(name), true) => format!("{name} (production)"),
                (Some(name), false) => name.clone(),
                (None, _) => "none".into(),
            },
            format!("PostgreSQL {}", self.server),
            self.schema_version.to_string(),
            self.login.clone(),
            if self.roles.is_empty() { "none: a member of organizations".into() } else { self.roles.join(",") },
            self.master_key.clone(),
            wanted.join(", "),
            format!("{} ({} enabled)", self.orgs, self.enabled_orgs),
            keys(self.org_keys, self.dead_org_keys),
            self.platform_keys
                .map(|count| keys(count, self.dead_platform_keys.unwrap_or_default()))
                .unwrap_or_default(),
            failing(self.failing_org_keys, self.failing_platform_keys.unwrap_or_default()),
        ]
    }
}

/// How many keys fail, and which commands list them.
fn failing(orgs: i64, platform: i64) -> String {
    let listed = [
        (orgs, "of organizations: byok key list --all-orgs --failing"),
        (platform, "of the platform: byok platform-key list"),
    ];
    let listed: Vec<String> =
        listed.into_iter().filter(|(count, _)| *count > 0).map(|(count, which)| format!("{count} {which}")).collect();
    if listed.is_empty() { "none".into() } else { listed.join("; ") }
}
