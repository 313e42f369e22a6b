//! Puts the functions of the database into one script, in the order of their files' names, and says what identifies it. The comment
//! above a function becomes its comment in the database. A release build also gets the commit that it is made of.

use std::path::{Path, PathBuf};
use std::process::Command;
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
    let mut functions = texts.join("\n");
    let comments = comments(&functions);
    functions.push_str(&comments);
    let bootstrap = fs::read_to_string(Path::new("migrations/bootstrap.sql"))?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("functions.sql"), &functions)?;
    // `cargo run` hands it to the program too, which refuses settings of its own that it does not know.
    println!("cargo:rustc-env=FUNCTIONS_OF_BYOK={:016x}", fnv1a(bootstrap.bytes().chain(functions.bytes())));
    println!("cargo:rustc-env=VERSION_OF_BYOK={}", version());
    Ok(())
}

/// The version, and in a release build the commit with its date. Other builds go without, so that a commit compiles nothing anew.
fn version() -> String {
    let number = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    match release.then(commit).flatten() {
        Some(commit) => format!("{number} ({commit})"),
        None => number,
    }
}

/// The commit of this directory's own repository, or the one that the package was made of, which has no date.
fn commit() -> Option<String> {
    if Path::new(".git").exists() {
        println!("cargo:rerun-if-changed=.git/HEAD");
        println!("cargo:rerun-if-changed=.git/logs/HEAD");
        let asked = Command::new("git").args(["log", "-1", "--format=%h %cs", "--abbrev=9"]).output().ok()?;
        let said = String::from_utf8(asked.stdout).ok()?;
        return asked.status.success().then(|| said.trim().to_owned());
    }
    let about = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let sha = about.split_once("\"sha1\"")?.1.split('"').nth(1)?;
    sha.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| sha.chars().take(9).collect())
}

/// `comment on function` for every function that has a comment right above it.
fn comments(functions: &str) -> String {
    let (mut said, mut block) = (Vec::new(), Vec::new());
    for line in functions.lines() {
        if let Some(text) = line.strip_prefix("--") {
            block.push(text.trim());
            continue;
        }
        let name = line.strip_prefix("create or replace function ").and_then(|rest| rest.split('(').next());
        if let Some(name) = name.filter(|_| !block.is_empty()) {
            said.push(format!("comment on function {name} is '{}';\n", block.join(" ").replace('\'', "''")));
        }
        block.clear();
    }
    said.concat()
}

/// FNV-1a of 64 bits: it tells two scripts apart, and guards nothing.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
