//! A small server of an AI platform. It answers HTTP requests, and calls the provider with the key that serves the organization.
//!
//! ```text
//! byok init && byok enable acme --owner admin && byok key set openai --org acme   # as the login `admin`
//! byok role grant resolver server                                                # `server` is a PostgreSQL login
//! byok credits rates set interview --platform-part 1 --provider-part 4
//! byok credits grant 100 --org acme
//! BYOK_DATABASE_URL=postgres://server@localhost/platform BYOK_MASTER_KEY_FILE=master.key \
//!     PROVIDER_URL=https://api.openai.com/v1/responses LISTEN=127.0.0.1:8080 cargo run --example server
//! curl -X POST -H 'X-Org: acme' -H 'X-Request-Id: job-1' -d '{"model":"gpt-5-nano","input":"Hi"}' localhost:8080/interview
//! ```
//!
//! The login `server` needs the role resolver (`byok_resolver`). A request reserves its credits before the provider is
//! called, and is charged after the provider has answered. So a client that retries with the same id is charged once. If
//! the server stops in between, a hold remains, and it expires.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program of its own")]

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use byok::admin::DatabaseUrl;
use byok::admin::crypto::MasterKey;
use byok::credits::{Operation, RequestId};
use byok::error::KeyError;
use byok::name::{OrgId, ProviderId};
use byok::secret::SecretText;
use byok::{AcquireError, Acquired, Charge, Observed, Resolver, SettleError, exit};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The resolver and the settings that every request needs.
struct Server {
    resolver: Resolver,
    provider: ProviderId,
    operation: Operation,
    url: String,
}

/// The parts of an HTTP request that are needed here.
struct Request {
    org: OrgId,
    id: RequestId,
    body: Vec<u8>,
}

fn main() -> std::process::ExitCode {
    match start() {
        Ok(()) => exit::OK.into(),
        Err(error) => {
            eprintln!("error: {error}");
            exit::FAILURE.into()
        }
    }
}

fn start() -> Result<(), Box<dyn StdError>> {
    // This comes first, so that nobody can dump or read the memory that will contain keys.
    byok::system::memory::harden()?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn StdError>> {
    let setting =
        |name: &str| byok::setting::text(name)?.ok_or_else(|| Box::<dyn StdError>::from(format!("{name} is not set")));
    let url = DatabaseUrl::parse(SecretText::new(setting("BYOK_DATABASE_URL")?))?;
    let master = SecretText::new(std::fs::read_to_string(setting("BYOK_MASTER_KEY_FILE")?)?);
    let master = MasterKey::parse(master.expose())?;
    let resolver = Resolver::builder(url).master_key(master).connections(16).open().await?;
    let url = setting("PROVIDER_URL")?;
    let server = Arc::new(Server { resolver, provider: "openai".parse()?, operation: "interview".parse()?, url });
    let listener = TcpListener::bind(setting("LISTEN")?).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let server = server.clone();
        tokio::spawn(async move {
            if let Err(error) = server.answer(stream).await {
                eprintln!("a client went away: {error}");
            }
        });
    }
}

impl Server {
    async fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let (status, body) = match read(&mut stream).await? {
            Ok(request) => self.interview(request).await,
            Err(message) => (400, message),
        };
        let head = format!("HTTP/1.1 {status} {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await
    }

    /// Reserves credits, calls the provider, and settles the hold, or releases it if the call failed.
    async fn interview(&self, request: Request) -> (u16, String) {
        let Request { org, id, body } = request;
        let acquired = match self.reserve(&org, id).await {
            Ok(acquired) => acquired,
            Err(error) => return (status_of_acquire(&error), error.to_string()),
        };
        let (source, request) = (acquired.key.source, acquired.request.clone());
        let ended = match self.call(acquired, body).await {
            Ok(answer) => self.resolver.settle(&org, &request, None).await.map(|moved| (200, answer, moved)),
            Err(message) => self.resolver.release(&org, &request).await.map(|moved| (502, message, moved)),
        };
        match ended {
            Ok((status, answer, moved)) => {
                (status, format!("{answer}\n{} credits, on the key of the {source}\n", moved.posting.total()))
            }
            Err(error) => (status_of_settle(&error), error.to_string()),
        }
    }

    /// The key that serves, with the credits for it reserved for five minutes.
    async fn reserve(&self, org: &OrgId, id: RequestId) -> Result<Acquired, AcquireError> {
        let hold = Charge::hold(self.operation.clone(), 1, Duration::from_secs(300))?.request(id);
        self.resolver.acquire(org, &self.provider, &hold).await
    }

    /// Calls the provider with the key. The answer is passed on, and may contain anything.
    async fn call(&self, acquired: Acquired, body: Vec<u8>) -> Result<String, String> {
        let (url, used) = (self.url.clone(), acquired.key.id());
        let called = tokio::task::spawn_blocking(move || {
            let key = acquired.key.credential.get("api_key").ok_or("the key has no api_key")?;
            let authorization = SecretText::new(format!("Bearer {}", key.expose()));
            Ok(ureq::post(url).header("authorization", authorization.expose()).send(&body))
        });
        let sent = called.await.unwrap_or_else(|_| Err("the call was given up"))?;
        // Lists show with it since when a key fails.
        self.resolver.report(used, observed(&sent));
        let mut response = sent.map_err(|error| format!("the provider did not answer as it should: {error}"))?;
        response.body_mut().read_to_string().map_err(|error| error.to_string())
    }
}

/// What the key met.
fn observed<T>(sent: &Result<T, ureq::Error>) -> Observed {
    match sent {
        Ok(_) => Observed::Ok,
        Err(ureq::Error::StatusCode(status)) => Observed::of_status(*status),
        Err(_) => Observed::Unreachable,
    }
}

/// Reads a request: two headers and a body.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Result<Request, String>> {
    let (mut org, mut id, mut length) = (None, None, 0);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "x-org" => org = value.parse().ok(),
                "x-request-id" => id = value.parse().ok(),
                "content-length" => length = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        line.clear();
    }
    let mut body = vec![0; length.min(1 << 20)];
    stream.read_exact(&mut body).await?;
    Ok(match (org, id) {
        (Some(org), Some(id)) => Ok(Request { org, id, body }),
        _ => Err("the headers X-Org and X-Request-Id are required".into()),
    })
}

fn status_of_acquire(error: &AcquireError) -> u16 {
    match error {
        AcquireError::NotEnoughCredits { .. } => 402,
        AcquireError::Denied(_) | AcquireError::Purged(_) | AcquireError::Key(KeyError::Unreadable(_)) => 403,
        AcquireError::RequestReused(_) | AcquireError::OtherKeyServes(_) | AcquireError::ChargeLost { .. } => 409,
        error if error.may_pass() => 503,
        _ => 500,
    }
}

fn status_of_settle(error: &SettleError) -> u16 {
    match error {
        SettleError::NotEnoughCredits { .. } => 402,
        SettleError::NoSuchRequest(_) => 404,
        SettleError::HoldEnded(_) => 409,
        error if error.may_pass() => 503,
        _ => 500,
    }
}
