//! The user's configuration file: where it is, who may change it, and the profile in force.
//!
//! It has no secrets, but it names the database and the programs that print keys. So nobody but the user and root may be able to
//! change it. No file of the working directory is read.

pub(crate) mod change;
pub(crate) mod checks;
pub(crate) mod document;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, bail};
use byok::system::FileFacts as _;
use byok::system::disk::is_read_only;
use byok::{exit, setting};

use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::file::{self, Source};
use crate::cli::terminal::output;
use document::{Config, Profile};

/// The longest file, in bytes.
const LONGEST: u64 = 256 * 1024;
/// A file that is none, for who wants no profile.
const NONE: &str = "/dev/null";

/// Where the configuration file is.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Whether BYOK_CONFIG names it, so that it must be there.
    pub(crate) named: bool,
}

/// The profile in force.
pub(crate) struct Chosen {
    pub(crate) profile: Profile,
    /// What names it.
    pub(crate) by: Chooser,
    path: PathBuf,
}

/// What names the profile in force.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chooser {
    Option,
    Variable,
    /// This line of the file.
    Default(usize),
}

impl Chosen {
    /// Where its name comes from.
    pub(crate) fn origin(&self) -> String {
        match self.by {
            Chooser::Option => "--profile".into(),
            Chooser::Variable => "env BYOK_PROFILE".into(),
            Chooser::Default(line) => format!("{}:{line}", output::path(&self.path)),
        }
    }
}

/// The profile in force, once it is known.
static CHOSEN: OnceLock<Option<Chosen>> = OnceLock::new();

/// The profile in force. None before the file was read, and for commands that need none.
pub(crate) fn in_force() -> Option<&'static Chosen> {
    CHOSEN.get().and_then(Option::as_ref)
}

/// Which profile is in force, in words.
pub(crate) fn in_words() -> String {
    let named = |chosen: &Chosen| format!("profile {} is in force, named by {}", chosen.profile.name, chosen.origin());
    in_force().map_or_else(|| "no profile is in force".into(), named)
}

/// Reads the file, and chooses the profile in force. `typed` is that of the command line. The private database of --local is no
/// profile's.
pub(crate) fn load(typed: Option<&str>, local: bool) -> anyhow::Result<()> {
    if local && typed.is_some() {
        let failure = Failure::usage("contradiction", "--local and --profile contradict each other");
        return Err(failure.hint("--local uses the private database and no profile").into());
    }
    let chosen = if local { None } else { choose(typed)? };
    CHOSEN.get_or_init(|| chosen);
    Ok(())
}

fn choose(typed: Option<&str>) -> anyhow::Result<Option<Chosen>> {
    let place = place()?;
    let config = match &place {
        Some(place) => config(place)?,
        None => None,
    };
    let path = place.map(|place| place.path).unwrap_or_default();
    let variable = setting::text("BYOK_PROFILE")?;
    let Some(Config { default, profiles }) = config else {
        return match typed.map(str::to_owned).or(variable) {
            Some(name) => Err(no_profile(&name, &path, &Config { default: None, profiles: Vec::new() }).into()),
            None => Ok(None),
        };
    };
    let (name, by) = match (typed, variable, &default) {
        (Some(name), ..) => (name.to_owned(), Chooser::Option),
        (_, Some(name), _) => (name, Chooser::Variable),
        (.., Some(default)) => (default.name.clone(), Chooser::Default(default.line)),
        _ => return Ok(None),
    };
    let mut config = Config { default, profiles };
    match config.profiles.iter().position(|profile| profile.name == name) {
        Some(at) => Ok(Some(Chosen { profile: config.profiles.swap_remove(at), by, path })),
        None => Err(no_profile(&name, &path, &config).into()),
    }
}

fn no_profile(name: &str, path: &Path, config: &Config) -> Failure {
    let place = output::path(path);
    let message = match checks::profile_name(name) {
        Ok(()) => format!("there is no profile {name} in {place}"),
        Err(wrong) => wrong.message,
    };
    Failure::new(exit::NOT_FOUND, "no_profile", message).hint(config.suggestion(name))
}

/// Where the file is. None if there is no home directory.
pub(crate) fn place() -> anyhow::Result<Option<Place>> {
    if let Some(path) = setting::directory("BYOK_CONFIG")? {
        return Ok(Some(Place { path, named: true }));
    }
    Ok(setting::config_dir()?.map(|dir| Place { path: dir.join("byok/config.toml"), named: false }))
}

