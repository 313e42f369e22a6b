//! Texts that are typed where a key belongs, or a key where a name belongs: refusals and hints show nothing of them.

use byok::provider::{Catalog, Target, check as check_format, looks_like_key};
use byok::secret::{Hint, SecretText};

use super::input::{CANARY, Input, assert_silent, with_canary};

/// A provider, one of its fields, and the text.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let provider = input.choose(Catalog::builtin().providers());
    let field = &input.choose(&provider.fields).name;
    let mark = input.byte();
    let text = String::from_utf8_lossy(input.rest()).into_owned();
    for text in [text.clone(), with_canary(&text, mark)] {
        let secret = SecretText::new(text.clone());
        match check_format(provider, field, &secret) {
            Ok(warnings) => warnings.iter().for_each(|warning| assert_silent(&format!("{warning} {warning:?}"))),
            Err(error) => assert_silent(&format!("{error} {error:?} {}", error.code())),
        }
        let hint = Hint::of(&secret);
        let long = text.trim_end().chars().count() >= 16;
        assert!(hint.as_str().chars().count() <= 4 && text.trim_end().ends_with(hint.as_str()));
        assert_eq!(hint.as_str().is_empty(), !long);
        Hint::of_document(&secret);
        assert_silent(&format!("{secret:?}"));
        if let Err(error) = Target::parse(&text) {
            // A short word without digits may be repeated: it is a misspelt name.
            let said = format!("{error} {error:?}");
            assert!(!looks_like_key(&text) || !said.contains(CANARY), "{said}");
        }
    }
    let accepted = provider.format.accept.is_match(&text) && text.len() >= 20 && text.is_ascii();
    let mixed = text.bytes().any(|it| it.is_ascii_digit()) && text.bytes().any(|it| it.is_ascii_alphabetic());
    assert!(!accepted || !mixed || looks_like_key(&text), "what a provider would take is taken for a key");
}
