//! Changes the configuration file. Comments, the order and the form of what is there stay. Nothing is written if the file could not
//! be used afterwards.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use byok::exit;
use byok::lock::{Lock, LockError};
use byok::system::{FileFacts as _, file};
use toml_edit::{Array, Document, DocumentMut, Item, Table, TableLike};

use crate::cli::config::checks::{self, DEFAULT};
use crate::cli::config::{self, Place, document};
use crate::cli::session::variables::{Kind, keys};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::failure::system::{cannot_write, of_lock};
use crate::cli::terminal::{dry_run, output, replaced};

const ELSEWHERE: &str = "name another file: BYOK_CONFIG=PATH";

/// What is changed: a setting of a profile, or the default profile.
pub(crate) struct Spot<'a> {
    /// None for the default profile.
    pub(crate) profile: Option<&'a str>,
    pub(crate) key: &'a str,
}

/// What a change did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Created,
    Replaced,
    Removed,
    Unchanged,
}

impl Done {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Checks whether these words can be the value.
pub(crate) fn check(spot: &Spot<'_>, words: &[String]) -> anyhow::Result<()> {
    item(spot, words).map(drop)
}

/// Sets a value, which may be several words for a command.
pub(crate) fn set(place: &Place, spot: &Spot<'_>, words: &[String]) -> anyhow::Result<Done> {
    let item = item(spot, words)?;
    change(place, |before, real| {
        let mut document = parsed(before, real)?;
        let table = table(&mut document, spot, real)?;
        let old = table.get(spot.key).cloned();
        if old.as_ref().is_some_and(|old| same(spot, old, &item)) {
            return Ok(None);
        }
        put(table, spot.key, item);
        let text = document.to_string();
        // All of the file must be usable, so that no other command fails because of this one.
        // What was wrong before is said with the line where it is.
        let config = document::parse(&text, real)
            .map_err(|failure| unchanged(document::parse(before, real).err().unwrap_or(failure)))?;
        let there = match spot.profile {
            Some(name) => config.profile(name).is_some_and(|profile| profile.entry(spot.key).is_some()),
            None => config.default.is_some(),
        };
        if !there {
            let message = format!("{} has a form that byok cannot change", output::path(real));
            return Err(unchanged(Failure::usage("bad_config", message).hint("change it by hand")).into());
        }
        Ok(Some((text, if old.is_some() { Done::Replaced } else { Done::Created })))
    })
}

/// Removes a value, also one that this version does not know.
pub(crate) fn unset(place: &Place, spot: &Spot<'_>) -> anyhow::Result<Done> {
    change(place, |text, real| {
        let mut document = parsed(text, real)?;
        let root: &mut dyn TableLike = document.as_table_mut();
        let table = match spot.profile {
            None => Some(root),
            Some(name) => root
                .get_mut(document::PROFILES)
                .and_then(Item::as_table_like_mut)
                .and_then(|profiles| profiles.get_mut(name))
                .and_then(Item::as_table_like_mut),
        };
        let removed = table.and_then(|table| table.remove(spot.key));
        Ok(removed.map(|_| (document.to_string(), Done::Removed)))
    })
}

/// Reads the file, and replaces it by what this makes of its text. One process at a time does so.
fn change(
    place: &Place,
    make: impl FnOnce(&str, &Path) -> anyhow::Result<Option<(String, Done)>>,
) -> anyhow::Result<Done> {
    if config::is_none(&place.path) {
        return Err(Failure::usage("bad_config", "BYOK_CONFIG is /dev/null, so there is no file to change")
            .hint(ELSEWHERE)
            .into());
    }
    let unwritten =
        |error: std::io::Error| unchanged(cannot_write("the configuration to ", &place.path, &error, ELSEWHERE));
    let writes = !dry_run::is_on();
    if let Some(parent) = place.path.parent().filter(|_| writes) {
        file::create_directory(parent).map_err(unwritten)?;
    }
    // The link stays, and there is one lock for the file.
    let real = replaced::real(&place.path);
    let _lock = if writes { Some(lock(&real)?) } else { None };
    let text = config::read(&place.path)?;
    if fs::metadata(&real).is_ok_and(|facts| facts.names() > 1) {
        let message = format!("{} has another name too, which would keep the old content", output::path(&real));
        return Err(unchanged(Failure::usage("second_name", message))
            .hint("make the other name a symbolic link")
            .into());
    }
    let Some((text, done)) = make(&text.unwrap_or_default(), &real)? else { return Ok(Done::Unchanged) };
    if writes {
        replaced::replace(&real, text.as_bytes(), replaced::Group::Loses).map_err(unwritten)?;
    }
    Ok(done)
}

fn lock(real: &Path) -> anyhow::Result<Lock> {
    let mut beside = real.as_os_str().to_owned();
    beside.push(".lock");
    Ok(Lock::take(Path::new(&beside), output::notice).map_err(|error| match error {
        LockError::Held { .. } => {
            Failure::new(exit::UNAVAILABLE, "locked", error.to_string()).hint(of_lock(&error, ELSEWHERE))
        }
        LockError::Io { path, source } => unchanged(cannot_write("the lock file ", &path, &source, ELSEWHERE)),
        _ => Failure::usage("bad_config", error.to_string()).hint(of_lock(&error, ELSEWHERE)),
    })?)
}

fn unchanged(failure: Failure) -> Failure {
    Failure { message: format!("{}; nothing was changed", failure.message), ..failure }
}

fn parsed(text: &str, real: &Path) -> anyhow::Result<DocumentMut> {
    match Document::parse(text) {
        Ok(document) => Ok(document.into_mut()),
        // This error does not quote the file.
        Err(_) => Err(document::parse(text, real).err().map_or_else(
            || anyhow::anyhow!("{} cannot be read", output::path(real)),
            |failure| unchanged(failure).into(),
        )),
    }
}

/// The table of the spot, which is made if it is not there.
fn table<'d>(document: &'d mut DocumentMut, spot: &Spot<'_>, real: &Path) -> anyhow::Result<&'d mut dyn TableLike> {
    let Some(name) = spot.profile else { return Ok(document.as_table_mut()) };
    let implicit = || {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    };
    let profiles = document.entry(document::PROFILES).or_insert_with(implicit).as_table_like_mut();
    let profile = profiles.map(|profiles| profiles.entry(name).or_insert_with(toml_edit::table));
    profile.and_then(Item::as_table_like_mut).with_context(|| {
        Failure::usage("bad_config", format!("{}: profiles are tables: [profiles.NAME]", output::path(real)))
    })
}

/// Puts a value where the old one was. A comment behind it stays.
fn put(table: &mut dyn TableLike, key: &str, item: Item) {
    let Some(old) = table.get_mut(key) else {
        table.insert(key, item);
        return;
    };
    let decor = old.as_value().map(|value| value.decor().clone());
    *old = item;
    if let (Some(decor), Some(value)) = (decor, old.as_value_mut()) {
        *value.decor_mut() = decor;
    }
}

/// Whether both are the same value, in whatever form.
fn same(spot: &Spot<'_>, old: &Item, new: &Item) -> bool {
    match keys().find(|(known, _)| *known == spot.key && spot.profile.is_some()) {
        Some((key, kind)) => match (checks::value(key, kind, old), checks::value(key, kind, new)) {
            (Ok(old), Ok(new)) => old == new,
            _ => false,
        },
        None => old.as_str().is_some() && old.as_str() == new.as_str(),
    }
}

/// The words of the command line as a value of the file.
fn item(spot: &Spot<'_>, words: &[String]) -> anyhow::Result<Item> {
    let failure = |wrong: checks::Wrong| {
        let failure = Failure::usage(wrong.code, format!("{}; nothing was changed", wrong.message));
        match wrong.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    };
    let known = keys().find(|(known, _)| *known == spot.key);
    let (key, kind) = match (spot.profile, known) {
        (None, _) => (DEFAULT, Kind::Text),
        (Some(_), Some(known)) => known,
        (Some(_), None) => return Err(failure(checks::unknown(spot.key)).into()),
    };
    let one =
        || match words {
            [word] => Ok(word.as_str()),
            _ => Err(Failure::usage("bad_value", format!("{key} has one value"))
                .hint(format!("byok config set {key} VALUE"))),
        };
    let item = match kind {
        Kind::Command => toml_edit::value(words.iter().map(String::as_str).collect::<Array>()),
        Kind::Switch => match one()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => toml_edit::value(true),
            "false" | "no" | "off" | "0" => toml_edit::value(false),
            _ => return Err(Failure::usage("bad_value", format!("{key} is true or false")).into()),
        },
        _ => toml_edit::value(one()?),
    };
    match spot.profile {
        None => checks::profile_name(one()?).map_err(failure)?,
        Some(name) => {
            checks::profile_name(name).map_err(failure)?;
            checks::value(key, kind, &item).map_err(failure)?;
        }
    }
    Ok(item)
}
