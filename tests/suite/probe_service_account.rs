//! Service accounts: the signed statement is only sent to Google, and the private key is never sent.

use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use byok::probe::{Depth, Outcome};
use byok::provider::Verdict;
use data_encoding::BASE64URL_NOPAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::harness::CANARY;
use crate::probing::{Asked, prober};
use crate::simulated_providers::{Reply, Stage};

const TOKEN_HOST: &str = "oauth2.googleapis.com";
const SETTINGS: &str = r#"{"project_id":"acme-voice","location":"asia-south1"}"#;

struct Account {
    private_pem: String,
    public_der: Vec<u8>,
}

/// An RSA key of this run; nothing that is linked here makes one.
fn account() -> &'static Account {
    static ACCOUNT: OnceLock<Account> = OnceLock::new();
    ACCOUNT.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("key.pem");
        let openssl = |arguments: &[&str]| {
            let output = Command::new("openssl").args(arguments).arg(&file).output().expect("openssl on this machine");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"]);
        let public_der = openssl(&["rsa", "-RSAPublicKey_out", "-outform", "DER", "-in"]);
        Account { private_pem: std::fs::read_to_string(&file).expect("the key"), public_der }
    })
}

fn document() -> Value {
    json!({
        "type": "service_account", "project_id": "acme-voice", "private_key_id": "0123456789abcdef",
        "private_key": account().private_pem, "client_email": "byok@acme-voice.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    })
}

fn test(stage: &Stage, document: &str, depth: Depth<'_>) -> Outcome {
    let asked = Asked { settings: SETTINGS, ..Asked::vendor("vertex", document) };
    let outcome = asked.test(&prober(stage.options(), 1, Duration::from_secs(60)), depth);
    for line in account().private_pem.lines() {
        assert_eq!(stage.hosts_that_saw(line), [""; 0], "the private key leaves");
    }
    outcome
}

fn token() -> Reply {
    let token = format!("ya29.{CANARY}");
    // The number of the request is Google's to choose.
    Reply::json(200, &json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"}))
        .header("x-request-id", token)
}

#[test]
fn a_service_account_is_proved_by_a_statement_that_google_can_verify() {
    let stage = Stage::open(|_| token());
    let outcome = test(&stage, &document().to_string(), Depth::Free);
    assert_eq!((outcome.verdict, outcome.request_id), (Verdict::Verified, None));
    let received = stage.received();
    assert_eq!(received.len(), 1);
    let request = &received[0];
    assert_eq!((request.method.as_str(), request.host.as_str()), ("POST", TOKEN_HOST));
    assert_eq!((request.path.as_str(), request.tls), ("/token", true));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.header("authorization"), None);
    let body = request.text();
    let fields: Vec<_> = body.split('&').filter_map(|field| field.split_once('=')).collect();
    assert_eq!(fields[0], ("grant_type", "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"));
    assert_eq!((fields.len(), fields[1].0), (2, "assertion"));
    let (statement, signature) = fields[1].1.rsplit_once('.').expect("a signature");
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).expect("base64");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &account().public_der)
        .verify(statement.as_bytes(), &signature)
        .expect("Google's check");
    let part = |text: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64")).expect("JSON")
    };
    let (header, claims) = statement.split_once('.').expect("two parts");
    assert_eq!(part(header), json!({"alg": "RS256", "typ": "JWT", "kid": "0123456789abcdef"}));
    let claims = part(claims);
    assert_eq!(claims["iss"], "byok@acme-voice.iam.gserviceaccount.com");
    assert_eq!(claims["aud"], "https://oauth2.googleapis.com/token");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/cloud-platform");
    let life = claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time");
    assert!((60..=3600).contains(&life), "Google takes at most an hour: {life}");
}

