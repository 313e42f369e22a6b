//! Files that the driver opens by itself: password files and certificates.

use std::fs;
use std::path::PathBuf;

use url::Url;

use super::parameters::{canonical, part};
use crate::error::Result;
use crate::setting;

/// Larger than any such file.
const LONGEST: u64 = 16 * 1024 * 1024;

const PARAMETERS: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];
const VARIABLES: [(&str, &str); 5] = [
    ("PGPASSFILE", "password file"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("SSL_CERT_FILE", "SSL_CERT_FILE"),
];

/// Checks that each existing path is a regular file. The driver would wait for a pipe, and read a device without an
/// end.
pub(super) fn check(url: &Url) -> Result<()> {
    let named = url.query_pairs().filter_map(|(key, value)| {
        let name = PARAMETERS.into_iter().find(|name| *name == canonical(&key))?;
        Some((name, PathBuf::from(value.into_owned())))
    });
    let variables =
        VARIABLES.into_iter().filter_map(|(variable, name)| Some((name, PathBuf::from(setting::bytes(variable)?))));
    let home = setting::bytes("HOME").map(|home| ("password file", PathBuf::from(home).join(".pgpass")));
    for (name, path) in named.chain(variables).chain(home) {
        // A missing file, or a certificate given instead of a path, is left to the driver.
        if fs::metadata(&path).is_ok_and(|facts| !facts.is_file() || facts.len() > LONGEST) {
            return Err(part(name, "is a pipe, a device, a directory or a file of more than 16 MiB"));
        }
    }
    Ok(())
}
