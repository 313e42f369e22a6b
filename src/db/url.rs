//! Connection strings, parsed into their parts: the server, the login, and how the connection is verified.
//!
//! The driver's own parser decides what a string means. Anything that it would ignore or guess is refused here, because
//! a user relies on every parameter that they give.

mod files;
mod hostless;
mod parameters;

use std::fmt;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Url, form_urlencoded};

use crate::error::{ConnectionError, Error, Result};
use crate::name::Login;
use crate::secret::SecretText;
use parameters::{KNOWN, WITHOUT_EFFECT, canonical, check, part};

/// A PostgreSQL URL. It is a secret, because it may contain a password.
#[derive(Clone, Debug)]
pub struct DatabaseUrl {
    text: SecretText,
    host: Host,
    mode: Mode,
    pooler: Pooler,
    peer: bool,
}

/// What is between this client and the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// It is noticed when connecting. A pooler that drops parameters of a session is used like `Transaction`.
    #[default]
    Auto,
    /// Nothing, or a pooler that gives each session its own server connection. Statements are prepared and kept.
    None,
    /// A pooler that gives each transaction another server connection, such as PgBouncer with `pool_mode =
    /// transaction`. No statement is kept, and every statement runs in an explicit transaction.
    Transaction,
}

/// The parts of a connection string that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Host name, address or socket directory.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database's name.
    pub database: String,
    /// The login.
    pub login: String,
    /// Whether the host is a Unix socket or a loopback address.
    pub local: bool,
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} on {}:{} as {}", self.database, self.host, self.port, self.login)
    }
}

/// How a connection is protected, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Mode {
    fn of(mode: PgSslMode) -> Self {
        match mode {
            PgSslMode::Disable => Self::Disable,
            PgSslMode::Allow => Self::Allow,
            PgSslMode::Prefer => Self::Prefer,
            PgSslMode::Require => Self::Require,
            PgSslMode::VerifyCa => Self::VerifyCa,
            PgSslMode::VerifyFull => Self::VerifyFull,
        }
    }

    fn driver(self) -> PgSslMode {
        match self {
            Self::Disable => PgSslMode::Disable,
            Self::Allow => PgSslMode::Allow,
            Self::Prefer => PgSslMode::Prefer,
            Self::Require => PgSslMode::Require,
            Self::VerifyCa => PgSslMode::VerifyCa,
            Self::VerifyFull => PgSslMode::VerifyFull,
        }
    }

    /// What an attacker could still do.
    fn weakness(self) -> Option<&'static str> {
        match self {
            Self::Disable => Some("sslmode=disable: nothing is encrypted"),
            Self::Allow => Some("sslmode=allow: nothing is encrypted"),
            Self::Prefer => Some("sslmode=prefer: an attacker can turn the encryption off"),
            Self::Require => Some("sslmode=require: the server is not verified"),
            Self::VerifyCa => Some("sslmode=verify-ca: the name of the server is not verified"),
            Self::VerifyFull => None,
        }
    }
}

impl DatabaseUrl {
    /// Parses `postgres://…`. An error never repeats the text.
    pub fn parse(text: SecretText) -> Result<Self> {
        let url = read(&text)?;
        let options = options_of(&url)?;
        let socket = options.get_socket().map(|path| path.display().to_string());
        let host = socket.unwrap_or_else(|| options.get_host().to_owned());
        if host.contains(',') {
            return Err(part("host", "names several servers, but only one is supported"));
        }
        let login = options.get_username().to_owned();
        if login.is_empty() {
            return Err(part("login", "is empty"));
        }
        let host = Host {
            port: options.get_port(),
            // The server does the same: without a name, the database has the name of the login.
            database: options.get_database().filter(|name| !name.is_empty()).unwrap_or(&login).to_owned(),
            local: is_local(&host),
            login,
            host,
        };
        // A zero byte would end the text in the protocol, and a terminal would obey other control characters.
        if [&host.host, &host.database, &host.login].into_iter().any(|name| name.contains(char::is_control)) {
            return Err(part("host, login or database name", "has a control character in it"));
        }
        let asked = url.query_pairs().any(|(key, _)| canonical(&key) == "sslmode");
        let mode = mode(&host, Mode::of(options.get_ssl_mode()), asked);
        Ok(Self { text, host, mode, pooler: Pooler::Auto, peer: false })
    }

    /// The same database, through this pooler.
    #[must_use]
    pub fn behind(self, pooler: Pooler) -> Self {
        Self { pooler, ..self }
    }

