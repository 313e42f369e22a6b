//! The steps of a rotation. Each step reads the state from the database, so it does not matter which process did the
//! steps before.

use std::time::Duration;

use anyhow::bail;
use byok::admin::crypto::{CheckValue, MasterKeys};
use byok::admin::sealing;
use byok::admin::{Database, MasterKeyRecord, MasterKeyState, PromoteResult};
use byok::error::{AccessError, DataError, KeyError};
use byok::{Error, exit};

use crate::cli::commands::master_key::key_file::KeyFile;
use crate::cli::session::keys;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;

/// The state of the rotation.
#[derive(Default)]
pub(super) struct State {
    pub(super) pending: Option<MasterKeyRecord>,
    pub(super) active: Option<MasterKeyRecord>,
    pub(super) retiring: Option<MasterKeyRecord>,
    pub(super) last_epoch: u32,
}

impl State {
    pub(super) async fn read(database: &mut Database) -> anyhow::Result<Self> {
        let mut state = Self::default();
        for record in database.master_keys().await? {
            state.last_epoch = state.last_epoch.max(record.epoch);
            match record.state.known().map_err(DataError::from).map_err(Error::from)? {
                MasterKeyState::Pending => state.pending = Some(record),
                MasterKeyState::Active => state.active = Some(record),
                MasterKeyState::Retiring => state.retiring = Some(record),
                _ => {}
            }
        }
        if state.active.is_none() {
            return Err(Error::Key(KeyError::NoMasterKey).into());
        }
        Ok(state)
    }

    /// The state of the rotation to this master key. Nothing is left of it if another process has finished it and a later
    /// rotation is under way.
    async fn of_rotation_to(epoch: u32, database: &mut Database) -> anyhow::Result<Self> {
        let state = Self::read(database).await?;
        let over = state.active.as_ref().is_none_or(|active| active.epoch != epoch);
        Ok(if over { Self { last_epoch: state.last_epoch, ..Self::default() } } else { state })
    }
}

/// How a rotation begins.
#[derive(Clone, Copy)]
pub(super) struct Begin {
    /// The old key has leaked.
    pub(super) leaked: bool,
    /// A rotation was under way. Only that one is continued.
    pub(super) resumes: bool,
}

/// Writes a new key to its file and registers it, unless that was done before. Returns its epoch and fingerprint.
pub(super) async fn begin(
    database: &mut Database,
    keys: &mut MasterKeys,
    file: &KeyFile,
    Begin { leaked, resumes }: Begin,
) -> anyhow::Result<(u32, CheckValue)> {
    let _lock = file.lock()?;
    file.reload(keys)?;
    let state = State::read(database).await?;
    if let Some(active) = state.active.as_ref().filter(|_| state.retiring.is_some()) {
        let new = (active.epoch, active.check_value);
        database.begin_master_key(new.0, new.1, leaked).await?;
        return Ok(new);
    }
    if let Some(active) = state.active.as_ref().filter(|_| resumes && state.pending.is_none()) {
        // Another process has finished the rotation.
        return Ok((active.epoch, active.check_value));
    }
    if let Some(pending) = &state.pending {
        let new = (pending.epoch, pending.check_value);
        if !keys.names().contains(&new) {
            let wanted = Some(pending.check_value);
            bail!(
                Failure::from(Error::Key(KeyError::MissingMasterKey { epoch: pending.epoch, wanted }))
                    .hint("name its file: --new-key-file PATH; if it is lost: byok master-key rotate cancel")
            );
        }
        database.begin_master_key(new.0, new.1, leaked).await?;
        return Ok(new);
    }
    let epoch = state.last_epoch + 1;
    let made = keys.of_epoch(epoch).is_none();
    if made {
        let new = keys::generate(epoch)?;
        file.add(keys, &new)?;
        keys.add(new).map_err(|error| Failure::new(exit::FAILURE, "master_key", error.to_string()))?;
    }
    let value = keys
        .of_epoch(epoch)
        .map(byok::admin::crypto::MasterKey::check_value)
        .ok_or(Error::Key(KeyError::NoMasterKey))?;
    match database.begin_master_key(epoch, value, leaked).await {
        Ok(_) => Ok((epoch, value)),
        Err(error) => {
            // The database refused the key, so nothing knows it. If the answer was lost, the key stays.
            let refused = matches!(
                error,
                Error::Key(KeyError::OtherMasterKey | KeyError::Rotation(_))
                    | Error::Access(AccessError::NoServiceRole(_) | AccessError::NoRole)
            );
            if made && refused && !registered(database, epoch, value).await {
                file.take_back(epoch)?;
            }
            Err(error.into())
        }
    }
}

/// Whether the database knows this key. If the database cannot be asked, the answer is yes.
async fn registered(database: &mut Database, epoch: u32, value: CheckValue) -> bool {
    database.reopen().await.is_err() || database.hello().master_keys.contains(&(epoch, value))
}

