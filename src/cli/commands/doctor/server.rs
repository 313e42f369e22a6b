//! Checks of the server: version, schema, clock, pgcrypto, and what it logs.

use byok::admin::{Database, Health, PgcryptoFault, latest_schema};

use crate::cli::commands::doctor::check::Check;
use crate::cli::terminal::named::{Named, database, named};
use crate::cli::warning::By;

/// The major versions that byok is tested with.
const TESTED: std::ops::RangeInclusive<i32> = 15..=18;

/// The first minor version in which pgcrypto notices a cipher that its library refuses (CVE-2026-14663).
const SAFE: [(i32, i32); 2] = [(15, 19), (18, 6)];

/// The server's version, such as 150018.
pub(super) fn version(server: i32) -> Check {
    const ID: &str = "db.version";
    let (major, minor) = (server / 10_000, server % 10_000);
    let said = format!("PostgreSQL {major}.{minor}");
    if major < *TESTED.start() {
        return Check::fail(ID, format!("{said} is older than byok supports"))
            .fix(By::Operator, format!("pg_upgrade to PostgreSQL {}", TESTED.end()));
    }
    if major > *TESTED.end() {
        let reason = format!("{said} is newer than what this byok was tested with ({})", TESTED.end());
        return Check::warn(ID, reason).fix(By::You, "install the newest byok");
    }
    match SAFE.iter().find(|(known, safe)| *known == major && minor < *safe) {
        Some((_, safe)) => {
            Check::warn(ID, format!("{said} lacks fixes of pgcrypto and of the server: {major}.{safe} has them")).fix(
                By::Operator,
                format!(
                    "upgrade the packages of PostgreSQL {major} to {major}.{safe} or newer, and restart the server"
                ),
            )
        }
        None => Check::ok(ID, said),
    }
}

/// The schema, where it serves this program.
pub(super) fn schema(open: &Database) -> Check {
    const ID: &str = "db.schema";
    let hello = open.hello();
    let (found, by, own) = (hello.schema_version, &hello.byok_version, env!("CARGO_PKG_VERSION"));
    if found > latest_schema() || by != own {
        return Check::warn(
            ID,
            format!("schema version {found} is of byok {by}, which still serves this byok ({own})"),
        )
        .fix(By::You, format!("install byok {by}"));
    }
    Check::ok(ID, format!("schema version {found}, installed by byok {by}"))
}

/// Whether the database can be changed.
pub(super) fn writable(health: &Health, name: &str) -> Check {
    const ID: &str = "db.writable";
    if health.standby {
        return Check::fail(ID, "the server is a standby: nothing can be changed, and requests are not decided")
            .fix(By::You, "set BYOK_DATABASE_URL to the primary");
    }
    if health.read_only {
        return Check::fail(ID, "default_transaction_read_only is on: nothing can be changed").fix(
            By::Superuser,
            named![
                "begin read write; alter database ",
                database(name).in_sql(),
                " reset default_transaction_read_only; commit"
            ],
        );
    }
    Check::ok(ID, "the database can be changed")
}

/// A difference between two clocks that changes no decision.
const TOLERATED: i64 = 30;

pub(super) fn clock(health: &Health) -> Check {
    const ID: &str = "db.clock";
    let ahead = health.ahead.whole_seconds();
    if ahead.abs() <= TOLERATED {
        return Check::ok(ID, "the server's clock agrees with that of this machine");
    }
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    let seconds = ahead.abs();
    Check::warn(
        ID,
        format!(
            "the server's clock is {seconds} seconds {direction} that of this machine; the server's decides when keys expire and holds end"
        ),
    )
    .fix(By::Operator, "timedatectl set-ntp true (or on this machine, if its clock is the wrong one)")
}

pub(super) fn pgcrypto(health: &Health) -> Check {
    const ID: &str = "db.pgcrypto";
    let Some(fault) = &health.pgcrypto else {
        return Check::ok(ID, "pgcrypto encrypts and decrypts as it should, tried with known values");
    };
    let words = match fault.known() {
        Ok(PgcryptoFault::Missing) => "the functions that call pgcrypto are not there, so no key can be opened",
        Ok(PgcryptoFault::Fails) => "a call of pgcrypto fails",
        Ok(PgcryptoFault::DecryptsWrongly) => "pgcrypto does not decrypt a known value",
        Ok(PgcryptoFault::OtherFormat) => {
            "pgcrypto encrypts with another cipher than AES-256, or without integrity protection"
        }
        Ok(PgcryptoFault::EncryptsWrongly) => "what pgcrypto encrypts does not decrypt to what it was",
        Ok(PgcryptoFault::NotRandom) => "pgcrypto encrypts a value to the same bytes twice",
        Ok(PgcryptoFault::AnyPassphrase) => "pgcrypto decrypts with a wrong passphrase",
        Ok(PgcryptoFault::NotAuthentic) => "pgcrypto decrypts a value that was changed",
        _ => "pgcrypto does not do what byok relies on",
    };
    Check::fail(ID, words).fix(By::Admin, "byok init")
}

/// The constraint that `migrations/0001_keys.sql` makes.
const PIN: &str = "alter table byok.provider_key drop constraint if exists provider_key_header_check, \
    add constraint provider_key_header_check check (substr(encrypted, 1, 6) = '\\xc30c04090102' \
    and get_byte(encrypted, 14) = 210 and length(encrypted) between 100 and 80000)";

pub(super) fn header(health: &Health) -> Check {
    const ID: &str = "db.header";
    if health.header_pinned {
        return Check::ok(ID, "the table refuses every cipher but AES-256 with integrity protection");
    }
    Check::fail(ID, "the constraint that refuses other ciphers is not on byok.provider_key, or is another one")
        .fix(By::Superuser, PIN)
}

