//! Where the tool's own settings come from: a BYOK_ variable, the user's own `DATABASE_URL`, or a default. Nothing in the
//! working directory is ever read.

use std::path::PathBuf;

use etcetera::base_strategy::{BaseStrategy as _, choose_base_strategy};

use byok::db::{DatabaseUrl, Pooler};
use byok::local::LocalDir;
use byok::secret::SecretText;

use super::failure::Failure;

/// Which database.
pub(crate) enum Target {
    /// A configured one, and which variable said so.
    Configured(DatabaseUrl, &'static str),
    /// The private one.
    Private(LocalDir),
}

/// Where a key is, and which setting said so.
pub(crate) enum KeySource {
    /// In a file.
    File(PathBuf, &'static str),
    /// In an open file or pipe that this process inherited.
    Descriptor(u32),
    /// In what a command prints.
    Command(String, &'static str),
    /// In a variable.
    Variable(SecretText, &'static str),
}

/// Which key was named.
pub(crate) enum NamedKey {
    /// The platform's master key.
    Master(KeySource),
    /// The data key of one organization.
    Data(KeySource),
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The configured database, else the private one.
pub(crate) fn target() -> Result<Target, Failure> {
    for name in ["BYOK_DATABASE_URL", "DATABASE_URL"] {
        if let Some(text) = variable(name) {
            let url = DatabaseUrl::parse(SecretText::new(text)).map_err(|error| {
                let failure = Failure::from(error);
                Failure { message: format!("{}: {name}", failure.message), ..failure }
            })?;
            let url = url.behind(pooler()?);
            return Ok(Target::Configured(url, name));
        }
    }
    Ok(Target::Private(private_dir()?))
}

/// What stands between here and the configured database.
fn pooler() -> Result<Pooler, Failure> {
    match variable("BYOK_POOLER").as_deref() {
        None | Some("none") => Ok(Pooler::None),
        Some("transaction") => Ok(Pooler::Transaction),
        Some(_) => Err(Failure::usage("bad_pooler", "BYOK_POOLER is `transaction` or `none`")),
    }
}

/// The directory of the private server.
pub(crate) fn private_dir() -> Result<LocalDir, Failure> {
    Ok(LocalDir::resolve(std::env::var_os("BYOK_LOCAL_DIR").as_deref())?.saying(super::out::say))
}

/// The key to open and seal with: what one setting names, else the master key beside the private database or in the user's
/// configuration. A place that was named is the only one looked at, and two are one too many.
pub(crate) fn key(target: &Target, descriptor: Option<u32>) -> Result<NamedKey, Failure> {
    let mut named = named_keys(descriptor);
    if let [(first, _), (second, _), ..] = named.as_slice() {
        let message = format!("{first} and {second} both name a key, and a key is taken from one place only");
        return Err(Failure::usage("two_keys", message).hint(format!("take {first} or {second} away")));
    }
    if let Some((_, key)) = named.pop() {
        return Ok(key);
    }
    if let Target::Private(dir) = target {
        return Ok(NamedKey::Master(KeySource::File(dir.master_key_file(), "default")));
    }
    let dirs = choose_base_strategy().map_err(|_| {
        Failure::usage("no_home", "there is no home directory to keep the master key in")
            .hint("name a file for it in BYOK_MASTER_KEY_FILE")
    })?;
    Ok(NamedKey::Master(KeySource::File(dirs.config_dir().join("byok/master.key"), "default")))
}

/// The place of the master key, where it is the master key that is wanted.
pub(crate) fn master_key(target: &Target, descriptor: Option<u32>) -> Result<KeySource, Failure> {
    match key(target, descriptor)? {
        NamedKey::Master(source) => Ok(source),
        NamedKey::Data(_) => Err(Failure::new(
            byok::exit::NOT_AUTHORIZED,
            "no_master_key",
            "this takes the master key, and the data key of an organization was given",
        )
        .hint("name the master key's file in BYOK_MASTER_KEY_FILE, and no data key")),
    }
}

/// Where systemd says that the credentials of a service are.
pub(crate) const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The master key among them: the directory is named for every credential, and names a key where ours is in it.
pub(crate) fn credential() -> Option<PathBuf> {
    let path = PathBuf::from(variable(CREDENTIALS)?).join("byok-master");
    path.exists().then_some(path)
}

/// Every setting that names a key.
fn named_keys(descriptor: Option<u32>) -> Vec<(&'static str, NamedKey)> {
    let mut named = Vec::new();
    if let Some(number) = descriptor {
        named.push(("--master-key-fd", NamedKey::Master(KeySource::Descriptor(number))));
    }
    if let Some(path) = credential() {
        let name = "CREDENTIALS_DIRECTORY/byok-master";
        named.push((name, NamedKey::Master(KeySource::File(path, name))));
    }
    let mut add = |[file, command, text]: [&'static str; 3], kind: fn(KeySource) -> NamedKey| {
        let sources = [
            variable(file).map(|path| (file, KeySource::File(path.into(), file))),
            variable(command).map(|line| (command, KeySource::Command(line, command))),
            variable(text).map(|value| (text, KeySource::Variable(SecretText::new(value), text))),
        ];
        named.extend(sources.into_iter().flatten().map(|(name, source)| (name, kind(source))));
    };
    add(["BYOK_MASTER_KEY_FILE", "BYOK_MASTER_KEY_COMMAND", "BYOK_MASTER_KEY"], NamedKey::Master);
    add(["BYOK_DATA_KEY_FILE", "BYOK_DATA_KEY_COMMAND", "BYOK_DATA_KEY"], NamedKey::Data);
    named
}
