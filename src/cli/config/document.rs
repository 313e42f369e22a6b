//! What a configuration file says: its profiles, and the line of each value. Nothing in it is taken for granted.

use std::ops::Range;
use std::path::Path;

use byok::name::near;
use toml_edit::{Document, Item, TableLike};

use crate::cli::config::checks::{self, DEFAULT, Value, Wrong};
use crate::cli::session::variables::{PRODUCTION, keys};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// The table of the profiles.
pub(crate) const PROFILES: &str = "profiles";

/// A configuration file.
pub(crate) struct Config {
    /// The default profile.
    pub(crate) default: Option<DefaultProfile>,
    pub(crate) profiles: Vec<Profile>,
}

/// The default profile, and the line that names it.
pub(crate) struct DefaultProfile {
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// A profile.
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) line: usize,
    entries: Vec<Entry>,
}

/// A value of a profile.
pub(crate) struct Entry {
    key: &'static str,
    value: Value,
    /// The setting in messages, such as "org of profile staging".
    pub(crate) named: String,
    /// The file and the line.
    pub(crate) origin: String,
}

impl Profile {
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Whether changes that cannot be undone need its name.
    pub(crate) fn is_production(&self) -> bool {
        self.entry(PRODUCTION).is_some_and(Entry::switch)
    }
}

impl Entry {
    pub(crate) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        if let Value::Path(path) = &self.value { Some(path) } else { None }
    }

    pub(crate) fn switch(&self) -> bool {
        self.value == Value::Switch(true)
    }

    pub(crate) fn words(&self) -> Option<&[String]> {
        if let Value::Words(words) = &self.value { Some(words) } else { None }
    }

    /// The value as it is shown.
    pub(crate) fn shown(&self) -> String {
        match &self.value {
            Value::Text(text) => text.clone(),
            Value::Path(path) => output::path(path),
            Value::Switch(on) => on.to_string(),
            Value::Words(words) => words.join(" "),
        }
    }
}

/// The text of a file that is being read.
struct Reading<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Reading<'_> {
    fn line(&self, at: Option<Range<usize>>) -> usize {
        let before = at.and_then(|at| self.text.get(..at.start)).unwrap_or_default();
        1 + before.matches('\n').count()
    }

    fn origin(&self, line: usize) -> String {
        format!("{}:{line}", output::path(self.path))
    }

    fn fault(&self, line: usize, wrong: Wrong) -> Failure {
        let failure = Failure::usage(wrong.code, format!("{}: {}", self.origin(line), wrong.message));
        failure.hint(
            wrong.hint.unwrap_or_else(|| "correct that line; to see what a profile may have: byok config show".into()),
        )
    }

    fn key_line(&self, table: &dyn TableLike, key: &str, item: &Item) -> usize {
        self.line(table.key(key).and_then(toml_edit::Key::span).or_else(|| item.span()))
    }

    /// The value of a setting in a profile.
    fn entry(&self, profile: &str, table: &dyn TableLike, key: &str, item: &Item) -> Result<Entry, Failure> {
        let line = self.key_line(table, key, item);
        let known = keys().find(|(known, _)| *known == key);
        let (key, kind) = known.ok_or_else(|| self.fault(line, checks::unknown(key)))?;
        let value = checks::value(key, kind, item).map_err(|wrong| self.fault(line, wrong))?;
        Ok(Entry { key, value, named: format!("{key} of profile {profile}"), origin: self.origin(line) })
    }

    fn profile(&self, profiles: &dyn TableLike, name: &str, item: &Item) -> Result<Profile, Failure> {
        let line = self.key_line(profiles, name, item);
        checks::profile_name(name).map_err(|wrong| self.fault(line, wrong))?;
        let Some(table) = item.as_table_like() else {
            return Err(self.fault(line, Wrong::new("a profile is a table: [profiles.NAME]")));
        };
        let entries = table.iter().map(|(key, item)| self.entry(name, table, key, item));
        let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
        for group in checks::AT_MOST_ONE {
            let mut given = group.iter().filter(|key| entries.iter().any(|entry| entry.key == **key));
            if let (Some(first), Some(second)) = (given.next(), given.next()) {
                let message = format!("profile {name} has {first} and {second}, and only one of them may be there");
                let line = table.get(second).map_or(line, |item| self.key_line(table, second, item));
                return Err(self.fault(line, Wrong::new(message).hint(format!("remove {first} or {second}"))));
            }
        }
        Ok(Profile { name: name.to_owned(), line, entries })
    }

    fn default(&self, line: usize, item: &Item) -> Result<DefaultProfile, Failure> {
        let name = item.as_str().filter(|name| checks::profile_name(name).is_ok());
        let wrong = || self.fault(line, Wrong::new(format!("{DEFAULT} is the name of a profile, in quotes")));
        Ok(DefaultProfile { name: name.ok_or_else(wrong)?.to_owned(), line })
    }
}

