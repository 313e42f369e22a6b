//! Records of the audit log.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use byok::admin::AuditRecord;
use byok::clock::rfc3339;

use crate::cli::terminal::output::View;
use crate::cli::views::{amount, org_id, whose};

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
