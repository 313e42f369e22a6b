//! Which key serves a request, and why.

use time::OffsetDateTime;

use crate::name::{OrgId, ProviderId};
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
    /// Why a source was chosen or a request denied; the codes are part of the public interface.
    #[non_exhaustive]
    pub enum Reason: "reason of a decision" {
        /// The organization is enabled and has a key: that one, always.
        OrganizationKey = "organization_key",
        /// The organization is enabled and has no key of its own.
        NoOrganizationKey = "no_organization_key",
        /// The organization is not enabled (or not known, which is the same to a request).
        NotEnabled = "not_enabled",
        /// Denied: the organization's key is past its date.
        KeyExpired = "key_expired",
        /// Denied: there is no platform key to fall back on.
        NoPlatformKey = "no_platform_key",
        /// Denied: the platform key is past its date.
        PlatformKeyExpired = "platform_key_expired",
        /// Denied: no provider serves the capability.
        NoRoute = "no_route",
        /// Denied: the key that has to be used does not open.
        KeyUnreadable = "key_unreadable",
        /// Denied: the key that has to be used was sealed for another address than its provider has now.
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
            Self::NoPlatformKey => "no key of the organization can be used, and the platform has none",
            Self::PlatformKeyExpired => "the platform's key has expired",
            Self::NoRoute => "no provider serves this capability on this platform",
            Self::KeyUnreadable => "the key that has to be used does not open",
            Self::AddressChanged => "the key was stored for another address than its provider has now",
        }
    }
}

/// What stands behind one side of a decision: a stored key's version, hint and date.
#[derive(Clone, Debug)]
pub struct KeyFacts {
    /// The version in force.
    pub version: u32,
    /// The hint, where the asking login may see it.
    pub hint: Option<Hint>,
    /// When it ends, if it does.
    pub expires_at: Option<OffsetDateTime>,
}

/// The last test of a stored key.
#[derive(Clone, Debug)]
pub struct LastTest {
    /// The verdict.
    pub verdict: ListedWord<Verdict>,
    /// Which kind of it.
    pub detail: Option<String>,
    /// When it was made.
    pub at: OffsetDateTime,
    /// When the provider last took the key, in whichever test.
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
}

/// The database's answer for one organization and provider, with the facts it was made from.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// Who asks.
    pub org: OrgId,
    /// Which provider; none when no provider serves the capability.
    pub provider: Option<ProviderId>,
    /// Whose key, or denied.
    pub source: Option<Source>,
    /// Why.
    pub reason: Reason,
    /// Whose key the decision is about, also where it is denied; none where no provider serves the capability.
    pub decided_by: Option<Source>,
    /// Whether the organization was ever enabled.
    pub known: bool,
    /// Whether it is enabled now.
    pub enabled: bool,
    /// The organization's own key.
    pub own: Option<KeyFacts>,
    /// The platform's.
    pub platform: Option<KeyFacts>,
    /// The last test of the key that serves.
    pub last_test: Option<LastTest>,
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
        /// The last test of the key said that it is live. It does not decide.
        LastTestPassed = "last_test_passed",
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

/// One rule of the chain and how it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which.
    pub rule: RuleName,
    /// How it came out.
    pub outcome: RuleOutcome,
    /// What it found, in words.
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

    /// The answer in one sentence.
    pub fn sentence(&self) -> String {
        let (org, provider) = (&self.org, self.provider_text());
        match self.reason {
            Reason::OrganizationKey => format!("{org} has its own {provider} key"),
            Reason::NoOrganizationKey => format!("{org} has no {provider} key of its own, so the platform key serves"),
            Reason::NotEnabled if self.known => {
                format!("{org} is not enabled for its own keys, so the platform key serves")
            }
            Reason::NotEnabled => format!("{org} is not known here, so not enabled, so the platform key serves"),
            Reason::KeyExpired => {
                format!("the {provider} key of {org} is past its date, and the platform key never stands in for it")
            }
            Reason::NoPlatformKey => format!("{}, and the platform has no {provider} key", self.own_side()),
            Reason::PlatformKeyExpired => {
                format!("{}, and the platform's {provider} key is past its date", self.own_side())
            }
            Reason::NoRoute => "no provider serves this capability on this platform".into(),
            Reason::KeyUnreadable => {
                format!("the {provider} key that has to serve does not open, and no other key stands in for it")
            }
            Reason::AddressChanged => {
                let whose = if self.decided_by == Some(Source::Organization) { org.as_str() } else { "the platform" };
                format!(
                    "the {provider} key of {whose} was stored for another address than {provider} has now; it is not sent \
                     there, and no other key stands in for it, until it is set again"
                )
            }
        }
    }

    fn provider_text(&self) -> &str {
        self.provider.as_ref().map_or("", ProviderId::as_str)
    }

    fn own_side(&self) -> String {
        if self.enabled {
            format!("{} has no key of its own", self.org)
        } else {
            format!("{} is not enabled for its own keys", self.org)
        }
    }

    /// Every rule of the chain in order, each with its outcome. The database decided; this puts its decision into words.
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
        rules.push(self.test_rule());
        rules
    }

    /// A key goes to the address that it was stored for, or nowhere.
    fn address_rule(&self) -> Rule {
        let (outcome, detail) = match (self.source, self.reason) {
            (_, Reason::AddressChanged) => {
                (RuleOutcome::No, "its provider has another address now than the key was stored for")
            }
            (None, _) => (RuleOutcome::Skipped, "no key serves"),
            (Some(_), _) => (RuleOutcome::Yes, "its provider has the address that the key was stored for"),
        };
        Rule { rule: RuleName::KeyAddressStands, outcome, detail: detail.into() }
    }

    /// Not a rule that decides: a key that failed its test is used all the same, and the provider has the last word.
    fn test_rule(&self) -> Rule {
        let (outcome, detail) = match &self.last_test {
            None if self.source.is_none() => (RuleOutcome::Skipped, "no key serves".into()),
            None => (RuleOutcome::Skipped, "never tested".into()),
            Some(test) => {
                let outcome =
                    if test.verdict.known().is_ok_and(Verdict::is_live) { RuleOutcome::Yes } else { RuleOutcome::No };
                (outcome, format!("{} on {}", test.verdict.as_str(), crate::clock::rfc3339(test.at)))
            }
        };
        Rule { rule: RuleName::LastTestPassed, outcome, detail }
    }

    fn own_detail(&self) -> String {
        match &self.own {
            Some(_) if !self.enabled => "stored, not used while the organization is not enabled".into(),
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
        Some(None) => "no end date".into(),
        Some(Some(at)) => format!("ends {}", crate::clock::rfc3339(at)),
    }
}
