//! A request that makes a whole batch fail: it ends alone, its neighbours are served, and the number of round trips is bounded.

use std::sync::Arc;
use std::time::Duration;

use byok::Charge;
use byok::Resolver;
use byok::admin::crypto::MasterKey;

use super::{Request, begin_at_once, openai};
use crate::cluster::Cluster;
use crate::cutting_proxy::Wiretap;
use crate::harness::{block_on, openai_key, parse, sql};

const MANY: usize = 40;

fn requests(poison: &str) -> Vec<Request> {
    let one = |number: usize| {
        let id = if number == MANY / 2 { format!("poison-{poison}") } else { format!("{poison}-{number}") };
        let charge = Charge::now("step".parse().unwrap(), 1).unwrap().request(id.parse().unwrap());
        Request { org: ["acme", "bolt", "cord"][number % 3].parse().unwrap(), provider: openai(), charge }
    };
    (0..MANY).map(one).collect()
}

/// A server on which the postings of some requests do harm.
fn cluster() -> Cluster {
    let cluster = Cluster::start();
    let admin = cluster.byok();
    for org in ["acme", "bolt", "cord"] {
        admin.ok(&["enable", org, "--owner", "byok"]);
        admin.ok(&["credits", "grant", "100", "--org", org]);
    }
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "step", "--platform-part", "0.000003", "--provider-part", "0"]);
    // Triggers of the test's own, in the way of the postings.
    let harm = "create function public.harm() returns trigger language plpgsql security definer as $$ begin
            case new.request
                when 'poison-refused' then raise exception 'refused' using errcode = 'P0001';
                when 'poison-full' then raise exception 'no space left on device' using errcode = '53100';
                when 'poison-contended' then raise exception 'again' using errcode = '40001';
                when 'poison-killed' then perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60);
                else null;
            end case;
            return new;
        end $$;
        create trigger harm before insert on byok.ledger for each row execute function public.harm()";
    sql(&cluster.url, harm).unwrap();
    cluster
}

/// Asks for all of them at once: what each was told, and how many messages there were when all but the poison were answered.
/// How often the poison is tried after that depends on the patience.
async fn asked(resolver: &Arc<Resolver>, tap: &Wiretap, requests: Vec<Request>) -> (Vec<String>, usize) {
    let mut waiting = begin_at_once(resolver, requests).await;
    let poison = waiting.remove(MANY / 2);
    let mut said = Vec::new();
    for one in waiting {
        said.push(one.await.unwrap());
    }
    let messages = tap.seen();
    said.insert(MANY / 2, poison.await.unwrap());
    (said, messages)
}

#[test]
fn a_request_that_makes_its_batch_fail_ends_alone_after_few_round_trips() {
    let cluster = cluster();
    let tap = Wiretap::before(cluster.server.socket_dir());
    let patience = Duration::from_secs(10);
    for (poison, error, most) in [
        ("refused", "P0001", MANY + 12),
        ("full", "DiskFull", MANY + 60),
        ("contended", "Contended", MANY + 60),
        ("killed", "Lost(", MANY + 120),
    ] {
        let (said, seen) = block_on(async {
            let master = MasterKey::parse(cluster.master.to_text().expose()).unwrap();
            let builder = Resolver::builder(parse(&tap.url("byok", "postgres"))).master_key(master);
            let resolver = Arc::new(builder.connections(1).patience(patience).open().await.unwrap());
            for org in ["acme", "bolt", "cord"] {
                resolver.resolve(&org.parse().unwrap(), &openai()).await.unwrap();
            }
            tap.cut(None);
            asked(&resolver, &tap, requests(poison)).await
        });
        for (number, said) in said.iter().enumerate() {
            let wanted = if number == MANY / 2 { error } else { "Platform 1 Some((true" };
            assert!(said.contains(wanted), "{poison}, {number}: {said}");
        }
        assert!(seen <= most, "{poison}: {seen} messages for {MANY} requests");
        // What is refused is not asked for again.
        assert!(poison != "refused" || tap.seen() <= most, "{poison}: {} messages in the end", tap.seen());
        let found =
            sql(&cluster.url, &format!("select count(*)::text from byok.ledger where request like '{poison}-%'"));
        assert_eq!(found, Ok(vec![(MANY - 1).to_string()]), "{poison}");
    }
    cluster.byok().ok(&["credits", "reconcile"]);
}
