//! The catalog of settings: environment variables, and keys of a profile in the configuration file. Help texts, the checks of both
//! and the tests use it.

/// The kind of value of a setting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text that is not secret.
    Text,
    /// A file or directory.
    Path,
    /// A program and its arguments: in a variable a line, in a profile a list.
    Command,
    /// Yes or no.
    Switch,
    /// A connection string. A variable may have a password in it, a profile must not.
    Address,
    /// A key. No profile has it.
    Secret,
}

/// A variable of byok.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// The key of a profile with the same meaning.
    pub(crate) key: Option<&'static str>,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
}

/// A variable that is also a key of a profile.
const fn shared(name: &'static str, key: &'static str, kind: Kind, about: &'static str) -> Variable {
    Variable { name, key: Some(key), kind, about }
}

/// A variable that no profile has.
const fn variable(name: &'static str, kind: Kind, about: &'static str) -> Variable {
    Variable { name, key: None, kind, about }
}

/// All BYOK_ variables.
pub(crate) const OURS: [Variable; 25] = [
    variable("BYOK_CONFIG", Kind::Path, "the configuration file; /dev/null: none"),
    variable("BYOK_PROFILE", Kind::Text, "the same as --profile"),
    shared("BYOK_DATABASE_URL", "database_url", Kind::Address, "the database"),
    shared("BYOK_DATABASE_URL_FILE", "database_url_file", Kind::Path, "the file of the database's URL"),
    shared(
        "BYOK_DATABASE_URL_COMMAND",
        "database_url_command",
        Kind::Command,
        "a command that prints the database's URL; set at most one of the three",
    ),
    shared(
        "BYOK_POOLER",
        "pooler",
        Kind::Text,
        "the mode of a connection pooler: transaction, or none without a pooler; auto (the default) finds out",
    ),
    shared("BYOK_MASTER_KEY_FILE", "master_key_file", Kind::Path, "the file of the master key"),
    shared("BYOK_MASTER_KEY_COMMAND", "master_key_command", Kind::Command, "a command that prints the master key"),
    variable("BYOK_MASTER_KEY", Kind::Secret, "the master key; set at most one of the three"),
    shared("BYOK_DATA_KEY_FILE", "data_key_file", Kind::Path, "the file of an owner's data key"),
    shared("BYOK_DATA_KEY_COMMAND", "data_key_command", Kind::Command, "a command that prints an owner's data key"),
    variable("BYOK_DATA_KEY", Kind::Secret, "an owner's data key; set at most one of the three"),
    shared(
        "BYOK_EVENT_COMMAND",
        "event_command",
        Kind::Command,
        "the program that `byok watch --consumer` runs for each event",
    ),
    shared(
        "BYOK_WEBHOOK_SECRET_FILE",
        "webhook_secret_file",
        Kind::Path,
        "the file of the secret that signs what `byok watch --webhook` posts",
    ),
    shared("BYOK_WEBHOOK_SECRET_COMMAND", "webhook_secret_command", Kind::Command, "a command that prints this secret"),
    variable("BYOK_WEBHOOK_SECRET", Kind::Secret, "this secret; set at most one of the three"),
    shared("BYOK_ORG", "org", Kind::Text, "the organization, except of commands that destroy something"),
    shared("BYOK_OUTPUT", "output", Kind::Text, "the same as --output"),
    shared("BYOK_NO_INPUT", "no_input", Kind::Switch, "the same as --no-input: true or false"),
    shared("BYOK_NO_PROGRESS", "no_progress", Kind::Switch, "the same as --no-progress: true or false"),
    shared("BYOK_NO_TEST", "no_test", Kind::Switch, "the same as --no-test: true or false"),
    shared("BYOK_STRICT", "strict", Kind::Switch, "the same as --strict: true or false"),
    shared("BYOK_LOCAL_DIR", "local_dir", Kind::Path, "the directory of the private server"),
    shared("BYOK_LOCAL_USER", "local_user", Kind::Text, "the account of the private server, if byok runs as root"),
    shared("BYOK_PG_BIN", "pg_bin", Kind::Path, "the directory of the server programs for the private server"),
];

/// The key of a profile that marks it.
pub(crate) const PRODUCTION: &str = "production";

/// The keys of a profile, and the kinds of their values.
pub(crate) fn keys() -> impl Iterator<Item = (&'static str, Kind)> {
    OURS.iter().filter_map(|it| Some((it.key?, it.kind))).chain([(PRODUCTION, Kind::Switch)])
}

/// Variables of the system and of other programs that byok reads, and what for.
pub(crate) const OTHERS: [(&str, &str); 15] = [
    ("DATABASE_URL", "the database, if neither a BYOK_ variable nor a profile names it"),
    ("CI", "if it is set, and not empty, 0 or false: never prompt"),
    ("COLUMNS", "the width of tables, if the output is no terminal"),
    ("TERM", "dumb: no progress lines and no colours"),
    ("NO_COLOR, CLICOLOR_FORCE", "no colours; colours also in a pipe; NO_COLOR counts first, and --color before both"),
    ("HOME, USER", "the user's directories and name"),
    (
        "XDG_CONFIG_HOME, XDG_DATA_HOME",
        "where the configuration file, the master key and the private database are by default",
    ),
    ("XDG_CACHE_HOME", "where ids for completion are kept for a while"),
    ("PATH", "where programs are looked for"),
    ("SHELL", "the shell whose completion script doctor looks for"),
    ("CREDENTIALS_DIRECTORY", "systemd's credentials: the master key is the one named byok-master"),
    ("PGHOST, PGUSER, PGPASSWORD", "what the connection string leaves out, like all variables of libpq"),
    ("PGPASSFILE, PGSSLROOTCERT, PGSSLCERT, PGSSLKEY", "files of the connection, as in libpq"),
    ("SSL_CERT_FILE", "the roots for tests of keys at their providers"),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "the proxy of tests of keys, and what is reached without it"),
];
