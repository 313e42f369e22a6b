//! `byok test-key --all-orgs` over 500 keys, 16 at once, at a provider that takes 50 ms: how far from what the provider alone
//! takes. `cargo bench --bench fleet`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::admin::{Database, DatabaseUrl, Role};
use byok::local::{ThrowAway, ThrowAwayOptions};
use byok::name::{Holder, Login, OrgId, ProviderId};
use byok::provider::{Capability, Compatible};
use byok::secret::{Credential, Hint, SecretText};

const KEYS: usize = 500;
const AT_ONCE: usize = 16;
const ANSWER: Duration = Duration::from_millis(50);

fn main() {
    let server = ThrowAway::start(&ThrowAwayOptions::default()).unwrap();
    let url = server.url("byok", "postgres");
    let master = MasterKey::generate(1).unwrap();
    let provider = provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(fill(&url, &master, &provider));

    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_byok"))
        .args(["test-key", "--all-orgs", "--concurrency", &AT_ONCE.to_string(), "-o", "jsonl"])
        .env("BYOK_DATABASE_URL", &url)
        .env("BYOK_MASTER_KEY", master.to_text().expose())
        .output()
        .unwrap();
    let took = begun.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), KEYS);
    let lane = ANSWER * u32::try_from(KEYS.div_ceil(AT_ONCE)).unwrap();
    let (took, lane) = (took.as_secs_f64(), lane.as_secs_f64());
    println!(
        "{KEYS} keys, {AT_ONCE} at once: {took:.2} s; the slowest lane at the provider alone: {lane:.2} s; {:.2}x",
        took / lane
    );
}

/// A provider of our own, which accepts every key.
fn provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || answer(connection));
        }
    });
    url
}

fn answer(mut connection: TcpStream) {
    let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
    while let Some(Ok(_)) = lines.by_ref().find(|line| line.as_ref().is_ok_and(String::is_empty)) {
        std::thread::sleep(ANSWER);
        let body = r#"{"data":[]}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        if connection.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

async fn fill(url: &str, master: &MasterKey, base_url: &str) {
    let url = DatabaseUrl::parse(SecretText::new(url.to_owned())).unwrap();
    Database::install(&url).await.unwrap();
    let mut database = Database::open(&url).await.unwrap();
    sealing::register_master(&mut database, master).await.unwrap();
    let keys = Keys::Master(MasterKeys::parse(master.to_text().expose()).unwrap());
    let id: ProviderId = "lab".parse().unwrap();
    let (name, env, capabilities) = ("Lab", "LAB_API_KEY", &[Capability::Llm]);
    let lab =
        Compatible { id: &id, name, base_url, capabilities, env, address_env: None, probe: "/models" }.definition();
    database.put_provider(&id, &lab, true).await.unwrap();
    let login: Login = "byok".parse().unwrap();
    let settings = serde_json::json!({"base_url": base_url}).to_string();
    for at in 0..KEYS {
        let org: OrgId = format!("org-{at:04}").parse().unwrap();
        database.enable(&org).await.unwrap();
        database.add_member(&org, &login, Role::Owner).await.unwrap();
        let secret = SecretText::new(format!("lab-key-of-organization-{at:04}"));
        let hint = Hint::of(&secret);
        let submission = Submission {
            holder: &Holder::Organization(org),
            provider: &id,
            credential: &Credential::single("api_key", secret),
            settings: &settings,
            hint: &hint,
            expires_at: None,
            existing: Existing::Any,
        };
        sealing::store_untested(&mut database, &keys, &submission).await.unwrap();
    }
}
