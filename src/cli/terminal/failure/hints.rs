//! The next command for errors of the core that do not come from the database.

use byok::error::Refusal;
use byok::provider::{Catalog, FormatError, Provider, TargetError};
use byok::setting::SettingError;

/// For an environment variable that cannot be used.
pub(super) fn of_setting(error: &SettingError) -> String {
    match error {
        SettingError::Empty(name) => format!("set a value, or remove it: unset {name}"),
        SettingError::NotText(name) => format!("set it to UTF-8 text, or remove it: unset {name}"),
        SettingError::Relative(name) => format!("begin it with a slash, or remove it: unset {name}"),
        SettingError::NotSwitch(name) => {
            format!("set it to true or false (also 1 or 0, yes or no, on or off), or remove it: unset {name}")
        }
    }
}

/// For a refusal: who may call the function that refused. `None` where members of an organization may call it too.
pub(super) fn of_refusal(refusal: &Refusal) -> Option<&'static str> {
    let function = refusal.function.as_deref()?;
    let is = |names: &[&str]| names.iter().any(|name| function.starts_with(name));
    if is(&["acquire", "credit_charge", "credit_release", "credit_settle"]) {
        Some("this needs the role resolver; a platform admin grants it: byok role grant resolver LOGIN")
    } else if refusal.org.is_none() && is(&["key_open", "key_report", "key_test"]) {
        Some("owners and the platform's servers may: a platform admin grants the role: byok role grant resolver LOGIN")
    } else if is(&["credit_expire", "blockers", "master_key_loaded", "verify_"]) {
        Some("this needs the role admin or resolver; a platform admin grants it: byok role grant ROLE LOGIN")
    } else if refusal.org.is_none() && is(&["audit_list", "credit_findings", "credit_totals"]) {
        Some(
            "for one organization of this login: add --org ORG; for all, a platform admin grants the role auditor: byok role grant \
             auditor LOGIN",
        )
    } else if is(&["consumer_", "audit_rec", "audit_sealed", "audit_seals", "audit_stray", "role_list", "warnings"]) {
        Some("this needs the role admin or auditor; a platform admin grants it: byok role grant ROLE LOGIN")
    } else if is(&["master_key_holders", "master_key_status"]) {
        Some("this needs the role admin, resolver or auditor; a platform admin grants it: byok role grant ROLE LOGIN")
    } else if is(&ONLY_ADMINS) || refusal.org.is_none() && is(&OF_OWNERS) {
        Some(
            "only a platform admin can do this; one of them makes this login an admin too: byok role grant admin LOGIN",
        )
    } else {
        None
    }
}

/// Whether service roles decide a refusal, and not who is a member of the organization.
pub(crate) fn is_about_roles(refusal: &Refusal) -> bool {
    of_refusal(refusal).is_some()
}

/// The beginnings of the functions with which owners change the keys of an organization, and admins those of the platform.
const OF_OWNERS: [&str; 5] = ["key_context", "key_copy", "key_expire", "key_remove", "key_set"];

/// The beginnings of the functions that only admins may call.
const ONLY_ADMINS: [&str; 23] = [
    "audit_seal_",
    "credit_alert",
    "credit_grant",
    "credit_refund",
    "data_key_discard",
    "data_key_issue",
    "data_key_restore",
    "data_key_rotate",
    "data_keys_leaked",
    "event_tidy",
    "key_tidy",
    "keyring_create",
    "master_key_",
    "member_add",
    "member_re",
    "org_disable",
    "org_enable",
    "org_purge",
    "provider_",
    "rate_",
    "rewrap_",
    "role_",
    "route_set",
];

/// For a text that cannot be a key.
pub(super) fn of_format(error: &FormatError) -> String {
    match error {
        FormatError::Empty => "check the command or the file that the key comes from".into(),
        FormatError::MultipleLines => "copy only the key; for a document use --from-file".into(),
        FormatError::Quoted => "remove the quotes".into(),
        FormatError::Bearer | FormatError::Assignment(_) => "give only the key after it".into(),
        FormatError::Masked | FormatError::Placeholder => {
            "copy the key when the provider shows it, which is usually only once".into()
        }
        FormatError::OtherProvider { owner, .. } => {
            let id = Catalog::builtin().providers().iter().find(|provider| &provider.name == owner);
            let set = |it: &Provider| {
                let id = &it.id;
                format!("to store it for that provider: byok key set {id} --org ORG, or byok platform-key set {id}")
            };
            id.map_or_else(|| "check which key you copied".into(), set)
        }
        FormatError::WrongKind { provider, .. } => {
            format!("create an ordinary API key of {provider}, and store that one")
        }
        FormatError::OtherDocument { wanted, .. } => format!("create {wanted} at the provider, and store that file"),
        _ => "copy the key at its provider again".into(),
    }
}

/// For a name that is not a provider's.
pub(super) fn of_target(error: &TargetError) -> String {
    match error {
        TargetError::LooksLikeKey => {
            "a key is never an argument: run byok key set PROVIDER --org ORG, and type it at the prompt".into()
        }
        TargetError::Unknown { near, .. } => match near.as_slice() {
            [] => "to see all providers: byok provider list".into(),
            near => format!("did you mean {}? to see all: byok provider list", near.join(" or ")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_provider_is_sent_where_it_belongs() {
        for provider in Catalog::builtin().providers() {
            let error = FormatError::OtherProvider { owner: provider.name.clone(), provider: "Another".into() };
            let hint = of_format(&error);
            assert!(hint.contains(&format!("byok key set {} --org ORG,", provider.id)), "{hint}");
            assert!(hint.ends_with(&format!("byok platform-key set {}", provider.id)), "{hint}");
        }
    }
}
