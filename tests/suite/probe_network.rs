//! Network faults: the verdict is right, nothing hangs, and no other host gets the key.

use std::time::{Duration, Instant};

use byok::probe::{Depth, Options, Outcome, ProxyInUse};
use byok::provider::Verdict;
use serde_json::json;

use crate::harness::{CANARY, openai_key};
use crate::probing::{Asked, once, prober};
use crate::simulated_providers::{Door, Identity, Reply, Stage, gzip, gzip_bomb};

/// Short, because whatever is tested here runs into it on purpose.
const SHORT: Duration = Duration::from_millis(700);

fn models() -> Reply {
    Reply::json(200, &json!({"object": "list", "data": [{"id": "gpt-5-nano"}]}))
}

/// Tests an OpenAI key and holds the test to its time and to the host; a bound on time is no more than "does not hang".
fn ask(stage: &Stage, options: Options, attempts: u32, timeout: Duration) -> Outcome {
    let begun = Instant::now();
    let key = openai_key("network");
    let outcome = Asked::vendor("openai", &key).test(&prober(options, attempts, timeout), Depth::Free);
    assert!(begun.elapsed() < timeout * 3 + Duration::from_secs(20), "{:?}", begun.elapsed());
    let seen = stage.hosts_that_saw(CANARY);
    assert!(seen.iter().all(|host| host == "api.openai.com"), "the key reached {seen:?}");
    outcome
}

fn ask_once(stage: &Stage) -> Outcome {
    ask(stage, stage.options(), 1, Duration::from_secs(60))
}

#[track_caller]
fn is(outcome: &Outcome, verdict: Verdict, detail: &str) {
    assert_eq!((outcome.verdict, outcome.detail.as_deref()), (verdict, Some(detail)), "{outcome:?}");
}

#[test]
fn a_redirect_is_never_followed_with_a_key_in_hand() {
    for status in [300, 301, 302, 303, 307, 308] {
        for to in
            ["https://api.openai.com/v2/models", "https://elsewhere.example.org/v1/models", "/v1/other", "//a.b/c"]
        {
            let stage = Stage::open(move |_| Reply::status(status).header("location", to));
            let outcome = ask_once(&stage);
            if status == 300 {
                assert_eq!(outcome.verdict, Verdict::Unchecked);
            } else {
                is(&outcome, Verdict::Misconfigured, "redirect");
            }
            assert!(stage.received().iter().all(|it| it.host == "api.openai.com"), "{status} to {to}");
            let asked: Vec<_> = stage.received().into_iter().map(|it| it.path).collect();
            assert!(asked.iter().all(|path| path == "/v1/models" || path == "/v1/me"), "{asked:?}");
        }
    }
}

#[test]
fn a_redirect_of_a_request_with_a_body_is_not_followed_either() {
    for status in [301, 302, 303, 307, 308] {
        let stage = Stage::open(move |_| Reply::status(status).header("location", "https://elsewhere.example.org/"));
        let outcome = Asked::vendor("cohere", CANARY).test(&once(&stage), Depth::Free);
        is(&outcome, Verdict::Misconfigured, "redirect");
        assert_eq!(stage.received().len(), 1);
        assert_eq!(stage.tunnels().len(), 1);
    }
}

#[test]
fn whoever_is_slow_meets_the_deadline() {
    let byte = Duration::from_millis(50);
    for (what, reply) in [
        ("silence", Reply::silence()),
        ("headers in drops", models().slowly(byte)),
        ("a body in drops", Reply::new(200, vec![b'['; 1000]).with_slow_body(byte)),
        ("a refusal in drops", Reply::new(401, vec![b'{'; 1000]).with_slow_body(byte)),
        ("an answer that is late", models().after(Duration::from_secs(3600))),
    ] {
        let stage = Stage::open(move |_| reply.clone());
        let outcome = ask(&stage, stage.options(), 3, SHORT);
        let found = (outcome.verdict, outcome.detail.as_deref());
        assert_eq!(found, (Verdict::Unreachable, Some("timeout")), "{what}: {outcome:?}");
    }
}

