//! The parameters of a connection string: which are used, which are ignored, and which are refused.

use crate::error::{ConnectionError, Error, Result};

/// Parameters that are used, with the driver's other spellings.
pub(super) const KNOWN: &[(&str, &str)] = &[
    ("sslmode", "sslmode"),
    ("ssl-mode", "sslmode"),
    ("sslrootcert", "sslrootcert"),
    ("ssl-root-cert", "sslrootcert"),
    ("ssl-ca", "sslrootcert"),
    ("sslcert", "sslcert"),
    ("ssl-cert", "sslcert"),
    ("sslkey", "sslkey"),
    ("ssl-key", "sslkey"),
    ("statement-cache-capacity", "statement-cache-capacity"),
    ("host", "host"),
    ("hostaddr", "host"),
    ("port", "port"),
    ("dbname", "dbname"),
    ("user", "user"),
    ("password", "password"),
    ("application_name", "application_name"),
    ("options", "options"),
];

/// Parameters of libpq that can be ignored, with the values that change nothing. `None` means any value.
pub(super) const WITHOUT_EFFECT: &[(&str, Option<&[&str]>)] = &[
    ("connect_timeout", None),
    ("keepalives", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("keepalives_count", None),
    ("tcp_user_timeout", None),
    ("fallback_application_name", None),
    ("sslsni", None),
    ("client_encoding", Some(&["utf8", "UTF8", "utf-8", "UTF-8"])),
    ("gssencmode", Some(&["disable", "prefer"])),
    ("channel_binding", Some(&["disable", "prefer"])),
    ("sslnegotiation", Some(&["postgres"])),
    ("sslcompression", Some(&["0"])),
    ("target_session_attrs", Some(&["any"])),
    ("load_balance_hosts", Some(&["disable"])),
];

/// Parameters of other clients. They are named in the error. An unknown name is not, because it may be a part of a
/// password.
const REFUSED: &[&str] = &[
    "connection_limit",
    "currentSchema",
    "passfile",
    "pgbouncer",
    "pool_timeout",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "schema",
    "search_path",
    "service",
    "servicefile",
    "ssl",
    "sslaccept",
    "sslcertmode",
    "sslcrl",
    "sslcrldir",
    "sslpassword",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "statement_cache_size",
    "sslidentity",
];

const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

pub(super) fn canonical(key: &str) -> &str {
    KNOWN.iter().find(|(known, _)| *known == key).map_or(key, |(_, name)| name)
}

/// Checks that a parameter is used, or can be ignored.
pub(super) fn check(key: &str, value: &str) -> Result<()> {
    match canonical(key) {
        "sslmode" if !SSL_MODES.contains(&value.to_ascii_lowercase().as_str()) => {
            return Err(part("sslmode", "is none of disable, allow, prefer, require, verify-ca and verify-full"));
        }
        "port" if value.parse::<u16>().is_err() => return Err(part("port", "is no number of a port")),
        _ => {}
    }
    let options = key.strip_prefix("options[").is_some_and(|rest| rest.ends_with(']'));
    if options || KNOWN.iter().any(|(known, _)| *known == key) {
        return Ok(());
    }
    if let Some((name, values)) = WITHOUT_EFFECT.iter().find(|(name, _)| *name == key) {
        return match values {
            Some(values) if !values.contains(&value) => Err(part(name, "asks for something that byok does not do")),
            _ => Ok(()),
        };
    }
    let lower = key.to_ascii_lowercase();
    let mut names = KNOWN.iter().map(|(name, _)| *name).chain(WITHOUT_EFFECT.iter().map(|(name, _)| *name));
    if let Some(name) = names.find(|name| *name == lower) {
        return Err(part(name, "must be written in lower case"));
    }
    let name = REFUSED.iter().find(|name| **name == key);
    Err(name.map_or_else(
        || part("parameters", "have an unknown name among them"),
        |name| part(name, "asks for something that byok does not do"),
    ))
}

/// An error that names a part of the string, and not its value.
pub(super) fn part(part: &'static str, why: &'static str) -> Error {
    Error::Connection(ConnectionError::UrlPart { part, why })
}
