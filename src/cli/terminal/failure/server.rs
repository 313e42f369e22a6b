//! Exit code, stable code and next step for what happens between byok and the server, and in the server.

use std::io::ErrorKind;

use byok::error::{Blocker, BlockerOutcome, Cause, ConnectionError, ServerError};
use byok::exit;

use crate::cli::terminal::failure::Place;
use crate::cli::terminal::failure::system::RAISE_FILES;

pub(super) fn code_of_connection(error: &ConnectionError) -> (u8, &'static str) {
    use ConnectionError as E;
    match error {
        E::LoginRefused => (exit::NOT_AUTHORIZED, "login_refused"),
        E::NotAdmitted => (exit::NOT_AUTHORIZED, "not_admitted"),
        E::MayNotConnect => (exit::NOT_AUTHORIZED, "may_not_connect"),
        E::Closed => (exit::CONFLICT, "database_closed"),
        E::NoSuchDatabase => (exit::NOT_FOUND, "no_such_database"),
        E::Unavailable(_) => (exit::UNAVAILABLE, "unavailable"),
        E::Overloaded(_) => (exit::UNAVAILABLE, "overloaded"),
        E::ReadOnly => (exit::UNAVAILABLE, "read_only"),
        E::Starting => (exit::UNAVAILABLE, "starting"),
        E::TooMany => (exit::UNAVAILABLE, "too_many_connections"),
        E::Cancelled => (exit::UNAVAILABLE, "cancelled"),
        E::Locked => (exit::UNAVAILABLE, "locked"),
        E::Idle => (exit::UNAVAILABLE, "idle"),
        E::Pooler => (exit::USAGE, "pooler"),
        E::Unverified(_) => (exit::UNAVAILABLE, "unverified"),
        E::Lost(_) | E::GivenUp => (exit::UNAVAILABLE, "outcome_unknown"),
        E::Contended => (exit::UNAVAILABLE, "contended"),
        E::HeldUp(_) => (exit::UNAVAILABLE, "held_up"),
        E::BadUrl | E::UrlPart { .. } | E::UrlCharacter { .. } => (exit::USAGE, "bad_database_url"),
        _ => (exit::FAILURE, "failure"),
    }
}

/// An error about the text of the URL alone names no database.
pub(super) fn place(error: &ConnectionError) -> Place {
    use ConnectionError as E;
    match error {
        E::BadUrl | E::UrlPart { .. } | E::UrlCharacter { .. } => Place::Nowhere,
        _ => Place::Message,
    }
}

pub(super) fn code_of_server(error: ServerError) -> (u8, &'static str) {
    use ServerError as E;
    match error {
        E::DiskFull => (exit::UNAVAILABLE, "disk_full"),
        E::OutOfMemory => (exit::UNAVAILABLE, "out_of_memory"),
        E::Limit => (exit::UNAVAILABLE, "server_limit"),
        E::Files => (exit::UNAVAILABLE, "server_io"),
        E::MissingFile => (exit::UNAVAILABLE, "server_files"),
        E::Damaged => (exit::CHECK_FAILED, "damaged"),
        E::Encoding => (exit::USAGE, "encoding"),
        E::Feature => (exit::CHECK_FAILED, "missing_feature"),
        E::Internal => (exit::FAILURE, "server_error"),
        _ => (exit::FAILURE, "failure"),
    }
}

