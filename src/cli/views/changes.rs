//! The results of changes, for scripts. They have no columns, because people read a sentence instead.

use serde::Serialize;

use crate::cli::views::probe::FindingView;

/// An organization that was enabled.
#[derive(Serialize)]
pub(crate) struct OrgEnabled<'a> {
    pub(crate) org: &'a str,
    pub(crate) enabled: bool,
    pub(crate) owner: Option<&'a str>,
}

/// An organization that was disabled.
#[derive(Serialize)]
pub(crate) struct OrgDisabled<'a> {
    pub(crate) org: &'a str,
    pub(crate) enabled: bool,
}

/// An organization whose keys were erased.
#[derive(Serialize)]
pub(crate) struct Purged<'a> {
    pub(crate) org: &'a str,
    pub(crate) keys: i64,
    pub(crate) written_off: String,
    pub(crate) enabled: bool,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// A login that became a member.
#[derive(Serialize)]
pub(crate) struct Membership<'a> {
    pub(crate) org: &'a str,
    pub(crate) login: &'a str,
    pub(crate) role: &'a str,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// A login that is no member.
#[derive(Serialize)]
pub(crate) struct MembershipEnded<'a> {
    pub(crate) org: &'a str,
    pub(crate) login: &'a str,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// Members that were bound to logins again.
#[derive(Serialize)]
pub(crate) struct Rebound {
    pub(crate) bound: i64,
    pub(crate) missing: i64,
}

/// A login that has a service role.
#[derive(Serialize)]
pub(crate) struct RoleGranted<'a> {
    pub(crate) login: &'a str,
    pub(crate) role: &'a str,
}

/// A login that lost a service role.
#[derive(Serialize)]
pub(crate) struct RoleRevoked<'a> {
    pub(crate) login: &'a str,
    pub(crate) role: &'a str,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// A key that was removed.
#[derive(Serialize)]
pub(crate) struct KeyRemoved<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) provider: &'a str,
    pub(crate) hint: Option<String>,
    pub(crate) version: Option<u32>,
    /// Whose key serves requests of the organization from then on.
    pub(crate) source: Option<&'a str>,
    /// Why requests of the organization are denied from then on.
    pub(crate) denied: Option<&'a str>,
}

/// A key that was stored.
#[derive(Serialize)]
pub(crate) struct KeyStored<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) provider: &'a str,
    pub(crate) hint: String,
    pub(crate) version: u32,
    pub(crate) state: &'a str,
    pub(crate) fingerprint: Option<String>,
    pub(crate) expires_at: Option<String>,
    pub(crate) previous_hint: Option<String>,
    pub(crate) test: Option<FindingView>,
}

/// A previous key that is in force again.
#[derive(Serialize)]
pub(crate) struct KeyRestored<'a> {
    pub(crate) org: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) hint: String,
    pub(crate) version: u32,
    pub(crate) restored_version: i32,
    pub(crate) previous_hint: Option<String>,
}

/// A provider that was removed.
#[derive(Serialize)]
pub(crate) struct ProviderNamed<'a> {
    pub(crate) provider: &'a str,
}

/// A private provider.
#[derive(Serialize)]
pub(crate) struct ProviderAdded<'a> {
    pub(crate) provider: &'a str,
    pub(crate) name: &'a str,
    pub(crate) base_url: &'a str,
    pub(crate) allow_private: bool,
}

/// A route of a capability.
#[derive(Serialize)]
pub(crate) struct RouteSet<'a> {
    pub(crate) capability: &'a str,
    pub(crate) language: Option<&'a str>,
    pub(crate) provider: Option<&'a str>,
    pub(crate) previous: Option<String>,
}

/// A private server that runs.
#[derive(Serialize)]
pub(crate) struct LocalUp<'a> {
    pub(crate) path: &'a str,
    pub(crate) url: String,
}

/// A private server that does not run.
#[derive(Serialize)]
pub(crate) struct LocalDown<'a> {
    pub(crate) path: &'a str,
}

/// A private server whose data was deleted.
#[derive(Serialize)]
pub(crate) struct LocalReset<'a> {
    pub(crate) path: &'a str,
    pub(crate) master_key_kept_in: Option<String>,
}

/// The schema of the private database.
#[derive(Serialize)]
pub(crate) struct Schema {
    pub(crate) schema_version: i64,
}

/// The schema of a configured database.
#[derive(Serialize)]
pub(crate) struct Initialized<'a> {
    pub(crate) schema_version: i64,
    pub(crate) from: i64,
    pub(crate) master_key: &'a str,
}

/// A data key.
#[derive(Serialize)]
pub(crate) struct DataKeyNamed<'a> {
    pub(crate) org: &'a str,
    pub(crate) epoch: u32,
    pub(crate) fingerprint: String,
}

