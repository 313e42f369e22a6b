//! A mixed load on the request path, while keys, data keys and the master key are replaced and the server is restarted. Afterwards
//! the ledger must be what the callers were told, keys must be failing as their providers refused them, and every event must have been
//! told.
//!
//! It takes 12 seconds. For longer, with figures over time: `BYOK_TEST_ENDURANCE=900 cargo test --profile bench --test endurance`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod admins;
mod clients;
mod journal;
mod meter;
mod platform;
mod providers;
#[path = "../suite/seeded_random.rs"]
mod seeded_random;
mod table;
mod watcher;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clients::Load;
use journal::{Compared, Journal};
use meter::Meter;
use platform::{Platform, Stop};
use providers::Providers;
use table::Table;
use watcher::Watcher;

/// The clients of the load. Each does one thing after the other, with pauses.
const CLIENTS: u64 = 64;
/// When the server is stopped, in hundredths of the whole time, and how.
const STOPS: [(u32, Stop); 3] = [(30, Stop::Immediate), (50, Stop::Killed), (75, Stop::Fast)];
/// From this length on, the memory of the processes is compared.
const LONG: Duration = Duration::from_secs(300);

/// The length of the load, and whether its figures are printed.
fn length() -> (Duration, bool) {
    let asked = std::env::var("BYOK_TEST_ENDURANCE").ok().map(|text| text.parse().expect("a number of seconds"));
    (Duration::from_secs(asked.unwrap_or(12)), asked.is_some())
}

#[test]
fn after_a_mixed_load_with_restarts_nothing_is_lost_and_nothing_is_charged_twice() {
    let (length, shown) = length();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let platform = Arc::new(Platform::start().await);
        let load = Arc::new(Load {
            resolvers: platform.resolvers(Providers::interval(length)).await,
            providers: Providers::new(length),
            orgs: Platform::orgs(),
            journal: Journal::new(platform.file("journal")),
            meter: Meter::default(),
            over: AtomicBool::new(false),
            recent: std::sync::Mutex::default(),
        });
        let watcher = Watcher::start(&platform, &load, length);
        let mut table = disturbed(&platform, &load, Table::new(length, shown)).await;
        load.all_is_written().await;
        table.note(&load.providers.add_up(&platform).await);
        table.note(&watcher.told_all().await);
        let Compared { told, unknown, wrong } = settled(&platform, &load).await;
        let end = format!(
            "{told} requests, {unknown} of them never answered; of {} the ledger says something else",
            wrong.len()
        );
        table.print_all(&end);
        assert!(wrong.is_empty(), "{} of {told}: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
        platform.adds_up(&load.journal).await;
        platform.log_is_quiet();
        load.meter.only_expected_errors();
        assert!(told > 100, "hardly anything happened: {told}");
        if length >= LONG {
            table.is_flat();
        }
    });
}

/// The load, with everything that disturbs it, until its time is over.
async fn disturbed(platform: &Arc<Platform>, load: &Arc<Load>, mut table: Table) -> Table {
    let tasks: Vec<_> = (0..CLIENTS).map(|number| tokio::spawn(clients::client(load.clone(), number))).collect();
    let admins = admins::all(platform, load, table.length);
    let begun = Instant::now();
    let mut stops = STOPS.iter();
    let mut next = stops.next();
    while begun.elapsed() < table.length {
        if let Some((percent, how)) = next.filter(|(percent, _)| begun.elapsed() >= table.length * *percent / 100) {
            table.note(&format!("at {percent} % the server is stopped: {how:?}"));
            let (platform, how) = (platform.clone(), *how);
            tokio::task::spawn_blocking(move || platform.restart(how)).await.unwrap();
            next = stops.next();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        if table.is_due(begun.elapsed()) {
            table.add(begun.elapsed(), load, platform).await;
        }
    }
    table.add(begun.elapsed(), load, platform).await;
    load.over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    let ended = tokio::task::spawn_blocking(move || admins.into_iter().all(|admin| admin.join().is_ok()));
    assert!(ended.await.unwrap(), "an admin failed");
    table
}

/// Waits until what was given up is undone, and compares the ledger with what was told.
async fn settled(platform: &Platform, load: &Load) -> Compared {
    let begun = Instant::now();
    loop {
        let compared = load.journal.compare(&platform.ledger().await);
        if compared.wrong.is_empty() || begun.elapsed() > Duration::from_secs(90) {
            return compared;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
