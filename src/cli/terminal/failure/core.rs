//! What each error of the core means here: its exit code, its stable code, and the next command.

use byok::db::is_newer;
use byok::error::Blocker;
use byok::name::Holder;
use byok::resolution::Reason;
use byok::{Error, exit};

use crate::cli::terminal::failure::Failure;

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (exit, code) = classify(error);
        let mut failure = Self::new(exit, code, error.to_string());
        if let Error::NotAllowed(refusal) | Error::NoServiceRole(refusal) = error {
            failure.denied.clone_from(&refusal.function);
        }
        match next(error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

fn classify(error: &Error) -> (u8, &'static str) {
    match error {
        Error::NotInitialized => (exit::CHECK_FAILED, "not_initialized"),
        Error::SchemaOlder { .. } => (exit::CHECK_FAILED, "schema_older"),
        Error::SchemaNewer { .. } | Error::NotServed { .. } => (exit::CHECK_FAILED, "schema_newer"),
        Error::OtherFunctions { .. } => (exit::CHECK_FAILED, "other_functions"),
        Error::ServerTooOld(_) => (exit::CHECK_FAILED, "server_too_old"),
        Error::BrokenPgcrypto => (exit::CHECK_FAILED, "broken_pgcrypto"),
        Error::Corrupt { .. } | Error::NotOurOrg { .. } => (exit::CHECK_FAILED, "corrupt"),
        Error::Malformed(_) => (exit::CHECK_FAILED, "malformed_answer"),
        Error::Unreadable(_) => (exit::CHECK_FAILED, "key_unreadable"),
        Error::KeyIncomplete { .. } => (exit::CHECK_FAILED, "key_incomplete"),
        Error::DataKeyUnreadable(_) => (exit::CHECK_FAILED, "data_key_unreadable"),
        Error::NotAllowed(_) | Error::NoServiceRole(_) | Error::NoRole => (exit::NOT_AUTHORIZED, "not_authorized"),
        Error::NoCreateRole => (exit::NOT_AUTHORIZED, "no_createrole"),
        Error::OlderSight => (exit::CONFLICT, "older_sight"),
        Error::ForeignThing(_) | Error::ForeignRoles(_) => (exit::CHECK_FAILED, "foreign_owner"),
        Error::WrongDataKey { .. } | Error::ForeignDataKey(_) => (exit::NOT_AUTHORIZED, "wrong_data_key"),
        Error::NoDataKey(_) => (exit::NOT_AUTHORIZED, "no_data_key"),
        Error::Rotation(_) => (exit::CONFLICT, "rotation"),
        Error::NotLoaded => (exit::CONFLICT, "not_loaded"),
        Error::RoleHeld(_) => (exit::CONFLICT, "role_held"),
        Error::LoginRefused => (exit::NOT_AUTHORIZED, "login_refused"),
        Error::WrongMasterKey { .. } | Error::OtherMasterKey | Error::TwoMasterKeys => {
            (exit::NOT_AUTHORIZED, "wrong_master_key")
        }
        Error::NoMasterKey | Error::MissingMasterKey { .. } | Error::TakesMasterKey(_) => {
            (exit::NOT_AUTHORIZED, "no_master_key")
        }
        Error::NoSuchOrg(_) | Error::NoSuchLogin(_) | Error::NoSuchKey(_) => (exit::NOT_FOUND, "not_found"),
        Error::NoSuchDatabase => (exit::NOT_FOUND, "no_such_database"),
        Error::Denied(reason @ (Reason::KeyExpired | Reason::PlatformKeyExpired | Reason::AddressChanged)) => {
            (exit::KEY_REJECTED, reason.code())
        }
        Error::Denied(reason @ Reason::KeyUnreadable) => (exit::CHECK_FAILED, reason.code()),
        Error::Denied(reason) => (exit::NOT_FOUND, reason.code()),
        Error::NotEnabled(_) => (exit::CONFLICT, "not_enabled"),
        Error::Changed(_) => (exit::CONFLICT, "changed_meanwhile"),
        Error::OtherAddress(_) => (exit::CONFLICT, "address_changed"),
        Error::ProviderGone(_) => (exit::CONFLICT, "provider_removed"),
        Error::Exists(_) | Error::LoginExists(_) => (exit::CONFLICT, "exists"),
        Error::Unavailable(_) | Error::ReadOnly => (exit::UNAVAILABLE, "unavailable"),
        Error::Unverified(_) => (exit::UNAVAILABLE, "unverified"),
        Error::Lost(_) | Error::GivenUp => (exit::UNAVAILABLE, "outcome_unknown"),
        Error::Contended => (exit::UNAVAILABLE, "contended"),
        Error::HeldUp(_) => (exit::UNAVAILABLE, "held_up"),
        Error::BadUrl | Error::UrlPart { .. } => (exit::USAGE, "bad_database_url"),
        error => classify_credits(error),
    }
}

/// The errors of credits and of the request path.
fn classify_credits(error: &Error) -> (u8, &'static str) {
    match error {
        Error::NotEnoughCredits { .. } => (exit::NO_CREDITS, "no_credits"),
        Error::RequestReused(_) => (exit::CONFLICT, "request_reused"),
        Error::NoRate => (exit::NOT_FOUND, "no_rate"),
        Error::NoSuchRequest(_) => (exit::NOT_FOUND, "no_such_request"),
        Error::HoldEnded(_) => (exit::CONFLICT, "hold_ended"),
        Error::MoreThanCharged(_) => (exit::CONFLICT, "more_than_charged"),
        Error::OutOfRange => (exit::USAGE, "out_of_range"),
        Error::NotAnId => (exit::USAGE, "bad_name"),
        Error::BadValue(_) => (exit::USAGE, "bad_value"),
        Error::PlatformKeyOnly(_) => (exit::NOT_AUTHORIZED, "platform_key"),
        Error::OtherKeyServes(_) => (exit::CONFLICT, "other_key_serves"),
        Error::HoldNotPossible => (exit::NOT_AUTHORIZED, "hold_not_possible"),
        Error::ChargeLost { .. } => (exit::CONFLICT, "charge_lost"),
        Error::TooLateToUndo(_) => (exit::CONFLICT, "too_late_to_undo"),
        _ => (exit::FAILURE, "failure"),
    }
}

fn next(error: &Error) -> Option<String> {
    let hint = match error {
        Error::NotInitialized | Error::SchemaOlder { .. } => "a platform admin brings it up to date with: byok init",
        Error::OtherFunctions { found, own } if !is_newer(found, own) => {
            "a platform admin brings it up to date with: byok init"
        }
        Error::SchemaNewer { .. } | Error::NotServed { .. } | Error::OtherFunctions { .. } => "use a newer byok",
        Error::NotAllowed(_) | Error::NoRole => {
            "a platform admin can make this login an owner: byok member add ORG LOGIN"
        }
        Error::NoServiceRole(_) => "a platform admin can do this, or give the role: byok role grant",
        Error::NoCreateRole => {
            "a database administrator runs: alter role byok_definer createrole; or makes the login, then leave --create-login away"
        }
        Error::HeldUp(blockers) => return blockers.first().map(end_of),
        Error::MissingMasterKey { .. } => "see which master keys there are: byok master-key status",
        Error::TakesMasterKey(_) => "name the master key's file in BYOK_MASTER_KEY_FILE, and no data key",
        Error::WrongDataKey { .. } => "ask a platform admin for the one in use: byok data-key issue ORG",
        Error::NoDataKey(org) => {
            return Some(format!("a platform admin makes and hands over one: byok data-key issue {org}"));
        }
        Error::Rotation(_) => "see where it is: byok master-key status",
        Error::LoginExists(_) => "to use that login, leave --create-login away",
        Error::WrongMasterKey { .. } | Error::OtherMasterKey | Error::NoMasterKey => {
            "see which key the database wants: byok status"
        }
        Error::NoSuchOrg(org) => {
            return Some(format!("see what is there: byok org list; to add it: byok enable {org}"));
        }
        Error::NoSuchLogin(login) => {
            return Some(format!("create it in PostgreSQL first: create role \"{login}\" login"));
        }
        Error::NotEnabled(Holder::Organization(org)) => {
            return Some(format!("ask a platform admin to run: byok enable {org}"));
        }
        Error::Changed(_) => "see what is there now: byok key list; then set it again",
        Error::OtherAddress(_) => {
            "see where it is now: byok provider show PROVIDER; then set the key again: byok key set"
        }
        Error::ProviderGone(_) => "see which providers there are: byok provider list",
        Error::Denied(Reason::AddressChanged) => {
            "set the key again, for the address of now: byok key set PROVIDER --org ORG"
        }
        Error::Unreadable(_) | Error::DataKeyUnreadable(_) | Error::KeyIncomplete { .. } => {
            "set the key again: byok key set"
        }
        _ => return next_of_connection(error).map(Into::into).or_else(|| next_of_credits(error)),
    };
    Some(hint.into())
}

fn next_of_connection(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::BadUrl => "it looks like postgres://login@host/database, in BYOK_DATABASE_URL",
        Error::OlderSight => "begin transactions with: begin isolation level read committed",
        Error::ForeignThing(_) => {
            "look who made it, as a superuser; where nothing in that schema is needed: drop schema NAME cascade; then byok init"
        }
        Error::ForeignRoles(_) => "look who did it; a superuser runs those statements; then byok init",
        Error::LoginRefused => "check the login and password in BYOK_DATABASE_URL, or ~/.pgpass",
        Error::UrlPart { .. } => {
            "take it out of BYOK_DATABASE_URL, or write it as postgres://login@host/database?sslmode=..."
        }
        Error::Unverified(_) => {
            "name the authority of the server's certificate: sslrootcert=FILE in BYOK_DATABASE_URL; where nobody can stand \
             between, sslmode=require or sslmode=disable"
        }
        Error::Unavailable(_) | Error::ReadOnly => "check the host in BYOK_DATABASE_URL, then try again",
        Error::Lost(_) | Error::GivenUp => "run the same command again: it goes on from what was done",
        _ => return None,
    })
}

