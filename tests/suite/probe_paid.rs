//! Paid operations: the right one is made, once, after the free request. The table is `tests/probe/paid.toml`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use byok::probe::{Depth, Outcome, Prober};
use byok::provider::{Catalog, Verdict};
use serde::Deserialize;
use serde_json::Value;

use crate::harness::{CANARY, openai_key};
use crate::probing::{Asked, prober, vendor};
use crate::simulated_providers::{Received, Reply, Stage};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    operation: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    provider: String,
    capability: String,
    key: String,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    model: Option<String>,
    answers: BTreeMap<String, String>,
    request: Wanted,
    refusal: Refusal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    host: String,
    path: String,
    header: String,
    value: String,
    #[serde(default)]
    others: BTreeMap<String, String>,
    body: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    status: u16,
    body: String,
    verdict: String,
}

fn table() -> Table {
    toml::from_str(include_str!("../probe/paid.toml")).expect("the table")
}

impl Operation {
    /// The vendor, who answers the operation with whatever is put into the slot.
    fn played(&self) -> (Stage, Arc<Mutex<Reply>>) {
        let slot = Arc::new(Mutex::new(Reply::status(200)));
        let (reply, paid, answers) = (slot.clone(), self.request.path.clone(), self.answers.clone());
        let stage = Stage::open(move |request| match answers.get(&request.path) {
            _ if request.path == paid => reply.lock().expect("a lock").clone(),
            Some(body) => Reply::new(200, body.as_str()),
            None => Reply::status(404),
        });
        (stage, slot)
    }

    fn run(&self, prober: &Prober) -> Outcome {
        let settings = serde_json::to_string(&self.settings).expect("settings");
        let key = self.key.replace("{canary}", CANARY);
        let capability = Some(self.capability.parse().expect("a capability"));
        let depth = Depth::Generate { capability, model: self.model.as_deref() };
        Asked { settings: &settings, ..Asked::vendor(&self.provider, &key) }.test(prober, depth)
    }

    fn name(&self) -> String {
        format!("{} {}", self.provider, self.capability)
    }

    fn check(&self, received: &Received) {
        let (name, wanted) = (self.name(), &self.request);
        let key = self.key.replace("{canary}", CANARY);
        assert_eq!((&received.host, &received.path), (&wanted.host, &wanted.path), "{name}");
        assert_eq!((received.method.as_str(), received.tls), ("POST", true), "{name}");
        assert_eq!(received.header(&wanted.header), Some(wanted.value.replace("{key}", &key).as_str()), "{name}");
        let with_key: &[&str] = if wanted.value.contains("{key}") { &[&wanted.header] } else { &[] };
        assert_eq!(received.headers_with(CANARY), with_key, "{name}");
        assert!(!received.path.contains(CANARY) && !received.text().contains(CANARY), "{name}");
        for (header, value) in &wanted.others {
            assert_eq!(received.header(header), Some(value.as_str()), "{name}");
        }
        if let Some(text) = &wanted.text {
            assert_eq!(received.text(), *text, "{name}");
        }
        if let Some(body) = &wanted.body {
            let body: Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(received.json(), body, "{name}");
            assert_eq!(received.header("content-type"), Some("application/json"), "{name}");
        }
    }
}

/// How often the operation arrived, and that everything else came before it.
fn times(stage: &Stage, operation: &Operation) -> usize {
    let paths: Vec<_> = stage.received().into_iter().map(|it| it.path).collect();
    let paid = paths.iter().filter(|path| **path == operation.request.path).count();
    assert!(paths.iter().rev().take(paid).all(|path| *path == operation.request.path), "{paths:?}");
    if vendor(&operation.provider).probe.is_some() {
        assert!(paths.len() > paid, "the free request comes first: {paths:?}");
    }
    paid
}

