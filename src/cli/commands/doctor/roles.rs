//! Checks of roles and members, as the server has them now.

use byok::admin::{HealthCode, HealthFinding, Warning, WarningCode};

use crate::cli::commands::doctor::check::Check;
use crate::cli::terminal::named::{Named, login, named, org};
use crate::cli::warning::{self, By, Fix};

/// A check that is made of warnings: its id, whether it is a failure, what is said if there are none, and which they are.
type OfWarnings = (&'static str, bool, &'static str, fn(&Warning) -> bool);

const OF_WARNINGS: [OfWarnings; 8] = [
    ("db.prepared", false, "no prepared transaction is left", |it| it.code == WarningCode::Prepared),
    ("roles.definer", false, "nobody can become the role that owns the tables", |it| {
        it.code == WarningCode::BecomesDefiner && it.detail.as_deref() != Some("createrole")
    }),
    ("roles.createrole", false, "no login gets everything by CREATEROLE", |it| {
        it.code == WarningCode::BecomesDefiner && it.detail.as_deref() == Some("createrole")
    }),
    ("roles.superuser", false, "no other login with a role of byok is a superuser", |it| {
        it.code == WarningCode::Superuser
    }),
    ("roles.groups", true, "the group roles are only groups", |it| it.code == WarningCode::LoginGroup),
    ("roles.grants", false, "byok can revoke every role that was granted", |it| it.code == WarningCode::ForeignGrant),
    ("roles.objects", true, "what runs for byok belongs to byok", |it| {
        matches!(it.code, WarningCode::ForeignOwner | WarningCode::OwnsPgcrypto)
    }),
    ("roles.service", false, "byok may create logins, and end sessions that block it", |it| {
        matches!(it.code, WarningCode::NoSignal | WarningCode::NoCreaterole)
    }),
];

/// The warnings about others: what is wrong with the own login is said once, by the check of it.
pub(super) fn of_others(warnings: &mut Vec<Warning>, own: &str) {
    warnings.retain(|it| it.code != WarningCode::Superuser || it.login.as_deref() != Some(own));
}

/// `None` if this login may not see the warnings, or if they mean nothing.
pub(super) fn of_warnings(warnings: Option<&[Warning]>, server: i32, why_not: &'static str) -> Vec<Check> {
    let check = |(id, fails, good, holds): &OfWarnings| {
        let Some(warnings) = warnings else { return Check::skipped(id, why_not) };
        let found: Vec<&Warning> = warnings.iter().filter(|it| holds(it)).collect();
        if found.is_empty() {
            return Check::ok(id, *good);
        }
        let reason = Named::joined(told(&found, server), "; ");
        let check = if *fails { Check::fail(id, reason) } else { Check::warn(id, reason) };
        check.fixed_by(joined(found.into_iter().map(warning::fix)))
    };
    OF_WARNINGS.iter().map(check).collect()
}

/// What is said of warnings. What is the same for several logins is said once.
fn told(found: &[&Warning], server: i32) -> Vec<Named> {
    let mut groups: Vec<Vec<&Warning>> = Vec::new();
    for it in found {
        match groups.iter_mut().find(|group| (group[0].code, &group[0].detail) == (it.code, &it.detail)) {
            Some(group) => group.push(it),
            None => groups.push(vec![it]),
        }
    }
    let words = |group: &Vec<&Warning>| {
        let others: Vec<Named> = group.iter().skip(1).filter_map(|it| it.login.as_deref().map(login)).collect();
        let said = warning::reason(group[0], server);
        if others.is_empty() { said } else { said.and("; the same is true of ").and(Named::joined(others, ", ")) }
    };
    groups.iter().map(words).collect()
}

/// One fix of several, by whoever must run the first.
fn joined(fixes: impl IntoIterator<Item = Fix>) -> Option<Fix> {
    let fixes: Vec<Fix> = fixes.into_iter().collect();
    let by = fixes.first()?.by;
    let mut commands: Vec<Named> = Vec::new();
    for Fix { command, .. } in fixes {
        if !commands.iter().any(|known| known.shown() == command.shown()) {
            commands.push(command);
        }
    }
    Some(Fix { by, command: Named::joined(commands, "; ") })
}

/// Roles that were granted and have no effect.
pub(super) fn effect(findings: &[HealthFinding], server: i32) -> Check {
    const ID: &str = "roles.effect";
    let idle: Vec<(&str, &str)> = (findings.iter())
        .filter(|it| it.code == HealthCode::IdleRole)
        .map(|it| (it.subject.as_str(), it.detail.as_deref().unwrap_or_default()))
        .collect();
    if idle.is_empty() {
        return Check::ok(ID, "every granted role has an effect");
    }
    let reason =
        |(who, role): &(&str, &str)| named![login(who), format!(" was granted {role} without inheriting its rights")];
    let statement = |(who, role): &(&str, &str)| {
        if server >= 160_000 {
            named![format!("grant {role} to "), login(who).in_sql(), " with inherit true granted by byok_definer"]
        } else {
            named!["alter role ", login(who).in_sql(), " inherit"]
        }
    };
    let reason = Named::joined(idle.iter().map(reason), "; ").and(", so it can do nothing with it");
    Check::warn(ID, reason).fixed_by(joined(idle.iter().map(|it| Fix { by: By::Superuser, command: statement(it) })))
}

/// Members whose login is not there.
pub(super) fn members(findings: &[HealthFinding]) -> Check {
    const ID: &str = "members.logins";
    let lost: Vec<&HealthFinding> = findings.iter().filter(|it| it.code == HealthCode::LostMember).collect();
    if lost.is_empty() {
        return Check::ok(ID, "every member has a login");
    }
    let reason = lost.iter().map(|it| {
        let what = if it.detail.as_deref() == Some("another") {
            "a login of that name was made later, as after a restore"
        } else {
            "the login was dropped"
        };
        let more = if it.total > 1 { format!(", and {} more", it.total - 1) } else { String::new() };
        named![login(&it.subject), " of ", org(&it.org), format!(" can do nothing: {what}{more}")]
    });
    let fix = lost.iter().map(|it| {
        let command = if it.detail.as_deref() == Some("another") {
            "byok member rebind".into()
        } else {
            named!["byok member remove ", org(&it.org).in_shell(), " ", login(&it.subject).in_shell()]
        };
        Fix { by: By::Admin, command }
    });
    Check::warn(ID, Named::joined(reason, "; ")).fixed_by(joined(fix))
}
