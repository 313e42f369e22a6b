//! Tests of the simulated providers themselves (`simulated_providers`).

use std::sync::{Arc, Barrier};
use std::time::Duration;

use byok::name::ProviderId;
use byok::probe::{Depth, Outcome, Prober, Subject};
use byok::provider::{Capability, Catalog, Compatible, Reach, Verdict, read_private};
use byok::secret::{Credential, SecretText};
use serde_json::json;

use crate::harness::{Byok, CANARY, openai_key};
use crate::simulated_providers::{Reply, Stage, gzip, gzip_bomb};

fn test_openai(stage: &Stage, key: &str) -> Outcome {
    let id: ProviderId = "openai".parse().expect("an id");
    let provider = Catalog::builtin().find(&id).expect("in the catalog");
    let credential = Credential::single("api_key", SecretText::new(key.to_owned()));
    let subject = Subject { provider, credential: &credential, settings: "{}", reach: Reach::Vendor };
    Prober::new(&stage.options()).expect("a client").test(&subject, Depth::Free)
}

#[test]
fn a_request_to_a_vendor_arrives_on_the_stage_as_it_was_sent() {
    let stage = Stage::open(|_| Reply::json(200, &json!({"data": []})).chunked());
    let key = openai_key("arrives");
    assert_eq!(test_openai(&stage, &key).verdict, Verdict::Verified);
    let received = stage.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].tls);
    let request = &received[0];
    assert_eq!((request.host.as_str(), request.port), ("api.openai.com", 443));
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/v1/models"));
    assert_eq!(request.header("authorization"), Some(format!("Bearer {key}").as_str()));
    assert_eq!(request.headers_with(CANARY), ["authorization"]);
    assert_eq!(stage.hosts_that_saw(CANARY), ["api.openai.com"]);
    assert_eq!(stage.tunnels()[0].path, "api.openai.com:443");
    assert!(!stage.tunnels()[0].shows(CANARY));
    stage.forget();
    assert!(stage.received().is_empty() && stage.tunnels().is_empty());
}

#[test]
fn many_requests_are_answered_at_once_and_counted() {
    // Nobody is answered before all have come.
    let all = Arc::new(Barrier::new(8));
    let stage = Stage::open(move |_| {
        all.wait();
        Reply::json(200, &json!({"data": []}))
    });
    std::thread::scope(|scope| {
        for number in 0..8 {
            let stage = &stage;
            scope.spawn(move || {
                let outcome = test_openai(stage, &openai_key(&number.to_string()));
                assert_eq!(outcome.verdict, Verdict::Verified);
            });
        }
    });
    assert_eq!(stage.most_at_once(), 8);
    assert!(stage.most_connections() >= 8);
    assert_eq!(stage.received().len(), 8);
}

#[test]
fn a_stage_ends_while_it_is_slow() {
    let (sender, came) = std::sync::mpsc::channel();
    let stage = Stage::open(move |_| {
        let _ = sender.send(());
        Reply::json(200, &json!({"data": []})).after(Duration::from_secs(3600))
    });
    let options = stage.options();
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let prober = Prober::new(&byok::probe::Options { attempts: 1, ..options }).expect("a client");
            let provider = Catalog::builtin().find(&"openai".parse().expect("an id")).expect("in the catalog");
            let credential = Credential::single("api_key", SecretText::new(openai_key("slow")));
            let subject = Subject { provider, credential: &credential, settings: "{}", reach: Reach::Vendor };
            prober.test(&subject, Depth::Free)
        });
        came.recv().expect("the request");
        drop(stage);
        assert_eq!(client.join().expect("an outcome").verdict, Verdict::Unreachable);
    });
}

#[test]
fn the_stage_is_a_server_at_its_own_address_too() {
    let stage = Stage::open(|_| Reply::json(200, &json!({"data": []})));
    for base_url in [stage.url(), stage.tls_url()] {
        let id: ProviderId = "gateway".parse().expect("an id");
        let capabilities = &[Capability::Llm];
        let (name, env, probe) = ("Gateway", "GATEWAY_API_KEY", "/v1/models");
        let definition =
            Compatible { id: &id, name, base_url: &base_url, capabilities, env, address_env: None, probe }.definition();
        let provider = read_private(&id, &definition, true).expect("a provider");
        let credential = Credential::single("api_key", SecretText::new(CANARY.to_owned()));
        let settings = json!({"base_url": base_url}).to_string();
        let subject =
            Subject { provider: &provider, credential: &credential, settings: &settings, reach: Reach::Private };
        let outcome = Prober::new(&stage.options()).expect("a client").test(&subject, Depth::Free);
        assert_eq!(outcome.verdict, Verdict::Verified, "{base_url}");
    }
    let tls: Vec<_> = stage.received().iter().map(|it| it.tls).collect();
    assert_eq!(tls, [false, true]);
    assert!(stage.tunnels().is_empty(), "this machine is not asked for through a proxy");
}

#[test]
fn what_the_stage_packs_is_gzip() {
    let dir = tempfile::tempdir().expect("a directory");
    let unpack = |bytes: Vec<u8>| {
        let file = dir.path().join("a.gz");
        std::fs::write(&file, bytes).expect("a file");
        std::process::Command::new("gzip").args(["-dc"]).arg(file).output().expect("gzip").stdout
    };
    assert_eq!(unpack(gzip("{\"data\":[]}")), b"{\"data\":[]}");
    let bomb = gzip_bomb(64);
    assert!(bomb.len() < 70_000);
    assert!(unpack(bomb).len() > 9_000_000);
}

#[test]
fn the_program_is_led_to_the_stage_by_two_variables() {
    let stage = Stage::open(|_| Reply::status(200));
    let command = stage.lead(Byok::new()).command(&["--version"]);
    let set = |name: &str| command.get_envs().find(|(known, _)| *known == name).and_then(|(_, value)| value);
    assert_eq!(set("HTTPS_PROXY").expect("a proxy"), stage.proxy_url().as_str());
    let pem = std::fs::read_to_string(set("SSL_CERT_FILE").expect("a file")).expect("the certificate");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
}
