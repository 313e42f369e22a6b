//! The commands whose connection is cut, and what must be true afterwards.

use super::{Case, Ground};
use crate::cutting_proxy::Cut;
use crate::harness::openai_key;

fn words(line: &str, tag: &str) -> Vec<String> {
    line.split(' ').map(|word| word.replace("TAG", tag)).collect()
}

fn nothing(_: &Ground, _: &str) {}

fn no_input(_: &str) -> String {
    String::new()
}

fn org(ground: &Ground, tag: &str) {
    ground.sql(&format!(
        "select result from byok_api.org_enable('{tag}'); select result from byok_api.member_add('{tag}', 'byok', 'owner', null)"
    ));
}

fn key(tag: &str) -> String {
    openai_key(&tag[tag.len() - 4..])
}

fn other_key(_: &str) -> String {
    openai_key("0000")
}

fn with_key(ground: &Ground, tag: &str) {
    org(ground, tag);
    let set = ["key", "set", "openai", "--org", tag, "--stdin"];
    ground.cluster.byok().input(other_key(tag)).ok(&set);
}

fn with_key_and_other(ground: &Ground, tag: &str) {
    with_key(ground, tag);
    org(ground, &format!("{tag}-b"));
}

fn with_two_keys(ground: &Ground, tag: &str) {
    with_key(ground, tag);
    let set = ["key", "set", "openai", "--org", tag, "--stdin"];
    ground.cluster.byok().input(openai_key("1111")).ok(&set);
}

pub(super) fn funded(ground: &Ground, tag: &str) {
    with_key(ground, tag);
    ground.cluster.byok().ok(&["credits", "grant", "100", "--org", tag, "--request-id", "first"]);
}

fn charged(ground: &Ground, tag: &str) {
    funded(ground, tag);
    let line = ["credits", "charge", "interview", "--org", tag, "--provider", "openai", "--request-id", "job"];
    ground.cluster.byok().ok(&line);
}

fn held(ground: &Ground, tag: &str) {
    funded(ground, tag);
    let line = ["credits", "hold", "interview", "--org", tag, "--provider", "openai", "--request-id", "job"];
    ground.cluster.byok().ok(&line);
}

fn login(ground: &Ground, tag: &str) {
    ground.sql(&format!("create role {tag} login"));
}

/// So many audit records of that action about that organization.
fn recorded(ground: &Ground, tag: &str, action: &str, times: &str) {
    let count = ground.count(&format!("byok.audit where org = '{tag}' and action = '{action}'"));
    assert_eq!(count, times, "{tag}: {action}");
}

pub(super) fn posted(ground: &Ground, tag: &str, kind: &str, available: &str) {
    assert_eq!(ground.count(&format!("byok.ledger where org = '{tag}' and kind = '{kind}'")), "1", "{tag}: {kind}");
    let balance = ground.cluster.byok().json(&["credits", "balance", "--org", tag]).1;
    assert_eq!(balance["item"]["available"], available, "{tag}: {kind}");
}

fn in_force(ground: &Ground, tag: &str, hint: &str, version: &str) {
    let row = format!("select hint || ' ' || version from byok.provider_key where org = '{tag}' and state = 'active'");
    assert_eq!(ground.sql(&row), [format!("{hint} {version}")], "{tag}");
}

fn opens(ground: &Ground, tag: &str) {
    ground.cluster.byok().ok(&["resolve", "openai", "--org", tag, "--verify", "--require", "organization"]);
}

macro_rules! case {
    ($name:literal, $before:expr, $line:literal, $after:expr) => {
        case!($name, $before, $line, no_input, $after)
    };
    ($name:literal, $before:expr, $line:literal, $input:expr, $after:expr) => {
        Case { name: $name, before: $before, line: |_, tag| words($line, tag), input: $input, after: $after }
    };
}

fn people() -> Vec<Case> {
    vec![
        case!("enable", nothing, "enable TAG --owner byok", |ground, tag| {
            recorded(ground, tag, "org.enable", "1");
            recorded(ground, tag, "member.add", "1");
        }),
        case!("disable", org, "disable TAG", |ground, tag| recorded(ground, tag, "org.disable", "1")),
        case!("org purge", with_key, "org purge TAG --confirm TAG", |ground, tag| {
            recorded(ground, tag, "org.purge", "1");
            assert_eq!(ground.count(&format!("byok.provider_key where org = '{tag}' and encrypted is not null")), "0");
        }),
        case!(
            "member add",
            |ground, tag| (org(ground, tag), login(ground, tag)).1,
            "member add TAG TAG",
            |ground, tag| {
                assert_eq!(ground.count(&format!("byok.member where org = '{tag}'")), "2");
            }
        ),
        case!("member remove", org, "member remove TAG byok", |ground, tag| recorded(
            ground,
            tag,
            "member.remove",
            "1"
        )),
        case!("role grant", login, "role grant auditor TAG", |ground, tag| {
            assert_eq!(
                ground.count(&format!("byok.audit where action = 'role.grant' and subject like '%{tag}%'")),
                "1"
            );
        }),
        case!(
            "role revoke",
            |ground, tag| (login(ground, tag), ground.cluster.byok().ok(&["role", "grant", "auditor", tag])).0,
            "role revoke auditor TAG",
            |ground, tag| {
                assert_eq!(
                    ground.count(&format!("byok.audit where action = 'role.revoke' and subject like '%{tag}%'")),
                    "1"
                );
            }
        ),
        case!("member rebind", nothing, "member rebind --yes", nothing),
    ]
}

