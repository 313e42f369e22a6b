//! The database: one connection, with one method for each function of `byok_api`. SQL is only in this folder.
//!
//! A method is one statement. The function that it calls authorizes, changes and records in one transaction. No secret
//! passes here in clear: keys are sealed before they get here, and opened after.

mod acquire;
mod acquire_many;
mod alert;
mod audit;
mod blocker;
mod connect;
mod consumer;
mod credit;
mod database;
mod deadline;
mod driver;
mod event;
mod fault;
mod guard;
mod health;
mod hello;
mod install;
mod key;
mod key_life;
mod key_list;
mod key_many;
mod key_open;
mod key_report;
mod key_test;
mod keyring;
mod link;
mod lookout;
mod membership;
mod org;
mod overview;
mod pool;
mod posting;
mod provider;
mod rate;
mod refused;
mod rehearsal;
mod report;
mod reseal;
mod resolve;
mod role;
mod rotation;
mod route;
mod schema;
mod served;
mod told;
mod transaction;
mod url;
mod watched;
mod word;

pub use acquire::{Ask, Charged, DataKeyName, KeyUse, Passphrases, Serving, ServingKey};
pub(crate) use acquire_many::OneOfMany;
pub use alert::{Alert, AlertResult};
pub use audit::{AuditPage, AuditRecord, ChainRecord, SealRow, SealedHead};
pub use blocker::{Warning, WarningCode};
pub use consumer::{ConsumerRecord, Deliverer, Delivery, DeliveryState, DueEvent, FailedDelivery, TakeResult};
pub use credit::{GrantResult, Granted, MoveResult, Moved, NewCharge, NewGrant, NewRefund};
pub use database::Database;
pub(crate) use deadline::{Deadline, Pause};
pub use event::{EventFilter, EventRecord, FollowedEvent, ReadEvents, Tide};
pub use fault::{Fault, Listed};
pub use health::{Health, HealthCode, HealthFinding, PgcryptoFault};
pub use hello::Hello;
pub use install::Installed;
pub use key::{KeyContext, KeyStand, KeyState, KeyVersion, NewKey, Origin, Removal, RemovedKey, StoredKey};
pub use key_life::{ExpireResult, Redated, Wiped};
pub use key_list::{KeyFilter, KeyPage, KeyRecord};
pub(crate) use key_many::KeyOf;
pub use key_many::OrgKeys;
pub use key_open::{KeyMark, OpenedLayer};
pub use key_report::{Failures, ReportId, Uses};
pub use key_test::NewTest;
pub use keyring::{DataKeyRow, KeyringResult, NewDataKey};
pub use org::{
    DisableResult, EnableResult, Member, MemberAddResult, MemberRemoveResult, NewTenant, OrgPage, OrgRecord,
    PurgeResult, Purged, Rebound, Role,
};
pub use overview::Summary;
pub(crate) use pool::LIFETIME;
pub use pool::{Lease, Pool};
pub use posting::Posting;
pub use provider::{PrivateProvider, ProviderPutResult, ProviderRemoval, ProviderRemoveResult};
pub use rate::{NewRate, RateChange, RateRecord, RateResult, RateState};
pub use report::{Balance, Finding, FindingKind, HistoryPage, Quote, Totals, Usage, UsageBy};
pub use reseal::DataKeyResult;
pub(crate) use reseal::{DataKeyPage, HeldDataKey, Resealed, SealedKey};
pub use role::{Revoked, RoleGrantResult, RoleHolder, RoleRevokeResult, ServiceRole};
pub(crate) use rotation::WrappedDataKey;
pub use rotation::{BeginResult, FinishResult, MasterKeyHolder, MasterKeyRecord, MasterKeyState, PromoteResult};
pub use route::{Route, RouteChange, RouteResult};
#[cfg(feature = "test-server")]
pub use schema::functions_id;
pub use schema::{is_newer, latest_schema};
pub use url::{DatabaseUrl, Host, Pooler};

use crate::error::{ChangeError, DataError, Error, Result};

/// A count or version from the database.
fn to_u32(value: i32, table: &'static str, column: &'static str) -> Result<u32> {
    u32::try_from(value).map_err(|_| Error::Data(DataError::Corrupt { table, column }))
}

/// An epoch or version for the database. It has none above 2^31 - 1, so a larger one is nothing that it knows.
fn to_i32(value: u32) -> Result<i32> {
    i32::try_from(value)
        .map_err(|_| Error::Change(ChangeError::BadValue(format!("there is no epoch or version {value}"))))
}