pub(super) fn next_of_connection(error: &ConnectionError) -> Option<String> {
    use ConnectionError as E;
    let hint = match error {
        E::HeldUp(blockers) => return blockers.first().map(end_of),
        E::BadUrl => "set BYOK_DATABASE_URL to an address such as postgres://login@host/database",
        E::UrlPart { .. } => {
            "remove it from BYOK_DATABASE_URL, or write it as postgres://login@host/database?sslmode=..."
        }
        // One of `#`, `/` and `?`.
        E::UrlCharacter { character, .. } => return Some(format!("write {character} as {}", encoded(*character))),
        E::LoginRefused => "check the login and the password, which is in the URL, in PGPASSWORD or in ~/.pgpass",
        E::NotAdmitted => {
            "check the login's name, and that pg_hba.conf of the server has a line for it, this machine and TLS; \
             the server's log says which line refused it"
        }
        E::MayNotConnect => {
            "the owner of the database, or a superuser, runs: grant connect on database DATABASE to LOGIN"
        }
        E::Closed => "a superuser runs: alter database DATABASE allow_connections true; or use another database",
        E::NoSuchDatabase => "check the database's name; to create it: createdb --host HOST DATABASE",
        E::Unverified(_) => {
            "add sslrootcert=FILE with the certificate authority of the server to BYOK_DATABASE_URL; on a trusted network: \
             sslmode=require or sslmode=disable"
        }
        E::Unavailable(cause) => next_of_unavailable(cause),
        E::Starting => "wait until the server is ready, then try again",
        E::TooMany => {
            "try again when other sessions have ended; if it stays so, raise max_connections of the server or the \
             connection limit of the login or database, or put a pooler before it"
        }
        E::Cancelled => {
            "try again; if it stays so, look at statement_timeout: alter role LOGIN reset statement_timeout"
        }
        E::Locked => {
            "try again; who holds the lock is shown by: select pid, pg_blocking_pids(pid), query from pg_stat_activity"
        }
        E::Idle => {
            "run the same command again; idle_session_timeout and idle_in_transaction_session_timeout set the limit"
        }
        E::ReadOnly => {
            "connect to the primary; on the primary, a full disk or an administrator may have set \
             default_transaction_read_only"
        }
        E::Pooler => {
            "behind a pooler in transaction mode: BYOK_POOLER=transaction, and no `options` in the URL; or connect directly"
        }
        E::Contended | E::Overloaded(_) => "run the same command again",
        E::Lost(_) | E::GivenUp => "run the same command again: it continues from what was done",
        _ => return None,
    };
    Some(hint.into())
}

fn encoded(character: char) -> String {
    format!("%{:02X}", u32::from(character))
}

/// The next step after a failed connection, by the error of the operating system.
fn next_of_unavailable(cause: &Cause) -> &'static str {
    let Some(kind) = cause.kind() else {
        return "try again; if it stays so, check host, port and name service (DNS), and whether a firewall is in the way";
    };
    match kind {
        ErrorKind::ConnectionRefused => "no server answers there: start it, or check host and port",
        ErrorKind::NotFound => "no server has its socket there: start it, or check the directory and the port",
        ErrorKind::PermissionDenied => "this account may not use that socket: check the rights of its directory",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            "check the network between this machine and the host"
        }
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::UnexpectedEof
        | ErrorKind::BrokenPipe => {
            "try again; if it stays so, look at the log of the server, and check that PostgreSQL is at that port"
        }
        ErrorKind::TimedOut => "check host and port, and whether a firewall is in the way; then try again",
        ErrorKind::OutOfMemory => "this machine has no memory left: end other programs, then try again",
        _ if cause.too_many_files() => RAISE_FILES,
        // A name that does not resolve has no code of its own.
        _ => "check the host's name and this machine's name service (DNS)",
    }
}

pub(super) fn next_of_server(error: ServerError) -> &'static str {
    use ServerError as E;
    match error {
        E::DiskFull => "free space on the disk of the server, then try again",
        E::OutOfMemory => "end other sessions of the server, or give it more memory; then try again",
        E::Limit => "raise the limit that the server's log names, then try again",
        E::Files => "look at the disk and at the log of the server, then try again",
        E::MissingFile => {
            "the server's package was probably upgraded or removed while it runs: restart the server (the private one: \
             byok local down), and install the package again, with its contrib modules, if it is gone; no data is lost"
        }
        E::Damaged => "restore the database from a backup; if the server's log names an index: reindex index NAME",
        E::Encoding => "use a database with the encoding UTF8: create database NAME encoding 'UTF8' template template0",
        E::Feature => "look at the server's log; byok needs PostgreSQL 15 or newer with pgcrypto",
        _ => "look at the server's log; if it is repeated, report it to whoever runs the server",
    }
}

/// How to end a transaction that byok may not end.
fn end_of(blocker: &Blocker) -> String {
    let login = blocker.login.as_deref().unwrap_or("its login");
    match (blocker.outcome, blocker.pid, &blocker.prepared) {
        (_, _, Some(name)) => format!("in this database, as {login} or as a superuser: rollback prepared {name}"),
        (BlockerOutcome::NoRight, Some(pid), _) => format!(
            "a database administrator runs: select pg_terminate_backend({pid}); \
            to let byok do it from now on: grant pg_signal_backend to byok_definer"
        ),
        (BlockerOutcome::Superuser | BlockerOutcome::NotOurs, Some(pid), _) => {
            format!("a superuser runs: select pg_terminate_backend({pid})")
        }
        (BlockerOutcome::Admin | BlockerOutcome::Resolver, Some(pid), _) => format!(
            "wait until it ends, or ask {login} to end it; or a database administrator runs: \
            select pg_terminate_backend({pid}); nothing was changed"
        ),
        _ => "try again; nothing was changed".into(),
    }
}
