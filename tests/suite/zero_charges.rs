//! Charges of zero: a hold that was settled for zero is not a charge, and an operation with the price 0 is one.

use crate::credits::world;
use crate::harness::{World, sql};
use crate::undone_charges::{record_use, uses_without_a_charge};

/// The result of a call, or its SQLSTATE.
fn answer(url: &str, statement: &str) -> String {
    sql(url, statement).map_or_else(|state| state, |mut rows| rows.remove(0))
}

/// A server of the platform, and what is asked of it.
struct Server {
    url: String,
}

impl Server {
    fn new(world: &World) -> Self {
        let login = world.login("server");
        world.grant("resolver", &login);
        Self { url: world.url(&login) }
    }

    /// Without the key, so that a test needs no passphrase; `acquire` asks the same of a request that is asked again.
    fn charge(&self, operation: &str, request: &str, seconds: &str) -> String {
        let call = format!("byok_api.credit_charge('bolt', 'openai', '{operation}', 5, '{request}', {seconds})");
        answer(&self.url, &format!("select (c).result from {call} c"))
    }

    fn settle(&self, request: &str, units: u32) -> String {
        answer(&self.url, &format!("select (c).result from byok_api.credit_settle('bolt', '{request}', {units}) c"))
    }
}

fn refund(world: &World, of: &str, request: &str) -> String {
    let call = format!("byok_api.credit_refund('bolt', '{of}', '{request}', null, null)");
    answer(&world.url("byok"), &format!("select (c).result from {call} c"))
}

#[test]
fn a_hold_that_was_settled_for_nothing_is_not_answered_as_paid() {
    let (world, ..) = world();
    world.byok("byok").ok(&["credits", "grant", "90", "--org", "bolt"]);
    let server = Server::new(&world);
    assert_eq!(server.charge("interview", "none", "60"), "held");
    assert_eq!(server.settle("none", 0), "settled");
    assert_eq!(server.settle("none", 0), "unchanged");
    assert_eq!(server.charge("interview", "none", "60"), "BK111");
    // Late: its date passed before, and that was written down.
    assert_eq!(server.charge("interview", "late", "60"), "held");
    world
        .root("update byok.hold set expires_at = now() where request = 'late'; select byok.expire_holds('bolt')::text");
    assert_eq!(server.settle("late", 0), "settled");
    assert_eq!(server.charge("interview", "late", "60"), "BK111");
    // Whatever was paid for stands, and so does its record.
    assert_eq!(server.charge("interview", "part", "60"), "held");
    world
        .root("update byok.hold set expires_at = now() where request = 'part'; select byok.expire_holds('bolt')::text");
    assert_eq!(server.settle("part", 1), "settled");
    assert_eq!(server.charge("interview", "part", "60"), "unchanged");
    record_use(&world, "part");
    world.byok("byok").ok(&["credits", "reconcile"]);
    record_use(&world, "none");
    record_use(&world, "late");
    assert_eq!(uses_without_a_charge(&world), ["none", "late"]);
}

#[test]
fn an_operation_whose_price_is_nothing_is_charged_stands_and_can_be_taken_back() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    admin.ok(&["credits", "rates", "set", "free", "--platform-part", "0", "--provider-part", "0"]);
    let server = Server::new(&world);
    for (request, seconds) in [("charge", "null"), ("hold", "60")] {
        server.charge("free", request, seconds);
        assert_eq!(server.charge("free", request, seconds), "unchanged");
    }
    assert_eq!(server.settle("hold", 5), "settled");
    assert_eq!(server.charge("free", "hold", "60"), "unchanged", "units were used, at a price of nothing");
    for request in ["charge", "hold"] {
        assert_eq!(refund(&world, request, &format!("back-{request}")), "refunded");
    }
    assert_eq!(server.charge("free", "charge", "null"), "BK111");
    assert_eq!(server.charge("free", "hold", "60"), "BK111");
    admin.ok(&["credits", "reconcile"]);
}

#[test]
fn what_was_given_back_whole_is_not_given_back_again() {
    let (world, ..) = world();
    world.byok("byok").ok(&["credits", "grant", "90", "--org", "bolt"]);
    let server = Server::new(&world);
    assert_eq!(server.charge("interview", "paid", "null"), "charged");
    assert_eq!(refund(&world, "paid", "first"), "refunded");
    assert_eq!(refund(&world, "paid", "first"), "unchanged");
    assert_eq!(refund(&world, "paid", "second"), "BK108");
    assert_eq!(server.charge("interview", "held", "60"), "held");
    assert_eq!(server.settle("held", 0), "settled");
    assert_eq!(refund(&world, "held", "third"), "BK108", "nothing was charged");
    assert_eq!(world.root("select count(*)::text from byok.ledger where kind = 'refund'"), ["1"]);
}
