//! Every kind of JSON document that byok prints, with the type of what is in it. A kind has one form: `item` for a command
//! about one thing, `items` for a list and for a command that takes several things.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::terminal::document::{Changed, Failed, Kind, Many, One, Outcome};
use crate::cli::terminal::output::View;
use crate::cli::views::audit::AuditView;
use crate::cli::views::changes::{
    AuditSealed, AuditVerified, CopyOfKeys, DataKeyDiscarded, DataKeyNamed, DataKeyRotated, Granted, Initialized,
    LoadedKeys, LocalDown, LocalReset, LocalUp, MasterKeyCreated, MasterKeyVerified, Membership, MembershipEnded,
    ProviderAdded, ProviderNamed, Purged, RateRemoved, RateSet, Rebound, RoleGranted, RoleRevoked, Rotation, RouteSet,
};
use crate::cli::views::demo::StepView;
use crate::cli::views::doctor::CheckView;
use crate::cli::views::event::{AlertSet, ConsumerView, DeliveryView, EventView, Forgotten, Retried};
use crate::cli::views::key::{KeyView, VersionView, WipedView};
use crate::cli::views::key_changes::{KeyCopied, KeyRedated, KeyRemoved, KeyRestored, KeyStored, PlatformKeyRestored};
use crate::cli::views::ledger::{BalanceView, MovedView, PostingView, QuoteView};
use crate::cli::views::listed::{DataKeyListed, KeyImported, MemberListed, OrgDisabled, OrgEnabled};
use crate::cli::views::master_key::MasterKeyView;
use crate::cli::views::org::{MemberView, OrgView, RoleView};
use crate::cli::views::place::{LocalView, StatusView};
use crate::cli::views::probe::TestedView;
use crate::cli::views::production::KeyReported;
use crate::cli::views::provider::{ProviderDetails, ProviderView, RouteView};
use crate::cli::views::rate::RateView;
use crate::cli::views::reconcile::TotalsView;
use crate::cli::views::resolution::ResolutionView;
use crate::cli::views::settings::{ConfigPathView, ProfileView, SettingChanged, SettingView};
use crate::cli::views::usage::UsageView;

/// A kind, in the list of all of them.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KindView {
    pub(crate) kind: &'static str,
}

impl View for KindView {
    const COLUMNS: &'static [&'static str] = &["KIND"];

    fn cells(&self) -> Vec<String> {
        vec![self.kind.to_owned()]
    }
}

/// Defines the kinds, and the list of all of them: `NAME: form = "name" ["result", …];`
macro_rules! kinds {
    ($($constant:ident: $form:ty = $name:literal [$($result:literal),*];)*) => {
        $(pub(crate) const $constant: Kind<$form> = Kind::new($name, &[$($result),*]);)*

        /// The name of each kind, and its JSON Schema.
        pub(crate) const ALL: &[(&str, fn() -> Value)] = &[$(($name, || $constant.schema())),*];
    };
}

