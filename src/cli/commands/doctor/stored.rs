//! Checks of what is stored: keys of organizations, keys of the platform, the audit log.

use byok::admin::{Health, HealthCode, HealthFinding};
use byok::clock::rfc3339;
use byok::provider::{Catalog, Provider};
use time::Duration;

use crate::cli::commands::doctor::check::Check;
use crate::cli::terminal::named::{Named, named, org};
use crate::cli::views::count;
use crate::cli::views::doctor::Status;
use crate::cli::warning::{By, Fix};

/// A kind of finding about keys: what it is, and how bad it is for whoever uses the keys.
struct Kind {
    code: HealthCode,
    status: Status,
    one: &'static str,
    many: &'static str,
    /// The command for a key of an organization, and for one of the platform.
    fix: [&'static str; 2],
}

const fn kind(code: HealthCode, status: Status, words: [&'static str; 2], fix: [&'static str; 2]) -> Kind {
    let [one, many] = words;
    Kind { code, status, one, many, fix }
}

const SET: [&str; 2] = ["key set", "platform-key set"];
const TEST: [&str; 2] = ["test-key", "test-key"];

const UNREADABLE: Kind = kind(HealthCode::KeyUnreadable, Status::Fail, ["does not open", "do not open"], SET);
const EXPIRED: Kind = kind(HealthCode::KeyExpired, Status::Fail, ["is past its date", "are past their date"], SET);
const EXPIRING: Kind = kind(
    HealthCode::KeyExpiring,
    Status::Warn,
    ["reaches its date within two weeks", "reach their date within two weeks"],
    SET,
);
const REFUSED: Kind =
    kind(HealthCode::KeyRefused, Status::Fail, ["was refused by its provider", "were refused by their provider"], SET);
const FAILING: Kind = kind(
    HealthCode::KeyFailing,
    Status::Fail,
    ["is refused by its provider in production", "are refused by their provider in production"],
    SET,
);
const UNTESTED: Kind = kind(
    HealthCode::KeyUntested,
    Status::Warn,
    ["was never tested, or not for a month", "were never tested, or not for a month"],
    TEST,
);

/// Keys of organizations. `all` is whether the login sees those of all organizations: then they are not its own, and what
/// an owner does with them is no failure of the platform.
pub(super) fn keys(findings: &[HealthFinding], all: bool) -> Vec<Check> {
    let of = |id, kinds: &[&Kind], good| judged(id, &Seen { findings, platform: false, all }, kinds, good);
    let beyond = findings.iter().find(|it| it.code == HealthCode::KeysBeyond).map(|it| it.total);
    let checks = [
        (of("keys.open", &[&UNREADABLE], "no key is known not to open"), "byok master-key verify"),
        (
            of("keys.dates", &[&EXPIRED, &EXPIRING], "no key is past or near its date"),
            "byok key list --all-orgs --expiring 14d --fail",
        ),
        (
            of("keys.failing", &[&FAILING], "no server reported that a provider refuses a key"),
            "byok key list --all-orgs --failing --fail",
        ),
        (
            of("keys.tests", &[&REFUSED, &UNTESTED], "every key was tested within a month, and none was refused"),
            "byok key list --all-orgs --untested 30d --fail",
        ),
    ];
    checks.into_iter().map(|(check, all)| bounded(check, beyond, all)).collect()
}

/// A check that looked at the first keys only. It is not ok if nothing was found among them. `all` looks at all keys.
fn bounded(check: Check, beyond: Option<i64>, all: &'static str) -> Check {
    match beyond {
        Some(count) if check.status() == Status::Ok => {
            let reason =
                format!("the first {count} keys are good; the others were not looked at, because that takes long");
            Check::skipped(check.id(), reason).fix(By::You, all)
        }
        _ => check,
    }
}

/// Keys of the platform, and providers without one.
pub(super) fn platform(findings: &[HealthFinding], all: bool) -> Vec<Check> {
    const KEYS: &str = "platform.keys";
    const PROVIDERS: &str = "platform.providers";
    if !all {
        let why = "members of organizations do not see the platform's keys";
        return vec![Check::skipped(KEYS, why), Check::skipped(PROVIDERS, why)];
    }
    let kinds = [&UNREADABLE, &EXPIRED, &FAILING, &REFUSED, &EXPIRING, &UNTESTED];
    let good = "no key of the platform is unreadable, refused, untested for a month, or past or near its date";
    let keys = judged(KEYS, &Seen { findings, platform: true, all: false }, &kinds, good);
    let without: Vec<&HealthFinding> = findings.iter().filter(|it| it.code == HealthCode::NoPlatformKey).collect();
    if without.is_empty() {
        return vec![keys, Check::ok(PROVIDERS, "every provider that is routed, priced or added has a platform key")];
    }
    let reason = without.iter().map(|it| {
        format!("the platform has no key for {} ({})", it.subject, it.detail.as_deref().unwrap_or_default()).into()
    });
    let reason = Named::joined(reason, "; ").and("; an organization without its own key is denied there");
    let command = without.iter().map(|it| format!("byok platform-key set {}", it.subject).into());
    vec![keys, Check::warn(PROVIDERS, reason).fix(By::Admin, Named::joined(command, "; "))]
}

/// What a check looks at.
struct Seen<'a> {
    findings: &'a [HealthFinding],
    platform: bool,
    all: bool,
}

