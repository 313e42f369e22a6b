//! A line of the ledger, as people and scripts see it.

use serde_json::{Value, json};

use byok::credits::Credits;
use byok::db::{Moved, Posting};
use byok::name::OrgId;

use crate::cli::session::Context;
use crate::cli::terminal::output;

/// A posting as JSON; amounts are exact decimals as text.
pub(super) fn posting_json(org: &str, posting: &Posting) -> Value {
    let amount = |micro| Credits::from_micro(micro).to_string();
    json!({
        "org": org, "seq": posting.seq, "at": byok::clock::rfc3339(posting.at), "kind": posting.kind,
        "request": posting.request, "of_request": posting.of_request, "available_change": amount(posting.available),
        "held_change": amount(posting.held), "platform_part": amount(posting.platform_part),
        "provider_part": amount(posting.provider_part), "total": posting.total().to_string(),
        "operation": posting.operation, "units": posting.units, "unit": posting.unit,
        "rate_version": posting.rate_version, "provider": posting.provider, "source": posting.source,
        "key_version": posting.key_version, "hint": posting.hint.as_ref().map(|hint| format!("...{hint}")),
        "note": posting.note, "by": posting.login,
    })
}

/// Which key served, in words.
pub(super) fn key_in_words(posting: &Posting) -> String {
    let provider = posting.provider.as_deref().unwrap_or_default();
    let version = posting.key_version.unwrap_or_default();
    match posting.source.as_deref() {
        Some("organization") => format!("on its own {provider} key (version {version})"),
        _ => format!("on the platform's {provider} key (version {version})"),
    }
}

/// Says what a posting did.
pub(super) fn report(context: &Context, kind: &str, org: &OrgId, (moved, words): (&Moved, &str)) -> anyhow::Result<u8> {
    let posting = &moved.posting;
    let available = moved.available.map(|micro| Credits::from_micro(micro).to_string());
    let left = available.as_ref().map_or_else(String::new, |left| format!("; {left} left"));
    let again = if moved.result == "unchanged" { " before (unchanged)" } else { "" };
    let said = format!("{org}: {words}{again}{left} [request {}]", posting.request);
    let mut item = posting_json(org.as_str(), posting);
    item["available"] = json!(available);
    output::change(context.format, kind, &said, (&moved.result, item))
}