fn keys() -> Vec<Case> {
    vec![
        case!("key set", org, "key set openai --org TAG --stdin", key, |ground, tag| {
            in_force(ground, tag, &tag[1..], "1");
            opens(ground, tag);
        }),
        case!("key set, another", with_key, "key set openai --org TAG --stdin", key, |ground, tag| {
            in_force(ground, tag, &tag[1..], "2");
        }),
        case!("key rotate", with_key, "key rotate openai --org TAG --stdin", key, |ground, tag| {
            in_force(ground, tag, &tag[1..], "2");
        }),
        case!("key expire", with_key, "key expire openai --org TAG --expires 2099-01-31", |ground, tag| {
            recorded(ground, tag, "key.expire", "1");
        }),
        case!("key copy", with_key_and_other, "key copy openai --from TAG --to TAG-b", |ground, tag| {
            recorded(ground, tag, "key.copy", "1");
            in_force(ground, &format!("{tag}-b"), "0000", "1");
        }),
        case!("key move", with_key_and_other, "key move openai --from TAG --to TAG-b --yes", |ground, tag| {
            recorded(ground, tag, "key.remove", "1");
            in_force(ground, &format!("{tag}-b"), "0000", "1");
        }),
        case!("key remove", with_key, "key remove openai --org TAG --yes", |ground, tag| {
            recorded(ground, tag, "key.remove", "1");
        }),
        case!(
            "key report",
            with_key,
            "key report openai --org TAG --key-version 1 --outcome rejected",
            |ground, tag| {
                let counted = format!("byok.key_report where org = '{tag}' and failures = uses");
                assert_eq!(ground.count(&counted), "1", "{tag}");
                assert_eq!(
                    ground.count(&format!("byok.event where org = '{tag}' and kind = 'key.failing'")),
                    "1",
                    "{tag}"
                );
            }
        ),
        case!("platform-key set", nothing, "platform-key set openai --stdin", key, |ground, tag| {
            let of = format!("byok.provider_key where org = '' and hint = '{}' and state = 'active'", &tag[1..]);
            assert_eq!(ground.count(&of), "1");
        }),
        case!("data-key rotate", with_key, "data-key rotate TAG --yes", |ground, tag| {
            recorded(ground, tag, "data_key.rotate", "1");
            opens(ground, tag);
        }),
    ]
}

fn money() -> Vec<Case> {
    vec![
        case!("credits grant", org, "credits grant 5 --org TAG --request-id TAG", |ground, tag| {
            posted(ground, tag, "grant", "5");
        }),
        case!(
            "credits charge",
            funded,
            "credits charge interview --org TAG --provider openai --request-id TAG",
            |ground, tag| posted(ground, tag, "charge", "99")
        ),
        case!(
            "credits hold",
            funded,
            "credits hold interview --org TAG --provider openai --request-id TAG",
            |ground, tag| posted(ground, tag, "hold", "99")
        ),
        case!("credits settle", held, "credits settle job --org TAG", |ground, tag| posted(
            ground, tag, "settle", "99"
        )),
        case!("credits release", held, "credits release job --org TAG", |ground, tag| posted(
            ground, tag, "release", "100"
        )),
        case!("credits refund", charged, "credits refund job --org TAG --request-id TAG", |ground, tag| {
            posted(ground, tag, "refund", "100");
        }),
        case!(
            "credits rates set",
            nothing,
            "credits rates set TAG --platform-part 1 --provider-part 2",
            |ground, tag| {
                assert_eq!(ground.count(&format!("byok.rate where operation = '{tag}'")), "1");
            }
        ),
        case!("run", funded, "run openai --org TAG --operation interview --request-id TAG -- true", |ground, tag| {
            posted(ground, tag, "charge", "99");
        }),
        case!("run without an id", funded, "run openai --org TAG --operation interview -- true", |ground, tag| {
            posted(ground, tag, "charge", "99");
        }),
    ]
}