fn judged(id: &'static str, seen: &Seen<'_>, kinds: &[&Kind], good: &'static str) -> Check {
    let found: Vec<(&HealthFinding, &Kind)> = (kinds.iter())
        .filter_map(|kind| {
            let is_it = |it: &&HealthFinding| it.code == kind.code && it.org.is_empty() == seen.platform;
            Some((seen.findings.iter().find(is_it)?, *kind))
        })
        .collect();
    let Some((first, worst)) = found.first() else { return Check::ok(id, good) };
    let reason = Named::joined(found.iter().map(|(it, kind)| words(it, kind)), "; ");
    let fails = worst.status == Status::Fail && !seen.all;
    let check = if fails { Check::fail(id, reason) } else { Check::warn(id, reason) };
    check.fixed_by(Some(fix(first, worst)))
}

fn words(found: &HealthFinding, kind: &Kind) -> Named {
    let whose = if found.org.is_empty() { "the platform".into() } else { org(&found.org) };
    let page = new_key_page(found, kind);
    if found.total == 1 {
        return named![format!("the {} key of ", found.subject), whose, format!(" {}{page}", kind.one)];
    }
    named![format!("{} {}, the first is for {} of ", count(found.total, "key"), kind.many, found.subject), whose, page]
}

/// Where a new key is made in place of one that was refused.
fn new_key_page(found: &HealthFinding, kind: &Kind) -> String {
    let provider = found.subject.parse().ok().and_then(|id| Catalog::builtin().find(&id));
    let page = provider.and_then(Provider::keys_page_of_all).filter(|_| kind.code == HealthCode::KeyRefused);
    page.map_or_else(String::new, |page| format!("; make a new one at {page}"))
}

fn fix(found: &HealthFinding, kind: &Kind) -> Fix {
    let [of_org, of_platform] = kind.fix;
    if found.org.is_empty() {
        let platform = if of_platform == "test-key" { " --platform" } else { "" };
        return Fix { by: By::Admin, command: format!("byok {of_platform} {}{platform}", found.subject).into() };
    }
    let command = named![format!("byok {of_org} {} --org ", found.subject), org(&found.org).in_shell()];
    Fix { by: By::Owner, command }
}

/// When the audit log was last sealed.
pub(super) fn seal(health: &Health) -> Check {
    const ID: &str = "audit.seal";
    let Some(unsealed) = health.unsealed else {
        return Check::skipped(ID, "only admins and auditors see the whole audit log");
    };
    let old = |at| unsealed && health.at - at > Duration::days(7);
    let check = match health.sealed_at {
        None if unsealed => {
            Check::warn(ID, "the audit log was never sealed, so a change of it by a superuser is not noticed")
        }
        None => return Check::ok(ID, "the audit log has no records"),
        Some(at) if old(at) => {
            Check::warn(ID, format!("the audit log was last sealed at {}, and has new records", rfc3339(at)))
        }
        Some(at) => return Check::ok(ID, format!("the audit log was last sealed at {}", rfc3339(at))),
    };
    check.fix(By::Admin, "byok audit seal")
}
