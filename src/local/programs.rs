//! Finds the server programs of this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::LocalError;
use crate::setting;

/// The oldest major version that is supported.
const OLDEST: u32 = 15;

/// A directory with `initdb` and `postgres` of one version.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    dir: PathBuf,
    pub(super) major: u32,
}

impl Programs {
    pub(super) fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }
}

/// The newest programs, or for a given major version exactly that one.
pub(super) fn find(wanted: Option<u32>) -> Result<Programs, LocalError> {
    let named = setting::path("BYOK_PG_BIN")?;
    let places = named.as_ref().map_or_else(usual_places, |path| vec![path.clone()]);
    let mut found: Vec<Programs> = places.into_iter().filter_map(|dir| probe(&dir)).collect();
    found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
    match wanted {
        Some(major) => found.into_iter().find(|it| it.major == major).ok_or(LocalError::OtherVersion { wanted: major }),
        None => found.into_iter().find(|it| it.major >= OLDEST).ok_or(LocalError::NoPrograms(named)),
    }
}

/// The directory of the server programs that a new private server would run.
#[cfg(feature = "test-server")]
pub fn programs_dir() -> Result<PathBuf, LocalError> {
    find(None).map(|programs| programs.dir)
}

fn usual_places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> =
        setting::bytes("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let parents = [
        ("/usr/lib/postgresql", "bin"),
        ("/usr", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ];
    for (parent, below) in parents {
        let named = |entry: fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let version = name.trim_start_matches("pgsql-").trim_start_matches("postgresql@");
            (name.starts_with("postgresql") || version.starts_with(|l: char| l.is_ascii_digit()))
                .then(|| entry.path().join(below))
        };
        places.extend(fs::read_dir(parent).into_iter().flatten().flatten().filter_map(named));
    }
    places.retain(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file());
    places.dedup();
    places
}

fn probe(dir: &Path) -> Option<Programs> {
    let output = Command::new(dir.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `17beta1` before a release
    let version = text.split_once("(PostgreSQL) ")?.1;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some(Programs { dir: dir.to_owned(), major: digits.parse().ok()? })
}