fn next_of_credits(error: &Error) -> Option<String> {
    let hint = match error {
        Error::NotEnoughCredits { org, .. } => {
            return Some(format!("a platform admin grants more: byok credits grant AMOUNT --org {org}"));
        }
        Error::RequestReused(org) => {
            return Some(format!(
                "see for what: byok credits history --request-id ID --org {org}; a new request has a new id"
            ));
        }
        Error::NoRate => {
            "a platform admin sets one: byok credits rates set OPERATION --platform-part A --provider-part B"
        }
        Error::NoSuchRequest(_) | Error::MoreThanCharged(_) | Error::HoldEnded(_) => {
            "see what there is: byok credits history --org ORG"
        }
        Error::PlatformKeyOnly(org) => {
            return Some(format!("store a key of the organization's own: byok key set PROVIDER --org {org}"));
        }
        Error::ChargeLost { .. } => "leave the request id away, or use one of its own for each request",
        Error::TooLateToUndo(_) => "a platform admin gives it back: byok credits refund",
        Error::OtherKeyServes(_) => "ask with a new request id; the charge before stands until it is refunded",
        _ => return None,
    };
    Some(hint.into())
}

/// How a transaction ends that nobody here may end.
fn end_of(blocker: &Blocker) -> String {
    let login = blocker.login.as_deref().unwrap_or("its login");
    match (blocker.outcome.as_str(), blocker.pid, &blocker.prepared) {
        (_, _, Some(name)) => format!("in this database, as {login} or as a superuser: rollback prepared {name}"),
        ("no_right", Some(pid), _) => format!(
            "a database administrator runs: select pg_terminate_backend({pid}); \
             and, so that byok does it from then on: grant pg_signal_backend to byok_definer"
        ),
        ("superuser" | "not_ours", Some(pid), _) => format!("a superuser runs: select pg_terminate_backend({pid})"),
        ("admin" | "resolver", ..) => format!("wait, or ask {login}; nothing was changed"),
        _ => "try again; nothing was changed".into(),
    }
}
