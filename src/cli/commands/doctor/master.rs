//! Checks of the master key, or of an owner's data key.

use byok::admin::crypto::{DataKey, MasterKeys};
use byok::admin::{Database, Hello, MasterKeyHolder, MasterKeyRecord, MasterKeyState, sealing};
use byok::error::KeyError;
use byok::name::{Holder, OrgId};
use byok::{Error, setting};

use crate::cli::commands::doctor::check::{Check, Names};
use crate::cli::session::keys;
use crate::cli::session::settings::{NamedKey, SecretSource};
use crate::cli::session::sources;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::named::{Named, file, login, named, org};
use crate::cli::views::doctor::Status;
use crate::cli::warning::By;

/// A key that was found.
pub(super) enum Loaded {
    Master(MasterKeys),
    Data(DataKey),
}

const LOADED: &str = "master_key.loaded";
const ACTIVE: &str = "master_key.active";

/// Reads the key that the settings name. `hello` is what the database told about the login, if it was reached.
pub(super) fn loaded(source: &NamedKey, hello: Option<&Hello>, names: &Names) -> (Check, Option<Loaded>) {
    let (NamedKey::Master(from) | NamedKey::Data(from)) = source;
    let read = match source {
        NamedKey::Master(from) => keys::load(from).map(|found| found.map(Loaded::Master)),
        NamedKey::Data(from) => keys::data_key(from).map(|key| Some(Loaded::Data(key))),
    };
    let place = match from {
        SecretSource::File(path, _) => file(path),
        other => sources::place(other).into(),
    };
    match read {
        Err(error) => (unread(&Failure::of(&error), from, names), None),
        Ok(None) => (missing(place, hello), None),
        Ok(Some(key)) => (found(&key, place, from), Some(key)),
    }
}

fn unread(failure: &Failure, from: &SecretSource, names: &Names) -> Check {
    let check = Check::failed(LOADED, failure, names);
    match from {
        // The hint has more ways than this one.
        SecretSource::File(path, _) if failure.hint.as_deref().is_some_and(|hint| hint.contains("chmod 600")) => {
            check.fix(By::You, named!["chmod 600 ", file(path).in_shell()])
        }
        _ => check,
    }
}

fn found(key: &Loaded, place: Named, from: &SecretSource) -> Check {
    let name = match key {
        Loaded::Master(keys) => {
            let all: Vec<String> = keys.names().into_iter().map(|(epoch, value)| keys::named(epoch, value)).collect();
            format!("the master key {}", all.join(" and "))
        }
        Loaded::Data(key) => format!("a data key, epoch {}", key.epoch()),
    };
    let said = named![format!("{name} was found in "), place];
    match from {
        SecretSource::File(path, _) if sources::everybody_reads(path) => {
            Check::warn(LOADED, said.and(", which every user of this machine or container can read"))
                .fix(By::You, "mount it with mode 0440, and with a group of byok's user")
        }
        _ => Check::ok(LOADED, said),
    }
}

/// No key was found. Who needs none is not troubled.
fn missing(place: Named, hello: Option<&Hello>) -> Check {
    let said = named!["there is no master key in ", place];
    match hello {
        Some(hello) if hello.auditor && !hello.admin && !hello.resolver => {
            Check::skipped(LOADED, said.and(", and an auditor needs none"))
        }
        Some(hello) if hello.resolver => {
            Check::fail(LOADED, said.and(", so no key can be opened")).fix(By::You, "export BYOK_MASTER_KEY_FILE=FILE")
        }
        Some(hello) if !hello.admin => {
            Check::warn(LOADED, "there is no data key here, so keys can be listed and removed, but not set").fix(
                By::Admin,
                "byok data-key issue --org ORG --to-file FILE; then, as the owner: export BYOK_DATA_KEY_FILE=FILE",
            )
        }
        _ => Check::warn(LOADED, said.and("; enabling organizations and credits work without it"))
            .fix(By::You, "export BYOK_MASTER_KEY_FILE=FILE"),
    }
}

/// The check of a login that only reads: it needs no data key.
pub(super) async fn of_reader(check: Check, open: &mut Database) -> Check {
    let hello = open.hello();
    if check.status() != Status::Warn || hello.admin || hello.resolver || hello.auditor {
        return check;
    }
    let known = open.usage_orgs(None, MOST).await.unwrap_or_default();
    let orgs: Vec<OrgId> = known.iter().filter_map(|id| id.parse().ok()).collect();
    let found = open.org_keys(&orgs).await.unwrap_or_default();
    if found.is_empty()
        || found.len() >= usize::try_from(MOST).unwrap_or_default()
        || found.values().any(|it| it.allowed)
    {
        return check;
    }
    Check::skipped(LOADED, "a login that only reads needs no data key")
}

