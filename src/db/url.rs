//! Connection strings, read by their parts: where to, as whom, and how much of the connection is proven.
//!
//! The driver's own parser decides what a string means. What it would ignore or guess is refused here, because a parameter that
//! is ignored is a promise that is not kept.

mod files;
mod parameters;

use std::fmt;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Url, form_urlencoded};

use crate::error::{ConnectionError, Error, Result};
use crate::name::Login;
use crate::secret::SecretText;
use parameters::{KNOWN, WITHOUT_EFFECT, canonical, check, part};

/// A PostgreSQL URL; a secret, since it may hold a password.
#[derive(Clone, Debug)]
pub struct DatabaseUrl {
    text: SecretText,
    host: Host,
    mode: Mode,
    pooler: Pooler,
    peer: bool,
}

/// What stands between us and the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or a pooler that gives a session a server connection of its own: statements are prepared and kept.
    #[default]
    None,
    /// A pooler that gives each transaction another server connection, such as PgBouncer with `pool_mode = transaction`:
    /// nothing is kept, and every statement runs in an explicit transaction.
    Transaction,
}

/// What may be shown of a connection string.
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
    /// A Unix socket or a loopback address: nobody stands between.
    pub local: bool,
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} on {}:{} as {}", self.database, self.host, self.port, self.login)
    }
}

/// How a connection is protected, from nothing to everything.
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

    /// What it leaves open.
    fn weakness(self) -> Option<&'static str> {
        match self {
            Self::Disable => Some("sslmode=disable: nothing is encrypted"),
            Self::Allow => Some("sslmode=allow: nothing is encrypted"),
            Self::Prefer => Some("sslmode=prefer: whoever answers can turn the encryption off"),
            Self::Require => Some("sslmode=require: the server is not verified"),
            Self::VerifyCa => Some("sslmode=verify-ca: the name of the server is not verified"),
            Self::VerifyFull => None,
        }
    }
}

impl DatabaseUrl {
    /// Parses `postgres://…`; an error never repeats it.
    pub fn parse(text: SecretText) -> Result<Self> {
        let url = read(&text)?;
        let options = options_of(&url)?;
        let socket = options.get_socket().map(|path| path.display().to_string());
        let host = socket.unwrap_or_else(|| options.get_host().to_owned());
        if host.contains(',') {
            return Err(part("host", "names several servers, and this takes one"));
        }
        let login = options.get_username().to_owned();
        if login.is_empty() {
            return Err(part("login", "is empty"));
        }
        let host = Host {
            port: options.get_port(),
            // As the server takes it: without a name, the one of the login.
            database: options.get_database().filter(|name| !name.is_empty()).unwrap_or(&login).to_owned(),
            local: is_local(&host),
            login,
            host,
        };
        // The protocol ends its texts with a zero, and a terminal obeys other ones.
        if [&host.host, &host.database, &host.login].into_iter().any(|name| name.contains(char::is_control)) {
            return Err(part("host, login or database name", "has a control character in it"));
        }
        let asked = url.query_pairs().any(|(key, _)| canonical(&key) == "sslmode");
        let mode = mode(&host, Mode::of(options.get_ssl_mode()), asked);
        Ok(Self { text, host, mode, pooler: Pooler::None, peer: false })
    }

    /// The same, through a pooler.
    #[must_use]
    pub fn behind(self, pooler: Pooler) -> Self {
        Self { pooler, ..self }
    }

    /// The same, of a server that knows its caller by the account alone: no password is sent there, wherever one is kept.
    #[must_use]
    pub fn peer(self) -> Self {
        Self { peer: true, ..self }
    }

    /// What stands between.
    pub fn pooler(&self) -> Pooler {
        self.pooler
    }

