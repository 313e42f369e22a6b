//! Reads settings from BYOK_ variables, else from the profile in force, else from `DATABASE_URL`, or uses defaults. No file in the
//! working directory is read. A variable that is set but empty is an error.

use std::path::{Path, PathBuf};

use byok::admin::{DatabaseUrl, Pooler};
use byok::local::LocalDir;
use byok::secret::SecretText;
use byok::{mask, setting};
use clap::ValueEnum as _;

use crate::cli::config::{self, Chooser, document::Entry};
use crate::cli::session::variables::{Kind, OURS, Variable};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// The database to use.
#[derive(Clone)]
pub(crate) enum Target {
    /// A configured database, and the setting that names it.
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

/// Where a key or the URL of the database is, and the setting that names it.
pub(crate) enum SecretSource {
    /// A file.
    File(PathBuf, &'static str),
    /// An inherited file descriptor.
    Descriptor(u32),
    /// The output of a program, with its arguments.
    Command(Vec<String>, &'static str),
    /// The text itself.
    Text(SecretText, &'static str),
}

impl SecretSource {
    /// The setting that names it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::File(_, name) | Self::Command(_, name) | Self::Text(_, name) => name,
            Self::Descriptor(_) => "--master-key-fd",
        }
    }

    /// A connection string without a password. Every other text may be a secret.
    pub(crate) fn public_text(&self) -> Option<String> {
        let Self::Text(text, _) = self else { return None };
        let text = text.expose();
        let address = text.starts_with("postgres://") || text.starts_with("postgresql://");
        (address && !DatabaseUrl::has_password_in(text)).then(|| text.to_owned())
    }
}

/// The key that the settings name.
pub(crate) enum NamedKey {
    /// The platform's master key.
    Master(SecretSource),
    /// The data key of one organization.
    Data(SecretSource),
}

impl NamedKey {
    /// Where it is.
    pub(crate) fn source(&self) -> &SecretSource {
        let (Self::Master(source) | Self::Data(source)) = self;
        source
    }
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
        Kind::Text | Kind::Command => setting::text(name).map(|text| text.is_some_and(|text| mask::holds_key(&text))),
        Kind::Switch => setting::switch(name).map(|_| false),
        Kind::Secret | Kind::Address => setting::text(name).map(|_| false),
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

/// The entry of the profile in force that means the same as this variable.
pub(crate) fn entry(variable: &str) -> Option<&'static Entry> {
    let key = OURS.iter().find(|known| known.name == variable)?.key?;
    config::in_force()?.profile.entry(key)
}

/// A text: of the variable, or else of the profile.
pub(crate) fn text(variable: &'static str) -> anyhow::Result<Option<String>> {
    match setting::text(variable)? {
        None => Ok(entry(variable).and_then(Entry::text).map(str::to_owned)),
        text => Ok(text),
    }
}

/// A path: of the variable, or else of the profile.
pub(crate) fn path(variable: &'static str) -> anyhow::Result<Option<PathBuf>> {
    match setting::path(variable)? {
        None => Ok(entry(variable).and_then(Entry::path).map(Path::to_owned)),
        path => Ok(path),
    }
}

/// A switch: of the variable, or else of the profile. A variable that is neither true nor false was refused at the start,
/// except for help.
pub(crate) fn switch(variable: &'static str) -> bool {
    match setting::bytes(variable) {
        Some(_) => setting::switch(variable).unwrap_or(true),
        None => entry(variable).is_some_and(Entry::switch),
    }
}

/// Which of two sentences is true of a setting: that its variable is set, or that the profile has it.
pub(crate) fn by(variable: &str, set: &'static str, has: &'static str) -> &'static str {
    if setting::bytes(variable).is_some() { set } else { has }
}

/// The organization that BYOK_ORG or the profile names, for commands in which it is optional.
pub(crate) fn org() -> anyhow::Result<Option<String>> {
    text("BYOK_ORG")
}

/// The output format of the profile.
pub(crate) fn output() -> Option<output::Format> {
    entry("BYOK_OUTPUT").and_then(Entry::text).and_then(|name| output::Format::from_str(name, false).ok())
}

/// The connection pooler in front of the configured database.
pub(crate) fn pooler() -> anyhow::Result<Pooler> {
    match text("BYOK_POOLER")?.as_deref() {
        None | Some("auto") => Ok(Pooler::Auto),
        Some("none") => Ok(Pooler::None),
        Some("transaction") => Ok(Pooler::Transaction),
        Some(_) => Err(Failure::usage("bad_pooler", "BYOK_POOLER is `auto`, `transaction` or `none`").into()),
    }
}

/// The directory of the private server.
pub(crate) fn private_dir() -> anyhow::Result<LocalDir> {
    let user = text("BYOK_LOCAL_USER")?;
    let programs = path("BYOK_PG_BIN")?;
    let dir = LocalDir::resolve_as(path("BYOK_LOCAL_DIR")?.as_deref(), user.as_deref())?;
    Ok(dir.with_programs(programs).saying(output::notice))
}

/// Settings that name the same thing: its file, the command that prints it, and itself.
type Forms = [&'static str; 3];

const ADDRESS: Forms = ["BYOK_DATABASE_URL_FILE", "BYOK_DATABASE_URL_COMMAND", "BYOK_DATABASE_URL"];
const MASTER_KEY: Forms = ["BYOK_MASTER_KEY_FILE", "BYOK_MASTER_KEY_COMMAND", "BYOK_MASTER_KEY"];
const WEBHOOK_SECRET: Forms = ["BYOK_WEBHOOK_SECRET_FILE", "BYOK_WEBHOOK_SECRET_COMMAND", "BYOK_WEBHOOK_SECRET"];
const DATA_KEY: Forms = ["BYOK_DATA_KEY_FILE", "BYOK_DATA_KEY_COMMAND", "BYOK_DATA_KEY"];

/// The variables that name a secret.
fn in_variables([file, command, itself]: Forms) -> anyhow::Result<Vec<SecretSource>> {
    let words = |line: String| line.split_ascii_whitespace().map(str::to_owned).collect();
    let sources = [
        setting::path(file)?.map(|path| SecretSource::File(path, file)),
        setting::text(command)?.map(|line| SecretSource::Command(words(line), command)),
        setting::text(itself)?.map(|value| SecretSource::Text(SecretText::new(value), itself)),
    ];
    Ok(sources.into_iter().flatten().collect())
}

/// The settings of the profile in force that name a secret.
fn in_profile([file, command, itself]: Forms) -> Vec<SecretSource> {
    let sources = [
        entry(file).and_then(|it| Some(SecretSource::File(it.path()?.to_owned(), &it.named))),
        entry(command).and_then(|it| Some(SecretSource::Command(it.words()?.to_vec(), &it.named))),
        entry(itself).and_then(|it| Some(SecretSource::Text(SecretText::new(it.text()?.to_owned()), &it.named))),
    ];
    sources.into_iter().flatten().collect()
}

/// Where the URL of the database is. None if no database is configured.
///
/// A variable of byok counts before the profile, and the profile before DATABASE_URL, which other programs have too. Where the
/// command line names a profile, a variable must not lead to another database than that of the profile.
pub(crate) fn database() -> anyhow::Result<Option<SecretSource>> {
    let mut named = in_variables(ADDRESS)?;
    if let [first, second, ..] = named.as_slice() {
        return Err(twice("a database", first.name(), second.name()).into());
    }
    let in_profile = in_profile(ADDRESS).pop();
    if let (Some(variable), Some(ours)) = (named.first(), &in_profile)
        && config::in_force().is_some_and(|chosen| chosen.by == Chooser::Option)
    {
        let failure = twice("a database", variable.name(), ours.name());
        return Err(failure.hint(format!("remove the variable: unset {}", variable.name())).into());
    }
    if let Some(source) = named.pop().or(in_profile) {
        return Ok(Some(source));
    }
    let foreign = setting::text("DATABASE_URL")?;
    Ok(foreign.map(|text| SecretSource::Text(SecretText::new(text), "DATABASE_URL")))
}

/// Where the secret of a webhook is. A variable counts before the profile.
pub(crate) fn webhook_secret() -> anyhow::Result<Option<SecretSource>> {
    let mut named = in_variables(WEBHOOK_SECRET)?;
    if let [first, second, ..] = named.as_slice() {
        return Err(twice("the secret of a webhook", first.name(), second.name()).into());
    }
    Ok(named.pop().or_else(|| in_profile(WEBHOOK_SECRET).pop()))
}

/// A program and its arguments: of the variable, or else of the profile.
pub(crate) fn words(variable: &'static str) -> anyhow::Result<Option<Vec<String>>> {
    match setting::text(variable)? {
        None => Ok(entry(variable).and_then(Entry::words).map(<[String]>::to_vec)),
        Some(line) => Ok(Some(line.split_ascii_whitespace().map(str::to_owned).collect())),
    }
}

fn twice(what: &str, first: &str, second: &str) -> Failure {
    let code = match what {
        "a key" => "two_keys",
        "a database" => "two_databases",
        _ => "two_secrets",
    };
    let message = format!("{first} and {second} both name {what}, and only one of them may be set");
    Failure::usage(code, message).hint(format!("remove {first} or {second}"))
}

/// The source of the key that opens and seals. An option counts before variables, of which at most one may name the key.
/// The default is the master key beside the private database, or in the user's configuration directory.
pub(crate) fn key(target: &Target, descriptor: Option<u32>) -> anyhow::Result<NamedKey> {
    let private = if let Target::Private(dir) = target { Some(dir) } else { None };
    key_beside(private, descriptor)
}

/// The same. `private` is the directory of the private database, if that is used.
pub(crate) fn key_beside(private: Option<&LocalDir>, descriptor: Option<u32>) -> anyhow::Result<NamedKey> {
    let mut named = named_keys(descriptor)?;
    if let [first, second, ..] = named.as_slice() {
        return Err(twice("a key", first.source().name(), second.source().name()).into());
    }
    if let Some(key) = named.pop() {
        return Ok(key);
    }
    if let Some(dir) = private {
        return Ok(NamedKey::Master(SecretSource::File(dir.master_key_file(), "default")));
    }
    let dir = setting::config_dir()?.ok_or_else(|| {
        Failure::usage("no_home", "there is no home directory for the master key")
            .hint("set BYOK_MASTER_KEY_FILE to a file for it")
    })?;
    Ok(NamedKey::Master(SecretSource::File(dir.join("byok/master.key"), "default")))
}

/// The source of the master key, for commands that need it.
pub(crate) fn master_key(target: &Target, descriptor: Option<u32>) -> anyhow::Result<SecretSource> {
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

/// All settings that name a key. Those of the profile count if there is no other.
fn named_keys(descriptor: Option<u32>) -> anyhow::Result<Vec<NamedKey>> {
    if let Some(number) = descriptor {
        return Ok(vec![NamedKey::Master(SecretSource::Descriptor(number))]);
    }
    let systemd = credential()?.map(|path| SecretSource::File(path, "CREDENTIALS_DIRECTORY/byok-master"));
    let masters = systemd.into_iter().chain(in_variables(MASTER_KEY)?).map(NamedKey::Master);
    let named: Vec<NamedKey> = masters.chain(in_variables(DATA_KEY)?.into_iter().map(NamedKey::Data)).collect();
    if !named.is_empty() {
        return Ok(named);
    }
    let masters = in_profile(MASTER_KEY).into_iter().map(NamedKey::Master);
    Ok(masters.chain(in_profile(DATA_KEY).into_iter().map(NamedKey::Data)).collect())
}
