//! Records of the audit log.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use byok::admin::AuditRecord;
use byok::clock::rfc3339;

use crate::cli::terminal::output::View;
use crate::cli::views::{amount, org_id, whose};

/// Every action that the functions of the database record.
pub(crate) const ACTIONS: [&str; 47] = [
    "audit.seal",
    "consumer.create",
    "consumer.remove",
    "consumer.retry",
    "credit.alert",
    "credit.grant",
    "credit.refund",
    "credit.undo",
    "data_key.create",
    "data_key.discard",
    "data_key.issue",
    "data_key.restore",
    "data_key.rotate",
    "denied",
    "key.copy",
    "key.expire",
    "key.open",
    "key.readable",
    "key.remove",
    "key.set",
    "key.test",
    "key.unreadable",
    "key.use",
    "key.wipe",
    "keys.open",
    "master_key.begin",
    "master_key.cancel",
    "master_key.create",
    "master_key.escrow",
    "master_key.finish",
    "master_key.lost",
    "master_key.promote",
    "master_key.rewrap",
    "member.add",
    "member.rebind",
    "member.remove",
    "org.create",
    "org.disable",
    "org.enable",
    "org.purge",
    "provider.put",
    "provider.remove",
    "rate.remove",
    "rate.set",
    "role.grant",
    "role.revoke",
    "route.set",
];

/// A record.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AuditView {
    seq: i64,
    at: String,
    login: String,
    client_addr: Option<String>,
    application: String,
    org: Option<String>,
    action: String,
    subject: String,
    detail: Value,
}

impl From<&AuditRecord> for AuditView {
    fn from(record: &AuditRecord) -> Self {
        Self {
            seq: record.seq,
            at: rfc3339(record.at),
            login: record.login.clone(),
            client_addr: record.client_addr.clone(),
            application: record.application.clone(),
            org: org_id(&record.org),
            action: record.action.clone(),
            subject: record.subject.clone(),
            detail: detail(&record.detail),
        }
    }
}

impl View for AuditView {
    const COLUMNS: &'static [&'static str] = &["SEQ", "AT", "LOGIN", "FROM", "ORG", "ACTION", "SUBJECT", "DETAIL"];
    const YIELDS: &'static [&'static str] = &["FROM", "SEQ", "DETAIL", "AT"];

    fn cells(&self) -> Vec<String> {
        let detail = self.detail.as_object().into_iter().flatten();
        let words: Vec<String> =
            detail.filter(|(_, value)| !value.is_null()).map(|(name, value)| word(name, value)).collect();
        vec![
            self.seq.to_string(),
            self.at.clone(),
            self.login.clone(),
            self.client_addr.clone().unwrap_or_else(|| "local".into()),
            whose(self.org.as_ref()),
            self.action.clone(),
            self.subject.clone(),
            words.join(" "),
        ]
    }
}

/// The detail of a record. The database keeps amounts as integers of micro-credits; they are shown as everywhere else.
fn detail(text: &str) -> Value {
    const AMOUNTS: [&str; 6] =
        ["below", "micro_credits", "platform_part", "previous_below", "provider_part", "written_off"];
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return Value::Null };
    let shown = fields.into_iter().map(|(name, value)| match value.as_i64() {
        Some(micro) if name == "micro_credits" => ("amount".to_owned(), amount(micro).into()),
        Some(micro) if AMOUNTS.contains(&name.as_str()) => (name, amount(micro).into()),
        _ => (name, value),
    });
    Value::Object(shown.collect())
}

fn word(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    }
}
