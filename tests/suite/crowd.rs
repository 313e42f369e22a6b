//! More commands at once than the server has connections: nobody holds one while a provider is asked.

use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use byok::admin::crypto::MasterKey;
use byok::local::{ThrowAway, ThrowAwayOptions};
use serde_json::json;

use crate::harness::{Byok, block_on, master_text, on_stage, openai_key, prepare};
use crate::simulated_providers::{Reply, Stage};

const CONNECTIONS: usize = 6;
const COMMANDS: usize = 10;

/// A provider that answers nobody before all have asked.
fn patient_provider() -> Stage {
    let asked = Arc::new((Mutex::new(0), Condvar::new()));
    Stage::open(move |_| {
        let (count, bell) = &*asked;
        let mut here = count.lock().unwrap();
        *here += 1;
        bell.notify_all();
        let round = (*here - 1) / COMMANDS + 1;
        let (here, _) = bell.wait_timeout_while(here, Duration::from_secs(60), |it| *it < round * COMMANDS).unwrap();
        if *here < round * COMMANDS { Reply::status(503) } else { Reply::json(200, &json!({"data": []})) }
    })
}

/// A platform on a server with few connections.
fn small_platform() -> (ThrowAway, Byok) {
    let settings = vec![format!("max_connections = {CONNECTIONS}"), "superuser_reserved_connections = 1".into()];
    let server = ThrowAway::start(&ThrowAwayOptions { settings, port: None }).unwrap();
    let url = server.url("byok", "postgres");
    block_on(prepare(&url, &MasterKey::parse(master_text()).unwrap()));
    let admin = Byok::new().env("BYOK_DATABASE_URL", &url).env("BYOK_MASTER_KEY", master_text());
    let orgs: Vec<String> = (0..COMMANDS).map(|at| format!("org-{at}")).collect();
    let mut line = vec!["enable"];
    line.extend(orgs.iter().map(String::as_str));
    line.extend(["--owner", "byok"]);
    admin.ok(&line);
    (server, admin)
}

/// Starts one command for each organization, all at once; what each said, and its exit code.
fn all_at_once(byok: &Byok, line: &[&str]) -> Vec<(i32, String)> {
    let start = |at: usize| {
        let mut command = byok.command(line);
        command.env("BYOK_ORG", format!("org-{at}")).env("KEY", openai_key(&format!("{at:04}")));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..COMMANDS).map(start).collect();
    let ended = children.into_iter().map(|child| child.wait_with_output().unwrap());
    ended.map(|it| (it.status.code().unwrap_or(-1), String::from_utf8_lossy(&it.stderr).into_owned())).collect()
}

#[test]
fn more_keys_are_tested_at_once_than_the_server_has_connections() {
    let (_server, admin) = small_platform();
    let stage = patient_provider();
    let owner = on_stage(&stage, admin);
    for line in [
        &["key", "set", "openai", "--from-env", "KEY", "--timeout", "120"][..],
        &["test-key", "openai", "--timeout", "120"],
    ] {
        let ended = all_at_once(&owner, line);
        let failed: Vec<_> = ended.iter().filter(|(code, _)| *code != 0).collect();
        assert!(failed.is_empty(), "{line:?}: {} of {COMMANDS}: {failed:?}", failed.len());
    }
    assert_eq!(stage.received().len(), 2 * COMMANDS);
    assert_eq!(stage.most_at_once(), COMMANDS);
}