    /// The same, for a server that authenticates by the operating system's account. No password is ever sent to it.
    #[must_use]
    pub fn peer(self) -> Self {
        Self { peer: true, ..self }
    }

    /// What is between this client and the server.
    pub fn pooler(&self) -> Pooler {
        self.pooler
    }

    /// The parts that may be shown.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The weakness of a connection to another machine, if the string asks for it. `None` if the server is verified or
    /// local.
    pub fn weakness(&self) -> Option<&'static str> {
        if self.host.local { None } else { self.mode.weakness() }
    }

    /// Whether the text contains a password, which must not be on a command line.
    pub fn has_password(&self) -> bool {
        read(&self.text)
            .is_ok_and(|url| url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password"))
    }

    /// Whether a text has a password in it, also if it cannot be used as a connection string.
    pub fn has_password_in(text: &str) -> bool {
        let between = text.split_once("://").map_or("", |(_, rest)| rest);
        let before_at = between.rsplit_once('@').map_or("", |(login, _)| login);
        let parameters = between.split_once('?').map_or("", |(_, query)| query);
        let named = form_urlencoded::parse(parameters.as_bytes()).any(|(key, _)| key.eq_ignore_ascii_case("password"));
        before_at.contains(':') || named || text.to_ascii_lowercase().contains("password=")
    }

    /// The same server, database and options for another login, as text to hand over. Values from the environment are
    /// written out, because the recipient has another environment.
    pub fn with_login(&self, login: &Login, password: &SecretText) -> Result<SecretText> {
        let url = read(&self.text)?;
        let named = |name: &str| url.query_pairs().any(|(key, _)| canonical(&key) == name);
        let kept = |pair: &&str| {
            let key = form_urlencoded::parse(pair.as_bytes()).next().map(|(key, _)| key.into_owned());
            key.is_some_and(|key| !["user", "password", "dbname"].contains(&key.as_str()))
        };
        let mut query: Vec<String> =
            url.query().unwrap_or_default().split('&').filter(kept).map(ToOwned::to_owned).collect();
        let place = url.host_str().filter(|host| !host.is_empty());
        if place.is_none() && !named("host") {
            query.push(format!("host={}", encoded(&self.host.host)));
        }
        let place = place.unwrap_or("localhost");
        let port = url.port().or_else(|| (self.host.port != 5432 && !named("port")).then_some(self.host.port));
        let place = port.map_or_else(|| place.to_owned(), |port| format!("{place}:{port}"));
        let (login, password) = (encoded(login.as_str()), SecretText::new(encoded(password.expose())));
        // In a path, the names . and .. mean a directory and are dropped.
        let dots = [".", ".."].contains(&self.host.database.as_str());
        if dots {
            query.push(format!("dbname={}", self.host.database));
        }
        let database = if dots { String::new() } else { encoded(&self.host.database) };
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let text = format!("{}://{login}:{}@{place}/{database}{query}", url.scheme(), password.expose());
        Ok(SecretText::new(text))
    }

    /// Parses a text that was handed over for this login. `None` if it is for another database or login.
    pub fn handed_over(&self, login: &Login, text: &SecretText) -> Option<Self> {
        let other = Self::parse(text.clone()).ok()?;
        let (ours, theirs) = (&self.host, &other.host);
        let same = (&ours.host, ours.port, &ours.database) == (&theirs.host, theirs.port, &theirs.database);
        (same && theirs.login == login.as_str() && other.has_password()).then(|| other.behind(self.pooler))
    }

    /// The password in the text.
    pub fn password(&self) -> Option<SecretText> {
        let url = read(&self.text).ok()?;
        let value = |pairs: form_urlencoded::Parse<'_>| {
            pairs.into_iter().find(|(key, _)| key == "password").map(|(_, value)| SecretText::new(value.into_owned()))
        };
        let named = url.password().map(|text| format!("password={}", text.replace('+', "%2B").replace('&', "%26")));
        value(url.query_pairs()).or_else(|| value(form_urlencoded::parse(named?.as_bytes())))
    }

    /// The options for the driver.
    pub(crate) fn options(&self) -> Result<PgConnectOptions> {
        let mut options = options_of(&read(&self.text)?)?.ssl_mode(self.mode.driver());
        let name = concat!("byok/", env!("CARGO_PKG_VERSION"));
        if self.pooler == Pooler::Transaction {
            // PgBouncer refuses start-up parameters that it does not know. This one is for floats, which byok does not
            // use.
            options = options.extra_float_digits(None);
        }
        if self.peer {
            // The driver may have read a password from PGPASSWORD or from a password file, which is for another server.
            options = options.password("");
        }
        options = options.application_name(name);
        Ok(options.disable_statement_logging())
    }
}

