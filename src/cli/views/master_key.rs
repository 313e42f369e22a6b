//! Master keys, by epoch and fingerprint, and who has loaded them.

use schemars::JsonSchema;
use serde::Serialize;

use byok::admin::{Listed as _, MasterKeyHolder, MasterKeyRecord, MasterKeyState};
use byok::clock::rfc3339;

use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::{time, yes};

/// A master key that the database knows.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MasterKeyView {
    epoch: u32,
    fingerprint: String,
    #[schemars(extend("x-known-values" = words::<MasterKeyState>()))]
    state: String,
    data_keys: i64,
    found_here: bool,
    created_at: String,
    created_by: String,
    leaked_before: bool,
    older_data_keys: i64,
    /// The names of the hosts that loaded it
    loaded_by: Vec<String>,
    /// What these hosts reported
    hosts: Vec<HolderView>,
    escrow_confirmed_at: Option<String>,
    escrow_confirmed_by: Option<String>,
}

impl MasterKeyView {
    /// `held` are the epochs of the keys that byok finds here.
    pub(crate) fn of(record: &MasterKeyRecord, held: &[u32], holders: &[MasterKeyHolder]) -> Self {
        let epoch = i32::try_from(record.epoch).unwrap_or(i32::MAX);
        let loaded = || holders.iter().filter(|it| it.epochs.contains(&epoch));
        Self {
            epoch: record.epoch,
            fingerprint: record.check_value.to_string(),
            state: record.state.to_string(),
            data_keys: record.data_keys,
            found_here: held.contains(&record.epoch),
            created_at: rfc3339(record.created_at),
            created_by: record.created_by.clone(),
            leaked_before: record.leaked,
            older_data_keys: record.older_data_keys,
            loaded_by: loaded().map(|it| it.instance.clone()).collect(),
            hosts: loaded().filter(|it| it.fault().is_none()).map(HolderView::from).collect(),
            escrow_confirmed_at: time(record.escrowed_at),
            escrow_confirmed_by: record.escrowed_by.clone(),
        }
    }
}

impl View for MasterKeyView {
    const COLUMNS: &'static [&'static str] =
        &["EPOCH", "FINGERPRINT", "STATE", "DATA_KEYS", "FOUND_HERE", "CREATED", "BY", "COPY_CHECKED"];
    const YIELDS: &'static [&'static str] = &["BY", "CREATED", "COPY_CHECKED", "DATA_KEYS", "FOUND_HERE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.epoch.to_string(),
            self.fingerprint.clone(),
            self.state.clone(),
            self.data_keys.to_string(),
            yes(self.found_here),
            self.created_at.clone(),
            self.created_by.clone(),
            self.escrow_confirmed_at.clone().unwrap_or_else(|| "never".into()),
        ]
    }
}

/// A host that has loaded master keys.
#[derive(Serialize, JsonSchema)]
pub(crate) struct HolderView {
    login: String,
    instance: String,
    epochs: Vec<i32>,
    seen_at: String,
    #[serde(skip)]
    recent: bool,
}

impl From<&MasterKeyHolder> for HolderView {
    fn from(holder: &MasterKeyHolder) -> Self {
        Self {
            login: holder.login.clone(),
            instance: holder.instance.clone(),
            epochs: holder.epochs.clone(),
            seen_at: rfc3339(holder.seen_at),
            recent: holder.recent,
        }
    }
}

impl View for HolderView {
    const COLUMNS: &'static [&'static str] = &["LOADED_BY", "INSTANCE", "EPOCHS", "SEEN"];
    const YIELDS: &'static [&'static str] = &["SEEN", "EPOCHS"];

    fn cells(&self) -> Vec<String> {
        let epochs: Vec<String> = self.epochs.iter().map(ToString::to_string).collect();
        let late = if self.recent { "" } else { " (older than a day)" };
        vec![self.login.clone(), self.instance.clone(), epochs.join(","), format!("{}{late}", self.seen_at)]
    }
}