#[test]
fn the_deadline_is_one_for_all_requests_of_a_test() {
    // Every answer alone is in time; all the tries together are not.
    let stage = Stage::open(|_| Reply::status(503).after(SHORT / 2));
    let outcome = ask(&stage, stage.options(), 100, SHORT);
    assert_eq!(outcome.verdict, Verdict::Unreachable);
    assert!(stage.received().len() <= 3, "{}", stage.received().len());
}

#[test]
fn a_time_beyond_all_time_is_a_long_time() {
    let stage = Stage::open(|_| models());
    let key = openai_key("patient");
    let outcome = Asked::vendor("openai", &key).test(&prober(stage.options(), 1, Duration::MAX), Depth::Free);
    assert_eq!(outcome.verdict, Verdict::Verified);
    let outcome = Asked::vendor("openai", &key).test(&prober(stage.options(), 1, Duration::ZERO), Depth::Free);
    is(&outcome, Verdict::Unreachable, "timeout");
}

#[test]
fn an_endless_body_is_read_to_the_bound_and_no_further() {
    let stage = Stage::open(|_| Reply::new(200, vec![b'a'; 65_536]).endless());
    is(&ask_once(&stage), Verdict::Unchecked, "not_the_provider");
    let stage = Stage::open(|_| Reply::new(200, vec![b'['; 65_536]).endless());
    assert_eq!(ask_once(&stage).verdict, Verdict::Verified, "a very long list is a list");
    // Where a success may say that the key is blocked, what was not read may say so.
    let outcome = Asked::vendor("xai", CANARY).test(&once(&stage), Depth::Free);
    assert_eq!(outcome.verdict, Verdict::Unchecked);
}

#[test]
fn ten_megabytes_are_no_trouble() {
    let long = format!(r#"{{"data":["{}"]}}"#, "a".repeat(10 * 1024 * 1024));
    let page = "a".repeat(10 * 1024 * 1024);
    for (status, body, verdict) in [
        (200, long.clone(), Verdict::Verified),
        (200, page.clone(), Verdict::Unchecked),
        (401, long, Verdict::Unchecked),
        (500, page, Verdict::Unreachable),
    ] {
        let reply = Reply::new(status, body);
        for reply in [reply.clone(), reply.chunked()] {
            let stage = Stage::open(move |_| reply.clone());
            assert_eq!(ask_once(&stage).verdict, verdict, "{status}");
        }
    }
}

#[test]
fn an_answer_that_stops_in_the_middle_is_none() {
    let whole = models().header("x-a", "b");
    for at in [0, 5, 12, 20, 60, 100] {
        let reply = whole.clone().cut_after(at);
        let stage = Stage::open(move |_| reply.clone());
        is(&ask_once(&stage), Verdict::Unreachable, "connection_lost");
    }
    // Once more is free, and then it is whole.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let stage = Stage::open(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 | 1 => models().cut_after(60),
        _ => models(),
    });
    assert_eq!(ask(&stage, stage.options(), 3, Duration::from_secs(60)).verdict, Verdict::Verified);
    assert_eq!(stage.received().len(), 3);
}

