//! What each error of the core means here: its exit code, its stable code, and the next command.

use byok::admin::is_newer;
use byok::error::{
    AccessError, Blocker, BlockerOutcome, ChangeError, ConnectionError, CreditError, DataError, KeyError, SchemaError,
};
use byok::name::Holder;
use byok::resolution::Reason;
use byok::{Error, exit};

use crate::cli::terminal::failure::Failure;

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (exit, code) = classify(error);
        let mut failure = Self::new(exit, code, error.to_string());
        if let Error::Access(AccessError::NotAllowed(refusal) | AccessError::NoServiceRole(refusal)) = error {
            failure.denied.clone_from(&refusal.function);
        }
        match next(error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// What every other error of the core means.
const FAILURE: (u8, &str) = (exit::FAILURE, "failure");

fn classify(error: &Error) -> (u8, &'static str) {
    match error {
        Error::Schema(error) => code_of_schema(error),
        Error::Connection(error) => code_of_connection(error),
        Error::Access(error) => code_of_access(error),
        Error::Key(error) => code_of_key(error),
        Error::Change(error) => code_of_change(error),
        Error::Credit(error) => code_of_credit(error),
        Error::Data(error) => code_of_data(error),
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
        E::SchemaOlder { .. } => (exit::CHECK_FAILED, "schema_older"),
        E::SchemaNewer { .. } | E::NotServed { .. } => (exit::CHECK_FAILED, "schema_newer"),
        E::OtherFunctions { .. } => (exit::CHECK_FAILED, "other_functions"),
        E::ServerTooOld(_) => (exit::CHECK_FAILED, "server_too_old"),
        E::BrokenPgcrypto => (exit::CHECK_FAILED, "broken_pgcrypto"),
        E::ForeignThing(_) | E::ForeignRoles(_) => (exit::CHECK_FAILED, "foreign_owner"),
        _ => FAILURE,
    }
}

fn code_of_connection(error: &ConnectionError) -> (u8, &'static str) {
    use ConnectionError as E;
    match error {
        E::LoginRefused => (exit::NOT_AUTHORIZED, "login_refused"),
        E::NoSuchDatabase => (exit::NOT_FOUND, "no_such_database"),
        E::Unavailable(_) | E::ReadOnly => (exit::UNAVAILABLE, "unavailable"),
        E::Unverified(_) => (exit::UNAVAILABLE, "unverified"),
        E::Lost(_) | E::GivenUp => (exit::UNAVAILABLE, "outcome_unknown"),
        E::Contended => (exit::UNAVAILABLE, "contended"),
        E::HeldUp(_) => (exit::UNAVAILABLE, "held_up"),
        E::BadUrl | E::UrlPart { .. } => (exit::USAGE, "bad_database_url"),
        _ => FAILURE,
    }
}

fn code_of_access(error: &AccessError) -> (u8, &'static str) {
    use AccessError as E;
    match error {
        E::NotAllowed(_) | E::NoServiceRole(_) | E::NoRole => (exit::NOT_AUTHORIZED, "not_authorized"),
        E::NoCreateRole => (exit::NOT_AUTHORIZED, "no_createrole"),
        E::RoleHeld(_) => (exit::CONFLICT, "role_held"),
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
        E::NoSuchOrg(_) | E::NoSuchLogin(_) | E::NoSuchKey(_) => (exit::NOT_FOUND, "not_found"),
        E::NotEnabled(_) => (exit::CONFLICT, "not_enabled"),
        E::Changed(_) => (exit::CONFLICT, "changed_meanwhile"),
        E::OtherAddress(_) => (exit::CONFLICT, "address_changed"),
        E::ProviderGone(_) => (exit::CONFLICT, "provider_removed"),
        E::Exists(_) | E::LoginExists(_) => (exit::CONFLICT, "exists"),
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
        Error::Connection(error) => next_of_connection(error),
        Error::Access(error) => next_of_access(error),
        Error::Key(error) => next_of_key(error),
        Error::Change(error) => next_of_change(error),
        Error::Credit(error) => next_of_credit(error),
        Error::Denied(Reason::AddressChanged) => {
            Some("set the key again, for the address of now: byok key set PROVIDER --org ORG".into())
        }
        _ => None,
    }
}

fn next_of_schema(error: &SchemaError) -> Option<String> {
    use SchemaError as E;
    let hint = match error {
        E::NotInitialized | E::SchemaOlder { .. } => "a platform admin brings it up to date with: byok init",
        E::OtherFunctions { found, own } if !is_newer(found, own) => {
            "a platform admin brings it up to date with: byok init"
        }

        E::SchemaNewer { .. } | E::NotServed { .. } | E::OtherFunctions { .. } => "use a newer byok",
        E::ForeignThing(_) => {
            "look who made it, as a superuser; where nothing in that schema is needed: drop schema NAME cascade; then byok init"
        }
        E::ForeignRoles(_) => "look who did it; a superuser runs those statements; then byok init",
        _ => return None,
    };
    Some(hint.into())
}

fn next_of_connection(error: &ConnectionError) -> Option<String> {
    use ConnectionError as E;
    let hint = match error {
        E::HeldUp(blockers) => return blockers.first().map(end_of),
        E::BadUrl => "it looks like postgres://login@host/database, in BYOK_DATABASE_URL",
        E::LoginRefused => "check the login and password in BYOK_DATABASE_URL, or ~/.pgpass",
        E::UrlPart { .. } => {
            "take it out of BYOK_DATABASE_URL, or write it as postgres://login@host/database?sslmode=..."
        }
        E::Unverified(_) => {
            "name the authority of the server's certificate: sslrootcert=FILE in BYOK_DATABASE_URL; where nobody can stand \
             between, sslmode=require or sslmode=disable"
        }
        E::Unavailable(_) | E::ReadOnly => "check the host in BYOK_DATABASE_URL, then try again",
        E::Lost(_) | E::GivenUp => "run the same command again: it goes on from what was done",
        _ => return None,
    };
    Some(hint.into())
}

fn next_of_access(error: &AccessError) -> Option<String> {
    use AccessError as E;
    let hint = match error {
        E::NotAllowed(_) | E::NoRole => "a platform admin can make this login an owner: byok member add ORG LOGIN",
        E::NoServiceRole(_) => "a platform admin can do this, or give the role: byok role grant",
        E::NoCreateRole => {
            "a database administrator runs: alter role byok_definer createrole; or makes the login, then leave --create-login away"
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
        E::MissingMasterKey { .. } => "see which master keys there are: byok master-key status",
        E::TakesMasterKey(_) => "name the master key's file in BYOK_MASTER_KEY_FILE, and no data key",
        E::WrongDataKey { .. } => "ask a platform admin for the one in use: byok data-key issue ORG",
        E::NoDataKey(org) => {
            return Some(format!("a platform admin makes and hands over one: byok data-key issue {org}"));
        }
        E::Rotation(_) => "see where it is: byok master-key status",
        E::WrongMasterKey { .. } | E::OtherMasterKey | E::NoMasterKey => {
            "see which key the database wants: byok status"
        }
        E::Unreadable(_) | E::DataKeyUnreadable(_) | E::KeyIncomplete { .. } => "set the key again: byok key set",
        _ => return None,
    };
    Some(hint.into())
}

fn next_of_change(error: &ChangeError) -> Option<String> {
    use ChangeError as E;
    let hint = match error {
        E::LoginExists(_) => "to use that login, leave --create-login away",
        E::NoSuchOrg(org) => {
            return Some(format!("see what is there: byok org list; to add it: byok enable {org}"));
        }
        E::NoSuchLogin(login) => {
            return Some(format!("create it in PostgreSQL first: create role \"{login}\" login"));
        }
        E::NotEnabled(Holder::Organization(org)) => {
            return Some(format!("ask a platform admin to run: byok enable {org}"));
        }
        E::Changed(_) => "see what is there now: byok key list; then set it again",
        E::OtherAddress(_) => "see where it is now: byok provider show PROVIDER; then set the key again: byok key set",
        E::ProviderGone(_) => "see which providers there are: byok provider list",
        E::OlderSight => "begin transactions with: begin isolation level read committed",
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
                "see for what: byok credits history --request-id ID --org {org}; a new request has a new id"
            ));
        }
        E::NoRate => "a platform admin sets one: byok credits rates set OPERATION --platform-part A --provider-part B",
        E::NoSuchRequest(_) | E::MoreThanCharged(_) | E::HoldEnded(_) => {
            "see what there is: byok credits history --org ORG"
        }
        E::ChargeLost { .. } => "leave the request id away, or use one of its own for each request",
        E::TooLateToUndo(_) => "a platform admin gives it back: byok credits refund",
        E::OtherKeyServes(_) => "ask with a new request id; the charge before stands until it is refunded",
        _ => return None,
    };
    Some(hint.into())
}

/// How a transaction ends that nobody here may end.
fn end_of(blocker: &Blocker) -> String {
    let login = blocker.login.as_deref().unwrap_or("its login");
    match (blocker.outcome, blocker.pid, &blocker.prepared) {
        (_, _, Some(name)) => format!("in this database, as {login} or as a superuser: rollback prepared {name}"),
        (BlockerOutcome::NoRight, Some(pid), _) => format!(
            "a database administrator runs: select pg_terminate_backend({pid}); \
             and, so that byok does it from then on: grant pg_signal_backend to byok_definer"
        ),
        (BlockerOutcome::Superuser | BlockerOutcome::NotOurs, Some(pid), _) => {
            format!("a superuser runs: select pg_terminate_backend({pid})")
        }
        (BlockerOutcome::Admin | BlockerOutcome::Resolver, ..) => format!("wait, or ask {login}; nothing was changed"),
        _ => "try again; nothing was changed".into(),
    }
}
