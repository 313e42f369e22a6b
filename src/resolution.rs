//! Which key serves a request, and why.

use time::OffsetDateTime;

use crate::name::{OrgId, ProviderId};
use crate::observed::Production;
use crate::provider::Verdict;
use crate::secret::Hint;
use crate::word::{ListedWord, words};

words! {
    /// Whose key a request uses.
    pub enum Source: "source of a key" {
        /// The organization's own key.
        Organization = "organization",
        /// The platform's shared key.
        Platform = "platform",
    }
}

words! {
    /// Why a source was chosen, or why a request was denied. The codes are a part of the public interface.
    #[non_exhaustive]
    pub enum Reason: "reason of a decision" {
        /// The organization is enabled and has a key, which always serves.
        OrganizationKey = "organization_key",
        /// The organization is enabled and has no key.
        NoOrganizationKey = "no_organization_key",
        /// The organization is not enabled, or does not exist, which makes no difference for a request.
        NotEnabled = "not_enabled",
        /// Denied: the organization's key has expired.
        KeyExpired = "key_expired",
        /// Denied: there is no platform key either.
        NoPlatformKey = "no_platform_key",
        /// Denied: the platform's key has expired.
        PlatformKeyExpired = "platform_key_expired",
        /// Denied: no provider serves the capability.
        NoRoute = "no_route",
        /// Denied: the key that must serve does not open.
        KeyUnreadable = "key_unreadable",
        /// Denied: the key that must serve was sealed for another address than its provider has now.
        AddressChanged = "address_changed",
    }
}

impl Reason {
    /// The stable code.
    pub fn code(self) -> &'static str {
        self.as_str()
    }

    /// What it says about a request, in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::OrganizationKey => "the organization's own key is used",
            Self::NoOrganizationKey => "the organization has no key of its own, so the platform's key is used",
            Self::NotEnabled => "the organization is not enabled for its own keys, so the platform's key is used",
            Self::KeyExpired => "the organization's own key has expired",
            Self::NoPlatformKey => "the organization has no usable key for this provider, and neither has the platform",
            Self::PlatformKeyExpired => "the platform's key has expired",
            Self::NoRoute => "no provider serves this capability on this platform",
            Self::KeyUnreadable => "the key that has to be used does not open",
            Self::AddressChanged => "the key was stored for another address than its provider has now",
        }
    }
}

/// The facts about a stored key: version, hint and end date.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyFacts {
    /// The active version.
    pub version: u32,
    /// The hint, if the login may see it.
    pub hint: Option<Hint>,
    /// The end date, if there is one.
    pub expires_at: Option<OffsetDateTime>,
}

/// The last test of a stored key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LastTest {
    /// The verdict.
    pub verdict: ListedWord<Verdict>,
    /// The detail of the verdict.
    pub detail: Option<String>,
    /// When it was made.
    pub at: OffsetDateTime,
    /// When the provider last accepted the key, in any test.
    pub verified_at: Option<OffsetDateTime>,
}

impl LastTest {
    pub(crate) fn of(
        verdict: Option<ListedWord<Verdict>>,
        detail: Option<String>,
        at: Option<OffsetDateTime>,
        verified_at: Option<OffsetDateTime>,
    ) -> Option<Self> {
        Some(Self { verdict: verdict?, detail, at: at?, verified_at })
    }

    /// Whether the provider accepted the key in this test. The database decides that, when it stores the test.
    pub fn accepted(&self) -> bool {
        self.verified_at == Some(self.at)
    }
}

/// The database's decision for one organization and provider, with the facts behind it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resolution {
    /// The organization.
    pub org: OrgId,
    /// The provider. `None` if no provider serves the capability.
    pub provider: Option<ProviderId>,
    /// The source. `None` if the request is denied.
    pub source: Option<Source>,
    /// The reason.
    pub reason: Reason,
    /// Whose key the decision is about, even if the request is denied. `None` if no provider serves the capability.
    pub decided_by: Option<Source>,
    /// Whether the organization exists.
    pub known: bool,
    /// Whether it is enabled now.
    pub enabled: bool,
    /// The organization's own key.
    pub own: Option<KeyFacts>,
    /// The platform's key.
    pub platform: Option<KeyFacts>,
    /// The last test of the key that serves.
    pub last_test: Option<LastTest>,
    /// What servers met when they used the key that serves.
    pub production: Option<Production>,
    /// Whether the key was opened after the decision.
    pub opened: bool,
}

