//! `byok test-key --all-orgs` at a provider that takes 50 ms for an answer: how far from what the provider alone takes.

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

use super::bench::Bench;
use super::row::{Row, Turns, Unit};
use super::{Outcome, commands};

const AT_ONCE: usize = 16;
const ANSWER: Duration = Duration::from_millis(50);

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let keys = bench.options.sizes.tested;
    let server = ThrowAway::start(&ThrowAwayOptions::default())?;
    let url = server.url("byok", "postgres");
    let master = MasterKey::generate(1)?;
    bench.single.block_on(fill(&url, &master, keys))?;
    let program = commands::program(bench)?;
    let mut turns = Turns::default();
    for _ in 0..bench.options.sizes.rounds.min(3) {
        let begun = Instant::now();
        let output = Command::new(&program)
            .args(["test-key", "--all-orgs", "--concurrency", &AT_ONCE.to_string(), "-o", "jsonl"])
            .env("BYOK_DATABASE_URL", &url)
            .env("BYOK_MASTER_KEY", master.to_text().expose())
            .output()?;
        turns.ours.push(begun.elapsed().as_secs_f64() * 1e3);
        let lines = String::from_utf8_lossy(&output.stdout).lines().count();
        if !output.status.success() || lines != keys {
            return Err(format!("test-key: {lines} lines, {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let longest = ANSWER * u32::try_from(keys.div_ceil(AT_ONCE))?;
        turns.theirs.push(longest.as_secs_f64() * 1e3);
    }
    let row = Row::beside("byok test-key --all-orgs", Unit::Milliseconds, "the answers of the provider", &turns)?;
    Ok(vec![row.size(format!("{keys} keys, {AT_ONCE} at once, 50 ms each"))])
}

/// A provider of our own, which accepts every key.
fn provider() -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || answer(connection));
        }
    });
    Ok(url)
}

fn answer(mut connection: TcpStream) {
    let Ok(reader) = connection.try_clone() else { return };
    let mut lines = BufReader::new(reader).lines();
    while let Some(Ok(_)) = lines.by_ref().find(|line| line.as_ref().is_ok_and(String::is_empty)) {
        std::thread::sleep(ANSWER);
        let body = r#"{"data":[]}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        if connection.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

async fn fill(url: &str, master: &MasterKey, count: usize) -> Outcome<()> {
    let base_url = &provider()?;
    let url = DatabaseUrl::parse(SecretText::new(url.to_owned()))?;
    Database::install(&url).await?;
    let mut database = Database::open(&url).await?;
    sealing::register_master(&mut database, master).await?;
    let keys = Keys::Master(MasterKeys::parse(master.to_text().expose())?);
    let id: ProviderId = "lab".parse()?;
    let (name, env, capabilities) = ("Lab", "LAB_API_KEY", &[Capability::Llm]);
    let lab =
        Compatible { id: &id, name, base_url, capabilities, env, address_env: None, probe: "/models" }.definition();
    database.put_provider(&id, &lab, true).await?;
    let login: Login = "byok".parse()?;
    let settings = serde_json::json!({"base_url": base_url}).to_string();
    for at in 0..count {
        let org: OrgId = format!("org-{at:04}").parse()?;
        database.enable(&org).await?;
        database.add_member(&org, &login, Role::Owner).await?;
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
            keep: sealing::KEEP_PREVIOUS,
        };
        sealing::store_untested(&mut database, &keys, &submission).await?;
    }
    Ok(())
}
