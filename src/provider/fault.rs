//! Checks a definition whose form is valid: parts that would have no effect, or rules that would accept every key.

use super::auth::Auth;
use super::catalog::Provider;
use super::keys_page::is_page;
use super::plan::{EndDateRule, Probe, Rule};

/// Headers that the client writes itself.
const OURS: [&str; 6] = ["connection", "content-length", "content-type", "expect", "host", "transfer-encoding"];

impl Provider {
    /// What is wrong with it, if anything.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let probes = self.probe.iter().chain(&self.fallback_probe);
        let operations = self.paid.iter();
        let auths = std::iter::once(&self.auth).chain(operations.clone().filter_map(|it| it.auth.as_ref()));
        let names = auths.clone().map(|auth| &auth.header).chain(self.headers.keys());
        let names = names.chain(operations.clone().flat_map(|it| it.headers.keys()));
        let faults = [
            (probes.clone().any(|probe| !is_request(probe)), "a free request is a GET without a body, or a POST"),
            (operations.clone().any(|it| it.method != "POST"), "an operation that costs is a POST"),
            (probes.clone().any(|probe| probe.ok.is_empty()), "a free request names the statuses of success in `ok`"),
            (auths.clone().any(|auth| !carries(auth)), "the header of the key has its `{name}` in it"),
            (
                names.clone().any(|name| !is_header(name)),
                "a header is of letters, digits and hyphens, and not the client's own",
            ),
            (self.rules.iter().any(|rule| !is_whole(rule)), "a rule has a path and one condition, or neither"),
            (
                self.rules.iter().any(|rule| !has_plain_detail(rule)),
                "the detail of a rule is a word of a-z, 0-9 and `_`",
            ),
            (
                probes.filter_map(|probe| probe.expires.as_ref()).any(|rule| !is_place(rule)),
                "the end date of a key is in a `path` or in a `header`",
            ),
            (
                self.keys_page.as_ref().is_some_and(|page| !is_page(page)),
                "the page of the keys is an https address without a query",
            ),
        ];
        faults.into_iter().find(|(found, _)| *found).map(|(_, what)| what)
    }
}

fn is_request(probe: &Probe) -> bool {
    let proven = probe.keyed || probe.body.as_ref().is_some_and(|body| body.contains('{'));
    proven && (probe.method == "POST" || (probe.method == "GET" && probe.body.is_none()))
}

fn carries(auth: &Auth) -> bool {
    auth.format.split_once('{').is_some_and(|(_, rest)| rest.contains('}'))
}

fn is_header(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !name.is_empty() && name.bytes().all(plain) && !OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

fn is_whole(rule: &Rule) -> bool {
    let given = [rule.eq.is_some(), rule.any_of.is_some(), rule.contains.is_some(), rule.at_most.is_some()];
    given.into_iter().filter(|it| *it).count() == usize::from(rule.path.is_some())
}

fn is_place(rule: &EndDateRule) -> bool {
    match (&rule.path, &rule.header) {
        (Some(path), None) => !path.is_empty(),
        (None, Some(name)) => is_header(name),
        _ => false,
    }
}

fn has_plain_detail(rule: &Rule) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    rule.detail.as_ref().is_none_or(|word| (1..=40).contains(&word.len()) && word.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::Catalog;

    #[test]
    fn nothing_is_wrong_with_any_entry_of_the_catalog() {
        for provider in Catalog::builtin().providers() {
            assert_eq!(provider.fault(), None, "{}", provider.id);
        }
    }

    #[test]
    fn a_definition_that_would_mislead_is_told_apart() {
        let whole = json!({
            "id": "a", "name": "A", "capabilities": ["llm"], "env": ["A"], "base_url": "https://a.example.org",
            "auth": {"header": "X-Key", "format": "{api_key}"}, "probe": {"method": "GET", "path": "/a", "ok": [200]},
            "paid": [{"capability": "llm", "method": "POST", "path": "/b", "body": "{}"}],
            "rules": [{"status": [400], "path": "a", "eq": "b", "verdict": "rejected"}],
            "fields": [], "format": {"policy": "any", "accept": "."},
        });
        let fault =
            |definition: &Value| serde_json::from_value::<Provider>(definition.clone()).expect("the form").fault();
        assert_eq!(fault(&whole), None);
        for (pointer, other) in [
            ("/probe/method", json!("DELETE")),
            ("/probe/method", json!("get")),
            ("/probe/body", json!("{}")),
            ("/probe/ok", json!([])),
            ("/probe/keyed", json!(false)),
            ("/paid/0/method", json!("PUT")),
            ("/auth/format", json!("Bearer key")),
            ("/auth/header", json!("Host")),
            ("/auth/header", json!("X Key")),
            ("/headers", json!({"content-length": "1"})),
            ("/rules/0/path", Value::Null),
            ("/rules/0/eq", Value::Null),
            ("/rules/0/contains", json!("c")),
            ("/rules/0/detail", json!("Bad key!")),
            ("/probe/expires", json!({})),
            ("/probe/expires", json!({"path": ""})),
            ("/probe/expires", json!({"path": "a", "header": "X-Ends"})),
            ("/probe/expires", json!({"header": "X Ends"})),
            ("/keys_page", json!("http://a.example.org/keys")),
            ("/keys_page", json!("https://a.example.org/keys?key=1")),
        ] {
            let mut bent = whole.clone();
            let (parent, name) = pointer.rsplit_once('/').expect("a place");
            bent.pointer_mut(parent).expect("a place")[name] = other;
            assert!(fault(&bent).is_some(), "{pointer}");
        }
    }
}