words! {
    /// A rule of the chain.
    #[non_exhaustive]
    pub enum RuleName: "rule of a decision" {
        /// A provider serves what was asked for.
        ProviderKnown = "provider_known",
        /// The organization is enabled.
        OrganizationEnabled = "organization_enabled",
        /// It has a key of its own that counts.
        OrganizationKeyExists = "organization_key_exists",
        /// That key is not past its date.
        OrganizationKeyInDate = "organization_key_in_date",
        /// The platform has a key.
        PlatformKeyExists = "platform_key_exists",
        /// That key is not past its date.
        PlatformKeyInDate = "platform_key_in_date",
        /// The provider has the address that the key was stored for.
        KeyAddressStands = "key_address_stands",
        /// It is not known that the key does not open.
        KeyOpens = "key_opens",
        /// The last test of the key said that it is live. It does not decide.
        LastTestPassed = "last_test_passed",
        /// The latest use of the key by a server worked. It does not decide.
        LastUseWorked = "last_use_worked",
    }
}

words! {
    /// How a rule came out.
    pub enum RuleOutcome: "outcome of a rule" {
        /// It holds.
        Yes = "yes",
        /// It does not hold.
        No = "no",
        /// An earlier rule decided, or there is nothing to ask.
        Skipped = "skipped",
    }
}

/// A rule and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Which.
    pub rule: RuleName,
    /// How it came out.
    pub outcome: RuleOutcome,
    /// The detail, in words.
    pub detail: String,
}

impl Resolution {
    /// The key that serves, with its version and hint.
    pub fn serving(&self) -> Option<&KeyFacts> {
        match self.source? {
            Source::Organization => self.own.as_ref(),
            Source::Platform => self.platform.as_ref(),
        }
    }

    /// The key that the decision is about, even if the request is denied.
    pub fn deciding(&self) -> Option<&KeyFacts> {
        match self.decided_by? {
            Source::Organization => self.own.as_ref(),
            Source::Platform => self.platform.as_ref(),
        }
    }

    /// The answer in one sentence.
    pub fn sentence(&self) -> String {
        let (org, provider) = (&self.org, self.provider_text());
        match self.reason {
            Reason::OrganizationKey => format!("{org} has its own {provider} key"),
            Reason::NoOrganizationKey => {
                format!("{org} has no {provider} key of its own, so the platform's key serves")
            }
            Reason::NotEnabled if self.known => {
                format!("{org} is not enabled for its own keys, so the platform's key serves")
            }
            Reason::NotEnabled => format!("{org} does not exist here, so the platform's key serves"),
            Reason::KeyExpired => {
                format!("the {provider} key of {org} has expired, and the platform's key is never used instead")
            }
            Reason::NoPlatformKey if self.enabled => format!("{}, and the platform has none either", self.own_side()),
            Reason::NoPlatformKey => format!("{}, and the platform has no {provider} key", self.own_side()),
            Reason::PlatformKeyExpired => {
                format!("{}, and the platform's {provider} key has expired", self.own_side())
            }
            Reason::NoRoute => "no provider serves this capability on this platform".into(),
            Reason::KeyUnreadable => {
                format!("the {provider} key that must serve does not open, and no other key is used instead")
            }
            Reason::AddressChanged => {
                let whose = if self.decided_by == Some(Source::Organization) { org.as_str() } else { "the platform" };
                format!(
                    "the {provider} key of {whose} was stored for another address than {provider} has now; it is not used, and no \
                    other key is used instead, until it is set again"
                )
            }
        }
    }

    fn provider_text(&self) -> &str {
        self.provider.as_ref().map_or("", ProviderId::as_str)
    }

    fn own_side(&self) -> String {
        if self.enabled {
            format!("{} has no {} key of its own", self.org, self.provider_text())
        } else {
            format!("{} is not enabled for its own keys", self.org)
        }
    }

