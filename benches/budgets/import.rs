//! `key import`: how many keys it stores in a second.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use byok::admin::crypto::MasterKey;
use byok::admin::{Database, DatabaseUrl, sealing};
use byok::local::{ThrowAway, ThrowAwayOptions};
use byok::secret::SecretText;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::bench::Bench;
use super::row::{Budget, Row, Unit, rate};
use super::{Outcome, commands};

/// Providers, and what a key of each begins with. Each organization has a key of every one.
const PROVIDERS: [(&str, &str); 5] =
    [("openai", "sk-proj-"), ("groq", "gsk_"), ("deepseek", "sk-"), ("xai", "xai-"), ("anthropic", "sk-ant-api03-")];

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let orgs = bench.options.sizes.rotated / 10;
    let program = commands::program(bench)?;
    let settings = vec!["synchronous_commit = on".to_owned(), "fsync = on".to_owned()];
    let server = ThrowAway::start(&ThrowAwayOptions { settings, port: None })?;
    let url = server.url("byok", "postgres");
    let master = MasterKey::generate(1)?;
    bench.single.block_on(prepare(&url, &master, orgs))?;
    let dir = tempfile::tempdir()?;
    let list = dir.path().join("keys.jsonl");
    std::fs::write(&list, lines(orgs)?)?;
    std::fs::set_permissions(&list, std::fs::Permissions::from_mode(0o600))?;
    let (keys, text) = (orgs * PROVIDERS.len(), master.to_text().expose().to_owned());
    let first = import(&program, &list, (&url, &text))?;
    let again = import(&program, &list, (&url, &text))?;
    let size = format!("{keys} keys of {orgs} organizations, one transaction for each, without tests, in memory");
    Ok(vec![
        Row::alone("byok key import, keys stored", Unit::PerSecond, &[rate(keys, first)])?
            .size(&size)
            .budget(Budget::AtLeast { bound: 2_000.0 }),
        Row::alone("byok key import, the same list again", Unit::PerSecond, &[rate(keys, again)])?.size(&size),
    ])
}

/// Organizations without a data key, which one login owns.
async fn prepare(url: &str, master: &MasterKey, orgs: usize) -> Outcome<()> {
    let parsed = DatabaseUrl::parse(SecretText::new(url.to_owned()))?;
    Database::install(&parsed).await?;
    sealing::register_master(&mut Database::open(&parsed).await?, master).await?;
    let owned = format!(
        "with made as (insert into byok.org (org, enabled) select 'org-' || n, true from generate_series(1, {orgs}) n returning org)
         insert into byok.member (org, login_oid, login, role) select org, 'byok'::regrole::oid, 'byok', 'owner' from made"
    );
    let mut root = PgConnection::connect(url).await?;
    root.execute(sqlx::raw_sql(&owned)).await?;
    root.execute("vacuum analyze").await?;
    Ok(())
}

/// Made-up keys, a line for each.
fn lines(orgs: usize) -> Outcome<String> {
    let mut text = String::new();
    for org in 1..=orgs {
        for (provider, begin) in PROVIDERS {
            let key = format!("{begin}{}{org:08}", "aB3x".repeat(11));
            writeln!(text, "{{\"org\":\"org-{org}\",\"provider\":\"{provider}\",\"key\":\"{key}\"}}")?;
        }
    }
    Ok(text)
}

/// Imports the list once: how long that took.
fn import(program: &Path, list: &Path, (url, master): (&str, &str)) -> Outcome<std::time::Duration> {
    let begun = Instant::now();
    let output = Command::new(program)
        .args(["key", "import", "--yes", "-q", "-o", "jsonl"])
        .arg(list)
        .env("BYOK_DATABASE_URL", url)
        .env("BYOK_MASTER_KEY", master)
        .stdin(Stdio::null())
        .output()?;
    let took = begun.elapsed();
    if !output.status.success() {
        let failed = String::from_utf8_lossy(&output.stdout);
        let failed = failed.lines().find(|line| line.contains("error")).unwrap_or_default().to_owned();
        return Err(format!(
            "key import ended with {}: {failed} {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(took)
}
