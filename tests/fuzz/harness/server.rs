//! A database that answers whatever it likes: rows that no version of byok wrote, errors with anything in them, and in the
//! end bytes that are no protocol at all. Nobody panics, waits for ever or repeats what a row held.

mod calls;
mod session;
mod statement;

use std::path::PathBuf;
use std::time::Duration;

use byok::admin::{Database, DatabaseUrl};
use byok::secret::SecretText;
use tokio::net::UnixListener;
use tokio::runtime::Runtime;

use super::input::Input;

/// Nobody waits longer for a server that is there and says something.
const LONGEST: Duration = Duration::from_secs(20);

/// The place where the server listens, and what drives both sides.
struct Stage {
    runtime: Runtime,
    listener: UnixListener,
    url: DatabaseUrl,
    _dir: Dir,
}

struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

thread_local! {
    static STAGE: Stage = Stage::new();
}

impl Stage {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let thread = std::thread::current().id();
        let dir = std::env::temp_dir().join(format!("byok-fuzz-{}-{thread:?}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let listener = runtime.block_on(async { UnixListener::bind(dir.join(".s.PGSQL.5432")) }).expect("a socket");
        let url = format!("postgres://fuzz@localhost/fuzz?host={}", dir.display());
        let url = DatabaseUrl::parse(SecretText::new(url)).expect("a URL");
        Self { runtime, listener, url, _dir: Dir(dir) }
    }

    /// Lets a client and the server talk, until the client has enough.
    fn play<T>(&self, server: impl AsyncFnOnce(&UnixListener), client: impl Future<Output = T>) -> T {
        let both = async {
            tokio::select! {
                biased;
                answer = client => answer,
                () = async { server(&self.listener).await; std::future::pending().await } => unreachable!(),
            }
        };
        let timed = async { tokio::time::timeout(LONGEST, both).await };
        self.runtime.block_on(timed).expect("an answer, whatever the server does")
    }
}

/// A server that keeps to the protocol and to the types of its columns, and to nothing else.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let called = calls::Called::of(&mut input);
    let script = session::Script::new(input);
    STAGE.with(|stage| {
        stage.play(async |listener: &UnixListener| session::serve(listener, script).await, async {
            talk(&stage.url, &called).await;
        });
    });
}

/// A server that says these bytes.
pub fn check_bytes(data: &[u8]) {
    // A login by password takes as many rounds as the server says, and the driver knows no bound.
    if data.windows(7).any(|part| part.iter().all(u8::is_ascii_digit)) {
        return;
    }
    STAGE.with(|stage| {
        stage.play(async |listener: &UnixListener| session::recite(listener, data).await, async {
            // What the first round trip lets through is talked to by the other target.
            if let Err(error) = Database::open(&stage.url).await {
                calls::said(&error);
            }
        });
    });
}

async fn talk(url: &DatabaseUrl, called: &calls::Called) {
    match Database::open(url).await {
        Ok(mut database) => called.make(&mut database).await,
        Err(error) => calls::said(&error),
    }
}
