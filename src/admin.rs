//! Administration: everything that the `byok` program does besides serving requests.
//!
//! A [`Database`] is one connection of one login, with a method for each function of the schema `byok_api`. [`sealing`]
//! seals keys and opens them again; [`crypto`] has the keys and the seal. The database decides what a login may do.
//!
//! What is public here is listed by name, so that nothing becomes public by accident.

pub use crate::db::{
    Alert, AlertResult, Ask, AuditPage, AuditRecord, Balance, BeginResult, ChainRecord, Charged, ConsumerRecord,
    DataKeyName, DataKeyResult, DataKeyRow, Database, DatabaseUrl, Deliverer, Delivery, DeliveryState, DisableResult,
    DueEvent, EnableResult, EventFilter, EventRecord, ExpireResult, FailedDelivery, Failures, Fault, Finding,
    FindingKind, FinishResult, FollowedEvent, GrantResult, Granted, Health, HealthCode, HealthFinding, Hello,
    HistoryPage, Host, Installed, KeyContext, KeyFilter, KeyMark, KeyPage, KeyRecord, KeyStand, KeyState, KeyUse,
    KeyVersion, KeyringResult, Lease, Listed, MasterKeyHolder, MasterKeyRecord, MasterKeyState, Member,
    MemberAddResult, MemberRemoveResult, MoveResult, Moved, NewCharge, NewDataKey, NewGrant, NewKey, NewRate,
    NewRefund, NewTenant, NewTest, OpenedLayer, OrgKeys, OrgPage, OrgRecord, Origin, Passphrases, PgcryptoFault, Pool,
    Pooler, Posting, PrivateProvider, PromoteResult, ProviderPutResult, ProviderRemoval, ProviderRemoveResult,
    PurgeResult, Purged, Quote, RateChange, RateRecord, RateResult, RateState, ReadEvents, Rebound, Redated, Removal,
    RemovedKey, ReportId, Revoked, Role, RoleGrantResult, RoleHolder, RoleRevokeResult, Route, RouteChange,
    RouteResult, SealRow, SealedHead, ServiceRole, Serving, ServingKey, StoredKey, Summary, TakeResult, Tide, Totals,
    Usage, UsageBy, Uses, Warning, WarningCode, Wiped, is_newer, latest_schema,
};

/// Seals and stores keys, and reads and opens them.
pub mod sealing {
    pub use crate::sealing::{
        Existing, Finding, FindingCode, Incoming, KEEP_PREVIOUS, KeptSeal, Keys, Opened, Prepared, Rewrapped, Rotated,
        SealLine, Stored, Submission, Together, Undecryptable, Unreadable, Verification, Verified, check_complete_copy,
        check_in_use, check_master, check_masters, data_key, denial, discard_data_key, issue_data_key, open, open_key,
        prepare, register_master, register_masters, report_loaded, restore_data_key, rewrap, rotate_data_key,
        rotate_leaked, seal_audit, store, store_many, store_untested, verify, verify_audit,
    };
}

/// The master key, data keys, and the seal over every stored key.
pub mod crypto {
    pub use crate::crypto::{
        CheckValue, DataKey, Fingerprint, KeyTextError, MasterKey, MasterKeys, OpenError, Passphrase, RandomError,
        SealContext, key_lines,
    };

    /// Passwords of logins that are made here.
    pub mod scram {
        pub use crate::crypto::scram::password;
    }
}

/// What the tests of this package need and nobody else does: pieces without which a vector or a played server cannot be made.
#[cfg(feature = "test-server")]
pub mod testing {
    pub use crate::crypto::encode_for_vectors;
    pub use crate::db::functions_id;
}