kinds! {
    AUDIT_LIST: Many<AuditView> = "audit.list" [];
    AUDIT_SEAL: Changed<AuditSealed<'static>> = "audit.seal" ["sealed"];
    AUDIT_VERIFY: Changed<AuditVerified<'static>> = "audit.verify" ["verified", "failed"];
    CONFIG_GET: One<SettingView> = "config.get" [];
    CONFIG_PATH: One<ConfigPathView> = "config.path" [];
    CONFIG_PROFILES: Many<ProfileView> = "config.profiles" [];
    CONFIG_SET: Changed<SettingChanged<'static>> = "config.set" ["created", "replaced", "unchanged"];
    CONFIG_SHOW: Many<SettingView> = "config.show" [];
    CONFIG_UNSET: Changed<SettingChanged<'static>> = "config.unset" ["removed", "unchanged"];
    CREDITS_ALERT: Changed<AlertSet<'static>> = "credits.alert" ["set", "removed", "unchanged"];
    CREDITS_BALANCE: One<BalanceView> = "credits.balance" [];
    CREDITS_BALANCE_LIST: Many<BalanceView> = "credits.balance.list" [];
    CREDITS_CHARGE: Changed<MovedView> = "credits.charge" ["charged", "unchanged"];
    CREDITS_GRANT: Changed<Granted<'static>> = "credits.grant" ["granted", "unchanged"];
    CREDITS_HISTORY: Many<PostingView> = "credits.history" [];
    CREDITS_HOLD: Changed<MovedView> = "credits.hold" ["held", "unchanged"];
    CREDITS_QUOTE: One<QuoteView> = "credits.quote" [];
    CREDITS_RATES_LIST: Many<RateView> = "credits.rates.list" [];
    CREDITS_RATES_REMOVE: Changed<RateRemoved<'static>> = "credits.rates.remove" ["removed", "unchanged"];
    CREDITS_RATES_SET: Changed<RateSet<'static>> = "credits.rates.set" ["created", "replaced", "unchanged"];
    CREDITS_RECONCILE: One<TotalsView> = "credits.reconcile" [];
    CREDITS_REFUND: Changed<MovedView> = "credits.refund" ["refunded", "unchanged"];
    CREDITS_RELEASE: Changed<MovedView> = "credits.release" ["released", "unchanged"];
    CREDITS_SETTLE: Changed<MovedView> = "credits.settle" ["settled", "unchanged"];
    CREDITS_USAGE: Many<UsageView> = "credits.usage" [];
    DATA_KEY_DISCARD: Changed<DataKeyDiscarded<'static>> = "data_key.discard" ["discarded", "unchanged"];
    DATA_KEY_ISSUE: Changed<DataKeyNamed<'static>> = "data_key.issue" ["issued"];
    DATA_KEY_ISSUE_LIST: Many<Outcome<DataKeyListed>> = "data_key.issue.list" ["issued", "unchanged", "failed"];
    DATA_KEY_RESTORE: Changed<DataKeyNamed<'static>> = "data_key.restore" ["restored", "unchanged"];
    DATA_KEY_ROTATE: Changed<DataKeyRotated<'static>> = "data_key.rotate" ["rotated", "unchanged"];
    DEMO: Many<StepView> = "demo" [];
    DOCTOR: Many<CheckView> = "doctor" [];
    ERROR: Failed = "error" [];
    EVENT_CONSUMERS: Many<ConsumerView> = "event.consumers" [];
    EVENT_FAILURES: Many<DeliveryView> = "event.failures" [];
    EVENT_FORGET: Changed<Forgotten<'static>> = "event.forget" ["forgotten", "unchanged"];
    EVENT_LIST: Many<EventView> = "event.list" [];
    EVENT_RETRY: Changed<Retried<'static>> = "event.retry" ["retried", "unchanged"];
    INIT: Changed<Initialized<'static>> = "init" ["created", "upgraded", "unchanged", "ready"];
    KEY_COPY: Changed<KeyCopied<'static>> = "key.copy" ["created", "replaced", "unchanged"];
    KEY_EXPIRE: Changed<KeyRedated<'static>> = "key.expire" ["changed", "unchanged"];
    KEY_EXPORT: Many<KeyView> = "key.export" [];
    KEY_HISTORY: Many<AuditView> = "key.history" [];
    KEY_IMPORT: Many<Outcome<KeyImported>> = "key.import" ["created", "replaced", "unchanged", "skipped", "failed"];
    KEY_LIST: Many<KeyView> = "key.list" [];
    KEY_MOVE: Changed<KeyCopied<'static>> = "key.move" ["created", "replaced", "unchanged"];
    KEY_REMOVE: Changed<KeyRemoved<'static>> = "key.remove" ["removed", "unchanged"];
    KEY_REPORT: Changed<KeyReported<'static>> = "key.report" ["recorded", "unchanged"];
    KEY_ROLLBACK: Changed<KeyRestored<'static>> = "key.rollback" ["restored"];
    KEY_SET: Changed<KeyStored<'static>> = "key.set" ["created", "replaced", "unchanged"];
    KEY_SHOW: Many<VersionView> = "key.show" [];
    LOCAL_DOWN: Changed<LocalDown<'static>> = "local.down" ["stopped", "unchanged"];
    LOCAL_RESET: Changed<LocalReset<'static>> = "local.reset" ["removed", "unchanged"];
    LOCAL_STATUS: One<LocalView> = "local.status" [];
    LOCAL_UP: Changed<LocalUp<'static>> = "local.up" ["running"];
    MASTER_KEY_CREATE: Changed<MasterKeyCreated> = "master_key.create" ["created", "unchanged", "begun_again"];
    MASTER_KEY_ESCROW: Changed<CopyOfKeys> = "master_key.escrow" ["written", "confirmed", "not_in_use"];
    MASTER_KEY_LOADED: Changed<LoadedKeys> = "master_key.loaded" ["recorded"];
    MASTER_KEY_ROTATE: Changed<Rotation> = "master_key.rotate"
        ["begun", "promoted", "rewrapped", "finished", "rotated", "cancelled", "planned", "unchanged"];
    MASTER_KEY_STATUS: Many<MasterKeyView> = "master_key.status" [];
    MASTER_KEY_VERIFY: Changed<MasterKeyVerified<'static>> = "master_key.verify" ["verified", "failed"];
    MEMBER_ADD: Changed<Membership<'static>> = "member.add" ["added", "changed", "created", "unchanged"];
    MEMBER_ADD_LIST: Many<Outcome<MemberListed>> = "member.add.list" ["added", "changed", "unchanged", "failed"];
    MEMBER_LIST: Many<MemberView> = "member.list" [];
    MEMBER_REBIND: Changed<Rebound> = "member.rebind" ["rebound", "unchanged"];
    MEMBER_REMOVE: Changed<MembershipEnded<'static>> = "member.remove" ["removed", "unchanged"];
    ORG_DISABLE: Many<Outcome<OrgDisabled>> = "org.disable" ["disabled", "unchanged", "failed"];
    ORG_ENABLE: Many<Outcome<OrgEnabled>> = "org.enable"
        ["created", "enabled", "reused", "unchanged", "failed"];
    ORG_LIST: Many<OrgView> = "org.list" [];
    ORG_PURGE: Changed<Purged<'static>> = "org.purge" ["purged", "unchanged"];
    ORG_SHOW: One<OrgView> = "org.show" [];
    PLATFORM_KEY_EXPIRE: Changed<KeyRedated<'static>> = "platform_key.expire" ["changed", "unchanged"];
    PLATFORM_KEY_LIST: Many<KeyView> = "platform_key.list" [];
    PLATFORM_KEY_REMOVE: Changed<KeyRemoved<'static>> = "platform_key.remove" ["removed", "unchanged"];
    PLATFORM_KEY_ROLLBACK: Changed<PlatformKeyRestored<'static>> = "platform_key.rollback" ["restored"];
    PLATFORM_KEY_SET: Changed<KeyStored<'static>> = "platform_key.set" ["created", "replaced", "unchanged"];
    PLATFORM_KEY_SHOW: Many<VersionView> = "platform_key.show" [];
    PROVIDER_ADD: Changed<ProviderAdded<'static>> = "provider.add" ["created", "replaced", "unchanged"];
    PROVIDER_LIST: Many<ProviderView> = "provider.list" [];
    PROVIDER_REMOVE: Changed<ProviderNamed<'static>> = "provider.remove" ["removed", "unchanged"];
    PROVIDER_ROUTE: Changed<RouteSet<'static>> = "provider.route" ["created", "replaced", "removed", "unchanged"];
    PROVIDER_ROUTE_LIST: Many<RouteView> = "provider.route.list" [];
    PROVIDER_SHOW: One<ProviderDetails> = "provider.show" [];
    RESOLVE: One<ResolutionView> = "resolve" [];
    ROLE_GRANT: Changed<RoleGranted<'static>> = "role.grant" ["granted", "created", "unchanged"];
    ROLE_LIST: Many<RoleView> = "role.list" [];
    ROLE_REVOKE: Changed<RoleRevoked<'static>> = "role.revoke" ["revoked", "unchanged"];
    SCHEMA: Many<KindView> = "schema" [];
    STATUS: One<StatusView> = "status" [];
    TEST_KEY: Many<TestedView> = "test_key" [];
    TIDY: Many<WipedView> = "tidy" [];
}
