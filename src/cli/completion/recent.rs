//! Ids that the database gave a moment ago, in files of the user's cache directory. Nobody else can read them.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use byok::setting;
use byok::system::file;

/// How long ids are used without asking again.
const FRESH: Duration = Duration::from_secs(20);
/// How long they are used if the database gives no answer.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// The most that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The file of one kind of ids of one database and login.
pub(super) struct Place(PathBuf);

impl Place {
    /// `database` names it without a password.
    pub(super) fn of(database: &str, kind: &str) -> Option<Self> {
        let dir = setting::cache_dir().ok()??.join("byok");
        let name = HEXLOWER.encode(&Sha256::digest(database.as_bytes())[..8]);
        Some(Self(dir.join(format!("complete-{name}-{kind}"))))
    }

    pub(super) fn fresh(&self) -> Option<Vec<String>> {
        self.younger(FRESH)
    }

    pub(super) fn stale(&self) -> Option<Vec<String>> {
        self.younger(STALE)
    }

    fn younger(&self, age: Duration) -> Option<Vec<String>> {
        let file = file::open_own(&self.0, File::options().read(true)).ok()?;
        if file.metadata().ok()?.modified().ok()?.elapsed().ok()? > age {
            return None;
        }
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).ok()?;
        Some(text.lines().map(str::to_owned).collect())
    }

    /// Keeps them. It does not matter if this fails.
    pub(super) fn keep(&self, names: &[String]) {
        let _ = self.try_keep(names);
    }

    fn try_keep(&self, names: &[String]) -> std::io::Result<()> {
        let dir = self.0.parent().unwrap_or(&self.0);
        file::create_directory(dir)?;
        let beside = self.0.with_extension(std::process::id().to_string());
        let mut file = file::create(&beside)?;
        let written = file.write_all((names.join("\n") + "\n").as_bytes());
        let put = written.and_then(|()| fs::rename(&beside, &self.0));
        put.inspect_err(|_| {
            fs::remove_file(&beside).ok();
        })
    }
}
