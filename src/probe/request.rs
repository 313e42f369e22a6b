//! Fills the templates of the catalog with the fields of a credential.

use std::collections::BTreeMap;

use ureq::http::{HeaderName, Method, Uri};
use zeroize::Zeroizing;

use super::http::{BODY_CAP, LIST_CAP, Request};
use super::service_account;
use crate::provider::{Auth, OnlyFor, PaidOperation, Probe, Provider};
use crate::secret::{Credential, SecretText};

/// This many characters of a secret count as a large part of it.
const PART: usize = 8;

/// The values of the `{name}`s.
pub(super) struct Values {
    known: BTreeMap<String, SecretText>,
    base_url: String,
}

/// How a value is encoded at its place.
#[derive(Clone, Copy)]
enum AuthPlacement {
    Address,
    Header,
    Json,
    Form,
}

impl Values {
    /// The fields, the settings and their defaults. The error is the detail of a verdict.
    pub(super) fn of(provider: &Provider, credential: &Credential, settings: &str) -> Result<Self, &'static str> {
        let mut values = Self::of_credential(credential);
        let settings: BTreeMap<String, String> = serde_json::from_str(settings).map_err(|_| "settings")?;
        for field in provider.settings() {
            let value = settings.get(&field.name).or(field.default.as_ref());
            match value {
                Some(value) if field.shape.as_ref().is_none_or(|shape| shape.is_match(value)) => {
                    values.insert(&field.name, value.clone());
                }
                None if !field.required => {}
                _ => return Err("settings"),
            }
        }
        // A key that was stored for one address is not sent to another.
        let sealed = settings.get("base_url").map(String::as_str);
        provider.address_for(sealed).map_err(|_| "address_changed")?.clone_into(&mut values.base_url);
        if let Some(document) = values.known.get("service_account") {
            let assertion = service_account::assertion(document).ok_or("document")?;
            values.known.insert("assertion".into(), assertion);
        }
        Ok(values)
    }

    /// The secret fields alone.
    pub(super) fn of_credential(credential: &Credential) -> Self {
        let known = credential.fields().filter_map(|field| Some((field.to_owned(), credential.get(field)?.clone())));
        Self { known: known.collect(), base_url: String::new() }
    }

    pub(super) fn insert(&mut self, name: &str, value: String) {
        self.known.insert(name.to_owned(), SecretText::new(value));
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.known.contains_key(name)
    }

    /// Whether an operation for certain keys is one for this.
    pub(super) fn fit(&self, keys: &OnlyFor) -> bool {
        self.known.get(&keys.setting).is_some_and(|value| keys.like.is_match(value.expose()))
    }

    /// Whether a text contains a secret, or a large part of one.
    pub(super) fn occur_in(&self, text: &str) -> bool {
        self.known.values().any(|value| {
            let value = value.expose();
            let part = |part: &[u8]| text.as_bytes().windows(PART).any(|window| window == part);
            value.len() >= PART
                && ((text.len() >= 6 && value.contains(text)) || value.as_bytes().windows(PART).any(part))
        })
    }

    pub(super) fn request_of(&self, provider: &Provider, probe: &Probe) -> Result<Request, &'static str> {
        let method = if probe.method == "POST" { Method::POST } else { Method::GET };
        let mut request = self.request(provider, method, &probe.path, probe.keyed.then_some(&provider.auth))?;
        if let Some(body) = &probe.body {
            self.put_body(&mut request, body, probe.content_type.as_deref())?;
        }
        Ok(request)
    }

    pub(super) fn request_of_operation(
        &self,
        provider: &Provider,
        operation: &PaidOperation,
    ) -> Result<Request, &'static str> {
        let auth = operation.auth.as_ref().unwrap_or(&provider.auth);
        let mut request = self.request(provider, Method::POST, &operation.path, Some(auth))?;
        for (name, template) in &operation.headers {
            self.put_optional(&mut request, name, template)?;
        }
        self.put_body(&mut request, &operation.body, operation.content_type.as_deref())?;
        Ok(request)
    }

    /// A request for a list to choose from.
    pub(super) fn request_for_list(&self, provider: &Provider, path: &str) -> Result<Request, &'static str> {
        let request = self.request(provider, Method::GET, path, Some(&provider.auth))?;
        Ok(Request { cap: LIST_CAP, ..request })
    }

    fn request(
        &self,
        provider: &Provider,
        method: Method,
        path: &str,
        auth: Option<&Auth>,
    ) -> Result<Request, &'static str> {
        let url = if path.starts_with("https://") {
            self.fill(path, AuthPlacement::Address)?
        } else {
            // An endpoint is a whole address, whose form is checked. In a header it is used as it is.
            let base = self.fill(&self.base_url, AuthPlacement::Header)?;
            Zeroizing::new(format!("{}{}", *base, *self.fill(path, AuthPlacement::Address)?))
        };
        let url: Uri = url.parse().map_err(|_| "settings")?;
        let mut request = Request { method, url, headers: Vec::new(), body: None, cap: BODY_CAP };
        if let Some(auth) = auth {
            put_header(&mut request, &auth.header, &self.fill(&auth.format, AuthPlacement::Header)?)?;
        }
        for (name, template) in &provider.headers {
            self.put_optional(&mut request, name, template)?;
        }
        Ok(request)
    }

    /// A header is left out if it has no value.
    fn put_optional(&self, request: &mut Request, name: &str, template: &str) -> Result<(), &'static str> {
        self.fill(template, AuthPlacement::Header).map_or(Ok(()), |value| put_header(request, name, &value))
    }
    fn put_body(&self, request: &mut Request, template: &str, kind: Option<&str>) -> Result<(), &'static str> {
        let kind = kind.unwrap_or("application/json");
        let place = if kind.contains("urlencoded") { AuthPlacement::Form } else { AuthPlacement::Json };
        request.body = Some(self.fill(template, place)?);
        request.headers.push((ureq::http::header::CONTENT_TYPE, SecretText::new(kind.to_owned())));
        Ok(())
    }

    /// Fills a template. A `{name}` without a value is an error. Braces around anything else are text.
    fn fill(&self, template: &str, place: AuthPlacement) -> Result<Zeroizing<String>, &'static str> {
        let mut out = Zeroizing::new(String::with_capacity(template.len() + 256));
        let mut rest = template;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let end = after.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_').unwrap_or(after.len());
            if end == 0 || !after[end..].starts_with('}') {
                out.push('{');
                rest = after;
                continue;
            }
            let value = self.known.get(&after[..end]).ok_or_else(|| missing(&after[..end]))?;
            write_value(&mut out, value.expose(), place);
            rest = &after[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// The detail for a missing value.
fn missing(name: &str) -> &'static str {
    if matches!(name, "model" | "voice_id") { "no_model" } else { "settings" }
}