/// Whether the key is the one that the database needs.
pub(super) async fn active(open: &mut Database, key: Option<&Loaded>, names: &Names) -> Check {
    if open.hello().active_epoch.is_none() {
        return Check::fail(ACTIVE, "the database has no master key yet").fix(By::Admin, "byok master-key create");
    }
    match key {
        None => Check::skipped(ACTIVE, "no key was found here"),
        Some(Loaded::Master(keys)) => match sealing::check_in_use(open, keys) {
            Ok(()) => Check::ok(ACTIVE, "it is the active master key of this database"),
            Err(error) => wrong(&error, names),
        },
        Some(Loaded::Data(key)) => match owner_of(open, key).await {
            Ok(Some(id)) => Check::ok(ACTIVE, named!["it is the data key of ", org(&id)]),
            Ok(None) => Check::fail(ACTIVE, "it is not the current data key of an organization of this login")
                .fix(By::Admin, "byok data-key issue --org ORG --to-file FILE"),
            Err(error) => Check::failed(ACTIVE, &Failure::from(&error), names),
        },
    }
}

fn wrong(error: &Error, names: &Names) -> Check {
    let failure = Failure::from(error);
    let check = Check::fail(ACTIVE, names.marked(&failure.message));
    match error {
        Error::Key(KeyError::MissingMasterKey { .. } | KeyError::WrongMasterKey { .. }) => {
            check.fix(By::You, "export BYOK_MASTER_KEY_FILE=FILE (the file of the key that is wanted)")
        }
        _ => Check::failed(ACTIVE, &failure, names),
    }
}

/// How many organizations of a login are compared with a data key.
const MOST: i32 = 20;

/// The organization of which this is the current data key.
async fn owner_of(open: &mut Database, key: &DataKey) -> byok::Result<Option<String>> {
    let named = setting::text("BYOK_ORG").ok().flatten();
    let known = match named {
        Some(id) => vec![id],
        None => open.usage_orgs(None, MOST).await?,
    };
    for id in known {
        let Ok(holder) = id.parse::<OrgId>().map(Holder::Organization) else { continue };
        match open.data_key(&holder).await {
            Ok(Some(row)) if row.epoch == key.epoch() && row.check_value == key.check_value(&id) => {
                return Ok(Some(id));
            }
            Ok(_) | Err(Error::Access(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// What the database knows about its master keys. `None` for a login that may not see it.
pub(super) fn known(all: Option<(&[MasterKeyRecord], &[MasterKeyHolder])>) -> Vec<Check> {
    const ROTATION: &str = "master_key.rotation";
    const HOSTS: &str = "master_key.hosts";
    const COPY: &str = "master_key.copy";
    let Some((records, holders)) = all else {
        let why = "members of organizations do not see the platform's master keys";
        return [ROTATION, HOSTS, COPY].map(|id| Check::skipped(id, why)).into();
    };
    let Some(active) = records.iter().find(|it| it.state == MasterKeyState::Active) else {
        return [ROTATION, HOSTS, COPY].map(|id| Check::skipped(id, "the database has no master key yet")).into();
    };
    vec![rotation(ROTATION, records, active), hosts(HOSTS, holders, active), copy(COPY, active)]
}

fn rotation(id: &'static str, records: &[MasterKeyRecord], active: &MasterKeyRecord) -> Check {
    if active.leaked && active.older_data_keys > 0 {
        let reason = format!(
            "the master key before this one leaked, and {} data keys are not replaced yet",
            active.older_data_keys
        );
        return Check::fail(id, reason).fix(By::Admin, "byok master-key rotate --leaked --yes");
    }
    let open = |it: &&MasterKeyRecord| it.state == MasterKeyState::Pending || it.state == MasterKeyState::Retiring;
    match records.iter().find(open) {
        Some(other) => Check::warn(id, format!("a rotation is unfinished: epoch {} is {}", other.epoch, other.state))
            .fix(By::Admin, "byok master-key rotate"),
        None => Check::ok(id, format!("no rotation is unfinished; the active epoch is {}", active.epoch)),
    }
}

fn hosts(id: &'static str, holders: &[MasterKeyHolder], active: &MasterKeyRecord) -> Check {
    let epoch = i32::try_from(active.epoch).unwrap_or(i32::MAX);
    let without: Vec<Named> = (holders.iter())
        .filter(|it| it.recent && !it.epochs.contains(&epoch))
        .map(|it| named![crate::cli::terminal::named::host(&it.instance), " (", login(&it.login), ")"])
        .collect();
    if without.is_empty() {
        return Check::ok(id, "every host that reported within a day has the active master key");
    }
    let reason = Named::joined(without, ", ")
        .and(format!(" reported within a day, without the active master key (epoch {epoch})"));
    Check::warn(id, reason).fix(By::You, "byok master-key loaded (on that host, with the new key)")
}

fn copy(id: &'static str, active: &MasterKeyRecord) -> Check {
    match active.escrowed_at {
        Some(at) => {
            Check::ok(id, format!("a copy of the active master key was read back at {}", byok::clock::rfc3339(at)))
        }
        None => Check::warn(
            id,
            "no copy of the active master key was ever read back; if the key is lost, so are all stored keys",
        )
        .fix(By::Admin, "byok master-key escrow --to-file FILE && byok master-key escrow --confirm --from-file FILE"),
    }
}
