//! Secrets as types that cannot be printed, compared or serialized by accident.
//!
//! A secret is created with [`SecretText::new`] and read with [`SecretText::expose`]. A search for `expose` finds every
//! place that reads one. Memory is zeroized on drop, but that is not complete: buffers of the terminal, the network and
//! the allocator cannot be reached.
//!
//! ```compile_fail,E0277
//! println!("{}", byok::secret::SecretText::new("sk-test".into()));
//! ```
//! ```compile_fail,E0277
//! serde_json::to_string(&byok::secret::SecretText::new("sk-test".into()));
//! ```
//! ```compile_fail,E0369
//! let key = |text: &str| byok::secret::SecretText::new(text.into());
//! key("a") == key("b");
//! ```

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// One secret text: an API key, a token, a service-account document.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// Takes the text over. The buffer of the caller is zeroized with it.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// Whether the text is empty or only white space.
    pub fn is_empty(&self) -> bool {
        self.0.expose_secret().trim().is_empty()
    }

    /// How many characters it has.
    pub fn length(&self) -> usize {
        self.0.expose_secret().chars().count()
    }

    /// Whether both have the same text.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }

    /// The text itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretText(***)")
    }
}

/// The secret fields of a provider credential, by name. Most providers have only `api_key`.
#[derive(Clone, Debug, Default)]
pub struct Credential(BTreeMap<String, SecretText>);

impl Credential {
    /// A credential of one field.
    pub fn single(field: &str, value: SecretText) -> Self {
        Self(BTreeMap::from([(field.to_owned(), value)]))
    }

    /// Adds or replaces a field.
    pub fn insert(&mut self, field: &str, value: SecretText) {
        self.0.insert(field.to_owned(), value);
    }

    /// The value of one field.
    pub fn get(&self, field: &str) -> Option<&SecretText> {
        self.0.get(field)
    }

    /// The names of the fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The payload that is sealed: a JSON object of the fields with names in order, so that equal credentials have
    /// equal bytes.
    pub fn to_payload(&self) -> Zeroizing<Vec<u8>> {
        // The capacity is reserved first. A growing string would leave copies of the secret in freed memory.
        let size = self.0.iter().map(|(name, value)| name.len() + 6 * value.expose().len() + 8);
        let mut payload = Zeroizing::new(Vec::with_capacity(size.sum::<usize>() + 2));
        payload.push(b'{');
        for (at, (name, value)) in self.0.iter().enumerate() {
            if at > 0 {
                payload.push(b',');
            }
            write_json_text(&mut payload, name);
            payload.push(b':');
            write_json_text(&mut payload, value.expose());
        }
        payload.push(b'}');
        payload
    }

    /// Parses a payload. `None` if it is not an object of texts, or if a name occurs twice.
    pub fn from_payload(payload: &[u8]) -> Option<Self> {
        serde_json::from_slice(payload).ok().map(|Fields(fields)| Self(fields))
    }
}

/// The fields of a payload. If a name occurs twice, one reader would take the first value and another the last, so that
/// is an error.
struct Fields(BTreeMap<String, SecretText>);

impl<'de> serde::Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> serde::de::Visitor<'de> for Each {
            type Value = Fields;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of texts")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if fields.insert(name, SecretText::new(value)).is_some() {
                        return Err(serde::de::Error::custom("a name occurs twice"));
                    }
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

fn write_json_text(payload: &mut Vec<u8>, text: &str) {
    // A text always serializes, and a Vec always takes it.
    let _ = serde_json::to_writer(payload, text);
}

/// The part of a key that is shown: its last four characters. Nothing is shown of a key shorter than 16.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint(String);

impl Hint {
    /// The hint of a secret, made once when the key is stored.
    pub fn of(secret: &SecretText) -> Self {
        let text = secret.expose().trim_end();
        let length = text.chars().count();
        if length < 16 {
            return Self::default();
        }
        Self(text.chars().skip(length - 4).collect())
    }

    /// The hint of a document: the end of the vendor's number for its key, which is not secret.
    pub fn of_document(document: &SecretText) -> Self {
        #[derive(serde::Deserialize)]
        struct Named {
            private_key_id: String,
        }
        let named: Option<Named> = serde_json::from_str(document.expose()).ok();
        named.map_or_else(Self::default, |it| Self::of(&SecretText::new(it.private_key_id)))
    }

    /// A hint as the database keeps it.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The characters as in the database. Empty for a short key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "...{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn debug_never_shows_the_text() {
        let credential = Credential::single("api_key", SecretText::new("sk-canary".into()));
        assert_eq!(format!("{credential:?}"), r#"Credential({"api_key": SecretText(***)})"#);
    }

    #[test]
    fn a_hint_shows_four_characters_of_a_long_key_and_none_of_a_short_one() {
        let hint = |text: &str| Hint::of(&SecretText::new(text.into())).to_string();
        assert_eq!(hint("sk-proj-abcdefghxK7q"), "...xK7q");
        assert_eq!(hint("0123456789abcde"), "...");
        assert_eq!(hint("0123456789abcdef"), "...cdef");
        assert_eq!(hint(""), "...");
    }

    proptest! {
        #[test]
        fn a_payload_reads_back_as_written(fields in proptest::collection::btree_map("[a-z_]{1,12}", ".*", 0..4)) {
            let mut credential = Credential::default();
            for (name, value) in &fields {
                credential.insert(name, SecretText::new(value.clone()));
            }
            let read = Credential::from_payload(&credential.to_payload()).expect("a payload");
            prop_assert_eq!(read.fields().collect::<Vec<_>>(), fields.keys().map(String::as_str).collect::<Vec<_>>());
            for (name, value) in &fields {
                prop_assert_eq!(read.get(name).expect("the field").expose(), value);
            }
        }

        #[test]
        fn a_hint_is_total_and_never_more_than_four_characters(text in ".*") {
            prop_assert!(Hint::of(&SecretText::new(text)).as_str().chars().count() <= 4);
        }
    }
}
