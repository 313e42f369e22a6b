//! Addresses that a key may be sent to: no private ones unless an admin allows it, only over TLS, and not around the
//! proxy.

use std::process::Command;
use std::time::Duration;

use byok::probe::{Depth, Options, Outcome, Prober, ProxyInUse, Roots};
use byok::provider::{Capability, Compatible, Provider, Reach, Verdict};
use serde_json::{Value, json};

use crate::harness::CANARY;
use crate::probing::{Asked, once, prober};
use crate::simulated_providers::{Reply, Stage};

fn list() -> Reply {
    Reply::json(200, &json!({"data": []}))
}

fn definition(base_url: &str) -> Value {
    let id = "gateway".parse().expect("an id");
    let (name, env, probe) = ("Gateway", "GATEWAY_API_KEY", "/models");
    Compatible { id: &id, name, base_url, capabilities: &[Capability::Llm], env, address_env: None, probe }.definition()
}

/// As it stands in the database, where nobody checks it any more.
fn stored(base_url: &str) -> Provider {
    serde_json::from_value(definition(base_url)).expect("a provider")
}

fn test(base_url: &str, reach: Reach, prober: &Prober) -> Outcome {
    let provider = stored(base_url);
    Asked { provider: &provider, key: CANARY, settings: "{}", reach }.test(prober, Depth::Free)
}

#[track_caller]
fn is_blocked(outcome: &Outcome) {
    let found = (outcome.verdict, outcome.detail.as_deref());
    assert_eq!(found, (Verdict::Misconfigured, Some("blocked_address")), "{outcome:?}");
}

#[test]
fn a_server_inside_a_network_gets_a_key_only_where_an_admin_allows_it() {
    let stage = Stage::open(|_| list());
    let port = stage.url().rsplit(':').next().expect("a port").to_owned();
    let direct = || prober(Options { proxy: ProxyInUse::None, ..stage.options() }, 1, Duration::from_secs(60));
    for base_url in [format!("http://127.0.0.1:{port}"), format!("https://localhost:{port}")] {
        for prober in [once(&stage), direct()] {
            is_blocked(&test(&base_url, Reach::Public, &prober));
            assert!(stage.received().is_empty() && stage.tunnels().is_empty(), "{base_url}");
            assert_eq!(test(&base_url, Reach::Private, &prober).verdict, Verdict::Verified, "{base_url}");
            stage.forget();
        }
    }
}

#[test]
fn an_inside_address_is_known_in_every_spelling_and_no_proxy_is_asked_for_it() {
    let stage = Stage::open(|_| list());
    let direct = prober(Options { proxy: ProxyInUse::None, ..stage.options() }, 1, Duration::from_secs(60));
    for host in [
        "127.0.0.1",
        "127.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
        "0.0.0.0",
        "10.0.0.8",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "100.100.100.200",
        "192.168.1.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "localhost",
        "LocalHost.",
        "a.localhost",
        "metadata.google.internal",
        "printer.local",
        "box.home.arpa",
    ] {
        for prober in [&once(&stage), &direct] {
            is_blocked(&test(&format!("https://{host}/v1"), Reach::Public, prober));
        }
        assert!(stage.tunnels().is_empty(), "{host}");
    }
}

#[test]
fn a_name_that_leads_inside_is_noticed_after_it_was_looked_up() {
    let stage = Stage::open(|_| list());
    let direct = prober(Options { proxy: ProxyInUse::None, ..stage.options() }, 1, Duration::from_secs(60));
    // What this machine calls itself, such as `ip6-loopback`.
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let names: Vec<_> = hosts
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .filter(|line| ["127.", "::1", "10.", "172.", "192.168."].iter().any(|start| line.starts_with(start)))
        .flat_map(|line| line.split_whitespace().skip(1))
        .filter(|name| !name.ends_with("localhost") || name.starts_with("ip6-"))
        .collect();
    for name in names {
        is_blocked(&test(&format!("https://{name}/v1"), Reach::Public, &direct));
    }
}

#[test]
fn a_name_that_is_nowhere_is_a_wrong_address_of_whoever_gave_it() {
    let stage = Stage::open(|_| list());
    let direct = prober(Options { proxy: ProxyInUse::None, ..stage.options() }, 3, Duration::from_secs(60));
    for reach in [Reach::Public, Reach::Private] {
        let outcome = test("https://gateway.invalid/v1", reach, &direct);
        let found = (outcome.verdict, outcome.detail.as_deref());
        assert_eq!(found, (Verdict::Misconfigured, Some("no_such_host")));
    }
    // A host of the vendor's is not theirs to mend.
    let outcome = test("https://gateway.invalid/v1", Reach::Vendor, &direct);
    assert_eq!((outcome.verdict, outcome.detail.as_deref()), (Verdict::Unreachable, Some("no_such_host")));
}

#[test]
fn nothing_goes_out_in_clear_except_to_this_machine() {
    let stage = Stage::open(|_| list());
    for base_url in ["http://gateway.example.org/v1", "http://10.0.0.8/v1", "http://127.1/v1"] {
        for reach in [Reach::Vendor, Reach::Public, Reach::Private] {
            is_blocked(&test(base_url, reach, &once(&stage)));
        }
    }
    assert!(stage.received().is_empty() && stage.tunnels().is_empty());
}

#[test]
fn nobody_listening_is_not_a_bad_key() {
    let direct = prober(Options { proxy: ProxyInUse::None, ..Options::default() }, 2, Duration::from_secs(60));
    let outcome = test("http://127.0.0.1:1", Reach::Private, &direct);
    assert_eq!((outcome.verdict, outcome.detail.as_deref()), (Verdict::Unreachable, Some("connection_refused")));
}

