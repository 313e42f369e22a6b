//! The answers of providers and the resulting verdicts, from the table in `tests/probe/cases.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use byok::clock::rfc3339;
use byok::probe::{Depth, Outcome, Prober};
use byok::provider::Verdict;
use byok::word::Word as _;
use serde::Deserialize;

use crate::harness::CANARY;
use crate::probing::{Asked, once, vendor};
use crate::simulated_providers::{Received, Reply, Stage};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    classes: BTreeMap<String, Vec<String>>,
    every: Vec<Every>,
    provider: Vec<Sheet>,
}

/// What means the same at every provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Every {
    status: Vec<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    verdict: String,
    detail: Option<String>,
}

/// One provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    id: String,
    tier: u8,
    key: String,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    request: Wanted,
    /// Other hosts of the vendor that a second request goes to.
    #[serde(default)]
    hosts: Vec<String>,
    classes: Vec<String>,
    #[serde(default)]
    own: Vec<u16>,
    cases: Vec<Case>,
}

/// The request that has to arrive.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    method: String,
    host: String,
    path: String,
    header: String,
    value: String,
    #[serde(default)]
    others: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    status: u16,
    body: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    then: Option<Then>,
    verdict: String,
    detail: Option<String>,
    /// The address that the provider sends the key to.
    address: Option<String>,
    /// The end date that the answer tells.
    expires: Option<String>,
    #[serde(default)]
    probably: bool,
    trap: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Then {
    status: u16,
    body: String,
}

fn table() -> Table {
    toml::from_str(include_str!("../probe/cases.toml")).expect("the table")
}

/// What is still to be said, the last again and again.
type Script = Arc<Mutex<Vec<Reply>>>;

fn played() -> (Stage, Script) {
    let script = Script::default();
    let lines = script.clone();
    let stage = Stage::open(move |_| {
        let mut lines = lines.lock().expect("a lock");
        if lines.len() > 1 { lines.remove(0) } else { lines[0].clone() }
    });
    (stage, script)
}

impl Sheet {
    fn key(&self) -> String {
        self.key.replace("{canary}", CANARY)
    }

    fn run(&self, case: &Case, script: &Script, prober: &Prober) -> Outcome {
        let quoted = |text: &str| text.replace("{key}", &self.key());
        // A number to find the request again is the provider's to choose, with the key in it if it likes.
        let mut first = Reply::new(case.status, quoted(&case.body)).header("x-request-id", self.key());
        for (name, value) in &case.headers {
            first = first.header(name, value);
        }
        let mut lines = vec![first];
        lines.extend(case.then.iter().map(|then| Reply::new(then.status, quoted(&then.body))));
        *script.lock().expect("a lock") = lines;
        let settings = serde_json::to_string(&self.settings).expect("settings");
        let key = self.key();
        Asked { settings: &settings, ..Asked::vendor(&self.id, &key) }.test(prober, Depth::Free)
    }

    /// What is wrong with a case, if anything.
    fn complaint(&self, case: &Case, outcome: &Outcome, soft: bool) -> Option<String> {
        let verdict_fits = outcome.verdict.as_str() == case.verdict;
        let detail_fits = case.detail.is_none() || case.detail == outcome.detail;
        let fits = verdict_fits
            && detail_fits
            && outcome.address == case.address
            && outcome.expires_at.map(rfc3339) == case.expires
            && (soft || outcome.probably == case.probably)
            && !outcome.paid;
        (!fits).then(|| {
            let wanted = (&case.verdict, &case.detail, &case.address, &case.expires, case.probably);
            let end = outcome.expires_at.map(rfc3339);
            let got = (outcome.verdict.as_str(), &outcome.detail, &outcome.address, end, outcome.probably);
            format!("{} {} {}: {got:?} where {wanted:?} is right", self.id, case.status, case.body)
        })
    }
}

/// Does something for every provider, several at a time, and gathers what is wrong.
fn complaints(about: impl Fn(&Table, &Sheet) -> Vec<String> + Sync) -> Vec<String> {
    let table = table();
    let left = Mutex::new(table.provider.iter().collect::<Vec<_>>());
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(sheet) = left.lock().expect("a lock").pop() else { return };
                    found.lock().expect("a lock").extend(about(&table, sheet));
                }
            });
        }
    });
    found.into_inner().expect("a lock")
}