/// Settings that put arguments of statements into the server's log.
pub(super) fn log(health: &Health, name: &str) -> Check {
    const ID: &str = "db.log";
    let exposing = exposing(&|name| health.setting(name));
    if exposing.is_empty() {
        return Check::ok(ID, "the server does not log arguments of statements");
    }
    let because: Vec<&str> = exposing.iter().map(|(why, _)| why.as_str()).collect();
    let reason = format!(
        "the server's log gets arguments of statements ({}); no key is in them, because keys are sealed before they are sent, but \
         hints, names, request ids and the passphrases of pgcrypto's layer are",
        because.join(", ")
    );
    let statement = |set: &str| named!["alter database ", database(name).in_sql(), format!(" set {set}")];
    Check::warn(ID, reason).fix(By::Superuser, Named::joined(exposing.iter().map(|(_, set)| statement(set)), "; "))
}

/// Why arguments get into the log, and the setting that ends it.
fn exposing<'a>(setting: &dyn Fn(&str) -> Option<&'a str>) -> Vec<(String, &'static str)> {
    let is = |name: &str, value: &str| setting(name) == Some(value);
    let on = |name: &str, off: &str| setting(name).filter(|value| *value != off);
    let mut found = Vec::new();
    let sampled = on("log_min_duration_sample", "-1").filter(|_| on("log_statement_sample_rate", "0").is_some());
    let logged = [
        setting("log_statement").filter(|value| *value == "all").map(|value| format!("log_statement = {value}")),
        on("log_min_duration_statement", "-1").map(|value| format!("log_min_duration_statement = {value}")),
        sampled.map(|value| format!("log_min_duration_sample = {value}")),
        on("log_transaction_sample_rate", "0").map(|value| format!("log_transaction_sample_rate = {value}")),
    ];
    if let Some(logged) = logged.into_iter().flatten().next().filter(|_| !is("log_parameter_max_length", "0")) {
        found.push((logged, "log_parameter_max_length = 0"));
    }
    if let Some(value) = on("log_parameter_max_length_on_error", "0") {
        let why = format!("log_parameter_max_length_on_error = {value}");
        found.push((why, "log_parameter_max_length_on_error = 0"));
    }
    // The plan has the arguments in it, whatever log_parameter_max_length says.
    let explained = on("auto_explain.log_min_duration", "-1").filter(|_| on("auto_explain.sample_rate", "0").is_some());
    if let Some(value) = explained {
        found.push((format!("auto_explain.log_min_duration = {value}"), "auto_explain.log_min_duration = -1"));
    }
    if is("pgaudit.log_parameter", "on") && on("pgaudit.log", "none").is_some() {
        found.push(("pgaudit.log_parameter = on".to_owned(), "pgaudit.log_parameter = off"));
    }
    for (name, off) in [
        ("debug_print_parse", "debug_print_parse = off"),
        ("debug_print_rewritten", "debug_print_rewritten = off"),
        ("debug_print_plan", "debug_print_plan = off"),
    ] {
        if is(name, "on") {
            found.push((format!("{name} = on"), off));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::views::doctor::Status;

    #[test]
    fn a_version_is_supported_or_old_or_unknown() {
        let of = |server| version(server).status();
        assert_eq!((of(140_010), of(150_018), of(150_019)), (Status::Fail, Status::Warn, Status::Ok));
        assert_eq!((of(160_001), of(180_006), of(190_000)), (Status::Ok, Status::Ok, Status::Warn));
    }

    #[test]
    fn arguments_are_logged_by_the_settings_that_were_measured_and_by_no_other() {
        let quiet = [
            ("log_statement", "none"),
            ("log_min_duration_statement", "-1"),
            ("log_min_duration_sample", "-1"),
            ("log_statement_sample_rate", "1"),
            ("log_transaction_sample_rate", "0"),
            ("log_parameter_max_length", "-1"),
            ("log_parameter_max_length_on_error", "0"),
            ("debug_print_plan", "off"),
        ];
        let found = |changed: &[(&'static str, &'static str)]| {
            let setting = |name: &str| {
                let all = changed.iter().chain(&quiet);
                all.copied().find(|(known, _)| *known == name).map(|(_, value)| value)
            };
            exposing(&setting).into_iter().map(|(_, set)| set).collect::<Vec<_>>()
        };
        for harmless in [
            &[][..],
            &[("log_statement", "mod")],
            &[("log_statement", "all"), ("log_parameter_max_length", "0")],
            &[("pgaudit.log", "all"), ("pgaudit.log_parameter", "off")],
            &[("auto_explain.log_min_duration", "-1"), ("auto_explain.sample_rate", "1")],
        ] {
            assert!(found(harmless).is_empty(), "{harmless:?}");
        }
        for (exposing, set) in [
            (&[("log_statement", "all")][..], "log_parameter_max_length = 0"),
            (&[("log_min_duration_statement", "0")], "log_parameter_max_length = 0"),
            (&[("log_min_duration_sample", "100ms")], "log_parameter_max_length = 0"),
            (&[("log_transaction_sample_rate", "0.1")], "log_parameter_max_length = 0"),
            (&[("log_parameter_max_length_on_error", "-1")], "log_parameter_max_length_on_error = 0"),
            (
                &[("auto_explain.log_min_duration", "0"), ("auto_explain.sample_rate", "1")],
                "auto_explain.log_min_duration = -1",
            ),
            (&[("pgaudit.log", "all"), ("pgaudit.log_parameter", "on")], "pgaudit.log_parameter = off"),
            (&[("debug_print_plan", "on")], "debug_print_plan = off"),
        ] {
            assert_eq!(found(exposing), [set], "{exposing:?}");
        }
    }
}
