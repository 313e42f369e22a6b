//! The results of changes, for scripts. They have no columns, because people read a sentence instead.

use schemars::JsonSchema;
use serde::Serialize;

use byok::admin::crypto::CheckValue;

/// An organization whose keys were erased.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Purged<'a> {
    pub(crate) org: &'a str,
    pub(crate) keys: i64,
    pub(crate) written_off: String,
    pub(crate) enabled: bool,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// A login that became a member.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Membership<'a> {
    pub(crate) org: &'a str,
    pub(crate) login: &'a str,
    pub(crate) role: &'a str,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// A login that is no member.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MembershipEnded<'a> {
    pub(crate) org: &'a str,
    pub(crate) login: &'a str,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// Members that were bound to logins again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Rebound {
    pub(crate) bound: i64,
    pub(crate) missing: i64,
}

/// A login that has a service role.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RoleGranted<'a> {
    pub(crate) login: &'a str,
    pub(crate) role: &'a str,
}

/// A login that lost a service role.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RoleRevoked<'a> {
    pub(crate) login: &'a str,
    pub(crate) role: &'a str,
    pub(crate) ended: usize,
    pub(crate) open: usize,
}

/// A provider that was removed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProviderNamed<'a> {
    pub(crate) provider: &'a str,
}

/// A private provider.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProviderAdded<'a> {
    pub(crate) provider: &'a str,
    pub(crate) name: &'a str,
    pub(crate) base_url: &'a str,
    pub(crate) allow_private: bool,
}

/// A route of a capability.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RouteSet<'a> {
    pub(crate) capability: &'a str,
    pub(crate) language: Option<&'a str>,
    pub(crate) provider: Option<&'a str>,
    pub(crate) previous_provider: Option<String>,
}

/// A private server that runs.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LocalUp<'a> {
    pub(crate) path: &'a str,
    pub(crate) url: String,
}

/// A private server that does not run.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LocalDown<'a> {
    pub(crate) path: &'a str,
}

/// A private server whose data was deleted.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LocalReset<'a> {
    pub(crate) path: &'a str,
    pub(crate) master_key_kept_in: Option<String>,
}

/// The schema of the database.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Initialized<'a> {
    pub(crate) schema_version: i64,
    /// The version that was found; null for the private database
    pub(crate) previous_schema_version: Option<i64>,
    /// What was done about the master key; null for the private database
    #[schemars(extend("x-known-values" = ["created", "verified", "not_checked"]))]
    pub(crate) master_key: Option<&'a str>,
}

/// A data key.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DataKeyNamed<'a> {
    pub(crate) org: &'a str,
    pub(crate) epoch: u32,
    pub(crate) fingerprint: String,
}

/// A data key that was replaced.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DataKeyRotated<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) epoch: Option<u32>,
    pub(crate) fingerprint: Option<String>,
    /// How many stored keys it seals
    pub(crate) keys: usize,
    /// How many stored keys do not open
    pub(crate) left: usize,
}

/// A data key that was erased.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DataKeyDiscarded<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) epoch: Option<u32>,
}

/// A seal of the audit log.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AuditSealed<'a> {
    pub(crate) seal: i32,
    pub(crate) sealed_at: &'a str,
    pub(crate) line: String,
}

/// Something that was changed in the audit log.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AuditFinding<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) login_oid: Option<u32>,
    /// The number of the record; without an organization that of the seal
    pub(crate) seq: i64,
    pub(crate) code: &'a str,
    pub(crate) message: &'a str,
}

/// The result of checking the audit log.
#[derive(Serialize, JsonSchema)]
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
#[derive(Serialize, JsonSchema)]
pub(crate) struct Granted<'a> {
    pub(crate) org: &'a str,
    pub(crate) request: &'a str,
    pub(crate) amount: String,
    pub(crate) available: String,
    pub(crate) held: String,
    pub(crate) note: Option<&'a str>,
}

/// A price.
#[derive(Serialize, JsonSchema)]
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
#[derive(Serialize, JsonSchema)]
pub(crate) struct RateRemoved<'a> {
    pub(crate) operation: &'a str,
    pub(crate) provider: Option<&'a str>,
    pub(crate) version: Option<i32>,
}

/// A copy of the master keys.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CopyOfKeys {
    pub(crate) master_keys: Vec<MasterKeyNamed>,
    /// How many data keys depend on it; null for a copy that was read back
    pub(crate) data_keys: Option<i64>,
}

/// The name of a master key.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MasterKeyNamed {
    pub(crate) epoch: u32,
    pub(crate) fingerprint: String,
}

impl MasterKeyNamed {
    /// The names of these keys.
    pub(crate) fn all(names: &[(u32, CheckValue)]) -> Vec<Self> {
        names.iter().map(|(epoch, value)| Self { epoch: *epoch, fingerprint: value.to_string() }).collect()
    }
}

/// The master keys after one was created.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MasterKeyCreated {
    pub(crate) master_keys: Vec<MasterKeyNamed>,
    /// Where the key is
    pub(crate) place: Option<String>,
    /// With --lost: how many data keys were erased
    pub(crate) erased_data_keys: Option<i64>,
    /// With --lost: how many stored keys must be set again
    pub(crate) keys_to_set_again: Option<i64>,
}

impl MasterKeyCreated {
    /// One key that was created.
    pub(crate) fn of(epoch: u32, value: CheckValue) -> Self {
        let master_keys = vec![MasterKeyNamed { epoch, fingerprint: value.to_string() }];
        Self { master_keys, place: None, erased_data_keys: None, keys_to_set_again: None }
    }
}

/// The result of opening all keys.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MasterKeyVerified<'a> {
    pub(crate) data_keys: u64,
    pub(crate) keys: u64,
    pub(crate) unreadable: Vec<UnreadableKey<'a>>,
}

/// A key that does not open.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UnreadableKey<'a> {
    pub(crate) org: Option<&'a str>,
    pub(crate) provider: Option<&'a str>,
    pub(crate) version: Option<i32>,
    pub(crate) message: &'a str,
}

/// A rotation of the master key, or one step of it.
#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct Rotation {
    pub(crate) dry_run: bool,
    /// The epoch of the key that this step is about
    pub(crate) epoch: Option<u32>,
    pub(crate) fingerprint: Option<String>,
    /// How many data keys were wrapped again, or would be
    pub(crate) data_keys: Option<u64>,
    /// How many data keys were replaced
    pub(crate) replaced_data_keys: Option<u64>,
    /// The files of retired keys
    pub(crate) set_aside: Vec<String>,
    /// With --dry-run: the remaining steps, for people
    pub(crate) steps: Option<Vec<String>>,
}

impl Rotation {
    /// A step about the key of this epoch.
    pub(crate) fn of(epoch: Option<u32>) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// A step that wrapped data keys again, and replaced some.
    pub(crate) fn wrapped(data_keys: u64, replaced: u64) -> Self {
        Self { data_keys: Some(data_keys), replaced_data_keys: Some(replaced), ..Self::default() }
    }
}

/// The master keys that a host has loaded.
#[derive(Serialize, JsonSchema)]
pub(crate) struct LoadedKeys {
    pub(crate) instance: String,
    pub(crate) epochs: Vec<u32>,
}
