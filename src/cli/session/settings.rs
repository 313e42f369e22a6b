//! Reads settings from BYOK_ variables and from `DATABASE_URL`, or uses defaults. No file in the working directory is
//! read. A variable that is set but empty is an error.

use std::path::PathBuf;

use anyhow::bail;
use byok::admin::{DatabaseUrl, Pooler};
use byok::local::LocalDir;
use byok::secret::SecretText;
use byok::{mask, setting};

use crate::cli::session::variables::{Kind, OURS, Variable};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// The database to use.
pub(crate) enum Target {
    /// A configured database, and the variable that names it.
    Configured(DatabaseUrl, &'static str),
    /// The private database.
    Private(LocalDir),
}

impl Target {
    /// Which database it is, without a password, and the setting that names it.
    pub(crate) fn named(&self) -> String {
        match self {
            Self::Configured(url, name) => {
                format!("database {}, named by {name}", output::setting(&url.host().to_string()))
            }
            Self::Private(dir) => format!("the private database in {}", output::path(dir.path())),
        }
    }
}

/// The source of a key, and the setting that names it.
pub(crate) enum KeySource {
    /// A file.
    File(PathBuf, &'static str),
    /// An inherited file descriptor.
    Descriptor(u32),
    /// The output of a command.
    Command(String, &'static str),
    /// A variable.
    Variable(SecretText, &'static str),
}

/// The key that the settings name.
pub(crate) enum NamedKey {
    /// The platform's master key.
    Master(KeySource),
    /// The data key of one organization.
    Data(KeySource),
}

/// Checks all BYOK_ variables before any of them is used.
pub(crate) fn check() -> anyhow::Result<()> {
    faults().into_iter().next().map_or(Ok(()), |(_, failure)| Err(failure.into()))
}

/// The BYOK_ variables that cannot be used, and why: one is empty, unknown or not UTF-8, or it holds a key where no key
/// belongs.
pub(crate) fn faults() -> Vec<(String, Failure)> {
    let ours = setting::names().filter(|name| name.as_encoded_bytes().starts_with(b"BYOK_"));
    ours.filter_map(|name| {
        let known = OURS.iter().find(|known| name == known.name);
        let name = name.to_string_lossy().into_owned();
        let fault = known.map_or_else(|| Some(unknown(&name)), fault)?;
        Some((name, fault))
    })
    .collect()
}

fn fault(Variable { name, kind, .. }: &Variable) -> Option<Failure> {
    let holds_key = match kind {
        Kind::Path => setting::path(name).map(|path| path.is_some_and(|path| mask::holds_key(&path.to_string_lossy()))),
        Kind::Text => setting::text(name).map(|text| text.is_some_and(|text| mask::holds_key(&text))),
        Kind::Switch => setting::switch(name).map(|_| false),
        Kind::Secret => setting::text(name).map(|_| false),
    };
    match holds_key {
        Ok(false) => None,
        Ok(true) => Some(
            Failure::usage("key_in_variable", format!("{name} contains a key, and must not"))
                .hint("put a master key or data key into a file, or into BYOK_MASTER_KEY or BYOK_DATA_KEY"),
        ),
        Err(error) => Some(Failure::from(&error)),
    }
}

fn unknown(name: &str) -> Failure {
    let near = OURS.iter().map(|known| (strsim::osa_distance(known.name, name), known.name)).min();
    let hint = match near {
        Some((distance, near)) if distance <= 3 => format!("did you mean {near}?"),
        _ => "to see the variables: byok help environment; remove this one, or give it another name".into(),
    };
    Failure::usage("unknown_variable", format!("byok has no variable {name}")).hint(hint)
}

/// The variable that has this value.
pub(crate) fn named_by(value: &str) -> Option<&'static str> {
    let names = OURS.iter().map(|variable| variable.name);
    names.into_iter().find(|name| setting::bytes(name).is_some_and(|known| known.to_string_lossy() == value))
}

/// The organization that BYOK_ORG names, for commands in which it is optional.
pub(crate) fn org() -> anyhow::Result<Option<String>> {
    Ok(setting::text("BYOK_ORG")?)
}

/// The configured database, or else the private one. `local` asks for the private one. `unattended` is the reason why
/// nobody is there who would notice a wrong database: then byok uses the private one only if it is asked for.
pub(crate) fn target(local: bool, unattended: Option<&'static str>) -> anyhow::Result<Target> {
    if local {
        return Ok(Target::Private(private_dir()?));
    }
    for name in ["BYOK_DATABASE_URL", "DATABASE_URL"] {
        if let Some(text) = setting::text(name)? {
            let url = DatabaseUrl::parse(SecretText::new(text)).map_err(|error| {
                let failure = Failure::from(error);
                Failure { message: format!("{}: {name}", failure.message), ..failure }
            })?;
            let url = url.behind(pooler()?);
            return Ok(Target::Configured(url, name));
        }
    }
    if let Some(why) = unattended.filter(|_| setting::bytes("BYOK_LOCAL_DIR").is_none()) {
        let message = format!("no database is configured, and byok does not choose the private one because {why}");
        bail!(Failure::usage("no_database", message).hint(
            "set BYOK_DATABASE_URL; or, to use the private database, give --local or set BYOK_LOCAL_DIR to its directory"
        ));
    }
    Ok(Target::Private(private_dir()?))
}

/// The connection pooler in front of the configured database.
fn pooler() -> anyhow::Result<Pooler> {
    match setting::text("BYOK_POOLER")?.as_deref() {
        None => Ok(Pooler::Auto),
        Some("none") => Ok(Pooler::None),
        Some("transaction") => Ok(Pooler::Transaction),
        Some(_) => Err(Failure::usage("bad_pooler", "BYOK_POOLER is `transaction` or `none`").into()),
    }
}

/// The directory of the private server.
pub(crate) fn private_dir() -> anyhow::Result<LocalDir> {
    Ok(LocalDir::resolve(setting::path("BYOK_LOCAL_DIR")?.as_deref())?.saying(output::notice))
}

/// The source of the key that opens and seals. An option counts before variables, of which at most one may name the key.
/// The default is the master key beside the private database, or in the user's configuration directory.
pub(crate) fn key(target: &Target, descriptor: Option<u32>) -> anyhow::Result<NamedKey> {
    let mut named = named_keys(descriptor)?;
    if let [(first, _), (second, _), ..] = named.as_slice() {
        let message = format!("{first} and {second} both name a key, and only one of them may be set");
        bail!(Failure::usage("two_keys", message).hint(format!("remove {first} or {second}")));
    }
    if let Some((_, key)) = named.pop() {
        return Ok(key);
    }
    if let Target::Private(dir) = target {
        return Ok(NamedKey::Master(KeySource::File(dir.master_key_file(), "default")));
    }
    let dir = setting::config_dir()?.ok_or_else(|| {
        Failure::usage("no_home", "there is no home directory for the master key")
            .hint("set BYOK_MASTER_KEY_FILE to a file for it")
    })?;
    Ok(NamedKey::Master(KeySource::File(dir.join("byok/master.key"), "default")))
}

/// The source of the master key, for commands that need it.
pub(crate) fn master_key(target: &Target, descriptor: Option<u32>) -> anyhow::Result<KeySource> {
    match key(target, descriptor)? {
        NamedKey::Master(source) => Ok(source),
        NamedKey::Data(_) => Err(Failure::new(
            byok::exit::NOT_AUTHORIZED,
            "no_master_key",
            "this needs the master key, but a data key was given",
        )
        .hint("set BYOK_MASTER_KEY_FILE to the master key's file, and remove the variable of the data key")
        .into()),
    }
}

/// The variable in which systemd names the directory of credentials.
pub(crate) const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The master key in that directory. systemd names the directory for every credential, so it counts only if the file is
/// there.
pub(crate) fn credential() -> anyhow::Result<Option<PathBuf>> {
    let Some(dir) = setting::directory(CREDENTIALS)? else { return Ok(None) };
    let path = dir.join("byok-master");
    match path.symlink_metadata() {
        Ok(_) => Ok(Some(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && dir.is_dir() => Ok(None),
        Err(error) => {
            Err(Failure::usage("bad_credentials", format!("{CREDENTIALS}: {}: {error}", output::path(&path)))
                .hint("only systemd should set this variable; remove it if you set it yourself")
                .into())
        }
    }
}

/// All settings that name a key.
fn named_keys(descriptor: Option<u32>) -> anyhow::Result<Vec<(&'static str, NamedKey)>> {
    if let Some(number) = descriptor {
        return Ok(vec![("--master-key-fd", NamedKey::Master(KeySource::Descriptor(number)))]);
    }
    let mut named = Vec::new();
    if let Some(path) = credential()? {
        let name = "CREDENTIALS_DIRECTORY/byok-master";
        named.push((name, NamedKey::Master(KeySource::File(path, name))));
    }
    let mut add = |[file, command, text]: [&'static str; 3], kind: fn(KeySource) -> NamedKey| -> anyhow::Result<()> {
        let sources = [
            setting::path(file)?.map(|path| (file, KeySource::File(path, file))),
            setting::text(command)?.map(|line| (command, KeySource::Command(line, command))),
            setting::text(text)?.map(|value| (text, KeySource::Variable(SecretText::new(value), text))),
        ];
        named.extend(sources.into_iter().flatten().map(|(name, source)| (name, kind(source))));
        Ok(())
    };
    add(["BYOK_MASTER_KEY_FILE", "BYOK_MASTER_KEY_COMMAND", "BYOK_MASTER_KEY"], NamedKey::Master)?;
    add(["BYOK_DATA_KEY_FILE", "BYOK_DATA_KEY_COMMAND", "BYOK_DATA_KEY"], NamedKey::Data)?;
    Ok(named)
}
