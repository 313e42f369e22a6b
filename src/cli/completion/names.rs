//! The names that an argument may have: from the catalog at once, and from the database within a short time.
//!
//! The database is asked without a key and without a question to the user, and a private server is not started. Only ids
//! are kept for the next time, no hints.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use clap::Arg;

use byok::admin::{Database, DatabaseUrl, KeyPage};
use byok::name::Holder;
use byok::provider::{Capability, Catalog, Verdict};
use byok::secret::SecretText;

use crate::cli::completion::candidate::Candidate;
use crate::cli::completion::recent;
use crate::cli::config;
use crate::cli::config::checks::DEFAULT;
use crate::cli::session::settings::{self, SecretSource, Target};
use crate::cli::session::target::target;
use crate::cli::session::variables::{OURS, keys};
use crate::cli::views::audit::ACTIONS;
use crate::cli::views::kinds;

/// How long the database may take, all together. A shell waits that long for its line.
const DEADLINE: Duration = Duration::from_millis(200);

/// How many organizations are offered.
const MOST: i32 = 1000;

/// What the database is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Orgs,
    Logins,
    Providers,
    Operations,
    /// The providers of which the organization of the line, or the platform, has a key.
    Keys(Whose),
}

/// Whose keys a command is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Org,
    Platform,
}

impl Asked {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Orgs => "orgs",
            Self::Logins => "logins",
            Self::Providers => "providers",
            Self::Operations => "operations",
            Self::Keys(_) => "keys",
        }
    }
}

/// The options of the line that choose the database.
#[derive(Clone, Default)]
pub(super) struct Chosen {
    pub(super) local: bool,
    pub(super) profile: Option<String>,
    /// The organization that the line names.
    pub(super) org: Option<String>,
}

/// The verbs of `key` and `platform-key` that are about a key that is there.
const OF_STORED: [&str; 8] = ["copy", "expire", "history", "move", "remove", "rollback", "rotate", "show"];

/// What this argument may be.
pub(super) fn of(arg: &Arg, path: &str, current: &str, chosen: &Chosen) -> Vec<Candidate> {
    let name = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    let plain = |names: Vec<String>| names.into_iter().map(Candidate::new).collect();
    match name {
        "ORG" => plain(stored(Asked::Orgs, current, chosen)),
        "LOGIN" => plain(stored(Asked::Logins, current, chosen)),
        "OPERATION" => plain(stored(Asked::Operations, current, chosen)),
        "PROVIDER" => {
            let keys = with_keys(path).map(|whose| stored(Asked::Keys(whose), current, chosen)).unwrap_or_default();
            if !keys.is_empty() {
                return plain(keys);
            }
            let builtin = Catalog::builtin().providers().iter();
            let builtin =
                builtin.map(|it| Candidate { about: Some(it.name.clone()), ..Candidate::new(it.id.as_str()) });
            let capable = arg.get_help().is_some_and(|help| help.to_string().contains("capability"));
            let capabilities = if capable { capabilities() } else { Vec::new() };
            builtin.chain(capabilities).chain(plain(stored(Asked::Providers, current, chosen))).collect()
        }
        "CAPABILITY" => capabilities(),
        "VERDICT" => Verdict::ALL.iter().map(|verdict| Candidate::new(verdict.as_str())).collect(),
        "KIND" if path == "schema" => kinds::ALL.iter().map(|(kind, _)| Candidate::new(*kind)).collect(),
        "ACTION" => ACTIONS.iter().map(|action| Candidate::new(*action)).collect(),
        "SETTING" => settings_of(path),
        _ if ["profile", "confirm_profile"].contains(&arg.get_id().as_str()) => plain(profiles()),
        _ => Vec::new(),
    }
}

/// Whose keys a command is about that is about a key that is there.
fn with_keys(path: &str) -> Option<Whose> {
    let (noun, verb) = path.split_once(' ').filter(|(_, verb)| OF_STORED.contains(verb))?;
    match (noun, verb) {
        ("key", _) => Some(Whose::Org),
        ("platform-key", _) => Some(Whose::Platform),
        _ => None,
    }
}

