//! What a provider answers: every answer gets a verdict, no key is called dead or live without its provider's own words, and
//! nothing of the answer is repeated.

use byok::probe::Outcome;
use byok::probe::door::{Parts, outcome_of};
use byok::provider::{Catalog, Probe, Provider, Rule, Verdict};
use byok::secret::{Credential, SecretText};
use serde_json::Value;

use super::input::{CANARY, Input, assert_silent, with_canary};

/// A provider, what was asked, a status, headers and a body.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let provider = input.choose(Catalog::builtin().providers());
    let flags = input.byte();
    let status = u16::from_be_bytes([input.byte(), input.byte()]) % 1000;
    let mark = input.byte();
    let headers = input.bytes();
    let body = input.rest();
    let asked = Asked { provider, probe: probe_of(provider, flags), status, cut: flags & 4 != 0 };
    let outcome = asked.outcome(headers, body);
    asked.holds(&outcome, body);
    assert_eq!(outcome.verdict, asked.outcome(b"", body).verdict, "headers say nothing about a key");

    let marked = with_canary(&String::from_utf8_lossy(body), mark);
    let header = with_canary(&String::from_utf8_lossy(headers), mark);
    let outcome = asked.outcome(header.as_bytes(), marked.as_bytes());
    let said = format!("{outcome:?} {:?}", outcome.sentence(provider));
    assert_silent(&format!("{said} {:?}", outcome.to_record()));
}

fn probe_of(provider: &Provider, flags: u8) -> Option<&Probe> {
    match flags & 3 {
        0 | 1 => provider.probe.as_ref(),
        2 => provider.fallback_probe.as_ref(),
        _ => None,
    }
}

struct Asked<'a> {
    provider: &'a Provider,
    probe: Option<&'a Probe>,
    status: u16,
    cut: bool,
}

impl Asked<'_> {
    fn outcome(&self, headers: &[u8], body: &[u8]) -> Outcome {
        let lines = headers.split(|byte| *byte == b'\n');
        let pair = |line: &'_ [u8]| line.iter().position(|byte| *byte == b':').map(|at| (at, line.len()));
        let headers: Vec<(&[u8], &[u8])> = lines
            .filter_map(|line| pair(line).map(|(at, end)| (&line[..at], line[at + 1..end].trim_ascii())))
            .collect();
        let credential = Credential::single(self.provider.key_field(), SecretText::new(format!("sk-{CANARY}-9876")));
        let parts = Parts { status: self.status, headers: &headers, body, cut: self.cut };
        outcome_of(self.provider, self.probe, &credential, &parts)
    }

    fn holds(&self, outcome: &Outcome, body: &[u8]) {
        let id = &self.provider.id;
        match outcome.verdict {
            Verdict::Rejected => assert!(self.may_be_rejected(body), "{id} {} {outcome:?}", self.status),
            Verdict::Verified => {
                let done =
                    self.probe.map_or((200..300).contains(&self.status), |probe| probe.ok.contains(&self.status));
                assert!(done && self.proves(body), "{id} {} {outcome:?}", self.status);
            }
            _ => {}
        }
        assert_eq!(outcome.status, Some(self.status));
        assert!(
            outcome.request_id.as_ref().is_none_or(|it| it.len() <= 80 && it.bytes().all(|b| b.is_ascii_graphic()))
        );
        let plain = |word: &String| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(outcome.detail.as_ref().is_none_or(plain), "{outcome:?}");
    }

    /// What proves a key is JSON to its end where JSON was asked for.
    fn proves(&self, body: &[u8]) -> bool {
        let json = self.probe.is_some_and(|probe| probe.json);
        let parses = serde_json::from_slice::<Value>(body).is_ok_and(|it| it.is_object() || it.is_array());
        !json || parses || self.cut
    }

    /// Our own reading, without the places in the body: the status alone refuses, or the body has the words of a rule.
    fn may_be_rejected(&self, body: &[u8]) -> bool {
        let mut texts = vec![String::from_utf8_lossy(body).into_owned()];
        if let Ok(body) = serde_json::from_slice(body) {
            scalars(&body, &mut texts);
        }
        let rules = self.provider.rules.iter().chain(&Catalog::builtin().default_rule);
        let mut refusing = rules.filter(|rule| rule.verdict == Verdict::Rejected && rule.status.contains(&self.status));
        refusing.any(|rule| rule.is_unconditional() || texts.iter().any(|text| has_words(rule, text)))
    }
}

fn has_words(rule: &Rule, text: &str) -> bool {
    let lower = text.to_lowercase();
    rule.eq.as_ref().is_some_and(|wanted| wanted == text)
        || rule.any_of.as_ref().is_some_and(|wanted| wanted.iter().any(|it| it == text))
        || rule.contains.as_ref().is_some_and(|part| lower.contains(&part.to_lowercase()))
        || rule.at_most.is_some_and(|most| text.parse::<f64>().is_ok_and(|it| it <= most))
}

fn scalars(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(elements) => elements.iter().for_each(|it| scalars(it, texts)),
        Value::Object(fields) => fields.values().for_each(|it| scalars(it, texts)),
        Value::Number(number) => texts.push(number.to_string()),
        Value::Bool(flag) => texts.push(flag.to_string()),
        Value::Null => {}
    }
}
