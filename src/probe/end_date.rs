//! The end date of a key, where its provider's answer has one.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::classify::texts_at;
use super::http::Answer;
use crate::clock::is_usual;
use crate::provider::EndDateRule;

/// The longest text that is read as a time.
const LONGEST: usize = 40;

/// The end date in an answer, in whole seconds. What is no usual time, or is not the only value there, says nothing.
pub(super) fn of_answer(rule: &EndDateRule, answer: &Answer) -> Option<OffsetDateTime> {
    let texts = match (&rule.header, &rule.path) {
        (Some(name), _) => answer.header(name).map(ToOwned::to_owned).into_iter().collect(),
        (None, Some(path)) => texts_at(&answer.json()?, path),
        (None, None) => Vec::new(),
    };
    match texts.as_slice() {
        [text] => time_of(text.trim()),
        _ => None,
    }
}

fn time_of(text: &str) -> Option<OffsetDateTime> {
    if text.len() > LONGEST {
        return None;
    }
    let at = match text.parse::<i64>() {
        // Zero and less stand for a key without an end.
        Ok(seconds) => OffsetDateTime::from_unix_timestamp(seconds).ok().filter(|_| seconds > 0)?,
        Err(_) => OffsetDateTime::parse(text, &Rfc3339).ok()?,
    };
    at.replace_nanosecond(0).ok().filter(|at| is_usual(*at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use ureq::http::HeaderMap;

    use super::*;
    use crate::clock::rfc3339;

    fn in_body(value: &Value) -> Option<String> {
        let rule = EndDateRule { path: Some("key.ends".into()), header: None };
        let body = json!({"key": {"ends": value}}).to_string().into_bytes();
        of_answer(&rule, &Answer::of_parts(200, &HeaderMap::new(), body, false)).map(rfc3339)
    }

    #[test]
    fn an_end_date_is_a_time_or_seconds_since_1970_and_anything_else_is_none() {
        for value in [
            json!("2030-01-31T12:00:00Z"),
            json!("2030-01-31T17:30:00.987654321+05:30"),
            json!(" 2030-01-31T12:00:00Z "),
            json!(1_896_091_200),
            json!("1896091200"),
        ] {
            assert_eq!(in_body(&value).as_deref(), Some("2030-01-31T12:00:00Z"), "{value}");
        }
        for value in [
            Value::Null,
            json!(""),
            json!("never"),
            json!("2030-01-31"),
            json!("2030-13-31T12:00:00Z"),
            json!("2030-01-31T12:00:00"),
            json!("9999-12-31T23:59:59Z"),
            json!("0001-01-01T00:00:00Z"),
            json!(0),
            json!(-1),
            json!(1_896_091_200_000_i64),
            json!(u64::MAX),
            json!(1_896_091_200.5),
            json!(true),
            json!(["2030-01-31T12:00:00Z"]),
            json!({"at": "2030-01-31T12:00:00Z"}),
            json!("2030-01-31T12:00:00Z".repeat(100_000)),
        ] {
            assert_eq!(in_body(&value), None, "{}", &value.to_string()[..value.to_string().len().min(60)]);
        }
    }

    #[test]
    fn several_values_say_nothing_and_a_header_is_read_like_a_body() {
        let rule = EndDateRule { path: Some("keys.*.ends".into()), header: None };
        let body = json!({"keys": [{"ends": 1_896_091_200}, {"ends": 1_896_091_201}]}).to_string().into_bytes();
        assert_eq!(of_answer(&rule, &Answer::of_parts(200, &HeaderMap::new(), body, false)), None);
        let rule = EndDateRule { path: None, header: Some("X-Key-Ends".into()) };
        let mut headers = HeaderMap::new();
        assert_eq!(of_answer(&rule, &Answer::of_parts(200, &headers, Vec::new(), false)), None);
        headers.insert("x-key-ends", "1896091200".parse().expect("a value"));
        let found = of_answer(&rule, &Answer::of_parts(200, &headers, Vec::new(), false));
        assert_eq!(found.map(rfc3339).as_deref(), Some("2030-01-31T12:00:00Z"));
    }

    proptest! {
        #[test]
        fn no_text_is_a_time_that_the_database_refuses(text in ".{0,50}", seconds in any::<i64>()) {
            for found in [time_of(&text), time_of(&seconds.to_string())].into_iter().flatten() {
                prop_assert!(is_usual(found) && found.nanosecond() == 0);
            }
        }
    }
}