/// Makes the new key the active one.
pub(super) async fn promote(database: &mut Database, epoch: u32, force: bool) -> anyhow::Result<PromoteResult> {
    match database.promote_master_key(epoch, force).await {
        Err(Error::Key(KeyError::NotLoaded)) => {
            let epoch = i32::try_from(epoch).unwrap_or(i32::MAX);
            let holders = database.master_key_holders().await?;
            let late = holders.iter().filter(|it| it.recent && !it.epochs.contains(&epoch));
            let late: Vec<String> = late.map(|it| format!("{} ({})", it.instance, it.login)).collect();
            let message =
                format!("these hosts have not loaded the new master key: {}; nothing was promoted", late.join(", "));
            Err(Failure::new(exit::CONFLICT, "not_loaded", message)
                .hint(
                    "load it there and run `byok master-key loaded`; to promote anyway: byok master-key rotate promote --force",
                )
                .into())
        }
        outcome => Ok(outcome?),
    }
}

/// The master key under which everything is wrapped, and how many data keys at once.
#[derive(Clone, Copy)]
pub(super) struct Goal {
    pub(super) epoch: u32,
    pub(super) batch: u16,
}

/// Wraps all data keys under the master key of this epoch, and replaces those that have leaked. Other processes may do a
/// part of it. Returns how many were wrapped and how many were replaced.
pub(super) async fn run(database: &mut Database, keys: &MasterKeys, to: Goal) -> anyhow::Result<(u64, u64)> {
    let data_keys = rewrap(database, keys, to).await?;
    Ok((data_keys, replace_leaked(database, keys, to.epoch).await?))
}

async fn rewrap(database: &mut Database, keys: &MasterKeys, Goal { epoch, batch }: Goal) -> anyhow::Result<u64> {
    let mut done = 0;
    loop {
        let state = State::of_rotation_to(epoch, database).await?;
        let Some(old) = state.retiring.filter(|old| old.data_keys > 0) else { return Ok(done) };
        let progress = Progress::of(u64::try_from(old.data_keys).unwrap_or_default(), "data keys");
        let pass = sealing::rewrap(database, keys, old.epoch, batch, |count| progress.add(count)).await?;
        drop(progress);
        done += pass.data_keys;
        if pass.data_keys == 0 {
            let unreadable = i64::try_from(pass.unreadable.len()).unwrap_or_default();
            if unreadable == old.data_keys {
                return Err(stuck(&pass.unreadable).into());
            }
            // Another process is wrapping the rest.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn platform_or(org: &str) -> &str {
    if org.is_empty() { "(platform)" } else { org }
}

/// The failure when the remaining data keys cannot be wrapped.
fn stuck(orgs: &[String]) -> Failure {
    let names: Vec<&str> = orgs.iter().take(20).map(|org| platform_or(org)).collect();
    let more = if orgs.len() > names.len() { format!(" and {} more", orgs.len() - names.len()) } else { String::new() };
    let message = format!(
        "the data keys of {}{more} do not open with the old master key: they are damaged or forged; all others are wrapped again",
        names.join(", ")
    );
    Failure::new(exit::CHECK_FAILED, "data_key_unreadable", message)
        .hint(format!("erase them, then continue: {}; byok master-key rotate", discards(orgs)))
}

/// The commands that erase these data keys. The platform's has no organization.
fn discards(orgs: &[impl AsRef<str>]) -> String {
    let platform = |org: &_| AsRef::<str>::as_ref(org).is_empty();
    let org = orgs.iter().any(|org| !platform(org)).then_some("byok data-key discard --org ORG --yes");
    let platform = orgs.iter().any(platform).then_some("byok data-key discard --platform --yes");
    org.into_iter().chain(platform).collect::<Vec<_>>().join("; ")
}

/// Replaces the data keys that somebody with the leaked master key may know.
async fn replace_leaked(database: &mut Database, keys: &MasterKeys, epoch: u32) -> anyhow::Result<u64> {
    let state = State::of_rotation_to(epoch, database).await?;
    let left = state.active.map_or(0, |active| active.older_data_keys);
    if left == 0 {
        return Ok(0);
    }
    let progress = Progress::of(u64::try_from(left).unwrap_or_default(), "organizations");
    let (done, closed) = sealing::rotate_leaked(database, keys, |count| progress.add(count)).await?;
    drop(progress);
    for closed in &closed {
        output::say(&format!("skipped, because it does not open: {}", closed.in_words()));
    }
    let orgs: Vec<&str> = closed.iter().filter(|it| it.provider.is_none()).map(|it| it.org.as_str()).collect();
    if orgs.is_empty() {
        return Ok(done);
    }
    let message = format!(
        "these data keys were not replaced, so the rotation is not finished: {}; all others were replaced",
        orgs.iter().copied().map(platform_or).collect::<Vec<_>>().join(", ")
    );
    Err(Failure::new(exit::CHECK_FAILED, "data_key_unreadable", message).hint(format!(
        "erase a damaged data key: {}; if byok did not write the row, a database administrator deletes it; then continue: byok \
 master-key rotate",
        discards(&orgs)
    )).into())
}