/// Reads the text of the file at this path.
pub(crate) fn parse(text: &str, path: &Path) -> Result<Config, Failure> {
    let reading = Reading { text, path };
    // The text of such an error quotes the file, its message does not.
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let hint = "correct that line by hand; byok does not change a file that it cannot read";
        reading.fault(reading.line(error.span()), Wrong::new(format!("this is not TOML: {message}")).hint(hint))
    })?;
    let mut config = Config { default: None, profiles: Vec::new() };
    for (key, item) in document.as_table() {
        let line = reading.key_line(document.as_table(), key, item);
        match (key, item.as_table_like()) {
            (DEFAULT, _) => config.default = Some(reading.default(line, item)?),
            (PROFILES, Some(profiles)) => {
                let read = profiles.iter().map(|(name, item)| reading.profile(profiles, name, item));
                config.profiles = read.collect::<Result<_, _>>()?;
            }
            (PROFILES, None) => return Err(reading.fault(line, Wrong::new("profiles are tables: [profiles.NAME]"))),
            _ => return Err(reading.fault(line, checks::unknown_above(key))),
        }
    }
    if let Some(default) = &config.default
        && config.profile(&default.name).is_none()
    {
        let message = format!("{DEFAULT} is {}, and there is no such profile", default.name);
        return Err(reading.fault(default.line, Wrong::new(message).hint(config.suggestion(&default.name))));
    }
    Ok(config)
}

impl Config {
    pub(crate) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// What to do if there is no profile of this name.
    pub(crate) fn suggestion(&self, name: &str) -> String {
        let names: Vec<&str> = self.profiles.iter().map(|profile| profile.name.as_str()).collect();
        match (near(name, names.iter().copied()).as_slice(), names.is_empty()) {
            ([], true) => "to make one: byok config set --profile NAME KEY VALUE".into(),
            ([], false) => "to see the profiles: byok config profiles".into(),
            (near, _) => format!("did you mean {}? to see all: byok config profiles", near.join(" or ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Failure {
        parse(text, Path::new("/c.toml")).err().unwrap_or_else(|| panic!("it was read: {text}"))
    }

    #[test]
    fn a_fault_is_said_with_its_line_and_without_its_value() {
        for (text, line, said) in [
            ("[profiles.a]\norg = 1", 2, "org is a text"),
            ("[profiles.a]\n\nogr = \"hunter2\"", 3, "no setting ogr"),
            ("[profiles.a]\norg = \"x\"\norg = \"hunter2\"", 3, "not TOML"),
            ("[profiles.a]\norg = hunter2", 2, "not TOML"),
            ("[profiles.a]\nno_input = \"true\"", 2, "without quotes"),
            ("[profiles.a]\noutput = \"hunter2\"", 2, "table, json"),
            ("[profiles.a]\nmaster_key_file = \"keys/hunter2\"", 2, "absolute"),
            ("[profiles.a]\nmaster_key_command = \"cat /key\"", 2, "list of texts"),
            ("[profiles.a]\nmaster_key_command = [\"./hunter2\"]", 2, "absolute"),
            ("[profiles.a]\nmaster_key_file = \"/a\"\ndata_key_file = \"/b\"", 3, "only one of them"),
            ("[profiles.a]\ndatabase_url = \"postgres://u:hunter2@h/d\"", 2, "has a password"),
            ("[profiles.a]\ndatabase_url = \"postgres://u@h/d?password=hunter2\"", 2, "has a password"),
            ("[profiles.a]\nmaster_key = \"hunter2\"", 2, "would be a secret"),
            ("[profiles.A]\n", 1, "lower-case"),
            ("[profiles.\"a.b\"]\n", 1, "lower-case"),
            ("[profiles.a.b]\norg = \"x\"", 1, "no setting b"),
            ("default_profile = \"b\"\n[profiles.a]", 1, "no such profile"),
            ("default_profile = 7", 1, "name of a profile"),
            ("org = \"x\"", 1, "not known here"),
            ("profiles = 3", 1, "tables"),
            ("[[profiles]]\n", 1, "tables"),
            ("profiles = [1]\nx = 2", 1, "tables"),
        ] {
            let failure = wrong(text);
            assert!(failure.message.starts_with(&format!("/c.toml:{line}: ")), "{text}: {}", failure.message);
            assert!(failure.message.contains(said), "{text}: {}", failure.message);
            let all = format!("{failure:?}");
            assert!(!all.contains("hunter2"), "{all}");
        }
        assert!(wrong("[profiles.a]\nogr = \"x\"").hint.unwrap_or_default().contains("did you mean org"));
        assert!(wrong("[profiles.a]\n[profile.b]").hint.unwrap_or_default().contains("did you mean profiles"));
    }

    #[test]
    fn every_form_of_a_table_is_read() {
        for text in [
            "[profiles.a]\norg = \"acme\"\nstrict = true",
            "profiles.a.org = 'acme'\nprofiles.a.strict = true",
            "profiles = { a = { org = \"acme\", strict = true } }",
            "\u{feff}[profiles]\r\na = { org = \"\"\"acme\"\"\", strict = true }\r\n",
        ] {
            let config = parse(text, Path::new("/c.toml")).unwrap_or_else(|failure| panic!("{text}: {failure}"));
            let profile = config.profile("a").expect("a profile");
            assert_eq!(profile.entry("org").and_then(Entry::text), Some("acme"), "{text}");
            assert!(profile.entry("strict").is_some_and(Entry::switch), "{text}");
        }
        assert!(parse("", Path::new("/c.toml")).is_ok_and(|config| config.profiles.is_empty()));
    }

    proptest::proptest! {
        #[test]
        fn rubbish_is_refused_or_read_and_never_repeated(text in "(default_profile|profiles|a|org|[\\[\\]{}=.,\"'#\n\r\t ]|hunter2|[0-9]|\\PC){0,40}") {
            if let Err(failure) = parse(&text, Path::new("/c.toml")) {
                let quoted = format!("{failure:?}");
                proptest::prop_assert!(!quoted.contains("hunter2") || quoted.contains("c.toml"));
            }
        }
    }
}