#[test]
fn a_key_goes_to_the_address_it_was_stored_for_and_to_no_other() {
    let stage = Stage::open(|_| list());
    let residency = r#"{"base_url":"https://eu.api.openai.com/v1"}"#;
    let asked = Asked { settings: residency, ..Asked::vendor("openai", CANARY) };
    assert_eq!(asked.test(&once(&stage), Depth::Free).verdict, Verdict::Verified);
    assert_eq!(stage.hosts_that_saw(CANARY), ["eu.api.openai.com"]);
    stage.forget();
    for elsewhere in
        ["https://elsewhere.example.org/v1", "https://api.openai.com/v1/", "https://api.openai.com.evil.org/v1"]
    {
        let settings = json!({"base_url": elsewhere}).to_string();
        let outcome = Asked { settings: &settings, ..Asked::vendor("openai", CANARY) }.test(&once(&stage), Depth::Free);
        assert_eq!((outcome.verdict, outcome.detail.as_deref()), (Verdict::Misconfigured, Some("address_changed")));
    }
    assert!(stage.tunnels().is_empty());
}

#[test]
fn a_setting_cannot_lead_a_key_to_another_host() {
    let stage = Stage::open(|_| list());
    for (id, settings) in [
        ("bedrock", json!({"region": "x.evil.org/"})),
        ("bedrock", json!({"region": "evil.org#-1"})),
        ("bedrock", json!({})),
        ("azure_openai", json!({"endpoint": "https://evil.org"})),
        ("azure_openai", json!({"endpoint": "https://a.openai.azure.com.evil.org"})),
        ("azure_openai", json!({"endpoint": "http://a.openai.azure.com"})),
        ("azure_openai", json!({"endpoint": "https://a.openai.azure.com/evil"})),
        ("azure_speech", json!({"region": "evil.org/"})),
        ("bhashini", json!({"user_id": "line\r\nx: y"})),
    ] {
        let settings = settings.to_string();
        let outcome = Asked { settings: &settings, ..Asked::vendor(id, CANARY) }.test(&once(&stage), Depth::Free);
        let found = (outcome.verdict, outcome.detail.as_deref());
        assert_eq!(found, (Verdict::Misconfigured, Some("settings")), "{id} {settings}");
    }
    // A key that is no header value is not sent in another form.
    for key in ["line\r\nx-evil: 1", "söme-key", "tab\tkey"] {
        let outcome = Asked::vendor("openai", key).test(&once(&stage), Depth::Free);
        assert_eq!(outcome.verdict, Verdict::Misconfigured, "{key}");
    }
    assert!(stage.tunnels().is_empty());
}

/// Does nothing unless another test runs it with an environment of its own.
#[test]
fn as_a_child() {
    let Ok(base_url) = std::env::var("BYOK_TEST_BASE_URL") else { return };
    let options =
        Options { attempts: 1, timeout: Duration::from_secs(60), roots: Roots::System, proxy: ProxyInUse::Environment };
    let said = match Prober::new(&options) {
        Ok(prober) => {
            let outcome = test(&base_url, Reach::Public, &prober);
            format!(
                "{} {} through {}",
                outcome.verdict.as_str(),
                outcome.detail.unwrap_or_default(),
                prober.proxy().unwrap_or_default()
            )
        }
        Err(error) => error.to_string(),
    };
    std::fs::write(std::env::var("BYOK_TEST_SAID").expect("a file"), said).expect("a file");
}

/// The library in a process with these variables.
fn with_environment(stage: &Stage, variables: &[(&str, &str)]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child.args(["--exact", "probe_address::as_a_child"]).env_clear();
    child.env("BYOK_TEST_BASE_URL", "https://gateway.invalid/v1").env("BYOK_TEST_SAID", file.path());
    child.env("SSL_CERT_FILE", stage.certificate_file()).envs(variables.iter().copied());
    let output = child.output().expect("its end");
    assert!(output.status.success(), "{output:?}");
    std::fs::read_to_string(file.path()).expect("what it said")
}

#[test]
fn the_environment_names_proxy_and_certificates_and_what_is_reached_without() {
    let stage = Stage::open(|_| list());
    let (proxy, without_scheme) = (stage.proxy_url(), stage.proxy_url().replace("http://", ""));
    let through = format!("verified  through {without_scheme}");
    let dead = "http://127.0.0.1:1";
    for variables in [
        vec![("HTTPS_PROXY", proxy.as_str())],
        vec![("https_proxy", without_scheme.as_str())],
        vec![("ALL_PROXY", proxy.as_str())],
        vec![("HTTPS_PROXY", proxy.as_str()), ("ALL_PROXY", dead)],
        vec![("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", "example.org, 10.0.0.0/8")],
    ] {
        stage.forget();
        assert_eq!(with_environment(&stage, &variables), through, "{variables:?}");
        assert_eq!(stage.tunnels()[0].path, "gateway.invalid:443");
        assert_eq!(stage.hosts_that_saw(CANARY), ["gateway.invalid"]);
    }
    stage.forget();
    for except in ["*", "gateway.invalid", ".invalid", "*.invalid", "example.org, invalid"] {
        let said = with_environment(&stage, &[("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", except)]);
        assert!(said.starts_with("misconfigured no_such_host"), "{except}: {said}");
    }
    for unusable in ["socks5://127.0.0.1:1080", "not a proxy", "http://"] {
        let said = with_environment(&stage, &[("ALL_PROXY", unusable)]);
        assert_eq!(said, "the proxy in ALL_PROXY is not a usable address");
    }
    assert!(stage.tunnels().is_empty());
    assert_eq!(with_environment(&stage, &[("HTTPS_PROXY", "")]), "misconfigured no_such_host through ");
}
