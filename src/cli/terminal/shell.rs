//! Words of a shell.

use std::borrow::Cow;

/// A text as one word.
pub(crate) fn in_shell(text: &str) -> Cow<'_, str> {
    let plain = |it: char| it.is_alphanumeric() || "_@%+=:,./-".contains(it);
    let bare = !text.is_empty() && text.chars().all(plain);
    if bare { Cow::Borrowed(text) } else { Cow::Owned(format!("'{}'", text.replace('\'', "'\\''"))) }
}

/// A text in which this word is quoted where it stands by itself. Inside of quotes it is quoted already.
pub(crate) fn quoted<'a>(text: Cow<'a, str>, word: &str) -> Cow<'a, str> {
    let (mut filled, mut done) = (String::new(), 0);
    for (at, _) in text.match_indices(word) {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let begins = before.is_empty() || before.ends_with(|it: char| it.is_whitespace() || "=(".contains(it));
        if begins && !after.starts_with(char::is_alphanumeric) {
            filled.push_str(&text[done..at]);
            filled.push_str(&in_shell(word));
            done = at + word.len();
        }
    }
    if done == 0 { text } else { Cow::Owned(filled + &text[done..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_of_a_command_and_runs_nothing() {
        for (name, hint, safe) in [
            ("a;bc", "byok enable a;bc", "byok enable 'a;bc'"),
            ("y$(id)", "set it: byok key set x --org y$(id), or not", "set it: byok key set x --org 'y$(id)', or not"),
            (
                "No One",
                "byok member add No One --to-file No One.url",
                "byok member add 'No One' --to-file 'No One'.url",
            ),
            ("it's", "byok enable it's", "byok enable 'it'\\''s'"),
            ("No One", "create role \"No One\" login", "create role \"No One\" login"),
            ("a b", "grant a balance", "grant a balance"),
            ("acme", "byok enable acme", "byok enable acme"),
        ] {
            assert_eq!(quoted(hint.into(), name), safe);
        }
        assert_eq!(in_shell(""), "''");
        assert_eq!(in_shell("Zürich"), "Zürich");
    }
}
