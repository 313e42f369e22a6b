//! Gives each error of the core its exit code, its stable code and the next command.

use byok::admin::is_newer;
use byok::error::{AccessError, ChangeError, CreditError, DataError, KeyError, SchemaError};
use byok::resolution::Reason;
use byok::{Error, exit};

use super::change::argument;
use crate::cli::terminal::failure::{Failure, Place, change, hints, server};

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (exit, code) = classify(error);
        let mut failure = Self::new(exit, code, error.to_string());
        if let Error::Access(AccessError::NotAllowed(refusal) | AccessError::NoServiceRole(refusal)) = error {
            failure.denied.clone_from(&refusal.function);
        }
        failure.place = place(error);
        match next(error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// Another database could be the remedy, or the database itself has to change.
fn place(error: &Error) -> Place {
    match error {
        Error::Access(AccessError::MayNotInstall(_)) | Error::Schema(SchemaError::ForeignRoles(_)) => Place::Hint,
        Error::Connection(error) => server::place(error),
        Error::Schema(_)
        | Error::Server(_)
        | Error::Data(_)
        | Error::Database { .. }
        | Error::Access(AccessError::NoRole | AccessError::NoCreateRole | AccessError::RowSecurityOff)
        | Error::Key(
            KeyError::WrongMasterKey { .. }
            | KeyError::OtherMasterKey
            | KeyError::NoMasterKey
            | KeyError::MissingMasterKey { .. },
        ) => Place::Message,
        _ => Place::Nowhere,
    }
}

/// All other errors of the core.
const FAILURE: (u8, &str) = (exit::FAILURE, "failure");

fn classify(error: &Error) -> (u8, &'static str) {
    match error {
        Error::Schema(error) => code_of_schema(error),
        Error::Connection(error) => server::code_of_connection(error),
        Error::Access(error) => code_of_access(error),
        Error::Key(error) => code_of_key(error),
        Error::Change(error) => code_of_change(error),
        Error::Credit(error) => code_of_credit(error),
        Error::Data(error) => code_of_data(error),
        Error::Server(error) => server::code_of_server(*error),
        Error::Denied(reason @ (Reason::KeyExpired | Reason::PlatformKeyExpired | Reason::AddressChanged)) => {
            (exit::KEY_REJECTED, reason.code())
        }
        Error::Denied(reason @ Reason::KeyUnreadable) => (exit::CHECK_FAILED, reason.code()),
        Error::Denied(reason) => (exit::NOT_FOUND, reason.code()),
        _ => FAILURE,
    }
}

fn code_of_schema(error: &SchemaError) -> (u8, &'static str) {
    use SchemaError as E;
    match error {
        E::NotInitialized => (exit::CHECK_FAILED, "not_initialized"),
        E::SchemaOlder { .. } | E::SchemaUnnamed => (exit::CHECK_FAILED, "schema_older"),
        E::OtherMigration(_) => (exit::CHECK_FAILED, "other_migration"),
        E::Migration(_) => (exit::FAILURE, "migration"),
        E::SchemaNewer { .. } | E::NotServed { .. } => (exit::CHECK_FAILED, "schema_newer"),
        E::OtherFunctions { .. } => (exit::CHECK_FAILED, "other_functions"),
        E::ServerTooOld(_) => (exit::CHECK_FAILED, "server_too_old"),
        E::NoPgcrypto(_) => (exit::CHECK_FAILED, "no_pgcrypto"),
        E::BrokenPgcrypto => (exit::CHECK_FAILED, "broken_pgcrypto"),
        E::ForeignThing(_) | E::ForeignRoles(_) => (exit::CHECK_FAILED, "foreign_owner"),
        _ => FAILURE,
    }
}

fn code_of_access(error: &AccessError) -> (u8, &'static str) {
    use AccessError as E;
    match error {
        E::NotAllowed(_) | E::NoServiceRole(_) | E::NoRole => (exit::NOT_AUTHORIZED, "not_authorized"),
        E::RowSecurityOff => (exit::NOT_AUTHORIZED, "row_security_off"),
        E::NoCreateRole => (exit::NOT_AUTHORIZED, "no_createrole"),
        E::RoleHeld(_) | E::RoleGrantedByOther { .. } => (exit::CONFLICT, "role_held"),
        E::MayNotInstall(_) => (exit::NOT_AUTHORIZED, "may_not_install"),
        E::PlatformKeyOnly(_) => (exit::NOT_AUTHORIZED, "platform_key"),
        _ => FAILURE,
    }
}

fn code_of_key(error: &KeyError) -> (u8, &'static str) {
    use KeyError as E;
    match error {
        E::Unreadable(_) => (exit::CHECK_FAILED, "key_unreadable"),
        E::KeyIncomplete { .. } => (exit::CHECK_FAILED, "key_incomplete"),
        E::DataKeyUnreadable(_) => (exit::CHECK_FAILED, "data_key_unreadable"),
        E::WrongDataKey { .. } | E::ForeignDataKey(_) => (exit::NOT_AUTHORIZED, "wrong_data_key"),
        E::NoDataKey(_) => (exit::NOT_AUTHORIZED, "no_data_key"),
        E::Rotation(_) => (exit::CONFLICT, "rotation"),
        E::DataKeyInUse(_) => (exit::CONFLICT, "data_key_in_use"),
        E::NotLoaded => (exit::CONFLICT, "not_loaded"),
        E::WrongMasterKey { .. } | E::OtherMasterKey | E::TwoMasterKeys => (exit::NOT_AUTHORIZED, "wrong_master_key"),
        E::NoMasterKey | E::MissingMasterKey { .. } | E::TakesMasterKey(_) => (exit::NOT_AUTHORIZED, "no_master_key"),
        _ => FAILURE,
    }
}

fn code_of_change(error: &ChangeError) -> (u8, &'static str) {
    use ChangeError as E;
    match error {
        E::OlderSight => (exit::CONFLICT, "older_sight"),
        E::NoSuchOrg(_) | E::NoSuchLogin(_) | E::NoSuchKey(_) | E::NoSuchEvent => (exit::NOT_FOUND, "not_found"),
        E::NotEnabled(_) => (exit::CONFLICT, "not_enabled"),
        E::Purged(_) => (exit::CONFLICT, "purged"),
        E::Changed(_) => (exit::CONFLICT, "changed_meanwhile"),
        E::OtherAddress(_) => (exit::CONFLICT, "address_changed"),
        E::ProviderGone(_) => (exit::CONFLICT, "provider_removed"),
        E::Exists(_) | E::DataKeyOpens(_) | E::LoginExists(_) => (exit::CONFLICT, "exists"),
        E::PastDate(_) => (exit::USAGE, "past_date"),
        E::NotAnId => (exit::USAGE, "bad_name"),
        E::BadValue(_) => (exit::USAGE, "bad_value"),
        _ => FAILURE,
    }
}

fn code_of_credit(error: &CreditError) -> (u8, &'static str) {
    use CreditError as E;
    match error {
        E::NotEnoughCredits { .. } => (exit::NO_CREDITS, "no_credits"),
        E::RequestReused(_) => (exit::CONFLICT, "request_reused"),
        E::NoRate => (exit::NOT_FOUND, "no_rate"),
        E::NoSuchRequest(_) => (exit::NOT_FOUND, "no_such_request"),
        E::HoldEnded(_) => (exit::CONFLICT, "hold_ended"),
        E::MoreThanCharged(_) => (exit::CONFLICT, "more_than_charged"),
        E::OutOfRange => (exit::USAGE, "out_of_range"),
        E::OtherKeyServes(_) => (exit::CONFLICT, "other_key_serves"),
        E::HoldNotPossible => (exit::NOT_AUTHORIZED, "hold_not_possible"),
        E::ChargeLost { .. } => (exit::CONFLICT, "charge_lost"),
        E::TooLateToUndo(_) => (exit::CONFLICT, "too_late_to_undo"),
        E::AccountClosed(_) => (exit::CONFLICT, "account_closed"),
        _ => FAILURE,
    }
}

fn code_of_data(error: &DataError) -> (u8, &'static str) {
    use DataError as E;
    match error {
        E::Corrupt { .. } | E::NotOurOrg { .. } => (exit::CHECK_FAILED, "corrupt"),
        E::UnknownWord(_) => (exit::CHECK_FAILED, "unknown_word"),
        E::Malformed(_) => (exit::CHECK_FAILED, "malformed_answer"),
        _ => FAILURE,
    }
}

fn next(error: &Error) -> Option<String> {
    match error {
        Error::Schema(error) => next_of_schema(error),
        Error::Connection(error) => server::next_of_connection(error),
        Error::Access(error) => next_of_access(error),
        Error::Key(error) => next_of_key(error),
        Error::Change(error) => change::next_of_change(error),
        Error::Server(error) => Some(server::next_of_server(*error).into()),
        Error::Credit(error) => next_of_credit(error),
        Error::Denied(reason) => Some(next_of_denial(*reason).into()),
        Error::Data(DataError::UnknownWord(_)) => {
            Some("use a newer byok; if this is the newest, somebody changed the tables directly".into())
        }
        Error::Data(_) => {
            Some("somebody changed the tables directly: find out who; restore the row from a backup".into())
        }
        Error::Database { .. } => Some("the server's log says more about it".into()),
        _ => None,
    }
}

fn next_of_denial(reason: Reason) -> &'static str {
    match reason {
        Reason::KeyExpired => {
            "an owner changes its end date, without the key: byok key expire PROVIDER --org ORG --never (or --expires DATE); or stores \
             another key: byok key set PROVIDER --org ORG; or removes it: byok key remove PROVIDER --org ORG"
        }
        Reason::PlatformKeyExpired => {
            "a platform admin changes its end date, without the key: byok platform-key expire PROVIDER --never (or --expires DATE); or \
             stores a new one: byok platform-key set PROVIDER; or an owner stores a key of the organization: byok key set PROVIDER \
             --org ORG"
        }
        Reason::NoPlatformKey => {
            "an owner stores a key: byok key set PROVIDER --org ORG (after: byok enable ORG); or a platform admin: byok platform-key \
             set PROVIDER"
        }
        Reason::NoRoute => "a platform admin chooses a provider: byok provider route CAPABILITY PROVIDER",
        Reason::KeyUnreadable => {
            "set the key again: byok key set PROVIDER --org ORG (the platform's: byok platform-key set PROVIDER); to see whether it \
             opens now: byok resolve PROVIDER --org ORG --verify"
        }
        Reason::AddressChanged => {
            "set the key again for the current address: byok key set PROVIDER --org ORG (the platform's: byok platform-key set \
             PROVIDER)"
        }
        // With these a key serves.
        _ => "to see why: byok resolve PROVIDER --org ORG --explain",
    }
}

