//! The parameters of a connection string that are known, and how one is refused.

use crate::error::{ConnectionError, Error};

/// What is understood, with the driver's other spellings.
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

pub(super) fn canonical(key: &str) -> &str {
    KNOWN.iter().find(|(known, _)| *known == key).map_or(key, |(_, name)| name)
}

pub(super) fn part(part: &'static str, why: &'static str) -> Error {
    Error::Connection(ConnectionError::UrlPart { part, why })
}
