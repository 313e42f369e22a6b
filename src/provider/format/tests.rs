use proptest::prelude::*;

use super::*;

fn provider(id: &str) -> &'static Provider {
    Catalog::builtin().find(&id.parse().expect("an id")).expect("a provider")
}

fn checked(id: &str, text: &str) -> Result<Vec<Warning>, FormatError> {
    check(provider(id), "api_key", &SecretText::new(text.into()))
}

/// A synthetic key from a recipe: `{w58}` is 58 word characters, `{h32}` hexadecimal, `{n20}` alphanumeric, ...
fn sample(recipe: &str) -> String {
    let mut out = String::new();
    let mut rest = recipe;
    while let Some((before, after)) = rest.split_once('{') {
        let (kind, tail) = after.split_once('}').expect("a recipe");
        if kind == "uuid" {
            out.push_str(before);
            out.push_str("7d444840-9dc0-41d1-b245-5ffdce74fad2");
            rest = tail;
            continue;
        }
        let letters = match &kind[..1] {
            "d" => "0123456789",
            "h" => "0123456789abcdef",
            "l" => "abcdefghijklmnopqrstuvwxyz0123456789",
            "n" | "w" => "AbCdEfGhIjKlMnOpQrStUvWyZ0123456789",
            other => panic!("recipe {other}"),
        };
        let length: usize = kind[1..].parse().expect("a length");
        out.push_str(before);
        out.extend(letters.chars().cycle().skip(7).take(length));
        rest = tail;
    }
    out + rest
}

#[test]
fn a_key_of_its_provider_passes_without_a_word() {
    for provider in Catalog::builtin().providers() {
        for recipe in &provider.format.samples {
            assert_eq!(checked(&provider.id, &sample(recipe)), Ok(Vec::new()), "{} {recipe}", provider.id);
        }
    }
}

#[test]
fn a_key_of_another_provider_is_refused_by_name() {
    for (asked, owner) in
        [("openai", "anthropic"), ("anthropic", "openai"), ("gemini", "openai"), ("sarvam", "anthropic")]
    {
        let key = sample(&provider(owner).format.samples[0]);
        let error = checked(asked, &key).expect_err("another's");
        assert_eq!(error.code(), "other_provider", "{asked} {owner}");
        assert!(error.to_string().contains(&provider(owner).name));
    }
}

#[test]
fn what_cannot_be_a_key_is_refused_with_its_reason() {
    let good = sample(&provider("openai").format.samples[0]);
    let table = [
        ("", "empty"),
        ("   ", "empty"),
        ("sk-a\nsk-b", "multiple_lines"),
        ("sk-a\u{0}b", "control_character"),
        ("sk-a\u{1b}[0m", "control_character"),
        ("sk-a b", "white_space"),
        ("sk-ab ", "white_space"),
        (" sk-ab", "white_space"),
        ("sk-\tab", "white_space"),
        ("\"sk-abc\"", "quoted"),
        ("'sk-abc'", "quoted"),
        ("`sk-abc`", "quoted"),
        ("Bearer sk-abc", "bearer"),
        ("bearer sk-abc", "bearer"),
        ("OPENAI_API_KEY=sk-abc", "assignment"),
        ("export OPENAI_API_KEY=sk-abc", "assignment"),
        ("MY_KEY=sk-abc", "assignment"),
        ("sk-****abcd", "masked"),
        ("sk-...abcd", "masked"),
        ("sk-…abcd", "masked"),
        ("sk-••••abcd", "masked"),
        ("your-api-key", "placeholder"),
        ("YOUR_API_KEY", "placeholder"),
        ("sk-xxxxxxxxxxxxxxxxxxxxxxxx", "placeholder"),
        ("<key>", "placeholder"),
        ("$OPENAI_API_KEY", "placeholder"),
        ("${KEY}", "placeholder"),
        ("{{ key }}", "placeholder"),
        ("changeme", "placeholder"),
        ("https://api.openai.com", "address"),
        ("sk-ключ-ключ-ключ-ключ-ключ", "not_ascii"),
        ("sk-admin-abcdefghijklmnopqrst", "wrong_kind"),
        ("sk-ant-api03-abcdefghijklmnopqrst", "other_provider"),
        ("sk-or-v1-abcdefghijklmnopqrst", "other_provider"),
    ];
    for (text, code) in table {
        assert_eq!(checked("openai", text).map_err(|error| error.code()), Err(code), "{text:?}");
    }
    assert_eq!(checked("openai", &good.repeat(40)).map_err(|error| error.code()), Err("too_long"));
    assert_eq!(checked("anthropic", "hello-world").map_err(|error| error.code()), Err("shape"));
    assert_eq!(checked("anthropic", "sk-ant-admin01-abcdefghijklmnopqrst").map_err(|e| e.code()), Err("wrong_kind"));
    assert_eq!(checked("gemini", "ya29.abcdefghijklmnop").map_err(|e| e.code()), Err("wrong_kind"));
}

#[test]
fn an_unknown_shape_is_said_and_taken() {
    let warnings = checked("sarvam", "0123456789-abcdef-0123").expect("taken");
    assert_eq!(warnings, [Warning::UnknownShape("Sarvam AI".into())]);
}

proptest! {
    #[test]
    fn no_message_repeats_any_of_the_text(text in "(sk-|sk-ant-|Bearer |KEY_X=|\"|https://)?[QZJWX\\-_. \n]{6,80}") {
        for id in ["openai", "anthropic", "gemini", "sarvam", "elevenlabs"] {
            if let Err(error) = checked(id, &text) {
                let said = format!("{error} {error:?}");
                let canary: String = text.chars().filter(|l| "QZJWX".contains(*l)).collect();
                prop_assert!(canary.len() < 4 || !said.contains(&canary));
                for piece in text.split(|l| !"QZJWX".contains(l)).filter(|piece| piece.len() > 3) {
                    prop_assert!(!said.contains(piece));
                }
            }
        }
    }
}