fn next_of_schema(error: &SchemaError) -> Option<String> {
    use SchemaError as E;
    let hint = match error {
        E::NotInitialized => "a platform admin sets it up: byok init",
        E::SchemaOlder { .. } | E::SchemaUnnamed => "a platform admin upgrades it: byok init",
        E::OtherMigration(_) => {
            "use the byok that made it; or a new database: name it in BYOK_DATABASE_URL, then: byok init"
        }
        E::OtherFunctions { found, own } if matches!(is_newer(found, own), Ok(false)) => {
            "a platform admin upgrades it: byok init"
        }

        E::SchemaNewer { .. } | E::NotServed { .. } | E::OtherFunctions { .. } => "use a newer byok",
        E::ForeignThing(_) => {
            "a superuser checks it; to keep it: alter schema NAME owner to byok_definer (also: alter function, alter table); to \
             remove it: drop schema NAME, which is refused if anything is in it; a right: revoke create on schema NAME from LOGIN; \
             then: byok init"
        }
        E::NoPgcrypto(_) => {
            "install the contrib modules of that PostgreSQL on the server (Debian has pgcrypto in postgresql-VERSION, Red Hat in \
             postgresql-contrib); then: byok init"
        }
        E::ForeignRoles(_) => "find out who did it; a superuser runs the statements in this message; then: byok init",
        E::ServerTooOld(_) => "use a server with PostgreSQL 15 or newer",
        E::BrokenPgcrypto => "install the contrib modules of that PostgreSQL again; then run the same command again",
        E::Migration(_) => "correct what the message or the server's log reports, then: byok init",
        _ => return None,
    };
    Some(hint.into())
}