    /// What may be shown of it.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// What the connection to another machine leaves open, because the string asks for it by name; none where the server is
    /// verified, or nobody stands between.
    pub fn weakness(&self) -> Option<&'static str> {
        if self.host.local { None } else { self.mode.weakness() }
    }

    /// Whether the text holds a password, which belongs on no command line.
    pub fn has_password(&self) -> bool {
        read(&self.text)
            .is_ok_and(|url| url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password"))
    }

    /// The same server, database and options for another login, as text to hand over. What came from the environment is
    /// spelled out: whoever gets the text has another environment.
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
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let (login, password) = (encoded(login.as_str()), SecretText::new(encoded(password.expose())));
        let database = encoded(&self.host.database);
        let text = format!("{}://{login}:{}@{place}/{database}{query}", url.scheme(), password.expose());
        Ok(SecretText::new(text))
    }

    /// The same place for another login, read from the text that was handed over for it: none where that is another place or
    /// login.
    pub fn handed_over(&self, login: &Login, text: &SecretText) -> Option<Self> {
        let other = Self::parse(text.clone()).ok()?;
        let (ours, theirs) = (&self.host, &other.host);
        let same = (&ours.host, ours.port, &ours.database) == (&theirs.host, theirs.port, &theirs.database);
        (same && theirs.login == login.as_str() && other.has_password()).then(|| other.behind(self.pooler))
    }

    /// The password in it.
    pub fn password(&self) -> Option<SecretText> {
        let url = read(&self.text).ok()?;
        let value = |pairs: form_urlencoded::Parse<'_>| {
            pairs.into_iter().find(|(key, _)| key == "password").map(|(_, value)| SecretText::new(value.into_owned()))
        };
        let named = url.password().map(|text| format!("password={}", text.replace('+', "%2B").replace('&', "%26")));
        value(url.query_pairs()).or_else(|| value(form_urlencoded::parse(named?.as_bytes())))
    }

    /// What the driver connects with.
    pub(crate) fn options(&self) -> Result<PgConnectOptions> {
        let mut options = options_of(&read(&self.text)?)?.ssl_mode(self.mode.driver());
        let name = concat!("byok/", env!("CARGO_PKG_VERSION"));
        if self.pooler == Pooler::Transaction {
            // PgBouncer refuses the start-up parameters that it does not know, and no float is ever asked for.
            options = options.extra_float_digits(None);
        }
        if self.peer {
            // The driver has taken one from PGPASSWORD or a password file by now; that one is another server's.
            options = options.password("");
        }
        options = options.application_name(name);
        Ok(options.disable_statement_logging())
    }
}

/// A host that is not local is verified unless the string itself asks for less; the environment can ask for more alone.
fn mode(host: &Host, wanted: Mode, asked: bool) -> Mode {
    match (host.host.starts_with('/'), asked, host.local) {
        (true, ..) => Mode::Disable,
        (_, true, _) => wanted,
        (.., true) => wanted.max(Mode::Prefer),
        // The driver's own default falls back to clear text for whoever answers "no TLS here".
        (.., false) => Mode::VerifyFull,
    }
}

/// The string as a URL that the driver understands as a whole.
fn read(text: &SecretText) -> Result<Url> {
    let text = text.expose();
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(Error::Connection(ConnectionError::BadUrl));
    }
    // The parser of URLs leaves line ends and tabs out, and what stands around them becomes one word.
    if text.trim_end().contains(char::is_control) {
        return Err(Error::Connection(ConnectionError::BadUrl));
    }
    let mut url = Url::parse(text).map_err(|_| Error::Connection(ConnectionError::BadUrl))?;
    let path = url.path().strip_prefix('/').unwrap_or(url.path());
    // A password with such a character in it ends the host's part early, and names another host.
    if url.fragment().is_some() || path.contains(['/', '@']) {
        return Err(part("password or database name", "has a character in it that is written %23, %2F, %3F or %40"));
    }
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in url.query_pairs() {
        check(&key, &value)?;
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

fn options_of(url: &Url) -> Result<PgConnectOptions> {
    files::check(url)?;
    PgConnectOptions::from_url(url).map_err(|_| Error::Connection(ConnectionError::BadUrl))
}

/// A name as it stands in a URL.
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