/// The settings that `config get`, `set` and `unset` take.
fn settings_of(path: &str) -> Vec<Candidate> {
    let about = |key: &str| OURS.iter().find(|it| it.key == Some(key)).map(|it| it.about.to_owned());
    let of_profile = keys().map(|(key, _)| Candidate { about: about(key), ..Candidate::new(key) });
    let more = if path == "config get" { "profile" } else { DEFAULT };
    of_profile.chain([Candidate::new(more)]).collect()
}

/// The profiles of the configuration file.
fn profiles() -> Vec<String> {
    let config = config::place().ok().flatten().and_then(|place| config::config(&place).ok().flatten());
    config.map(|config| config.profiles.into_iter().map(|it| it.name).collect()).unwrap_or_default()
}

fn capabilities() -> Vec<Candidate> {
    let about = || Some("capability".to_owned());
    Capability::ALL.iter().map(|it| Candidate { about: about(), ..Candidate::new(it.as_str()) }).collect()
}

/// Names that the database has. After the deadline, or if there is no answer, those of the last time.
fn stored(asked: Asked, current: &str, chosen: &Chosen) -> Vec<String> {
    let (give, answer) = channel();
    let (begin, chosen) = (current.to_owned(), chosen.clone());
    // Also a file of a password may be a pipe that nobody writes, so the thread is left behind.
    thread::spawn(move || give.send(ask(asked, &begin, &chosen)));
    answer.recv_timeout(DEADLINE).ok().flatten().unwrap_or_default()
}

fn ask(asked: Asked, begin: &str, chosen: &Chosen) -> Option<Vec<String>> {
    settings::check().ok()?;
    config::load(chosen.profile.as_deref(), chosen.local).ok()?;
    // A command that prints the address may ask for a password.
    if !chosen.local && matches!(settings::database().ok()?, Some(SecretSource::Command(..))) {
        return None;
    }
    let target = target(chosen.local, None).ok()?;
    // Which keys there are is not kept.
    let place = match asked {
        Asked::Keys(_) => None,
        _ => recent::Place::of(&target.named(), asked.word()),
    };
    let holder = match asked {
        Asked::Keys(Whose::Platform) => Some(Holder::Platform),
        Asked::Keys(Whose::Org) => {
            let org = chosen.org.clone().or_else(|| settings::org().ok().flatten())?;
            Some(Holder::Organization(org.parse().ok()?))
        }
        _ => None,
    };
    if let Some(names) = place.as_ref().and_then(recent::Place::fresh) {
        return Some(names);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async {
        // Earlier than the deadline, so that what was kept is still given.
        tokio::time::timeout(DEADLINE * 3 / 4, fetched(&target, asked, begin, holder.as_ref())).await.ok().flatten()
    });
    match answer {
        Some((names, all)) => {
            if let Some(place) = place.filter(|_| all) {
                place.keep(&names);
            }
            Some(names)
        }
        None => place.and_then(|place| place.stale()),
    }
}

/// The names, and whether they are all names of this kind.
async fn fetched(target: &Target, asked: Asked, begin: &str, holder: Option<&Holder>) -> Option<(Vec<String>, bool)> {
    let url = match target {
        Target::Configured(url, _) => url.clone(),
        Target::Private(dir) if dir.is_running().ok()? => {
            DatabaseUrl::parse(SecretText::new(dir.url().ok()?)).ok()?.peer()
        }
        Target::Private(_) => return None,
    };
    let mut database = Database::open(&url).await.ok()?;
    Some(match asked {
        Asked::Orgs => {
            let first = database.usage_orgs(None, MOST).await.ok()?;
            if i32::try_from(first.len()).is_ok_and(|count| count < MOST) {
                return Some((first, true));
            }
            // A platform may have millions: only those that begin so are asked for.
            let mut found = database.usage_orgs(Some(begin), MOST).await.ok()?;
            found.extend(first);
            (found, false)
        }
        Asked::Logins => (database.logins().await.ok()?, true),
        Asked::Providers => {
            let stored = database.providers(None).await.ok()?;
            (stored.into_iter().map(|stored| stored.provider).collect(), true)
        }
        Asked::Keys(_) => {
            let keys = database.keys(KeyPage { holder, limit: MOST, ..KeyPage::default() }).await.ok()?;
            (keys.into_iter().map(|key| key.provider).collect(), true)
        }
        Asked::Operations => {
            let rates = database.rates(None, false).await.ok()?;
            (rates.into_iter().map(|rate| rate.operation).collect(), true)
        }
    })
}
