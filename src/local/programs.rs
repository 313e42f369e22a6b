//! Finds the server programs of this machine.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::LocalError;
use super::error::is_shortage;
use crate::setting;

/// The oldest major version that is supported.
const OLDEST: u32 = 15;

/// A directory with `initdb` and `postgres` of one version.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    pub(super) dir: PathBuf,
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

/// The newest programs, or for a given major version exactly that one. `dir` counts if `BYOK_PG_BIN` is not set.
pub(super) fn find(wanted: Option<u32>, dir: Option<&Path>) -> Result<Programs, LocalError> {
    let named = setting::path("BYOK_PG_BIN")?.or_else(|| dir.map(Path::to_owned));
    let places = match &named {
        Some(path) => vec![path.clone()],
        None => usual_places()?,
    };
    let (mut found, mut broken) = (Vec::new(), None);
    for dir in places {
        match probe(&dir) {
            Ok(programs) => found.push(programs),
            Err(LocalError::Spawn { source, program }) if is_shortage(&source) => {
                return Err(LocalError::Spawn { source, program });
            }
            Err(LocalError::Spawn { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            Err(error) => broken = Some(error),
        }
    }
    found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
    let fits = |programs: &Programs| wanted.map_or(programs.major >= OLDEST, |major| programs.major == major);
    let none = || match (broken, wanted) {
        (Some(broken), _) => broken,
        (None, Some(wanted)) => LocalError::OtherVersion { wanted, named },
        (None, None) => LocalError::NoPrograms(named),
    };
    found.into_iter().find(fits).ok_or_else(none)
}

/// The directory of the server programs that a new private server would run.
#[cfg(feature = "test-server")]
pub fn programs_dir() -> Result<PathBuf, LocalError> {
    find(None, None).map(|programs| programs.dir)
}

fn usual_places() -> Result<Vec<PathBuf>, LocalError> {
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
        match fs::read_dir(parent) {
            Ok(entries) => places.extend(entries.flatten().filter_map(named)),
            Err(error) if is_shortage(&error) => return Err(LocalError::io(Path::new(parent))(error)),
            // Most of these directories do not exist.
            Err(_) => {}
        }
    }
    places.retain(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file());
    places.dedup();
    Ok(places)
}

fn probe(dir: &Path) -> Result<Programs, LocalError> {
    let program = dir.join("postgres");
    let output = Command::new(&program).arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(LocalError::spawn(&program))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `17beta1` before a release
    let version = text.split_once("(PostgreSQL) ").map_or("", |(_, version)| version);
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map(|major| Programs { dir: dir.to_owned(), major }).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("they do not say their version").to_owned();
        LocalError::BrokenPrograms { path: dir.to_owned(), said }
    })
}
