//! `key show`: one key and its earlier versions.

use clap::Args;
use serde_json::json;

use byok::Error;
use byok::db::KeyVersion;
use byok::name::Holder;
use byok::provider::Target;

use crate::cli::arguments::OrgArg;
use crate::cli::session::Context;
use crate::cli::terminal::output;
use crate::cli::terminal::output::{List, Row};

/// Show every version of one key: hints, dates and who; the key in force comes first
#[derive(Args)]
#[command(after_help = "Example:\n  byok key show openai --org acme")]
pub(crate) struct Show {
    /// The provider
    provider: String,
    #[command(flatten)]
    org: OrgArg,
}

const HEADER: &[&str] =
    &["VERSION", "STATE", "HINT", "FINGERPRINT", "EXPIRES", "CREATED", "BY", "ENDED", "ENDED_BY", "TEST", "TESTED"];

const PAGE: i32 = 1000;

impl Show {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = Target::parse_provider(&self.provider)?;
        let holder = Holder::Organization(self.org.id()?);
        let mut session = context.session().await?;
        let mut list = List::begin(context.format, "key.show", HEADER);
        let mut before = None;
        while !list.is_closed() {
            let versions = session.database.key_versions((&holder, &provider), before, PAGE).await?;
            let Some(end) = versions.last() else { break };
            before = Some(end.version);
            list.records(&versions, row)?;
        }
        if before.is_none() {
            return Err(Error::NoSuchKey(format!("{provider} of {holder}")).into());
        }
        list.end()
    }
}

fn row(key: &KeyVersion) -> Row {
    let fingerprint = byok::crypto::Fingerprint::from_bytes(&key.fingerprint).map(|it| it.to_string());
    let hint = format!("...{}", key.hint);
    let test = key.last_test();
    let created = byok::clock::rfc3339(key.created_at);
    let (expires, ended) = (output::time(key.expires_at), output::time(key.ended_at));
    Row {
        json: json!({
            "version": key.version, "state": key.state, "hint": hint, "fingerprint": fingerprint, "expires_at": expires,
            "data_key_epoch": key.data_epoch, "created_at": created, "created_by": key.created_by,
            "ended_at": ended, "ended_by": key.ended_by, "last_test": test.as_ref().map(output::last_test),
        }),
        cells: vec![
            key.version.to_string(),
            key.state.clone(),
            hint,
            fingerprint.unwrap_or_default(),
            expires.unwrap_or_default(),
            created,
            key.created_by.clone(),
            ended.unwrap_or_default(),
            key.ended_by.clone().unwrap_or_default(),
            test.as_ref().map_or("never", |test| test.verdict.as_str()).into(),
            output::time(test.as_ref().map(|test| test.at)).unwrap_or_default(),
        ],
    }
}
