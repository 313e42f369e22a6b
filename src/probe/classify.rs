//! The meaning of an answer: first the provider's rules in order, then its conditions for success, then the meaning of
//! the status.

use serde_json::Value;

use super::http::Answer;
use crate::provider::{Catalog, Probe, Provider, Rule, Verdict};

/// The conditions for success.
pub(super) enum Expectation<'a> {
    /// Of a free request.
    OfProbe(&'a Probe),
    /// Of a paid operation: any result of it.
    OfOperation,
}

impl<'a> Expectation<'a> {
    pub(super) fn of_probe(probe: &'a Probe) -> Self {
        Self::OfProbe(probe)
    }
}

/// A verdict and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) detail: Option<String>,
    pub(super) probably: bool,
    /// The address of the catalog that the answer names.
    pub(super) address: Option<String>,
}

impl Finding {
    fn new(verdict: Verdict, detail: Option<&str>) -> Self {
        Self { verdict, detail: detail.map(ToOwned::to_owned), probably: false, address: None }
    }

    fn of_rule(rule: &Rule) -> Self {
        let usual = match rule.verdict {
            Verdict::Unreachable => Some("server_error"),
            Verdict::Unchecked => Some("unexpected"),
            _ => None,
        };
        let detail = rule.detail.as_deref().or(usual);
        Self { probably: rule.probably, ..Self::new(rule.verdict, detail) }
    }
}

/// Classifies an answer. No answer means `rejected` by default.
pub(super) fn classify(provider: &Provider, expected: &Expectation<'_>, answer: &Answer) -> Finding {
    let finding = by_rules(provider, expected, answer);
    let says_something = !matches!(finding.verdict, Verdict::Unchecked | Verdict::Unreachable);
    // An HTML page may come from any proxy on the way. It does not prove that a key works, is rejected, or lacks a
    // right.
    if says_something && answer.is_page() && !matches!(answer.status, 300..=399 | 401) {
        return Finding::new(Verdict::Unchecked, Some("not_the_provider"));
    }
    finding
}

fn by_rules(provider: &Provider, expected: &Expectation<'_>, answer: &Answer) -> Finding {
    let body = answer.json();
    let free = matches!(expected, Expectation::OfProbe(_));
    // If the body is not complete, no rule about its text can apply.
    let reads = |rule: &Rule| !rule.is_unconditional() && rule.status.contains(&answer.status);
    if answer.cut && provider.rules.iter().any(reads) {
        return Finding::new(Verdict::Unchecked, Some("unexpected"));
    }
    let applies = |rule: &&Rule| (free || !rule.free_only) && matches(rule, answer, body.as_ref());
    if let Some(rule) = provider.rules.iter().find(applies) {
        let address = rule.detail.as_deref().filter(|detail| *detail == "wrong_host");
        let address = address.and_then(|_| provider.address_named_in(&answer.text())).map(ToOwned::to_owned);
        return Finding { address, ..Finding::of_rule(rule) };
    }
    match expected {
        Expectation::OfProbe(probe) if probe.ok.contains(&answer.status) => {
            return success(probe, answer, body.as_ref());
        }
        Expectation::OfOperation if matches!(answer.status, 200..=299) => return Finding::new(Verdict::Verified, None),
        _ => {}
    }
    let default = Catalog::builtin().default_rule.iter().find(|rule| matches(rule, answer, body.as_ref()));
    default.map_or(Finding::new(Verdict::Unchecked, Some("unexpected")), Finding::of_rule)
}

fn success(probe: &Probe, answer: &Answer, body: Option<&Value>) -> Finding {
    // A body that is too long must at least begin with the expected text.
    let plausible = if answer.cut { answer.begins_like_json() } else { body.is_some() };
    let of_shape = probe.ok_shape.as_ref().is_none_or(|shape| shape.is_match(answer.text().trim()));
    if (probe.json && !plausible) || !of_shape {
        return Finding::new(Verdict::Unchecked, Some("not_the_provider"));
    }
    let right = |text: &String| probe.ok_eq.as_ref().map_or(!text.trim().is_empty(), |wanted| wanted == text);
    let holds = |path: &String| body.is_some_and(|body| texts_at(body, path).iter().any(right));
    if !probe.trusted || probe.ok_path.as_ref().is_some_and(|path| !holds(path)) {
        return Finding::new(Verdict::Unchecked, Some("proves_nothing"));
    }
    Finding::new(Verdict::Verified, None)
}

fn matches(rule: &Rule, answer: &Answer, body: Option<&Value>) -> bool {
    if !rule.status.contains(&answer.status) {
        return false;
    }
    let Some(path) = &rule.path else { return true };
    let texts = if path.is_empty() { vec![answer.text()] } else { body.map_or_else(Vec::new, |it| texts_at(it, path)) };
    texts.iter().any(|text| {
        let lower = || text.to_lowercase();
        rule.eq.as_ref().is_some_and(|wanted| wanted == text)
            || rule.any_of.as_ref().is_some_and(|wanted| wanted.contains(text))
            || rule.contains.as_ref().is_some_and(|part| lower().contains(&part.to_lowercase()))
            || rule.at_most.is_some_and(|most| text.parse::<f64>().is_ok_and(|number| number <= most))
    })
}

/// The scalars at a dotted path, in which `*` stands for every element. A null does not count.
pub(super) fn texts_at(body: &Value, path: &str) -> Vec<String> {
    let mut found = vec![body];
    for part in path.split('.') {
        found = found.into_iter().flat_map(|value| step(value, part)).collect();
    }
    found.into_iter().filter_map(text_of).collect()
}

fn step<'a>(value: &'a Value, part: &str) -> Vec<&'a Value> {
    match (value, part) {
        (Value::Array(elements), "*") => elements.iter().collect(),
        (Value::Object(fields), name) => fields.get(name).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_scalars_through_lists_and_no_nulls() {
        let body = json!({"error": {"details": [{"reason": "A"}, {"reason": null}, {"reason": 3}]}, "ok": false});
        assert_eq!(texts_at(&body, "error.details.*.reason"), ["A", "3"]);
        assert_eq!(texts_at(&body, "ok"), ["false"]);
        assert_eq!(texts_at(&body, "error.reason"), [""; 0]);
        assert_eq!(texts_at(&json!([{"id": "a"}, {"id": "b"}]), "*.id"), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn any_answer_gets_a_verdict(status in 0u16..1000, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let answer = Answer::of_parts(status, &ureq::http::HeaderMap::new(), bytes, false);
            for provider in Catalog::builtin().providers() {
                if let Some(probe) = &provider.probe {
                    let finding = classify(provider, &Expectation::of_probe(probe), &answer);
                    // Bytes that nobody can read prove no key, except where the status is all there is to read.
                    prop_assert!(finding.verdict != Verdict::Verified || probe.ok.contains(&status));
                }
            }
        }
    }
}
