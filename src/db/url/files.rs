//! Files that the driver reads by itself: password files and certificates.

use std::fs;
use std::path::PathBuf;

use url::Url;

use super::parameters::{canonical, part};
use crate::error::Result;
use crate::setting;

/// More than any of them has.
const LONGEST: u64 = 16 * 1024 * 1024;

const PARAMETERS: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];
const VARIABLES: [(&str, &str); 5] = [
    ("PGPASSFILE", "password file"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("SSL_CERT_FILE", "SSL_CERT_FILE"),
];

/// Makes sure that each that is there is a file: the driver would wait for a pipe, and read a device without an end.
pub(super) fn check(url: &Url) -> Result<()> {
    let named = url.query_pairs().filter_map(|(key, value)| {
        let name = PARAMETERS.into_iter().find(|name| *name == canonical(&key))?;
        Some((name, PathBuf::from(value.into_owned())))
    });
    let variables =
        VARIABLES.into_iter().filter_map(|(variable, name)| Some((name, PathBuf::from(setting::bytes(variable)?))));
    let home = setting::bytes("HOME").map(|home| ("password file", PathBuf::from(home).join(".pgpass")));
    for (name, path) in named.chain(variables).chain(home) {
        // One that is not there, or a certificate in the place of a path, is the driver's to judge.
        if fs::metadata(&path).is_ok_and(|facts| !facts.is_file() || facts.len() > LONGEST) {
            return Err(part(name, "is a pipe, a device, a directory or a file of more than 16 MiB"));
        }
    }
    Ok(())
}