fn next_of_access(error: &AccessError) -> Option<String> {
    use AccessError as E;
    let hint = match error {
        E::NotAllowed(refusal) => hints::of_refusal(refusal).unwrap_or(
            "a platform admin can add this login: byok member add LOGIN --org ORG (--role viewer: only to read)",
        ),
        E::NoRole => "a platform admin gives it one: byok member add LOGIN --org ORG, or byok role grant ROLE LOGIN",
        E::RowSecurityOff => {
            "a database administrator runs: alter role LOGIN reset row_security; and: alter database DATABASE reset row_security"
        }
        E::RoleHeld(login) => {
            return Some(format!(
                "if it has this role through another one, a database administrator runs: revoke OTHER_ROLE from \"{login}\"; a \
                 superuser always has every role"
            ));
        }
        E::NoServiceRole(refusal) => hints::of_refusal(refusal).unwrap_or(
            "a platform admin can do this, or grant a role that may (admin, resolver or auditor): byok role grant ROLE LOGIN",
        ),
        E::NoCreateRole => {
            "a database administrator runs: alter role byok_definer createrole; or creates the login, then run without --create-login"
        }
        E::MayNotInstall(_) => {
            "a superuser runs the statements of this message; then: byok init; or a superuser runs: byok init"
        }
        E::RoleGrantedByOther { .. } => {
            "a superuser runs these statements; or a superuser runs: byok init, which makes every such grant byok's own"
        }
        E::PlatformKeyOnly(org) => {
            return Some(format!("store a key of the organization's own: byok key set PROVIDER --org {org}"));
        }
        _ => return None,
    };
    Some(hint.into())
}

