//! What a value in a profile may be. A secret never is one. No message repeats a value.

use std::path::PathBuf;

use byok::admin::DatabaseUrl;
use byok::mask;
use byok::name::{OrgId, near};
use byok::setting;
use clap::ValueEnum as _;
use toml_edit::Item;

use crate::cli::session::variables::{Kind, keys};
use crate::cli::terminal::output::Format;

/// The key of the profile that is used if nothing else names one.
pub(crate) const DEFAULT: &str = "default_profile";

/// The value of a setting.
#[derive(PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Path(PathBuf),
    Switch(bool),
    Words(Vec<String>),
}

/// Settings that name the same thing in different ways.
pub(crate) const AT_MOST_ONE: [&[&str]; 3] = [
    &["database_url", "database_url_file", "database_url_command"],
    &["master_key_file", "master_key_command", "data_key_file", "data_key_command"],
    &["webhook_secret_file", "webhook_secret_command"],
];

/// Why something cannot be in the file.
pub(crate) struct Wrong {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Wrong {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { code: "bad_config", message: message.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn secret(message: String, hint: &str) -> Self {
        Self { code: "secret_in_config", ..Self::new(message) }.hint(hint)
    }
}

/// For a key that no profile has.
pub(crate) fn unknown(key: &str) -> Wrong {
    let secret = ["master_key", "data_key", "password", "database_password", "api_key", "key", "token"];
    if secret.contains(&key) {
        let hint = "name the place of the secret: master_key_file, master_key_command, database_url_file or \
                    database_url_command";
        return Wrong::secret(format!("{key} would be a secret, and this file has none"), hint);
    }
    let wrong = Wrong::new(format!("a profile has no setting {}", shown(key)));
    match near(key, keys().map(|(known, _)| known)).as_slice() {
        _ if key == DEFAULT => wrong.hint(format!("{DEFAULT} is no setting of a profile: put it above the first [ ]")),
        [] => wrong.hint("to see the settings: byok config show"),
        near => wrong.hint(format!("did you mean {}? to see the settings: byok config show", near.join(" or "))),
    }
}

/// For a key outside of the profiles.
pub(crate) fn unknown_above(key: &str) -> Wrong {
    let wrong = Wrong::new(format!("{} is not known here", shown(key)));
    if keys().any(|(known, _)| known == key) {
        return wrong.hint(format!("{key} is a setting of a profile: put it below [profiles.NAME]"));
    }
    match near(key, [DEFAULT, "profiles"]).as_slice() {
        [] => wrong.hint(format!("a file has {DEFAULT} and [profiles.NAME]")),
        near => wrong.hint(format!("did you mean {}?", near.join(" or "))),
    }
}

/// A key for a message. What does not look like one may be a secret.
fn shown(key: &str) -> &str {
    let word = key.len() <= 30 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-');
    if word { key } else { "of that name" }
}

/// Checks the name of a profile.
pub(crate) fn profile_name(name: &str) -> Result<(), Wrong> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=40).contains(&name.len()) && name.bytes().all(fits) && !mask::holds_key(name) {
        return Ok(());
    }
    let message = "the name of a profile has up to 40 characters: lower-case letters, digits and hyphens";
    Err(Wrong::new(message).hint("such as staging, or eu-production"))
}

/// Reads the value of a setting.
pub(crate) fn value(key: &'static str, kind: Kind, item: &Item) -> Result<Value, Wrong> {
    if kind == Kind::Switch {
        let wrong = || Wrong::new(format!("{key} is true or false, without quotes"));
        return item.as_bool().map(Value::Switch).ok_or_else(wrong);
    }
    if kind == Kind::Command {
        return command(key, item).map(Value::Words);
    }
    let text = item.as_str().ok_or_else(|| Wrong::new(format!("{key} is a text in quotes")))?;
    no_secret(key, text)?;
    if text.is_empty() || text.contains(char::is_control) {
        return Err(Wrong::new(format!("{key} is empty, or has a control character in it"))
            .hint("set a value, or remove the line"));
    }
    match key {
        _ if kind == Kind::Path => return path(key, text).map(Value::Path),
        "output" if Format::from_str(text, false).is_err() => {
            return Err(Wrong::new("output is table, json, jsonl, csv or plain"));
        }
        "pooler" if !["auto", "transaction", "none"].contains(&text) => {
            return Err(Wrong::new("pooler is auto, transaction or none"));
        }
        "org" if text.parse::<OrgId>().is_err() => {
            return Err(Wrong::new("org is the id of an organization, and this text cannot be one"));
        }
        _ => {}
    }
    Ok(Value::Text(text.to_owned()))
}

/// Refuses a key, and a connection string with a password in it.
fn no_secret(key: &str, text: &str) -> Result<(), Wrong> {
    if (key == "database_url" || text.contains("://")) && DatabaseUrl::has_password_in(text) {
        let message = format!("{key} has a password in it, and this file has no secrets");
        let hint = "put the whole URL into a file that only you can read, and name it: database_url_file; or leave the \
                    password out, and use a password file (PGPASSFILE)";
        return Err(Wrong::secret(message, hint));
    }
    if mask::holds_key(text) {
        let hint = "replace that key, because this file is no place for it; then use a setting that ends in _file or \
                    _command";
        return Err(Wrong::secret(format!("{key} has a key in it, and this file has no secrets"), hint));
    }
    Ok(())
}

/// A path that means the same from every working directory.
fn path(key: &str, text: &str) -> Result<PathBuf, Wrong> {
    let relative = || {
        Wrong::new(format!("{key} is not an absolute path, so it would depend on the working directory"))
            .hint("begin it with / or ~/")
    };
    match text.strip_prefix("~/") {
        Some(below) => match setting::home_dir() {
            Ok(Some(home)) => Ok(home.join(below)),
            _ => Err(Wrong::new(format!("{key} begins with ~, and there is no home directory")).hint("set HOME")),
        },
        None if text.starts_with('/') => Ok(PathBuf::from(text)),
        None => Err(relative()),
    }
}

/// A program and its arguments. No shell is involved.
fn command(key: &str, item: &Item) -> Result<Vec<String>, Wrong> {
    let wrong = || {
        Wrong::new(format!("{key} is a list of texts: the program, and each of its arguments"))
            .hint(format!("{key} = [\"op\", \"read\", \"op://vault/item/field\"]"))
    };
    let words = item.as_array().ok_or_else(wrong)?.iter().map(|word| word.as_str().map(str::to_owned));
    let mut words: Vec<String> = words.collect::<Option<_>>().ok_or_else(wrong)?;
    words.iter().try_for_each(|word| no_secret(key, word))?;
    if words.iter().any(|word| word.contains(char::is_control)) {
        return Err(Wrong::new(format!("{key} has a control character in it")));
    }
    let program = words.first().filter(|program| !program.is_empty()).ok_or_else(wrong)?;
    if program.contains(char::is_whitespace) {
        return Err(wrong());
    }
    // A name is looked up in PATH.
    if program.contains('/') {
        let program = path(key, program)?;
        program.to_str().ok_or_else(wrong)?.clone_into(&mut words[0]);
    }
    Ok(words)
}
