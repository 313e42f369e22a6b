//! The catalog of environment variables. Help texts, the check of BYOK_ variables and the tests use it.

/// The kind of value of a BYOK_ variable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text that is not secret.
    Text,
    /// A file or directory.
    Path,
    /// Yes or no.
    Switch,
    /// A key, or an address that may contain a password.
    Secret,
}

/// A variable of byok.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) about: &'static str,
}

const fn variable(name: &'static str, kind: Kind, about: &'static str) -> Variable {
    Variable { name, kind, about }
}

/// All BYOK_ variables.
pub(crate) const OURS: [Variable; 17] = [
    variable("BYOK_DATABASE_URL", Kind::Secret, "the database; DATABASE_URL is read if it is not set"),
    variable("BYOK_POOLER", Kind::Text, "the mode of a connection pooler: transaction, or none without a pooler"),
    variable("BYOK_MASTER_KEY_FILE", Kind::Path, "the file of the master key"),
    variable("BYOK_MASTER_KEY_COMMAND", Kind::Text, "a command that prints the master key"),
    variable("BYOK_MASTER_KEY", Kind::Secret, "the master key; set at most one of the three"),
    variable("BYOK_DATA_KEY_FILE", Kind::Path, "the file of an owner's data key"),
    variable("BYOK_DATA_KEY_COMMAND", Kind::Text, "a command that prints an owner's data key"),
    variable("BYOK_DATA_KEY", Kind::Secret, "an owner's data key; set at most one of the three"),
    variable("BYOK_ORG", Kind::Text, "the organization, except of commands that destroy something"),
    variable("BYOK_OUTPUT", Kind::Text, "the same as --output"),
    variable("BYOK_NO_INPUT", Kind::Switch, "the same as --no-input: true or false"),
    variable("BYOK_NO_PROGRESS", Kind::Switch, "no progress lines: true or false"),
    variable("BYOK_NO_TEST", Kind::Switch, "the same as --no-test: true or false"),
    variable("BYOK_STRICT", Kind::Switch, "the same as --strict: true or false"),
    variable("BYOK_LOCAL_DIR", Kind::Path, "the directory of the private server"),
    variable("BYOK_LOCAL_USER", Kind::Text, "the account of the private server, if byok runs as root"),
    variable("BYOK_PG_BIN", Kind::Path, "the directory of the server programs for the private server"),
];

/// Variables of the system and of other programs that byok reads, and what for.
pub(crate) const OTHERS: [(&str, &str); 13] = [
    ("DATABASE_URL", "the database, if BYOK_DATABASE_URL is not set"),
    ("CI", "if it is set, and not empty, 0 or false: never prompt"),
    ("COLUMNS", "the width of tables, if the output is no terminal"),
    ("TERM", "dumb: no progress lines"),
    ("HOME, USER", "the user's directories and name"),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME", "where the master key and the private database are by default"),
    ("PATH", "where programs are looked for"),
    ("SHELL", "the shell whose completion script doctor looks for"),
    ("CREDENTIALS_DIRECTORY", "systemd's credentials: the master key is the one named byok-master"),
    ("PGHOST, PGUSER, PGPASSWORD", "what the connection string leaves out, like all variables of libpq"),
    ("PGPASSFILE, PGSSLROOTCERT, PGSSLCERT, PGSSLKEY", "files of the connection, as in libpq"),
    ("SSL_CERT_FILE", "the roots for tests of keys at their providers"),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "the proxy of tests of keys, and what is reached without it"),
];