#[test]
fn a_body_without_a_length_is_whole_when_tls_says_so_or_its_json_ends() {
    let stage = Stage::open(|_| models().until_close(true));
    assert_eq!(ask_once(&stage).verdict, Verdict::Verified);
    let stage = Stage::open(|_| models().until_close(false));
    assert_eq!(ask_once(&stage).verdict, Verdict::Verified, "some servers end without a word");
    let stage = Stage::open(|_| Reply::new(200, r#"{"data":[{"id":"#).until_close(false));
    is(&ask_once(&stage), Verdict::Unreachable, "connection_lost");
    let refusal = r#"{"error":{"message":"You have insufficient"#;
    let stage = Stage::open(move |_| Reply::new(401, refusal).until_close(false));
    is(&ask_once(&stage), Verdict::Unreachable, "connection_lost");
}

#[test]
fn a_length_that_is_wrong_is_no_verdict() {
    let stage = Stage::open(|_| {
        Reply::new(200, r#"{"data":[]}"#).header("content-length", "1000").header("connection", "close")
    });
    is(&ask_once(&stage), Verdict::Unreachable, "connection_lost");
    let stage = Stage::open(|_| Reply::new(200, r#"{"data":[]} and more"#).header("content-length", "11"));
    assert_eq!(ask_once(&stage).verdict, Verdict::Verified, "what is announced is what is read");
    for odd in ["-1", "99999999999999999999999", "x", "5, 6"] {
        let stage = Stage::open(move |_| Reply::new(200, r#"{"data":[]}"#).header("content-length", odd));
        assert_ne!(ask_once(&stage).verdict, Verdict::Verified, "{odd}");
    }
}

#[test]
fn what_is_not_http_is_no_answer() {
    let long = format!(
        "HTTP/1.1 200 OK\r\n{}\r\n{{}}",
        "x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(40_000)
    );
    let wide = format!("HTTP/1.1 200 OK\r\nx-filler: {}\r\n\r\n{{}}", "a".repeat(2_000_000));
    for rubbish in [
        "{\"data\":[]}",
        "<html>hello</html>",
        "",
        "\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n{}",
        "HTTP/1.1 2000 OK\r\n\r\n{}",
        "HTTP/1.1 abc OK\r\n\r\n{}",
        "HTTP/1.1 000 OK\r\n\r\n{}",
        "HTTP/1.1 999 OK\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzzz\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "220 mail.example.org ESMTP\r\n",
        &"HTTP/1.1 100 Continue\r\n\r\n".repeat(50_000),
        &"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(50_000),
        &long,
        &wide,
    ] {
        let reply = Reply::raw(rubbish);
        let stage = Stage::open(move |_| reply.clone());
        let outcome = ask(&stage, stage.options(), 1, Duration::from_secs(10));
        let start: String = rubbish.chars().take(60).collect();
        let fits = matches!(outcome.verdict, Verdict::Unreachable | Verdict::Unchecked);
        assert!(fits, "{start}: {outcome:?}");
    }
}

#[test]
fn an_answer_may_have_many_headers() {
    let mut reply = models();
    for number in 0..90 {
        reply = reply.header(&format!("x-vendor-{number}"), "a".repeat(200));
    }
    let stage = Stage::open(move |_| reply.clone());
    assert_eq!(ask_once(&stage).verdict, Verdict::Verified);
}

#[test]
fn a_word_before_the_answer_is_passed_over() {
    let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"data\":[]}";
    let stage = Stage::open(move |_| Reply::raw(early));
    assert_eq!(ask_once(&stage).verdict, Verdict::Verified);
}

#[test]
fn a_page_of_a_portal_proves_nothing() {
    for page in ["<html><body>Sign in to the guest network</body></html>", "Please sign in.", "", "null", "\"ok\"", "7"]
    {
        let stage = Stage::open(move |_| Reply::new(200, page).header("content-type", "text/html"));
        let outcome = ask_once(&stage);
        assert_eq!(outcome.verdict, Verdict::Unchecked, "{page}");
    }
}

#[test]
fn what_is_packed_unasked_is_not_unpacked() {
    for packed in [gzip(r#"{"data":[]}"#), gzip_bomb(512)] {
        let reply = Reply::new(200, packed).header("content-encoding", "gzip");
        let stage = Stage::open(move |_| reply.clone());
        is(&ask_once(&stage), Verdict::Unchecked, "not_the_provider");
        assert_eq!(stage.received()[0].header("accept-encoding"), Some("identity"));
    }
}

#[test]
fn nobody_but_the_vendor_gets_through_the_handshake() {
    for identity in [Identity::AnotherHost, Identity::Expired, Identity::Stranger] {
        let stage = Stage::with_door(move |_| Door::As(identity), |_| models());
        is(&ask_once(&stage), Verdict::Unreachable, "tls");
        assert!(stage.received().is_empty(), "{identity:?}");
    }
    let stage = Stage::with_door(|_| Door::CutHandshake, |_| models());
    let outcome = ask_once(&stage);
    assert_eq!(outcome.verdict, Verdict::Unreachable, "{outcome:?}");
    let stage = Stage::with_door(|_| Door::SilentHandshake, |_| models());
    is(&ask(&stage, stage.options(), 3, SHORT), Verdict::Unreachable, "timeout");
}

#[test]
fn a_proxy_in_the_way_is_named_as_that() {
    for status in [302, 401, 403, 407, 502, 503] {
        let stage = Stage::with_door(move |_| Door::Refuse(status), |_| models());
        is(&ask_once(&stage), Verdict::Unreachable, "proxy");
        assert!(stage.received().is_empty());
    }
    let rubbish = b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec();
    let stage = Stage::with_door(move |_| Door::Rubbish(rubbish.clone()), |_| models());
    assert_eq!(ask_once(&stage).verdict, Verdict::Unreachable);
    let stage = Stage::with_door(|_| Door::Silent, |_| models());
    is(&ask(&stage, stage.options(), 3, SHORT), Verdict::Unreachable, "timeout");
    // Nobody there, and no such name: the key's own host is not to blame.
    for proxy in ["http://127.0.0.1:1", "http://proxy.invalid:3128"] {
        let options = Options { proxy: ProxyInUse::Named(proxy.into()), ..stage.options() };
        is(&ask(&stage, options, 1, Duration::from_secs(20)), Verdict::Unreachable, "proxy");
    }
}

#[test]
fn the_password_of_a_proxy_goes_to_the_proxy_and_is_shown_nowhere() {
    let stage = Stage::open(|_| models());
    let port = stage.proxy_url().rsplit(':').next().expect("a port").to_owned();
    let named = format!("http://ada:{CANARY}@127.0.0.1:{port}");
    let made = prober(Options { proxy: ProxyInUse::Named(named), ..stage.options() }, 1, Duration::from_secs(60));
    assert_eq!(made.proxy().as_deref(), Some(format!("127.0.0.1:{port}").as_str()));
    assert!(!format!("{made:?}").contains(CANARY), "{made:?}");
    let outcome = Asked::vendor("openai", "sk-no-canary-in-this-one-0123").test(&made, Depth::Free);
    assert_eq!(outcome.verdict, Verdict::Verified);
    let basic = data_encoding::BASE64.encode(format!("ada:{CANARY}").as_bytes());
    assert_eq!(stage.tunnels()[0].header("proxy-authorization"), Some(format!("Basic {basic}").as_str()));
    assert!(stage.received().iter().all(|it| it.header("proxy-authorization").is_none()));
    let socks = format!("socks5://ada:{CANARY}@127.0.0.1:{port}");
    for unusable in ["", "not a proxy at all", "ftp://127.0.0.1:1", "http://", &socks] {
        let options = Options { proxy: ProxyInUse::Named(unusable.to_owned()), ..stage.options() };
        assert!(!format!("{options:?}").contains(CANARY));
        let error = byok::probe::Prober::new(&options).expect_err("no proxy");
        assert!(!format!("{error} {error:?}").contains(CANARY));
    }
}

#[test]
fn a_refused_or_empty_key_is_not_asked_about_twice_and_a_broken_server_is() {
    for (status, headers, requests) in [
        (401, vec![], 1),
        (402, vec![], 1),
        (403, vec![], 1),
        (429, vec![], 1),
        (429, vec![("retry-after", "0")], 3),
        (429, vec![("retry-after-ms", "10")], 3),
        (429, vec![("retry-after", "3600")], 1),
        (500, vec![], 3),
        (503, vec![], 3),
        (503, vec![("retry-after", "3600")], 1),
        (503, vec![("retry-after", "18446744073709549568")], 1),
        (503, vec![("retry-after-ms", "-7")], 3),
        (301, vec![], 1),
    ] {
        let mut reply = Reply::new(status, r#"{"error":{"message":"x"}}"#);
        for (name, value) in headers.clone() {
            reply = reply.header(name, value);
        }
        let stage = Stage::open(move |_| reply.clone());
        ask(&stage, stage.options(), 3, Duration::from_secs(20));
        assert_eq!(stage.received().len(), requests, "{status} {headers:?}");
    }
    let count = std::sync::atomic::AtomicUsize::new(0);
    let stage = Stage::open(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Reply::status(503),
        1 => Reply::status(429).header("retry-after", "0"),
        _ => models(),
    });
    assert_eq!(ask(&stage, stage.options(), 3, Duration::from_secs(20)).verdict, Verdict::Verified);
}
