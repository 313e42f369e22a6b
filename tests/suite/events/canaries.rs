//! No secret is in an event, wherever events go: a key, a data key, the master key, the password of the database, the secret of a webhook.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use byok::event::EventKind;
use serde_json::json;

use super::script::Script;
use super::webhook::{Posted, SECRET, receiver, says};
use crate::credits;
use crate::harness::{Byok, CANARY, World, master_text, on_stage};
use crate::simulated_providers::{Reply, Stage};

const PASSWORD: &str = "pAsSwOrDpAsSwOrD";

/// Variables that give access to the database or to a key.
const ACCESS: [&str; 5] = ["DATABASE_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE"];

/// The program with every secret in its environment.
fn laden(world: &World, file: &str) -> Byok {
    let url = world.url("byok").replacen("byok@", &format!("byok:{PASSWORD}@"), 1);
    assert!(url.contains(PASSWORD));
    let byok = world.byok("byok").env("BYOK_DATABASE_URL", &url).env("BYOK_WEBHOOK_SECRET", SECRET);
    ACCESS.iter().fold(byok, |byok, name| byok.env(name, if name.ends_with("FILE") { file } else { PASSWORD }))
}

/// An event of every kind, with providers that repeat whatever they were sent.
fn events_of_every_kind(world: &World, ada: &str) {
    let (admin, owner) = (world.byok("byok"), world.byok(ada));
    let stage = Stage::open(|request| {
        let key = request.header("authorization").unwrap_or_default();
        let body = json!({"error": {"message": key, "code": "invalid_api_key", "type": key, "param": key}});
        Reply::json(401, &body).header("x-request-id", key)
    });
    on_stage(&stage, owner.clone()).fails(6, &["test-key", "openai", "--org", "acme"]);
    assert!(!stage.hosts_that_saw(CANARY).is_empty());
    for outcome in ["rejected", "ok"] {
        owner.ok(&["key", "report", "openai", "--org", "acme", "--key-version", "1", "--outcome", outcome]);
    }
    owner.ok(&["key", "expire", "openai", "--org", "acme", "--expires", "3d"]);
    admin.ok(&["tidy"]);
    let charge = ["credits", "charge", "interview", "--provider", "openai", "--org", "acme", "--request-id"];
    admin.ok(&["credits", "alert", "--org", "acme", "--below", "9.5"]);
    admin.ok(&[&charge[..], &["one"]].concat());
    admin.fails(10, &[&charge[..], &["two", "--units", "1000000"]].concat());
    world.root(
        "update byok.provider_key set expires_at = now() - interval '1 second' where org = 'acme' and state = 'active'",
    );
    admin.ok(&["tidy"]);
    let kinds = world.root("select distinct kind from byok.event order by kind");
    let mut all: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    all.sort_unstable();
    assert_eq!(kinds, all);
}

#[test]
fn no_secret_is_in_an_event_or_reaches_a_program_or_a_webhook() {
    let (world, ada, _) = credits::world();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("data.key").display().to_string();
    world.byok("byok").ok(&["data-key", "issue", "acme", "--to-file", &file]);
    let data_key = fs::read_to_string(&file).unwrap().trim().to_owned();
    let passwords = dir.path().join("pgpass").display().to_string();
    fs::write(&passwords, format!("*:*:*:*:{PASSWORD}\n")).unwrap();
    fs::set_permissions(&passwords, fs::Permissions::from_mode(0o600)).unwrap();
    events_of_every_kind(&world, &ada);
    let laden = laden(&world, &passwords);

    let script = Script::new(
        "{ cat; env; tr '\\0' '\\n' < /proc/$$/cmdline; tr '\\0' '\\n' < /proc/$PPID/cmdline; ls -l /proc/$$/fd; } >> {file}",
    );
    let since = ["--since", "2020-01-01", "--verbose", "--concurrency", "1"];
    let run = script.once(&laden, &since);
    assert_eq!(run.code, 0, "{run:?}");
    let got = script.written();
    let count = world.root("select count(*)::text from byok.event").remove(0);
    assert_eq!(got.matches("{\"at\":").count().to_string(), count);
    for name in got.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name) {
        assert!(!name.starts_with("BYOK_") && !ACCESS.contains(&name), "{name}");
    }

    let (url, told) = receiver(says("HTTP/1.1 204 ok\r\ncontent-length: 0\r\n\r\n"));
    let hooks = ["watch", "--consumer", "hooks", "--once", "--webhook", &url];
    let posting = laden.run(&[&hooks[..], &since].concat());
    assert_eq!(posting.code, 0, "{posting:?}");
    let headers =
        |posted: &Posted| posted.headers.iter().flat_map(|(name, value)| [&**name, ": ", value, "\n"]).collect();
    let posted: Vec<String> = told.try_iter().map(|posted| [headers(&posted), posted.body].concat()).collect();
    assert_eq!(posted.len().to_string(), count);

    let mut seen = vec![got, posted.concat(), run.out, run.err, posting.out, posting.err];
    for format in ["table", "json", "jsonl", "csv", "plain"] {
        seen.extend([laden.ok(&["event", "list", "-o", format]), laden.ok(&["event", "consumers", "-o", format])]);
        seen.push(laden.ok(&["watch", "--once", "-o", format]));
    }
    for table in ["event", "delivery", "consumer", "audit"] {
        seen.extend(world.root(&format!("select t::text from byok.{table} t")));
    }
    let whsec = SECRET.trim_start_matches("whsec_");
    for text in seen {
        for secret in [CANARY, &master_text()[9..40], &data_key[9..40], PASSWORD, whsec] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