/// The same, for who needs a place.
pub(crate) fn needed_place() -> anyhow::Result<Place> {
    place()?.with_context(|| {
        Failure::usage("no_home", "there is no home directory for the configuration file")
            .hint("set HOME, or name the file: BYOK_CONFIG=PATH")
    })
}

/// What the file says. None if there is no file.
pub(crate) fn config(place: &Place) -> anyhow::Result<Option<Config>> {
    match read(&place.path)? {
        Some(text) => Ok(Some(document::parse(&text, &place.path)?)),
        None if place.named && !is_none(&place.path) => {
            let message = format!("BYOK_CONFIG names {}, and there is no such file", output::path(&place.path));
            let hint =
                "to make it: byok config set --profile NAME KEY VALUE; or remove the variable: unset BYOK_CONFIG";
            bail!(Failure::usage("bad_config", message).hint(hint))
        }
        None => Ok(None),
    }
}

/// Whether this path stands for no file.
pub(crate) fn is_none(path: &Path) -> bool {
    path == Path::new(NONE)
}

/// The text of the file. None if there is no file. It is an error if somebody else could have changed it.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<String>> {
    let cannot = || Failure::usage("bad_config", output::path(path));
    if is_none(path) {
        return Ok(None);
    }
    let opened = match file::open(path) {
        Ok(opened) => opened,
        Err(error) if is_absent(&error, path) => return Ok(None),
        Err(error) => {
            return Err(error)
                .with_context(|| cannot().hint("byok needs to read it; or name another file: BYOK_CONFIG"));
        }
    };
    if !opened.facts.is_file() {
        bail!(cannot_use(path, "this is a pipe, not a file"));
    }
    check_file(path, &opened)?;
    let mut bytes = Vec::new();
    opened.take(LONGEST + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > LONGEST {
        bail!(cannot_use(path, &format!("this file is larger than {} KiB, so it is no configuration", LONGEST / 1024)));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| cannot_use(path, "this file is not UTF-8 text").into())
}

fn cannot_use(path: &Path, why: &str) -> Failure {
    Failure::usage("bad_config", format!("{}: {why}", output::path(path)))
        .hint("put a configuration there, or name another file: BYOK_CONFIG=PATH; without any: BYOK_CONFIG=/dev/null")
}

/// Whether there is nothing at this path. A link that leads nowhere is something.
fn is_absent(error: &io::Error, path: &Path) -> bool {
    let missing = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    missing && fs::symlink_metadata(path).is_err()
}

/// Refuses a file that somebody else could have changed, or whose directory somebody else can change.
fn check_file(path: &Path, opened: &Source) -> anyhow::Result<()> {
    let real = fs::canonicalize(path).with_context(|| Failure::usage("bad_config", output::path(path)))?;
    // Nobody can write to such a mount, whatever the modes say.
    if is_read_only(&real) {
        return Ok(());
    }
    let facts = &opened.facts;
    let dir = real.parent().unwrap_or(Path::new("/"));
    let dir_facts = fs::metadata(dir).with_context(|| Failure::usage("bad_config", output::path(dir)))?;
    let sticky = dir_facts.is_sticky();
    for (what, facts) in [(real.as_path(), facts), (dir, &dir_facts)] {
        if !facts.is_ours_or_of_root() {
            let message = format!("{} belongs to another user, who can change the configuration", output::path(what));
            bail!(Failure::usage("exposed_config", message).hint(
                "its owner must be you or root; name another file: BYOK_CONFIG=PATH; or none: BYOK_CONFIG=/dev/null"
            ));
        }
    }
    for (what, facts, open) in [(real.as_path(), facts, false), (dir, &dir_facts, sticky)] {
        if !facts.others_may_write() || open {
            continue;
        }
        let place = output::path(what);
        let message = format!("others can change {place} (mode {:o}), and so the configuration", facts.mode());
        let who = if facts.may_change_mode() { "" } else { "root does this: " };
        bail!(
            Failure::usage("exposed_config", message)
                .hint(format!("look whether its content is still yours, then: {who}chmod go-w {place}"))
        );
    }
    Ok(())
}
