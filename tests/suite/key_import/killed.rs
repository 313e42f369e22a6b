//! A list with bad lines in it, whose import is killed again and again. `BYOK_TEST_IMPORT=10000 cargo test --profile bench --test suite
//! -- killed_anywhere --nocapture` does it with 50,000 keys of 10,000 organizations.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{file, line};
use crate::harness::{Byok, CANARY, World};
use crate::seeded_random::Chance;

/// Providers, and what a key of each begins with. Each organization has a key of every one.
const PROVIDERS: [(&str, &str); 5] =
    [("openai", "sk-proj-"), ("groq", "gsk_"), ("deepseek", "sk-"), ("xai", "xai-"), ("anthropic", "sk-ant-api03-")];
/// At most so often the import is killed.
const KILLS: usize = 12;

/// The number of organizations.
fn size() -> usize {
    std::env::var("BYOK_TEST_IMPORT").map_or(120, |text| text.parse().expect("a number of organizations"))
}

fn org(number: usize) -> String {
    format!("org-{number:05}")
}

fn key(begin: &str, number: usize) -> String {
    format!("{begin}{}{number:08}", CANARY.repeat(4))
}

/// A line that cannot be imported, and why.
fn bad_line(number: usize) -> (String, &'static str) {
    let key = key("gsk_", number);
    let name = org(number / PROVIDERS.len());
    match number % 7 {
        0 => ("{".to_owned(), "not_json"),
        1 => (line(&name, "grok", &key), "unknown_provider"),
        2 => (line(&format!("nowhere-{number}"), "groq", &key), "not_authorized"),
        3 => (line(&name, "groq", &format!("Bearer {key}")), "bad_key"),
        4 => (json!({"provider": "groq", "key": key}).to_string(), "whose"),
        5 => (json!({"org": name, "provider": "groq", "key": key, "expires": "soon"}).to_string(), "bad_date"),
        _ => (json!({"org": name, "provider": "groq", "key": key, "note": "mine"}).to_string(), "unknown_field"),
    }
}

/// The list, and the reason of every bad line in it, by number.
fn list(orgs: usize) -> (String, BTreeMap<u64, &'static str>) {
    let (mut lines, mut bad) = (Vec::new(), BTreeMap::new());
    for number in 0..orgs * PROVIDERS.len() {
        let (provider, begin) = PROVIDERS[number % PROVIDERS.len()];
        let of = number / PROVIDERS.len();
        lines.push(line(&org(of), provider, &key(begin, of)));
        if number % 7 == 3 {
            let (text, why) = bad_line(number / 7);
            lines.push(text);
            bad.insert(u64::try_from(lines.len()).unwrap(), why);
        }
    }
    (lines.join("\n"), bad)
}

fn arguments(path: &str) -> [&str; 6] {
    ["key", "import", path, "-o", "jsonl", "-q"]
}

/// Kills an import after it has reported so many lines.
fn killed(byok: &Byok, path: &str, after: usize) {
    let mut command = byok.command(&arguments(path));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let _ = lines.take(after).count();
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits until the server has noticed that the program is gone: until then it may still store.
fn ended(world: &World) {
    let others = "select pid::text from pg_stat_activity
                  where datname = current_database() and application_name like 'byok/%' and pid <> pg_backend_pid()";
    while !world.root(others).is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How many keys are stored. All keys of an organization are stored, or none, and there is a record of each.
fn stored(world: &World) -> usize {
    let parts = format!(
        "select org from byok.provider_key where org <> '' group by org having count(*) <> {} or max(version) <> 1",
        PROVIDERS.len()
    );
    assert_eq!(world.root(&parts), Vec::<String>::new());
    let counts = "select concat_ws(' ', (select count(*) from byok.provider_key where org <> '' and state = 'active'),
        (select count(distinct (org, subject)) from byok.audit where action = 'key.set'),
        (select count(*) from byok.audit where action = 'key.set'))";
    let counts = world.root(counts).remove(0);
    let counts: Vec<usize> = counts.split(' ').map(|count| count.parse().unwrap()).collect();
    assert!(counts.iter().all(|count| *count == counts[0]), "keys, records of different keys, records: {counts:?}");
    counts[0]
}

/// Imports the list to its end: the result of each line by number, how many were stored, and how long it took.
fn run(byok: &Byok, path: &str) -> (BTreeMap<u64, String>, usize, Duration) {
    let begun = Instant::now();
    let run = byok.run(&arguments(path));
    let took = begun.elapsed();
    assert_eq!(run.code, 8, "{}", run.err);
    let mut found = BTreeMap::new();
    let mut created = 0;
    for text in run.out.lines() {
        let item: Value = serde_json::from_str(text).unwrap();
        let result = item["result"].as_str().unwrap();
        created += usize::from(result == "created");
        let said = item["error"]["code"].as_str().unwrap_or(if result == "created" { "unchanged" } else { result });
        assert_eq!(found.insert(item["line"].as_u64().unwrap(), said.to_owned()), None, "{text}");
    }
    (found, created, took)
}

/// Whether the stored key is that of the list.
fn opens(owner: &Byok, number: usize) {
    let name = org(number);
    let wanted = key(PROVIDERS[0].1, number);
    let is_it = ["sh", "-c", "test \"$OPENAI_API_KEY\" = \"$WANTED\""];
    owner.clone().env("WANTED", &wanted).ok(&[&["run", "openai", "--org", &name, "--"][..], &is_it].concat());
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures of a large import, which is run by hand")]
fn an_import_that_is_killed_anywhere_and_run_again_stores_every_good_line_once() {
    let orgs = size();
    let all = orgs * PROVIDERS.len();
    let (world, ada, _) = World::with_owners();
    let ids: Vec<String> = (0..orgs).map(org).collect();
    world.byok("byok").input(ids.join("\n")).ok(&["enable", "--from-file", "-", "--owner", &ada]);
    let (list, bad) = list(orgs);
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "keys.jsonl", &list);
    let (owner, mut chance) = (world.byok(&ada), Chance(15));
    let (mut before, mut hits) = (0, 0);
    for _ in 0..KILLS {
        killed(&owner, &path, bad.len() + before + chance.below(all / KILLS));
        ended(&world);
        let now = stored(&world);
        assert!(now >= before);
        hits += usize::from(before < now && now < all);
        before = now;
        // A killed import was ahead of what could be read of it. Something is left for the last one.
        if before > all * 3 / 4 {
            break;
        }
    }
    assert!(hits > 0, "no import was killed while it stored keys");
    let expected: BTreeMap<u64, String> = (1..=u64::try_from(list.lines().count()).unwrap())
        .map(|line| (line, (*bad.get(&line).unwrap_or(&"unchanged")).to_owned()))
        .collect();
    for created in [all - before, 0] {
        let (found, stored_now, took) = run(&owner, &path);
        assert!(found == expected, "{:?}", found.iter().find(|(line, said)| expected[*line] != **said));
        assert_eq!((stored_now, stored(&world)), (created, all));
        eprintln!(
            "killed {hits} times, then {created} of {all} keys of {orgs} organizations stored, {} bad lines, {:.1} s",
            bad.len(),
            took.as_secs_f64()
        );
    }
    // One data key for each organization.
    let data_keys = "select count(*) || ' ' || count(distinct org) from byok.data_key where org <> ''";
    assert_eq!(world.root(data_keys), [format!("{orgs} {orgs}")]);
    (0..6).for_each(|_| opens(&owner, chance.below(orgs)));
    world.byok("byok").ok(&["master-key", "verify"]);
    world.byok("byok").ok(&["audit", "verify"]);
}
