//! Connection strings, and connections that do not give a key to whoever answers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::error::{Error, Result};
use crate::name::Login;
use crate::secret::SecretText;

/// How long a server may take to answer.
const CONNECT: Duration = Duration::from_secs(10);

/// A PostgreSQL URL; a secret, since it may hold a password.
#[derive(Clone, Debug)]
pub struct DatabaseUrl {
    text: SecretText,
    host: Host,
    pooler: Pooler,
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

impl DatabaseUrl {
    /// Parses `postgres://…`; an error never repeats it.
    pub fn parse(text: SecretText) -> Result<Self> {
        let options = options_of(&text)?;
        let socket = options.get_socket().map(|path| path.display().to_string());
        let host = socket.unwrap_or_else(|| options.get_host().to_owned());
        let login = options.get_username().to_owned();
        let host = Host {
            port: options.get_port(),
            database: options.get_database().unwrap_or(&login).to_owned(),
            local: is_local(&host),
            login,
            host,
        };
        Ok(Self { text, host, pooler: Pooler::None })
    }

    /// The same, through a pooler.
    #[must_use]
    pub fn behind(self, pooler: Pooler) -> Self {
        Self { pooler, ..self }
    }

    /// What stands between.
    pub fn pooler(&self) -> Pooler {
        self.pooler
    }

    /// What may be shown of it.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Whether the text holds a password, which belongs on no command line.
    pub fn has_password(&self) -> bool {
        let text = self.text.expose();
        let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
        let authority = authority.split(['/', '?']).next().unwrap_or_default();
        let in_authority = authority.rsplit_once('@').is_some_and(|(login, _)| login.contains(':'));
        in_authority || text.split_once('?').is_some_and(|(_, query)| query.contains("password="))
    }

    /// The same server, database and options for another login, as text to hand over.
    pub fn with_login(&self, login: &Login, password: &SecretText) -> SecretText {
        let text = self.text.expose();
        let (scheme, rest) = text.split_once("://").unwrap_or(("postgres", text));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let place = rest[..end].rsplit_once('@').map_or(&rest[..end], |(_, place)| place);
        let (path, query) = rest[end..].split_once('?').unwrap_or((&rest[end..], ""));
        // Without a database of its own name in the text, PostgreSQL would take one of the login's name.
        let path = if path.len() > 1 { path.to_owned() } else { format!("/{}", encoded(&self.host.database)) };
        let kept = |pair: &&str| !["user", "password", "dbname"].contains(&pair.split('=').next().unwrap_or_default());
        let query: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).filter(kept).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let login = encoded(login.as_str());
        SecretText::new(format!("{scheme}://{login}:{}@{place}{path}{query}", password.expose()))
    }

    /// The same server and login, another database.
    pub(crate) fn options(&self) -> Result<PgConnectOptions> {
        let mut options = options_of(&self.text)?;
        let spelled_out = self.text.expose().contains("sslmode=") || self.text.expose().contains("ssl-mode=");
        if self.host.local && !spelled_out {
            options = options.ssl_mode(PgSslMode::Prefer);
        } else if !self.host.local && !spelled_out {
            // The driver's own default falls back to clear text for whoever answers "no TLS here".
            options = options.ssl_mode(PgSslMode::VerifyFull);
        }
        if self.host.host.starts_with('/') {
            options = options.ssl_mode(PgSslMode::Disable);
        }
        let name = concat!("byok/", env!("CARGO_PKG_VERSION"));
        if self.pooler == Pooler::Transaction {
            // PgBouncer refuses the start-up parameters that it does not know, and no float is ever asked for.
            options = options.extra_float_digits(None);
        }
        Ok(options.application_name(name).disable_statement_logging())
    }

    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        connect_with(&self.options()?).await
    }
}

pub(crate) async fn connect_with(options: &PgConnectOptions) -> Result<PgConnection> {
    let connecting = PgConnection::connect_with(options);
    let Ok(connected) = tokio::time::timeout(CONNECT, connecting).await else {
        return Err(Error::Unavailable(format!("no answer within {} seconds", CONNECT.as_secs())));
    };
    connected.map_err(Error::about(""))
}

fn options_of(text: &SecretText) -> Result<PgConnectOptions> {
    let known = text.expose().starts_with("postgres://") || text.expose().starts_with("postgresql://");
    if !known {
        return Err(Error::BadUrl);
    }
    PgConnectOptions::from_str(text.expose()).map_err(|_| Error::BadUrl)
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
mod tests {
    use super::*;

    fn url(text: &str) -> DatabaseUrl {
        DatabaseUrl::parse(SecretText::new(text.into())).expect("a URL")
    }

    #[test]
    fn a_connection_string_shows_everything_but_its_password() {
        let url = url("postgres://ada:hunter2@db.example:6000/app");
        assert_eq!(url.host().to_string(), "app on db.example:6000 as ada");
        assert!(!format!("{url:?}").contains("hunter2"));
        assert!(url.has_password());
    }

    #[test]
    fn a_password_is_found_wherever_it_stands() {
        assert!(url("postgres://ada@h/db?password=x").has_password());
        assert!(!url("postgres://ada@h/db").has_password());
        assert!(!url("postgres://h:5432/db").has_password());
    }

    #[test]
    fn a_host_that_is_not_local_is_verified_unless_spelled_out_otherwise() {
        let mode = |text| format!("{:?}", url(text).options().expect("options").get_ssl_mode());
        assert_eq!(mode("postgres://a@db.example/x"), "VerifyFull");
        assert_eq!(mode("postgres://a@10.0.0.7/x"), "VerifyFull");
        assert_eq!(mode("postgres://a@db.example/x?sslmode=require"), "Require");
        assert_eq!(mode("postgres://a@localhost/x"), "Prefer");
        assert_eq!(mode("postgres://a@127.0.0.1/x"), "Prefer");
        assert_eq!(mode("postgres://a@h/x?host=/run/postgresql"), "Disable");
    }

    #[test]
    fn another_logins_connection_string_keeps_the_place_and_the_options() {
        let of = |text: &str, login: &str| {
            let login: Login = login.parse().expect("a login");
            url(text).with_login(&login, &SecretText::new("pw".into())).expose().to_owned()
        };
        assert_eq!(of("postgres://root:hunter2@db.example:6000/app", "ada"), "postgres://ada:pw@db.example:6000/app");
        let socket = of("postgres://root@localhost/app?host=/run/x&sslmode=disable&password=hunter2", "a b@c");
        assert_eq!(socket, "postgres://a%20b%40c:pw@localhost/app?host=/run/x&sslmode=disable");
        assert_eq!(of("postgres://root@h", "ada"), "postgres://ada:pw@h/root");
        assert!(DatabaseUrl::parse(SecretText::new(socket)).expect("a URL").has_password());
    }

    #[test]
    fn a_malformed_string_is_refused_without_being_repeated() {
        for bad in ["", "hunter2", "mysql://a:hunter2@h/x", "postgres://a:hunter2@h:port/x", "host=h password=hunter2"]
        {
            let error = DatabaseUrl::parse(SecretText::new(bad.into())).expect_err(bad);
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{bad}");
        }
    }
}