/// A data key that was erased.
#[derive(Serialize)]
pub(crate) struct DataKeyDiscarded<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) epoch: Option<u32>,
}

/// A seal of the audit log.
#[derive(Serialize)]
pub(crate) struct AuditSealed<'a> {
    pub(crate) seal: i32,
    pub(crate) sealed_at: &'a str,
    pub(crate) line: String,
}

/// Something that was changed in the audit log.
#[derive(Serialize)]
pub(crate) struct AuditFinding<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) login_oid: Option<u32>,
    pub(crate) at: i64,
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
}

/// The result of checking the audit log.
#[derive(Serialize)]
pub(crate) struct AuditVerified<'a> {
    pub(crate) records: u64,
    pub(crate) chains: u64,
    pub(crate) gaps: u64,
    pub(crate) seals: u64,
    pub(crate) authenticated: u64,
    pub(crate) kept: u64,
    pub(crate) findings: Vec<AuditFinding<'a>>,
}

/// Credits that were granted.
#[derive(Serialize)]
pub(crate) struct Granted<'a> {
    pub(crate) org: &'a str,
    pub(crate) request: &'a str,
    pub(crate) amount: String,
    pub(crate) available: String,
    pub(crate) held: String,
    pub(crate) note: Option<&'a str>,
}

/// A price.
#[derive(Serialize)]
pub(crate) struct RateSet<'a> {
    pub(crate) operation: &'a str,
    pub(crate) provider: Option<&'a str>,
    pub(crate) version: Option<i32>,
    pub(crate) unit: &'a str,
    pub(crate) per: u32,
    pub(crate) platform_part: String,
    pub(crate) provider_part: String,
}

/// A price that was removed.
#[derive(Serialize)]
pub(crate) struct RateRemoved<'a> {
    pub(crate) operation: &'a str,
    pub(crate) provider: Option<&'a str>,
    pub(crate) version: Option<i32>,
}

/// A copy of the master keys.
#[derive(Serialize)]
pub(crate) struct CopyWritten {
    pub(crate) master_keys: Vec<String>,
    pub(crate) data_keys: i64,
}

/// A copy of the master keys that was read back.
#[derive(Serialize)]
pub(crate) struct CopyConfirmed {
    pub(crate) master_keys: Vec<String>,
}

/// The master keys, and where they are.
#[derive(Serialize)]
pub(crate) struct MasterKeysAt {
    pub(crate) master_keys: Vec<String>,
    pub(crate) place: String,
}

/// A master key.
#[derive(Serialize)]
pub(crate) struct MasterKeyNamed {
    pub(crate) epoch: u32,
    pub(crate) fingerprint: String,
}

/// A master key that replaces a lost one.
#[derive(Serialize)]
pub(crate) struct MasterKeyBegun {
    pub(crate) epoch: u32,
    pub(crate) fingerprint: String,
    pub(crate) erased_data_keys: i64,
    pub(crate) keys_to_set_again: i64,
}

/// The result of opening all keys.
#[derive(Serialize)]
pub(crate) struct MasterKeyVerified<'a> {
    pub(crate) data_keys: u64,
    pub(crate) keys: u64,
    pub(crate) unreadable: Vec<UnreadableKey<'a>>,
}

/// A key that does not open.
#[derive(Serialize)]
pub(crate) struct UnreadableKey<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) provider: Option<&'a str>,
    pub(crate) version: Option<i32>,
    pub(crate) message: &'a str,
}

/// A rotation that is finished.
#[derive(Serialize)]
pub(crate) struct RotationFinished {
    pub(crate) epoch: u32,
    pub(crate) set_aside: Vec<String>,
}

/// A master key that was replaced.
#[derive(Serialize)]
pub(crate) struct Rotated {
    pub(crate) epoch: u32,
    pub(crate) fingerprint: String,
    pub(crate) data_keys: u64,
    pub(crate) replaced_data_keys: u64,
    pub(crate) set_aside: Vec<String>,
}

/// The epoch of a master key.
#[derive(Serialize)]
pub(crate) struct EpochOf {
    pub(crate) epoch: Option<u32>,
}

/// Data keys that were wrapped again.
#[derive(Serialize)]
pub(crate) struct Rewrapped {
    pub(crate) data_keys: u64,
    pub(crate) replaced_data_keys: u64,
}

/// The remaining steps of a rotation.
#[derive(Serialize)]
pub(crate) struct RotationPlan {
    pub(crate) dry_run: bool,
    pub(crate) steps: Vec<String>,
    pub(crate) data_keys: i64,
}

/// The master keys that a host has loaded.
#[derive(Serialize)]
pub(crate) struct LoadedKeys {
    pub(crate) instance: String,
    pub(crate) epochs: Vec<u32>,
}