#[test]
fn every_answer_of_every_provider_gets_its_verdict() {
    let wrong = complaints(|_, sheet| {
        let (stage, script) = played();
        let prober = once(&stage);
        let mut wrong = Vec::new();
        for case in &sheet.cases {
            wrong.extend(sheet.complaint(case, &sheet.run(case, &script, &prober), false));
        }
        let allowed: BTreeSet<_> = sheet.hosts.iter().chain([&sheet.request.host]).collect();
        let seen = stage.hosts_that_saw(CANARY);
        wrong.extend(seen.iter().filter(|host| !allowed.contains(host)).map(|host| format!("{host} saw the key")));
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_status_without_a_meaning_of_its_own_means_the_same_everywhere() {
    let wrong = complaints(|table, sheet| {
        let (stage, script) = played();
        let prober = once(&stage);
        let mut wrong = Vec::new();
        for every in &table.every {
            for status in every.status.iter().filter(|status| !sheet.own.contains(status)) {
                let case = Case {
                    status: *status,
                    body: r#"{"error":"nothing known"}"#.into(),
                    headers: every.headers.clone(),
                    then: None,
                    verdict: every.verdict.clone(),
                    detail: every.detail.clone(),
                    address: None,
                    expires: None,
                    probably: false,
                    trap: None,
                };
                wrong.extend(sheet.complaint(&case, &sheet.run(&case, &script, &prober), true));
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_free_request_arrives_as_the_vendor_documents_it_with_the_key_in_one_header() {
    let wrong = complaints(|_, sheet| {
        let (stage, script) = played();
        let prober = once(&stage);
        sheet.run(&sheet.cases[0], &script, &prober);
        let received = stage.received();
        let wanted = &sheet.request;
        let mut wrong: Vec<String> = received
            .first()
            .map_or(vec!["nothing arrived"], |it| faults(wanted, it, sheet))
            .into_iter()
            .map(|fault| format!("{}: {fault} in {:?}", sheet.id, received.first()))
            .collect();
        if received.len() != 1 {
            wrong.push(format!("{}: {} requests", sheet.id, received.len()));
        }
        wrong.extend(stage.tunnels().iter().filter(|it| it.shows(CANARY)).map(|_| format!("{}: tunnel", sheet.id)));
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn faults(wanted: &Wanted, received: &Received, sheet: &Sheet) -> Vec<&'static str> {
    let value = wanted.value.replace("{key}", &sheet.key());
    let usual = ["host", "user-agent", "accept", "accept-encoding", "content-type", "content-length"];
    let known = |name: &str| usual.contains(&name) || wanted.header == name || wanted.others.contains_key(name);
    let checks = [
        ("method", received.method == wanted.method),
        ("host", received.host == wanted.host && received.port == 443 && received.tls),
        ("path", received.path == wanted.path),
        ("key", received.header(&wanted.header) == Some(&value)),
        ("key in another header", received.headers_with(CANARY) == [&wanted.header]),
        ("key in the address", !received.path.contains(CANARY)),
        ("body", received.text() == wanted.body),
        ("other headers", wanted.others.iter().all(|(name, value)| received.header(name) == Some(value))),
        ("a header too many", received.headers.iter().all(|(name, _)| known(name))),
        ("compression", received.header("accept-encoding") == Some("identity")),
    ];
    checks.into_iter().filter(|(_, fits)| !fits).map(|(name, _)| name).collect()
}

#[test]
fn the_table_has_every_kind_of_answer_that_providers_document() {
    let table = table();
    let first_two_tiers = [
        "openai",
        "anthropic",
        "gemini",
        "sarvam",
        "elevenlabs",
        "azure_openai",
        "bedrock",
        "mistral",
        "groq",
        "cohere",
        "deepseek",
        "xai",
        "openrouter",
        "together",
        "bhashini",
        "azure_speech",
        "azure_translator",
        "deepgram",
        "cartesia",
    ];
    for id in first_two_tiers {
        let sheet = table.provider.iter().find(|sheet| sheet.id == id).unwrap_or_else(|| panic!("{id}"));
        assert!(sheet.tier <= 2 && sheet.classes.len() >= 3, "{id}");
        assert_eq!(vendor(id).id, id);
    }
    for sheet in &table.provider {
        for class in &sheet.classes {
            let kinds = &table.classes[class];
            let of_kind = |case: &&Case| {
                let with_detail = format!("{}/{}", case.verdict, case.detail.as_deref().unwrap_or_default());
                kinds.iter().any(|kind| *kind == case.verdict || *kind == with_detail)
            };
            assert!(sheet.cases.iter().any(|case| of_kind(&case)), "{} has no case of {class}", sheet.id);
        }
        for status in &sheet.own {
            let has =
                |case: &Case| case.status == *status || case.then.as_ref().is_some_and(|then| then.status == *status);
            assert!(sheet.cases.iter().any(has), "{} has no case of {status}", sheet.id);
        }
        for case in &sheet.cases {
            assert!(Verdict::of_word(&case.verdict).is_ok(), "{}: {}", sheet.id, case.verdict);
        }
    }
    let cases: Vec<_> = table.provider.iter().flat_map(|sheet| &sheet.cases).collect();
    assert!(cases.len() >= 250, "{} cases", cases.len());
    assert!(cases.iter().filter(|case| case.trap.is_some()).count() >= 40);
}

#[test]
fn an_inspecting_proxy_with_a_page_of_its_own_says_nothing_about_any_key() {
    let wrong = complaints(|_, sheet| {
        let (stage, script) = played();
        let prober = once(&stage);
        let pages = [200, 403].map(|status| Case {
            status,
            body: "<!DOCTYPE html>\n<html><body>Access is blocked. {key}</body></html>".into(),
            headers: BTreeMap::from([("content-type".into(), "text/html".into())]),
            then: None,
            verdict: "unchecked".into(),
            detail: None,
            address: None,
            expires: None,
            probably: false,
            trap: None,
        });
        pages.iter().filter_map(|case| sheet.complaint(case, &sheet.run(case, &script, &prober), true)).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