#[test]
fn every_operation_that_costs_arrives_once_as_the_vendor_documents_it() {
    for operation in table().operation {
        let (stage, slot) = operation.played();
        let prober = prober(stage.options(), 3, Duration::from_secs(60));
        *slot.lock().expect("a lock") = Reply::new(200, r#"{"done":true}"#);
        let outcome = operation.run(&prober);
        assert_eq!((outcome.verdict, outcome.paid), (Verdict::Verified, true), "{}: {outcome:?}", operation.name());
        assert_eq!(times(&stage, &operation), 1, "{}", operation.name());
        operation.check(stage.received().last().expect("the operation"));
        let mut hosts = stage.hosts_that_saw(CANARY);
        hosts.retain(|host| *host != operation.request.host);
        assert!(hosts.len() <= 1 && stage.received()[0].host.contains(hosts.first().map_or("", |it| it)));
    }
}

#[test]
fn a_refused_operation_says_what_it_says_and_is_not_made_again() {
    for operation in table().operation {
        let (stage, slot) = operation.played();
        let prober = prober(stage.options(), 3, Duration::from_secs(60));
        let refusal = Reply::new(operation.refusal.status, operation.refusal.body.as_str());
        let busy = Reply::status(429).header("retry-after", "0");
        let broken = |at| Reply::new(200, vec![b' '; 100]).cut_after(at);
        let lost = [(broken(60), "unreachable"), (broken(0), "unreachable")];
        let replies = [(refusal, operation.refusal.verdict.as_str()), (Reply::status(503), "unreachable")];
        for (reply, verdict) in replies.into_iter().chain([(busy, "rate_limited")]).chain(lost) {
            stage.forget();
            *slot.lock().expect("a lock") = reply;
            let outcome = operation.run(&prober);
            assert_eq!(outcome.verdict.as_str(), verdict, "{}: {outcome:?}", operation.name());
            assert!(outcome.paid, "{}", operation.name());
            assert_eq!(times(&stage, &operation), 1, "{}", operation.name());
        }
    }
}

#[test]
fn every_operation_of_the_catalog_is_in_the_table() {
    let table = table();
    for provider in Catalog::builtin().providers().iter().filter(|provider| provider.id != "vertex") {
        for paid in &provider.paid {
            let listed = |it: &&Operation| it.provider == provider.id && it.capability == paid.capability.as_str();
            assert!(table.operation.iter().any(|it| listed(&it)), "{} {}", provider.id, paid.capability);
        }
    }
}

fn generate(stage: &Stage, asked: Asked<'_>) -> Outcome {
    let depth = Depth::Generate { capability: None, model: None };
    asked.test(&prober(stage.options(), 1, Duration::from_secs(60)), depth)
}

#[test]
fn nothing_is_spent_on_a_key_that_is_refused_or_empty() {
    for (status, body, verdict) in [
        (401, r#"{"error":{"code":"invalid_api_key"}}"#, Verdict::Rejected),
        (429, r#"{"error":{"code":"insufficient_quota"}}"#, Verdict::NoCredit),
        (503, "", Verdict::Unreachable),
        (302, "", Verdict::Misconfigured),
    ] {
        let stage = Stage::open(move |_| Reply::new(status, body));
        let outcome = generate(&stage, Asked::vendor("openai", &openai_key("spends")));
        assert_eq!((outcome.verdict, outcome.paid), (verdict, false));
        assert_eq!(stage.received().len(), 1);
    }
}

#[test]
fn without_a_model_to_try_nothing_is_spent_and_nothing_is_said() {
    let stage = Stage::open(|_| Reply::new(200, r#"{"data":[{"id":"whisper-1"}]}"#));
    let outcome = generate(&stage, Asked::vendor("openai", &openai_key("nothing")));
    assert_eq!((outcome.verdict, outcome.detail.as_deref()), (Verdict::Unchecked, Some("no_model")));
    assert!(!outcome.paid);
    assert!(stage.received().iter().all(|it| it.method == "GET"));
    // A setting that the operation needs and the free request does not.
    let settings = r#"{"endpoint":"https://acme-east.openai.azure.com"}"#;
    let asked = Asked { settings, ..Asked::vendor("azure_openai", CANARY) };
    let outcome = generate(&stage, asked);
    assert_eq!((outcome.verdict, outcome.detail.as_deref()), (Verdict::Unchecked, Some("settings")));
    assert!(!outcome.paid);
}

#[test]
fn a_key_that_may_not_list_voices_lacks_a_right_and_is_not_bad() {
    let stage = Stage::open(|request| match request.path.as_str() {
        "/v1/models" => Reply::new(200, r#"[{"model_id":"eleven_flash_v2_5"}]"#),
        _ => Reply::new(401, r#"{"detail":{"status":"missing_permissions"}}"#),
    });
    let outcome = generate(&stage, Asked::vendor("elevenlabs", CANARY));
    assert_eq!((outcome.verdict, outcome.paid), (Verdict::Limited, false));
}

#[test]
fn without_what_the_free_answer_should_have_given_no_operation_is_tried() {
    let stage = Stage::open(|_| Reply::new(200, "{}"));
    let settings = r#"{"user_id":"0123456789abcdef"}"#;
    let outcome = generate(&stage, Asked { settings, ..Asked::vendor("bhashini", CANARY) });
    assert_eq!((outcome.verdict, outcome.detail.as_deref()), (Verdict::Unchecked, Some("proves_nothing")));
    assert_eq!(stage.hosts_that_saw(CANARY), ["meity-auth.ulcacontrib.org"]);
    assert_eq!(stage.received().len(), 1);
}

#[test]
fn a_long_list_of_models_is_read_to_its_end() {
    // A router's list is some megabytes long, and the wanted model may be the last.
    let stage = Stage::open(|request| {
        let filler =
            vec![r#"{"id":"other","about":"............................................................"}"#; 40_000];
        match request.path.as_str() {
            "/api/v1/key" => Reply::new(200, r#"{"data":{"usage":1}}"#),
            "/api/v1/models" => {
                Reply::new(200, format!(r#"{{"data":[{},{{"id":"openai/gpt-5-nano"}}]}}"#, filler.join(",")))
            }
            _ => Reply::new(200, "{}"),
        }
    });
    let outcome = generate(&stage, Asked::vendor("openrouter", CANARY));
    assert_eq!(outcome.verdict, Verdict::Verified, "{outcome:?}");
    assert_eq!(stage.received().last().expect("the operation").json()["model"], "openai/gpt-5-nano");
}