fn platform() -> Vec<Case> {
    vec![
        case!("provider add", nothing, "provider add TAG --base-url https://TAG.example.org/v1", |ground, tag| {
            assert_eq!(
                ground.count(&format!("byok.audit where action = 'provider.put' and subject like '%{tag}%'")),
                "1"
            );
        }),
        case!(
            "provider remove",
            |ground, tag| {
                ground.cluster.byok().ok(&["provider", "add", tag, "--base-url", "https://x.example.org/v1"]);
            },
            "provider remove TAG",
            |ground, tag| {
                assert_eq!(
                    ground.count(&format!("byok.audit where action = 'provider.remove' and subject like '%{tag}%'")),
                    "1"
                );
            }
        ),
        case!("provider route", nothing, "provider route llm openai --language hi", nothing),
        case!("audit seal", nothing, "audit seal", nothing),
        case!("master-key rotate", org, "master-key rotate --yes", |ground, _| {
            ground.tap.cut(None);
            ground.byok().ok(&["master-key", "verify"]);
            assert_eq!(ground.count("byok.keyring where state not in ('active', 'retired')"), "0");
        }),
        case!("master-key loaded", nothing, "master-key loaded --instance TAG", nothing),
    ]
}

pub(super) fn ground() -> Ground {
    let ground = Ground::new();
    let rate = ["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"];
    ground.cluster.byok().ok(&rate);
    ground.cluster.byok().input(openai_key("0000")).ok(&["platform-key", "set", "openai", "--stdin"]);
    ground
}

#[test]
fn people_and_organizations() {
    let ground = ground();
    for case in people() {
        case.prove(&ground);
    }
}

#[test]
fn keys_and_data_keys() {
    let ground = ground();
    for case in keys() {
        case.prove(&ground);
    }
}

#[test]
fn credits_are_moved_once() {
    let ground = ground();
    for case in money() {
        case.prove(&ground);
    }
}

#[test]
fn providers_the_audit_log_and_the_master_key() {
    let ground = ground();
    for case in platform() {
        case.prove(&ground);
    }
}

/// Between the parts of a question too, where the server has nothing to answer yet.
#[test]
fn at_any_message_whatever() {
    let ground = ground();
    let cases = [people().remove(1), money().remove(0)];
    for case in &cases {
        let tag = ground.tag();
        (case.before)(&ground, &tag);
        ground.tap.cut_anywhere(None);
        assert_eq!(case.run(&ground, &tag).code, 0, "{}", case.name);
        for at in 0..ground.tap.seen() {
            let cuts = [Cut::Before(at), Cut::After(at)];
            for cut in cuts {
                case.prove_at(&ground, || ground.tap.cut_anywhere(Some(cut)), &format!("{cut:?}"));
            }
        }
    }
}

/// A rollback that is done twice goes back twice: the command finds out, or says how.
#[test]
fn a_rollback_is_not_done_twice() {
    let ground = ground();
    for at in 0..40 {
        let tag = ground.tag();
        with_two_keys(&ground, &tag);
        let cut = Cut::After(at);
        ground.tap.cut(Some(cut));
        let run = ground.byok().run(&["key", "rollback", "openai", "--org", &tag, "--yes"]);
        if ground.tap.is_whole() {
            assert!(at > 6, "a rollback has more messages than that");
            return;
        }
        match run.code {
            0 => in_force(&ground, &tag, "0000", "3"),
            7 => in_force(&ground, &tag, "1111", "2"),
            _ => panic!("{cut:?}: {run:?}"),
        }
    }
}

/// The same for a report: what took effect is not counted again.
#[test]
fn a_report_without_an_id_says_under_which_one_it_can_be_made_again() {
    let ground = ground();
    let mut said = 0;
    for at in 1..4 {
        let tag = ground.tag();
        with_key(&ground, &tag);
        let report = ["key", "report", "openai", "--org", &tag, "--key-version", "1", "--outcome", "rejected"];
        ground.tap.cut_for_good(Cut::After(at));
        let run = ground.byok().run(&report);
        assert_eq!(run.code, 7, "{run:?}");
        ground.tap.cut(None);
        let Some((_, rest)) = run.err.split_once("--request-id ") else { continue };
        said += 1;
        let id = rest.split([':', ' ', '\n']).next().unwrap();
        ground.byok().ok(&[&report[..], &["--request-id", id]].concat());
        let counted = format!("byok.key_report where org = '{tag}' and uses = 1 and failures = 1");
        assert_eq!(ground.count(&counted), "1", "{tag}");
    }
    assert!(said >= 1);
}

/// Without an id of its own a grant has one all the same: it is said, and with it nothing is granted twice.
#[test]
fn a_grant_without_an_id_says_under_which_one_it_can_be_asked_again() {
    let ground = ground();
    let mut said = 0;
    for at in 1..4 {
        let tag = ground.tag();
        org(&ground, &tag);
        ground.tap.cut_for_good(Cut::After(at));
        let run = ground.byok().run(&["credits", "grant", "5", "--org", &tag]);
        assert_eq!(run.code, 7, "{run:?}");
        ground.tap.cut(None);
        let Some((_, rest)) = run.err.split_once("--request-id ") else { continue };
        said += 1;
        let id = rest.split([':', ' ', '\n']).next().unwrap();
        ground.byok().ok(&["credits", "grant", "5", "--org", &tag, "--request-id", id]);
        posted(&ground, &tag, "grant", "5");
    }
    assert!(said >= 1);
}