/// A host that is not local is verified, unless the string itself asks for less. The environment can only ask for more.
fn mode(host: &Host, wanted: Mode, asked: bool) -> Mode {
    match (host.host.starts_with('/'), asked, host.local) {
        (true, ..) => Mode::Disable,
        (_, true, _) => wanted,
        (.., true) => wanted.max(Mode::Prefer),
        // The driver's default falls back to clear text if somebody answers that TLS is not supported.
        (.., false) => Mode::VerifyFull,
    }
}

/// The string as a URL that the driver understands completely.
fn read(text: &SecretText) -> Result<Url> {
    let given = text.expose();
    if !given.starts_with("postgres://") && !given.starts_with("postgresql://") {
        return Err(Error::Connection(ConnectionError::BadUrl));
    }
    // The URL parser drops line ends and tabs, which would join the words around them.
    if given.trim_end().contains(char::is_control) {
        return Err(Error::Connection(ConnectionError::BadUrl));
    }
    let hostless = hostless::in_parameters(given);
    let text = hostless.as_ref().map_or(given, |whole| whole.as_str());
    let mut url =
        Url::parse(text).map_err(|_| unencoded(given).unwrap_or(Error::Connection(ConnectionError::BadUrl)))?;
    if has_dot_segment(given) {
        let why = "is . or .. and would be dropped; write it as dbname=, such as ?dbname=.";
        return Err(unencoded(given).unwrap_or_else(|| part("database name", why)));
    }
    let path = url.path().strip_prefix('/').unwrap_or(url.path());
    // Such a character in a password ends the host part early, so the string would name another host.
    if url.fragment().is_some() || path.contains(['/', '@']) {
        return Err(unencoded(given).unwrap_or_else(|| {
            part("password or database name", "has a character that must be written as %23, %2F, %3F or %40")
        }));
    }
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in url.query_pairs() {
        check(&key, &value).map_err(|error| unencoded(given).unwrap_or(error))?;
        let name = canonical(&key).to_owned();
        if seen.contains(&name) {
            let known = KNOWN.iter().find(|(_, known)| *known == name).map_or("parameter", |(_, known)| known);
            return Err(part(known, "is given twice"));
        }
        seen.push(name);
    }
    let understood: Vec<(String, String)> = (url.query_pairs())
        .filter(|(key, _)| !WITHOUT_EFFECT.iter().any(|(name, _)| name == key))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    if understood.len() < seen.len() {
        url.query_pairs_mut().clear().extend_pairs(understood);
    }
    Ok(url)
}

/// Whether the path has a part that means a directory. The URL parser drops it without a word.
fn has_dot_segment(text: &str) -> bool {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    let dots = |part: &str| [".", ".."].contains(&part.to_ascii_lowercase().replace("%2e", ".").as_str());
    rest.split('/').skip(1).any(dots)
}

/// The first character that ends the part of the host, if a later `@` shows that it is one of the password.
fn unencoded(text: &str) -> Option<Error> {
    let begin = text.find("://")? + 3;
    let end = begin + text[begin..].find(['#', '/', '?'])?;
    let character = text[end..].chars().next()?;
    // After a `?`, a value may have an `@` in it.
    let rest = &text[end..];
    // A port that is not a number is the beginning of a password.
    let port = text[begin..end].rsplit_once(':').map_or("", |(_, port)| port);
    let no_port = port.contains(|digit: char| !digit.is_ascii_digit()) && !port.ends_with(']');
    let names_host = match character {
        _ if no_port => rest.contains('@'),
        '?' => rest[..rest.find('=').unwrap_or(rest.len())].contains('@'),
        _ => rest[..rest.find('?').unwrap_or(rest.len())].contains('@'),
    };
    let outside = character == '#' || !port.is_empty();
    if !text[begin..end].contains('@') && names_host && outside {
        let at = text[..end].chars().count() + 1;
        return Some(Error::Connection(ConnectionError::UrlCharacter { character, at, part: "password" }));
    }
    let fragment = text.find('#')?;
    let at = text[..fragment].chars().count() + 1;
    Some(Error::Connection(ConnectionError::UrlCharacter {
        character: '#',
        at,
        part: "password, login or database name",
    }))
}

fn options_of(url: &Url) -> Result<PgConnectOptions> {
    files::check(url)?;
    PgConnectOptions::from_url(url).map_err(|_| Error::Connection(ConnectionError::BadUrl))
}

/// A name as it is written in a URL.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn is_local(host: &str) -> bool {
    let address: Option<std::net::IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host.starts_with('/') || host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