fn put_header(request: &mut Request, name: &str, value: &str) -> Result<(), &'static str> {
    let name: HeaderName = name.parse().map_err(|_| "settings")?;
    if value.bytes().any(|byte| !(b' '..=b'~').contains(&byte)) {
        return Err("settings");
    }
    request.headers.push((name, SecretText::new(value.to_owned())));
    Ok(())
}

fn write_value(out: &mut String, value: &str, place: AuthPlacement) {
    use std::fmt::Write as _;
    match place {
        AuthPlacement::Header => out.push_str(value),
        AuthPlacement::Json => {
            let quoted = Zeroizing::new(serde_json::to_string(value).unwrap_or_default());
            out.push_str(quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default());
        }
        AuthPlacement::Address | AuthPlacement::Form => {
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(char::from(byte));
                } else {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        let mut values = Values { known: BTreeMap::new(), base_url: String::new() };
        for (name, value) in pairs {
            values.insert(name, (*value).to_owned());
        }
        values
    }

    #[test]
    fn a_template_keeps_its_own_braces_and_needs_every_name() {
        let values = values(&[("model", "a\"b")]);
        let filled = values.fill(r#"{"model":"{model}","n":{}}"#, AuthPlacement::Json).expect("filled");
        assert_eq!(*filled, r#"{"model":"a\"b","n":{}}"#);
        assert_eq!(values.fill("/{voice}", AuthPlacement::Address), Err("settings"));
        assert_eq!(values.fill("/{voice_id}", AuthPlacement::Address), Err("no_model"));
    }

    proptest! {
        #[test]
        fn no_value_can_leave_its_place(value in ".{0,60}") {
            let values = values(&[("model", value.as_str())]);
            let body = values.fill(r#"{"model":"{model}","max":1}"#, AuthPlacement::Json).expect("filled");
            let read: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            prop_assert_eq!(read["model"].as_str(), Some(value.as_str()));
            let path = values.fill("/v1/{model}/x", AuthPlacement::Address).expect("filled");
            prop_assert_eq!(path.matches('/').count(), 3);
            let plain = !path.contains(['?', '#', ' ', '\n']);
            prop_assert!(plain);
        }
    }
}
