//! Requests whose charge may have succeeded although the answer was lost.

use super::cases::{funded, ground, posted};
use crate::cutting_proxy::Cut;

/// Where nobody gets through after the answer was lost, `run` says that it may have been charged, and under which id.
#[test]
fn a_run_whose_charge_may_have_gone_through_says_its_id_and_is_charged_once() {
    let ground = ground();
    let mut unknown = 0;
    let tag = ground.tag();
    funded(&ground, &tag);
    ground.tap.cut(None);
    ground.byok().ok(&["run", "openai", "--org", &tag, "--operation", "interview", "--", "true"]);
    // The charge is the last thing that is asked, with the transaction around it.
    let messages = ground.tap.seen();
    for at in messages - 3..=messages {
        let tag = ground.tag();
        funded(&ground, &tag);
        let line = ["run", "openai", "--org", &tag, "--operation", "interview", "--", "true"];
        ground.tap.cut_for_good(Cut::After(at));
        let run = ground.byok().run(&line);
        let whole = ground.tap.is_whole();
        ground.tap.cut(None);
        if whole {
            assert_eq!(run.code, 0, "{run:?}");
            break;
        }
        assert_eq!(run.code, 125, "{at}: {run:?}");
        let charges = ground.count(&format!("byok.ledger where org = '{tag}' and kind = 'charge'"));
        let Some((_, rest)) = run.err.split_once("--request-id ") else {
            assert_eq!(charges, "0", "{at}: charged, and not said: {run:?}");
            continue;
        };
        unknown += 1;
        let id = rest.split([':', ' ', '\n']).next().unwrap();
        let again = [&line[..6], &["--request-id", id, "--", "true"]].concat();
        assert_eq!(ground.byok().run(&again).code, 0, "{at}");
        posted(&ground, &tag, "charge", "99");
    }
    assert!(unknown >= 1);
}

/// The library too: an answer that was lost is no server that was not reached.
#[test]
fn an_acquire_whose_answer_was_lost_does_not_say_that_nothing_was_done() {
    let ground = ground();
    let tag = ground.tag();
    funded(&ground, &tag);
    let (org, openai) = (tag.parse().unwrap(), "openai".parse().unwrap());
    let url = crate::harness::parse(&ground.tap.url("byok", "postgres"));
    crate::harness::block_on(async {
        let master = byok::admin::crypto::MasterKey::parse(ground.cluster.master.to_text().expose()).unwrap();
        let patience = std::time::Duration::from_secs(5);
        let resolver = byok::Resolver::builder(url).master_key(master).patience(patience).open().await.unwrap();
        let charge = || byok::Charge::now("interview".parse().unwrap(), 1).unwrap();
        resolver.acquire(&org, &openai, &charge()).await.unwrap();
        // The next statement is the acquire: prepared already, so that it is one message.
        ground.tap.cut_for_good(Cut::After(0));
        let failed = resolver.acquire(&org, &openai, &charge()).await.err().unwrap();
        assert!(matches!(failed, byok::AcquireError::Connection(byok::error::ConnectionError::Lost(_))), "{failed}");
    });
    ground.tap.cut(None);
    assert_eq!(ground.count(&format!("byok.ledger where org = '{tag}' and kind = 'charge'")), "2");
}