fn next_of_key(error: &KeyError) -> Option<String> {
    use KeyError as E;
    let hint = match error {
        E::MissingMasterKey { .. } => "to see which master keys exist: byok master-key status",
        E::TakesMasterKey(_) => {
            "set BYOK_MASTER_KEY_FILE to the master key's file, and remove the variable of the data key"
        }
        E::WrongDataKey { holder, .. } => {
            return Some(format!("a platform admin issues the current one: byok data-key issue {}", argument(holder)));
        }
        E::NoDataKey(org) => {
            return Some(format!("a platform admin creates and issues one: byok data-key issue --org {org}"));
        }
        E::ForeignDataKey(_) => {
            "use the data key that the owner of this organization has; if there is none, a platform admin issues a new one, and \
             its keys are set again: byok data-key issue --org ORG"
        }
        E::Rotation(_) | E::NotLoaded => "to see the state of the rotation: byok master-key status",
        E::TwoMasterKeys => "give only one key for each epoch",
        E::NoMasterKey => "a platform admin creates it: byok init",
        E::WrongMasterKey { .. } | E::OtherMasterKey => "to see which key the database needs: byok status",
        E::Unreadable(_) | E::KeyIncomplete { .. } => {
            "set the key again: byok key set PROVIDER --org ORG (the platform's: byok platform-key set PROVIDER)"
        }
        E::DataKeyUnreadable(holder) => {
            return Some(format!(
                "restore the database from a backup; or a platform admin erases the data key, and its keys are set again: byok \
                 data-key discard {}",
                argument(holder)
            ));
        }
        E::DataKeyInUse(org) => {
            return Some(format!("a platform admin issues the current one: byok data-key issue --org {org}"));
        }
        _ => return None,
    };
    Some(hint.into())
}

fn next_of_credit(error: &CreditError) -> Option<String> {
    use CreditError as E;
    let hint = match error {
        E::NotEnoughCredits { org, .. } => {
            return Some(format!("a platform admin grants more: byok credits grant AMOUNT --org {org}"));
        }
        E::RequestReused(org) => {
            return Some(format!(
                "to see the earlier request: byok credits history --request-id ID --org {org}; a new request needs a new id"
            ));
        }
        E::NoRate => {
            "see the prices: byok credits rates list; a platform admin sets one: byok credits rates set OPERATION --platform-part A --provider-part B"
        }
        E::NoSuchRequest(org) => return Some(format!("to see holds and charges: byok credits history --org {org}")),
        E::MoreThanCharged(_) | E::HoldEnded(_) => "to see holds and charges: byok credits history --org ORG",
        E::AccountClosed(org) => {
            return Some(format!(
                "a platform admin sees the entries of closed accounts: byok credits history --org {org}"
            ));
        }
        E::ChargeLost { .. } => "use a new request id for each request, or none",
        E::TooLateToUndo(org) => {
            return Some(format!("a platform admin refunds it: byok credits refund ID --org {org}"));
        }
        E::OtherKeyServes(_) => "use a new request id; the earlier charge stays until it is refunded",
        E::HoldNotPossible => "a platform admin grants the role: byok role grant resolver LOGIN",
        _ => return None,
    };
    Some(hint.into())
}
