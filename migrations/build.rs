//! Puts the functions of the database into one script, in the order of their files' names, and says what identifies it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=migrations");
    let mut files = Vec::new();
    for entry in fs::read_dir("migrations/functions")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    let texts: Vec<String> = files.iter().map(fs::read_to_string).collect::<io::Result<_>>()?;
    let functions = texts.join("\n");
    let bootstrap = fs::read_to_string(Path::new("migrations/bootstrap.sql"))?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("functions.sql"), &functions)?;
    println!("cargo:rustc-env=BYOK_FUNCTIONS={:016x}", fnv1a(bootstrap.bytes().chain(functions.bytes())));
    Ok(())
}

/// FNV-1a of 64 bits: it tells two scripts apart, and guards nothing.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
