//! The vendor's page on which keys are made and revoked.

use std::collections::BTreeMap;

use super::Provider;

/// The longest address.
const LONGEST: usize = 200;

impl Provider {
    /// The page for a key with these settings. The page for keys of another region is not known.
    pub fn keys_page_for(&self, settings: &str) -> Option<&str> {
        if !self.regional_keys || matches!(settings, "" | "{}") {
            return self.keys_page.as_deref();
        }
        let settings: BTreeMap<String, String> = serde_json::from_str(settings).ok()?;
        let usual = settings.get("base_url").is_none_or(|url| *url == self.base_url);
        self.keys_page.as_deref().filter(|_| usual)
    }

    /// The page for a key whose settings are not known.
    pub fn keys_page_of_all(&self) -> Option<&str> {
        self.keys_page.as_deref().filter(|_| !self.regional_keys)
    }
}

/// Whether a text is the address of such a page. It is shown to people, who open it.
pub(super) fn is_page(text: &str) -> bool {
    let host = text.strip_prefix("https://").map(|rest| rest.split(['/', '#']).next().unwrap_or_default());
    let named = host.is_some_and(|host| {
        host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
    });
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:#%+,=".contains(&byte);
    named && text.len() <= LONGEST && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Catalog;

    fn provider(id: &str) -> &'static Provider {
        Catalog::builtin().find(&id.parse().expect("an id")).expect("a provider")
    }

    #[test]
    fn a_page_is_an_https_address_without_a_query_that_a_terminal_only_shows() {
        for good in ["https://a.example.org", "https://a.example.org:8443/keys", "https://a.example.org/home#/api-keys"]
        {
            assert!(is_page(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https:///keys",
            "https://keys",
            "http://a.example.org/keys",
            "javascript:alert(1)",
            "https://a.example.org/keys?key=1",
            "https://ada:hunter2@a.example.org/keys",
            "https://a.example.org/a b",
            "https://a.example.org/\u{1b}]8;;",
            "https://a.example.org/\u{202e}",
            "https://\u{430}.example.org/",
            &format!("https://a.example.org/{}", "a".repeat(200)),
        ] {
            assert!(!is_page(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_key_of_another_region_has_no_known_page() {
        let elevenlabs = provider("elevenlabs");
        assert!(elevenlabs.keys_page_for("{}").is_some() && elevenlabs.keys_page_of_all().is_none());
        assert!(elevenlabs.keys_page_for(r#"{"base_url":"https://api.elevenlabs.io"}"#).is_some());
        for other in [r#"{"base_url":"https://api.eu.residency.elevenlabs.io"}"#, "null", r#"{"base_url":1}"#] {
            assert_eq!(elevenlabs.keys_page_for(other), None, "{other}");
        }
        let openai = provider("openai");
        let page = openai.keys_page_for(r#"{"base_url":"https://eu.api.openai.com/v1"}"#);
        assert_eq!((page, openai.keys_page_of_all()), (openai.keys_page.as_deref(), openai.keys_page.as_deref()));
    }

    #[test]
    fn most_providers_have_a_page_and_those_without_one_are_known() {
        let without = Catalog::builtin().providers().iter().filter(|provider| provider.keys_page.is_none());
        let without: Vec<&str> = without.map(|provider| provider.id.as_str()).collect();
        // Azure shows keys on a page of each resource, and the page of Krutrim is only known with a query.
        assert_eq!(without, ["azure_openai", "azure_speech", "azure_translator", "krutrim"]);
    }
}