#[test]
fn what_google_says_to_the_statement_gets_its_verdict() {
    for (status, body, wanted) in [
        (400, r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#, (Verdict::Rejected, false)),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid grant: account not found"}"#,
            (Verdict::Rejected, false),
        ),
        (400, r#"{"error":"invalid_grant","error_description":"Bad Request"}"#, (Verdict::Rejected, true)),
        (401, r#"{"error":"invalid_client"}"#, (Verdict::Rejected, false)),
        (400, r#"{"error":"invalid_scope"}"#, (Verdict::Unchecked, false)),
        (403, r#"{"error":"access_denied"}"#, (Verdict::Limited, false)),
        (429, "{}", (Verdict::RateLimited, false)),
        (200, r#"{"id_token":"x"}"#, (Verdict::Unchecked, false)),
        (200, r#"{"access_token":""}"#, (Verdict::Unchecked, false)),
        (503, "", (Verdict::Unreachable, false)),
    ] {
        let stage = Stage::open(move |_| Reply::new(status, body));
        let outcome = test(&stage, &document().to_string(), Depth::Free);
        assert_eq!((outcome.verdict, outcome.probably), wanted, "{status} {body}");
    }
}

#[test]
fn a_clock_that_is_wrong_is_no_revoked_account() {
    let body = r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#;
    let stage = Stage::open(move |_| Reply::new(400, body));
    let outcome = test(&stage, &document().to_string(), Depth::Free);
    assert_eq!((outcome.verdict, outcome.detail.as_deref()), (Verdict::Misconfigured, Some("clock")));
    assert!(!outcome.forbids_storing());
}

#[test]
fn a_file_with_the_older_address_of_the_same_service_is_as_good() {
    for address in ["https://accounts.google.com/o/oauth2/token", "https://www.googleapis.com/oauth2/v4/token"] {
        let stage = Stage::open(|_| token());
        let mut older = document();
        older["token_uri"] = address.into();
        assert_eq!(test(&stage, &older.to_string(), Depth::Free).verdict, Verdict::Verified, "{address}");
        assert_eq!(stage.received()[0].host, TOKEN_HOST);
    }
}

#[test]
fn work_is_asked_for_with_the_token_alone() {
    let stage = Stage::open(|request| if request.host == TOKEN_HOST { token() } else { Reply::new(200, "{}") });
    let depth = Depth::Generate { capability: None, model: Some("gemini-2.5-flash-lite") };
    let outcome = test(&stage, &document().to_string(), depth);
    assert_eq!((outcome.verdict, outcome.paid), (Verdict::Verified, true), "{outcome:?}");
    let received = stage.received();
    assert_eq!(received.len(), 2);
    let (exchange, work) = (&received[0], &received[1]);
    assert_eq!(exchange.host, TOKEN_HOST);
    assert_eq!(work.host, "aiplatform.googleapis.com");
    let path =
        "/v1/projects/acme-voice/locations/asia-south1/publishers/google/models/gemini-2.5-flash-lite:generateContent";
    assert_eq!(work.path, path);
    assert_eq!(work.header("authorization"), Some(format!("Bearer ya29.{CANARY}").as_str()));
    assert_eq!(work.headers_with(CANARY), ["authorization"]);
    let assertion = exchange.text().rsplit('=').next().expect("an assertion").to_owned();
    assert_eq!(stage.hosts_that_saw(&assertion), [TOKEN_HOST]);
    assert_eq!(work.json()["generationConfig"]["maxOutputTokens"], 1);
}

#[test]
fn work_in_a_multi_region_is_asked_for_at_its_own_host() {
    let stage = Stage::open(|request| if request.host == TOKEN_HOST { token() } else { Reply::new(200, "{}") });
    let (document, depth) = (document().to_string(), Depth::Generate { capability: None, model: Some("m") });
    let settings = r#"{"project_id":"acme-voice","location":"eu"}"#;
    let asked = Asked { settings, ..Asked::vendor("vertex", &document) };
    let outcome = asked.test(&prober(stage.options(), 1, Duration::from_secs(60)), depth);
    assert_eq!((outcome.verdict, outcome.paid), (Verdict::Verified, true), "{outcome:?}");
    assert_eq!(stage.received()[1].host, "aiplatform.eu.rep.googleapis.com");
}

#[test]
fn without_a_token_no_work_is_asked_for() {
    for status in [429, 403] {
        let stage = Stage::open(move |_| Reply::new(status, "{}"));
        let depth = Depth::Generate { capability: None, model: Some("gemini-2.5-flash-lite") };
        let outcome = test(&stage, &document().to_string(), depth);
        assert!(matches!(outcome.verdict, Verdict::RateLimited | Verdict::Limited), "{outcome:?}");
        assert!(!outcome.paid);
        assert_eq!(stage.received().len(), 1);
    }
}

#[test]
fn a_document_that_names_another_address_or_has_no_key_is_refused_before_any_request() {
    let with = |name: &str, value: Value| {
        let mut changed = document();
        changed[name] = value;
        changed.to_string()
    };
    let mut incomplete = document();
    incomplete.as_object_mut().expect("an object").remove("private_key");
    let elliptic = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    for document in [
        with("token_uri", "https://oauth2.googleapis.com.example.org/token".into()),
        with("token_uri", "http://oauth2.googleapis.com/token".into()),
        with("token_uri", "https://169.254.169.254/token".into()),
        with("token_uri", "https://oauth2.googleapis.com/token?to=elsewhere".into()),
        with("private_key", "-----BEGIN PRIVATE KEY-----\nnot base64\n-----END PRIVATE KEY-----".into()),
        with("private_key", elliptic.into()),
        with("private_key", Value::Null),
        incomplete.to_string(),
        "{}".into(),
        "[]".into(),
        "sk-not-a-document".into(),
        String::new(),
    ] {
        let stage = Stage::open(|_| token());
        let outcome = test(&stage, &document, Depth::Free);
        assert_eq!(
            (outcome.verdict, outcome.detail.as_deref()),
            (Verdict::Misconfigured, Some("document")),
            "{document}"
        );
        assert!(stage.received().is_empty() && stage.tunnels().is_empty(), "{document}");
    }
}