    /// All rules in order, each with its outcome. The database made the decision, and this puts it into words.
    pub fn rules(&self) -> Vec<Rule> {
        let mut rules = Vec::with_capacity(6);
        let mut decided = false;
        let mut rule = |rule, holds: bool, decides: bool, detail: String| {
            let outcome = match (decided, holds) {
                (true, _) => RuleOutcome::Skipped,
                (false, true) => RuleOutcome::Yes,
                (false, false) => RuleOutcome::No,
            };
            rules.push(Rule { rule, outcome, detail });
            decided |= decides;
        };
        let routed = self.decided_by.is_some();
        let own = self.decided_by == Some(Source::Organization);
        let enabled = match (self.known, self.enabled) {
            (_, true) => "a platform admin enabled the organization",
            (true, false) => "a platform admin disabled the organization",
            (false, false) => "the organization was never enabled",
        };
        rule(
            RuleName::ProviderKnown,
            routed,
            !routed,
            format!("provider: {}", if routed { self.provider_text() } else { "none" }),
        );
        rule(RuleName::OrganizationEnabled, self.enabled, false, enabled.into());
        rule(RuleName::OrganizationKeyExists, own, false, self.own_detail());
        rule(
            RuleName::OrganizationKeyInDate,
            own && self.reason != Reason::KeyExpired,
            own,
            date_detail(self.own.as_ref()),
        );
        rule(
            RuleName::PlatformKeyExists,
            self.platform.is_some(),
            self.platform.is_none(),
            facts_detail(self.platform.as_ref()),
        );
        rule(
            RuleName::PlatformKeyInDate,
            self.platform.is_some() && self.reason != Reason::PlatformKeyExpired,
            true,
            date_detail(self.platform.as_ref()),
        );
        rules.push(self.address_rule());
        rules.push(self.opens_rule());
        rules.push(self.test_rule());
        rules.push(self.use_rule());
        rules
    }

    /// A key is only sent to the address that it was stored for.
    fn address_rule(&self) -> Rule {
        let (outcome, detail) = match (self.source, self.reason) {
            (_, Reason::AddressChanged) => {
                (RuleOutcome::No, "the address of the provider changed after the key was stored")
            }
            (None, reason) if reason != Reason::KeyUnreadable => (RuleOutcome::Skipped, "no key serves"),
            _ => (RuleOutcome::Yes, "the key was stored for the current address of the provider"),
        };
        Rule { rule: RuleName::KeyAddressStands, outcome, detail: detail.into() }
    }

    /// Whether it is known that the key does not open. A request still tries to open it.
    fn opens_rule(&self) -> Rule {
        let (outcome, detail) = match (self.source, self.reason) {
            (_, Reason::KeyUnreadable) => (RuleOutcome::No, "the key was tried and does not open"),
            (None, _) => (RuleOutcome::Skipped, "no key serves"),
            (Some(_), _) if self.opened => (RuleOutcome::Yes, "the key was opened now"),
            (Some(_), _) => (RuleOutcome::Yes, "no failure is known; --verify opens the key"),
        };
        Rule { rule: RuleName::KeyOpens, outcome, detail: detail.into() }
    }

    /// This rule does not decide. A key that failed its test still serves, because only the provider can refuse it.
    fn test_rule(&self) -> Rule {
        let (outcome, detail) = match &self.last_test {
            None if self.source.is_none() => (RuleOutcome::Skipped, "no key serves".into()),
            None => (RuleOutcome::Skipped, "never tested".into()),
            Some(test) => {
                let outcome = if test.accepted() { RuleOutcome::Yes } else { RuleOutcome::No };
                (outcome, format!("{} on {}", test.verdict.as_str(), crate::clock::rfc3339(test.at)))
            }
        };
        Rule { rule: RuleName::LastTestPassed, outcome, detail }
    }

    /// This rule does not decide either.
    fn use_rule(&self) -> Rule {
        let (outcome, detail) = match &self.production {
            None if self.source.is_none() => (RuleOutcome::Skipped, "no key serves".into()),
            None => (RuleOutcome::Skipped, "no server reported a use".into()),
            Some(production) => {
                let outcome = if production.failing_since.is_none() { RuleOutcome::Yes } else { RuleOutcome::No };
                (outcome, production.sentence())
            }
        };
        Rule { rule: RuleName::LastUseWorked, outcome, detail }
    }

    fn own_detail(&self) -> String {
        match &self.own {
            Some(_) if !self.enabled => "stored, but not used because the organization is not enabled".into(),
            own => facts_detail(own.as_ref()),
        }
    }
}

fn facts_detail(key: Option<&KeyFacts>) -> String {
    match key {
        Some(KeyFacts { version, hint: Some(hint), .. }) => format!("{hint}, version {version}"),
        Some(KeyFacts { version, hint: None, .. }) => format!("version {version}"),
        None => "none stored".into(),
    }
}

fn date_detail(key: Option<&KeyFacts>) -> String {
    match key.map(|key| key.expires_at) {
        None => "no key".into(),
        Some(None) => "does not expire".into(),
        Some(Some(at)) => format!("expires {}", crate::clock::rfc3339(at)),
    }
}
