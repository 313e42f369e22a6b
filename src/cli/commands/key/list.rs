//! `key list`: the keys in force, hints only.

use clap::Args;
use serde_json::{Value, json};

use byok::db::{KeyPage, KeyRecord};
use byok::name::{Holder, ProviderId};
use byok::provider::Target;

use crate::cli::arguments::OrgsArg;
use crate::cli::session::Context;
use crate::cli::terminal::output;
use crate::cli::terminal::output::{List, Row};

pub(crate) const HEADER: &[&str] =
    &["ORG", "PROVIDER", "HINT", "VERSION", "STATE", "EXPIRES", "CREATED", "BY", "TEST", "TESTED"];
const PAGE: i32 = 1000;

/// List keys: of one organization, or of all that you may see
#[derive(Args)]
#[command(after_help = "Examples:\n  byok key list --org acme\n  byok key list --all-orgs -o jsonl")]
pub(crate) struct ListKeys {
    #[command(flatten)]
    orgs: OrgsArg,
    /// One provider
    #[arg(long)]
    provider: Option<String>,
}

impl ListKeys {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = self.orgs.one()?.map(Holder::Organization);
        let provider: Option<ProviderId> = self.provider.as_deref().map(Target::parse_provider).transpose()?;
        let mut session = context.session().await?;
        let mut list = List::begin(context.format, "key.list", HEADER);
        let mut after: Option<(String, String)> = None;
        loop {
            let page = KeyPage {
                holder: holder.as_ref(),
                provider: provider.as_ref().map(ProviderId::as_str),
                after: after.as_ref().map(|(org, provider)| (org.as_str(), provider.as_str())),
                limit: PAGE,
            };
            let keys = session.database.keys(page).await?;
            let Some(end) = keys.last() else { break };
            after = Some((end.org.clone(), end.provider.clone()));
            list.records(&keys, row)?;
            if keys.len() < usize::try_from(PAGE).unwrap_or_default() || list.is_closed() {
                break;
            }
        }
        list.end()
    }
}

pub(crate) fn row(key: &KeyRecord) -> Row {
    let hint = format!("...{}", key.hint);
    let state = match (key.enabled, key.expired) {
        (false, _) => "not_enabled",
        (true, true) => "expired",
        (true, false) => "active",
    };
    let test = key.last_test();
    let created = byok::clock::rfc3339(key.created_at);
    let expires = output::time(key.expires_at);
    let org = (!key.org.is_empty()).then_some(key.org.as_str());
    let settings: Value = serde_json::from_str(&key.settings).unwrap_or_default();
    Row {
        json: json!({
            "org": org, "provider": key.provider, "hint": hint, "version": key.version, "state": state,
            "fingerprint": byok::crypto::Fingerprint::from_bytes(&key.fingerprint).map(|it| it.to_string()),
            "settings": settings, "expires_at": expires, "created_at": created, "created_by": key.created_by,
            "last_test": test.as_ref().map(output::last_test),
        }),
        cells: vec![
            org.unwrap_or("(platform)").into(),
            key.provider.clone(),
            hint,
            key.version.to_string(),
            state.into(),
            expires.unwrap_or_default(),
            created,
            key.created_by.clone(),
            test.as_ref().map_or("never", |test| test.verdict.as_str()).into(),
            output::time(test.as_ref().map(|test| test.at)).unwrap_or_default(),
        ],
    }
}
