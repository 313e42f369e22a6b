//! Spans of the library: each call has one with its outcome, and none contains a key.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use byok::admin::crypto::MasterKey;
use byok::{Charge, OpenedUse, OrgId, ProviderId, Resolver, UndoReason};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::credits::world;
use crate::harness::{CANARY, World, block_on, master_text, parse};

/// Everything of every level that anybody traces, as text: a span's fields after its number.
#[derive(Clone, Default)]
struct Everything {
    text: Arc<Mutex<String>>,
    spans: Arc<AtomicU64>,
}

struct Line(String);

impl Visit for Line {
    #[expect(clippy::use_debug, reason = "it is how fields are given")]
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Everything {
    fn write(&self, line: &Line) {
        let mut text = self.text.lock().unwrap();
        text.push_str(&line.0);
        text.push('\n');
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.spans.fetch_add(1, Ordering::Relaxed) + 1;
        let mut line = Line(format!("{id} {}", span.metadata().name()));
        span.record(&mut line);
        self.write(&line);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut line = Line(format!("{}", span.into_u64()));
        values.record(&mut line);
        self.write(&line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("event {}", event.metadata().target()));
        event.record(&mut line);
        self.write(&line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Calls of every kind, with every end that there is for keys: served, denied, given up, not opened.
async fn calls(world: &World) {
    let (org, openai): (OrgId, ProviderId) = ("acme".parse().unwrap(), "openai".parse().unwrap());
    let interview = || "interview".parse().unwrap();
    let login = world.login("server");
    world.grant("resolver", &login);
    let builder = Resolver::builder(parse(&world.url(&login)));
    let resolver = builder.master_key(MasterKey::parse(master_text()).unwrap()).connections(1).open().await.unwrap();
    resolver.resolve(&org, &openai).await.unwrap();
    let acquired = resolver.acquire(&org, &openai, &Charge::now(interview(), 1).unwrap()).await.unwrap();
    resolver.undo(&org, &acquired, UndoReason::GivenUp).await.unwrap();
    for settled in [true, false] {
        let hold = Charge::hold(interview(), 1, Duration::from_secs(60)).unwrap();
        let acquired = resolver.acquire(&org, &openai, &hold).await.unwrap();
        if settled {
            resolver.settle(&org, &acquired.request, None).await.unwrap();
        } else {
            resolver.release(&org, &acquired.request).await.unwrap();
        }
    }
    let opened = resolver.resolve(&org, &openai).await.unwrap();
    resolver
        .charge_opened(&org, vec![OpenedUse { key: opened, charge: &Charge::now(interview(), 1).unwrap() }])
        .await
        .unwrap();
    let nobody = resolver.resolve(&org, &"sarvam".parse().unwrap()).await;
    assert!(nobody.is_err());
    // It waits for the only connection.
    let only = resolver.database().await.unwrap();
    let mut given_up = Box::pin(resolver.resolve(&org, &openai));
    std::future::poll_fn(|context| Poll::Ready(given_up.as_mut().poll(context).is_pending())).await;
    drop((given_up, only));
    world.root("update byok.provider_key set hint = 'zzzz' where org = 'acme'");
    assert!(resolver.acquire(&org, &openai, &Charge::now(interview(), 1).unwrap()).await.is_err());
}

/// In a process of its own: whether a span is on is decided for the whole process, and other tests have no subscriber.
#[test]
fn each_call_of_the_resolver_leaves_a_span_with_its_end_and_nothing_traced_has_a_key() {
    let itself = std::env::current_exe().unwrap();
    let only = ["--exact", "traces::the_calls_of_a_resolver_are_traced", "--ignored", "--nocapture"];
    let output = std::process::Command::new(itself).args(only).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "the test before runs it"]
fn the_calls_of_a_resolver_are_traced() {
    let (world, ..) = world();
    let everything = Everything::default();
    tracing::subscriber::with_default(everything.clone(), || block_on(calls(&world)));
    let text = everything.text();
    for call in ["open", "resolve", "acquire", "undo", "settle", "release", "charge_opened"] {
        assert!(text.contains(&format!("byok call={call:?}")), "{call}: {text}");
    }
    let spans: Vec<&str> = text.lines().filter(|line| line.contains(" byok call=")).collect();
    for span in spans {
        let number = span.split(' ').next().unwrap();
        let ends = text.lines().filter(|line| line.starts_with(&format!("{number} ")));
        let ends: String = ends.collect();
        assert!(ends.contains("outcome=") && ends.contains("duration_us="), "{span}: {ends}");
    }
    assert!(text.contains("call=\"acquire\" org=\"acme\" provider=\"openai\""), "{text}");
    for outcome in ["ok", "given_up", "no_platform_key", "key"] {
        assert!(text.contains(&format!("outcome={outcome:?}")), "{outcome}: {text}");
    }
    assert!(!text.contains(CANARY), "a key was traced: {text}");
    assert!(!text.contains(&master_text()[9..40]), "the master key was traced");
    let wrapped = world.root("select encode(wrapped, 'hex') from byok.data_key where org = 'acme'").remove(0);
    let wrapped = data_encoding::HEXLOWER.decode(wrapped.as_bytes()).unwrap();
    let data = MasterKey::parse(master_text()).unwrap().unwrap_data_key("acme", 1, &wrapped).unwrap();
    assert!(!text.contains(data.passphrase("acme", "openai").expose()), "a passphrase was traced");
}
