//! The next command after a change that was refused.

use byok::error::ChangeError;
use byok::name::Holder;

pub(super) fn next_of_change(error: &ChangeError) -> Option<String> {
    use ChangeError as E;
    let hint = match error {
        E::NoSuchKey(_) => "to see the stored keys: byok key list --org ORG, or byok platform-key list",
        E::LoginExists(_) => "to use that login, run without --create-login",
        E::Exists(_) => "to replace it, run without --no-replace",
        E::DataKeyOpens(holder) => return Some(format!("to replace it: byok data-key rotate {}", argument(holder))),
        E::NoSuchOrg(org) => {
            return Some(format!("check the name: byok org list; to create it: byok enable {org}"));
        }
        E::NoSuchLogin(login) if is_reserved(login) => RESERVED,
        E::BadValue(why) if why == "not a name for a login" => RESERVED,
        E::NoSuchLogin(login) => {
            return Some(format!(
                "create it in PostgreSQL: create role \"{login}\" login; or let byok create it: byok member add {login} --org \
                 ORG --create-login --to-file {login}.url, if the organization is enabled; or byok role grant ROLE {login} \
                 --create-login --to-file {login}.url"
            ));
        }
        E::NotEnabled(Holder::Organization(org)) => {
            return Some(format!("ask a platform admin to run: byok enable {org}"));
        }
        E::Purged(org) => {
            return Some(format!(
                "use another id; or a platform admin gives this one to a new tenant, who gets nothing of the old one: byok enable {org} --reuse"
            ));
        }
        E::Changed(_) => {
            "check the stored keys: byok key list --org ORG, or byok platform-key list; then run the same command again if it is \
             still needed"
        }
        E::PastDate(_) => "give --expires a later date, or leave it out: a key without a date does not expire",
        E::OtherAddress(_) => {
            "set the key again for the current address: byok key set PROVIDER --org ORG (the platform's: byok platform-key set \
             PROVIDER)"
        }
        E::ProviderGone(_) => "to see all providers: byok provider list",
        E::OlderSight => "begin transactions with: begin isolation level read committed",
        _ => return None,
    };
    Some(hint.into())
}

const RESERVED: &str = "use another name: those that begin with pg_ or byok_, and byok, public and none, are reserved";

/// Whether no login may have this name.
pub(crate) fn is_reserved(login: &str) -> bool {
    let name = login.to_ascii_lowercase();
    name.starts_with("pg_") || name.starts_with("byok_") || ["byok", "public", "none"].contains(&name.as_str())
}

/// The holder as an argument of `byok data-key`.
pub(super) fn argument(holder: &Holder) -> String {
    match holder {
        Holder::Organization(org) => format!("--org {org}"),
        Holder::Platform => "--platform".into(),
    }
}
