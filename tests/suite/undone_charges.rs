//! Repeated and undone charges: a request that lost its charge never serves again, and nobody can undo the charge of a
//! key that was used.

use std::time::Duration;

use byok::Error;
use byok::admin::MoveResult;
use byok::admin::crypto::MasterKey;
use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::credits::{CallId, UndoReason};
use byok::error::{ChargeLoss, CreditError, KeyError};
use byok::name::{Holder, OrgId, ProviderId};
use byok::secret::{Credential, Hint};
use byok::{Acquired, Charge, Resolver, SettleError};

use crate::credits::world;
use crate::harness::{Byok, CANARY, World, block_on, master_text, parse, sql};
use crate::programs::write_script;

fn org(name: &str) -> OrgId {
    name.parse().unwrap()
}

fn openai() -> ProviderId {
    "openai".parse().unwrap()
}

fn interview(request: &str) -> Charge {
    Charge::now("interview".parse().unwrap(), 1).unwrap().request(request.parse().unwrap())
}

fn server(world: &World, name: &str) -> String {
    let login = world.login(name);
    world.grant("resolver", &login);
    login
}

async fn resolver(world: &World, login: &str) -> Resolver {
    let master = MasterKey::parse(master_text()).unwrap();
    Resolver::builder(parse(&world.url(login))).master_key(master).open().await.unwrap()
}

fn ledger(world: &World) -> Vec<String> {
    world.root(
        "select concat_ws(' ', org, kind, request, available) from byok.ledger where kind <> 'grant' order by seq",
    )
}

/// The error of a call, as one of the core.
fn error<T, E: Into<Error>>(outcome: Result<T, E>) -> Error {
    outcome.err().expect("an error").into()
}

/// Runs with the platform's key, and a request id.
fn run(byok: &Byok, request: &str, program: &str) -> crate::harness::Run {
    let arguments =
        ["run", "openai", "--org", "bolt", "--operation", "interview", "--request-id", request, "--", program];
    byok.run(&arguments)
}

/// A program that may be executed, and that the system refuses all the same.
fn refused_program(dir: &tempfile::TempDir) -> String {
    let file = dir.path().join("refused");
    write_script(&file, "#!/nowhere/interpreter\n");
    file.display().to_string()
}

#[test]
fn a_request_that_was_undone_does_not_run_again_under_its_id() {
    let (world, ..) = world();
    let byok = world.byok(&server(&world, "server"));
    let dir = tempfile::tempdir().unwrap();
    let refused = run(&byok, "n7", &refused_program(&dir));
    assert_eq!(refused.code, 127, "{refused:?}");
    assert_eq!(ledger(&world), ["bolt charge n7 -3500000", "bolt undo n7 3500000"]);
    assert_eq!(world.root("select note from byok.ledger where kind = 'undo'"), ["the program did not start"]);
    for _ in 0..3 {
        let again = run(&byok, "n7", "true");
        assert!(again.code == 125 && again.err.contains("undone") && again.err.contains("new request id"), "{again:?}");
    }
    assert_eq!(run(&byok, "n8", "true").code, 0);
    assert_eq!(ledger(&world).len(), 3);
    world.byok("byok").ok(&["credits", "reconcile"]);
    let (_, usage) = world.byok("byok").json(&["credits", "usage", "--org", "bolt"]);
    assert_eq!((&usage["items"][0]["requests"], &usage["items"][0]["units"]), (&1.into(), &1.into()), "{usage}");
    assert_eq!(world.root("select login from byok.audit where action = 'credit.undo'"), [world.login_name("server")]);
}

#[test]
fn what_was_refunded_released_or_expired_is_not_answered_as_paid() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    let ask = |verb: &str, request: &str| {
        admin.run(&["credits", verb, "interview", "--provider", "openai", "--org", "bolt", "--request-id", request])
    };
    let asked =
        [("charge", "refunded"), ("charge", "part"), ("hold", "released"), ("hold", "expired"), ("hold", "open")];
    world.byok("byok").ok(&["credits", "grant", "90", "--org", "bolt"]);
    for (verb, request) in asked {
        assert_eq!(ask(verb, request).code, 0);
    }
    admin.ok(&["credits", "refund", "refunded", "--org", "bolt"]);
    admin.ok(&["credits", "refund", "part", "--amount", "1", "--org", "bolt"]);
    admin.ok(&["credits", "release", "released", "--org", "bolt"]);
    world.root("update byok.hold set expires_at = now() where request = 'expired'");
    for (verb, how) in [asked[0], asked[2], asked[3]] {
        let said = ask(verb, how);
        assert!(said.code == 5 && said.err.contains(&format!("was {how}")), "{said:?}");
    }
    assert_eq!(run(&admin, "refunded", "true").code, 125);
    assert_eq!(run(&admin, "part", "true").code, 0, "a charge that was given back in part stands");
    assert_eq!(ask("hold", "open").code, 0);
    block_on(async {
        let resolver = resolver(&world, &server(&world, "server")).await;
        let lost = error(resolver.acquire(&org("bolt"), &openai(), &interview("refunded")).await);
        assert!(
            matches!(&lost, Error::Credit(CreditError::ChargeLost { how, .. }) if *how == ChargeLoss::Refunded),
            "{lost}"
        );
        let hold = Charge::hold("interview".parse().unwrap(), 1, Duration::from_secs(60)).unwrap();
        let acquired = resolver.acquire(&org("bolt"), &openai(), &hold).await.unwrap();
        resolver.undo(&org("bolt"), &acquired, UndoReason::GivenUp).await.unwrap();
        let lost = error(resolver.acquire(&org("bolt"), &openai(), &hold).await);
        assert!(
            matches!(&lost, Error::Credit(CreditError::ChargeLost { how, .. }) if *how == ChargeLoss::Released),
            "{lost}"
        );
    });
    admin.ok(&["credits", "reconcile"]);
}

#[test]
fn an_owner_takes_no_charge_back_with_psql_and_is_charged_for_what_it_opened() {
    let (world, ada, _) = world();
    let url = world.url(&ada);
    for call in [
        "acquire('acme','openai',1,'x',null,null,'interview',1,'job-1',null,null,'\\x00')",
        "acquire_undo('acme','job-1','\\x00','key_unreadable')",
        "credit_release('acme','job-1')",
        "credit_refund('acme','job-1','r',null,null)",
    ] {
        assert_eq!(sql(&url, &format!("select byok_api.{call}")), Err("42501".into()), "{call}");
    }
    let used = "select byok_api.key_use('acme','openai','organization',1,'interview',1,'job-1','psql','\\x01')";
    assert!(sql(&url, used).is_ok());
    assert_eq!(ledger(&world), ["acme charge job-1 -1000000"]);
    // Another key than the one that serves, or the platform's, is not what an owner opened.
    for (version, source) in [(2, "organization"), (1, "platform")] {
        let other =
            format!("select byok_api.key_use('acme','openai','{source}',{version},'interview',1,'job-2',null,null)");
        assert_eq!(sql(&url, &other), Err("BK002".into()));
    }
    world.byok("byok").ok(&["disable", "acme"]);
    assert_eq!(sql(&url, &used.replace("job-1", "job-3")), Err("BK109".into()));
    assert_eq!(ledger(&world).len(), 1);
}

#[test]
fn only_the_call_that_was_charged_undoes_it_within_minutes_and_while_nobody_else_was_answered() {
    let (world, ..) = world();
    let (first, second) = (server(&world, "first"), server(&world, "second"));
    block_on(async {
        let (mine, other) = (resolver(&world, &first).await, resolver(&world, &second).await);
        let undo = async |by: &Resolver, acquired: &Acquired| {
            by.undo(&org("acme"), acquired, UndoReason::GivenUp).await.map(|moved| moved.result)
        };
        let acquire = async |by: &Resolver, request: &str| {
            by.acquire(&org("acme"), &openai(), &interview(request)).await.unwrap()
        };
        // Another login, and another call of the same login.
        let acquired = acquire(&mine, "r1").await;
        assert!(matches!(undo(&other, &acquired).await, Err(SettleError::NoSuchRequest(_))));
        let mut database = mine.database().await.unwrap();
        let guessed = CallId::random().unwrap();
        let refused = database.undo(&org("acme"), &acquired.request, guessed, UndoReason::GivenUp).await;
        assert!(matches!(refused, Err(Error::Credit(CreditError::NoSuchRequest(_)))));
        drop(database);
        assert_eq!(undo(&mine, &acquired).await.unwrap(), MoveResult::Undone);
        assert_eq!(undo(&mine, &acquired).await.unwrap(), MoveResult::Unchanged);
        // Somebody else counts on the charge by now.
        let acquired = acquire(&mine, "r2").await;
        acquire(&other, "r2").await;
        assert!(matches!(undo(&mine, &acquired).await, Err(SettleError::TooLateToUndo(_))));
        // It is old.
        let acquired = acquire(&mine, "r3").await;
        world.root("set session_replication_role = replica; update byok.ledger set at = now() - interval '11 minutes' where request = 'r3'");
        assert!(matches!(undo(&mine, &acquired).await, Err(SettleError::TooLateToUndo(_))));
        // What costs nothing is undone as well.
        world.byok("byok").ok(&[
            "credits",
            "rates",
            "set",
            "interview",
            "--platform-part",
            "0",
            "--provider-part",
            "0",
        ]);
        let acquired = acquire(&mine, "r4").await;
        assert_eq!(undo(&mine, &acquired).await.unwrap(), MoveResult::Undone);
        let lost = error(mine.acquire(&org("acme"), &openai(), &interview("r4")).await);
        assert!(matches!(lost, Error::Credit(CreditError::ChargeLost { .. })));
    });
    world.byok("byok").ok(&["credits", "reconcile"]);
}

#[test]
fn a_request_whose_id_looks_like_an_undo_does_not_keep_another_from_being_undone() {
    let (world, ..) = world();
    block_on(async {
        let resolver = resolver(&world, &server(&world, "server")).await;
        let acquire =
            async |request: &str| resolver.acquire(&org("acme"), &openai(), &interview(request)).await.unwrap();
        acquire("undo:r1").await;
        let acquired = acquire("r1").await;
        assert_eq!(
            resolver.undo(&org("acme"), &acquired, UndoReason::GivenUp).await.unwrap().result,
            MoveResult::Undone
        );
    });
    world.byok("byok").ok(&["credits", "reconcile"]);
}

/// A key that its owner sealed without its field.
async fn seal_nothing(world: &World, owner: &str) {
    let mut database = byok::admin::Database::open(&parse(&world.url(owner))).await.unwrap();
    let holder = Holder::Organization(org("acme"));
    let keys = Keys::Master(
        byok::admin::crypto::MasterKeys::new(MasterKey::parse(master_text()).unwrap(), Vec::new()).unwrap(),
    );
    let submission = Submission {
        holder: &holder,
        provider: &openai(),
        credential: &Credential::default(),
        settings: "{}",
        hint: &Hint::default(),
        expires_at: None,
        existing: Existing::Any,
        keep: sealing::KEEP_PREVIOUS,
    };
    sealing::store_untested(&mut database, &keys, &submission).await.unwrap();
}

#[test]
fn a_key_without_its_field_hands_out_no_other_key_and_costs_nothing() {
    let (world, ada, _) = world();
    block_on(seal_nothing(&world, &ada));
    let owner = world.byok(&ada).env("OPENAI_API_KEY", "sk-PLATFORM");
    let said = owner.run(&["run", "openai", "--org", "acme", "--operation", "interview", "--", "env"]);
    assert!(said.code == 125 && said.err.contains("api_key") && !said.out.contains("sk-PLATFORM"), "{said:?}");
    owner.fails(9, &["resolve", "openai", "--org", "acme", "--verify"]);
    block_on(async {
        let resolver = resolver(&world, &server(&world, "server")).await;
        let failed = error(resolver.resolve(&org("acme"), &openai()).await);
        assert!(matches!(failed, Error::Key(KeyError::KeyIncomplete { .. })), "{failed}");
        let failed = error(resolver.acquire(&org("acme"), &openai(), &interview("r1")).await);
        assert!(matches!(failed, Error::Key(KeyError::KeyIncomplete { .. })), "{failed}");
    });
    assert_eq!(ledger(&world), ["acme charge r1 -1000000", "acme undo r1 1000000"]);
    world.byok("byok").ok(&["credits", "reconcile"]);
}

#[test]
fn no_variable_of_an_asked_provider_is_inherited() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada).env("OPENAI_API_KEY", "sk-PLATFORM");
    let check = ["--env", "LLM_KEY=openai", "--", "sh", "-c", "test -z \"$OPENAI_API_KEY\" && test -n \"$LLM_KEY\""];
    let ran = owner.run(&[&["run", "openai", "--org", "acme"][..], &check].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
}

fn sarvam() -> String {
    format!("sk_{CANARY}_{CANARY}9aQz")
}

#[test]
fn nothing_is_charged_for_a_run_that_fails_by_itself() {
    let (world, ada, _) = world();
    world.byok("byok").input(sarvam()).ok(&["platform-key", "set", "sarvam", "--stdin"]);
    world.byok(&ada).input(sarvam()).ok(&["key", "set", "sarvam", "--org", "acme", "--stdin"]);
    let long = "r".repeat(195);
    for byok in [world.byok(&ada), world.byok("byok")] {
        let both = |more: &[&str]| {
            byok.run(&[&["run", "openai", "sarvam", "--org", "acme", "--operation", "interview"], more].concat())
        };
        for more in [
            &["--request-id", &long, "--", "true"][..],
            &["--env", "LLM=openai", "--env", "LLM=sarvam", "--", "true"],
            &["--env", "A_KEY=openai", "--env", "A_KEY=sarvam", "--", "true"],
            &["--units", "6", "--", "true"],
        ] {
            let said = both(more);
            assert_eq!(said.code, 125, "{said:?}");
            assert_eq!(ledger(&world), Vec::<String>::new(), "{more:?}");
        }
    }
}

#[test]
fn a_charge_of_an_owner_whose_program_did_not_start_stands_and_serves_the_next_run() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let dir = tempfile::tempdir().unwrap();
    let arguments = ["run", "openai", "--org", "acme", "--operation", "interview", "--request-id", "job", "--"];
    let said = owner.run(&[&arguments[..], &[&refused_program(&dir)]].concat());
    assert!(said.code == 127 && said.err.contains("the charge remains: job"), "{said:?}");
    assert!(said.err.contains("--request-id job"), "{said:?}");
    assert_eq!(owner.run(&[&arguments[..], &["true"]].concat()).code, 0);
    assert_eq!(ledger(&world), ["acme charge job -1000000"]);
}

/// As if somebody had opened the key for a paid request, past the functions.
pub(crate) fn record_use(world: &World, request: &str) {
    let detail = format!(r#"{{"operation":"interview","request":"{request}"}}"#);
    world.root(&format!("select byok.record('bolt', 'key.use', 'openai', '{detail}')::text"));
}

/// The requests that `credits reconcile` complains of.
pub(crate) fn uses_without_a_charge(world: &World) -> Vec<String> {
    let (code, document) = world.byok("byok").json(&["credits", "reconcile"]);
    assert_eq!(code, 9, "{document}");
    let findings = document["item"]["findings"].as_array().unwrap();
    findings.iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn reconcile_finds_a_key_that_was_handed_out_without_a_charge_that_stood() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    assert_eq!(run(&admin, "paid", "true").code, 0);
    admin.ok(&["credits", "refund", "paid", "--org", "bolt"]);
    admin.ok(&["credits", "reconcile"]);
    record_use(&world, "ghost");
    record_use(&world, "paid");
    assert_eq!(uses_without_a_charge(&world), ["ghost", "paid"]);
}

#[test]
fn a_charge_that_is_asked_for_again_is_none_for_another_key() {
    let (world, ada, _) = world();
    let url = world.url(&server(&world, "res"));
    let charge = "select (c).result from byok_api.credit_charge('acme','openai','interview',1,'again',null) c";
    assert_eq!(sql(&url, charge), Ok(vec!["charged".into()]));
    assert_eq!(sql(&url, charge), Ok(vec!["unchanged".into()]));
    world
        .byok(&ada)
        .input(crate::harness::openai_key("9999"))
        .ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert_eq!(sql(&url, charge), Err("BK110".into()));
    world.byok("byok").ok(&["disable", "acme"]);
    assert_eq!(sql(&url, charge), Err("BK110".into()));
    assert_eq!(ledger(&world).len(), 1);
}

#[test]
fn a_transaction_that_began_in_time_undoes_nothing_late() {
    let (world, ..) = world();
    let login = server(&world, "res");
    block_on(async {
        resolver(&world, &login).await.acquire(&org("acme"), &openai(), &interview("old")).await.unwrap();
    });
    let mut open = crate::open_transactions::Open::begin(&world.url(&login), &login);
    open.want("select now()");
    let call = world.root(
        "set session_replication_role = replica;
         update byok.ledger set at = clock_timestamp() - interval '10 minutes' where request = 'old';
         select encode(call, 'hex') from byok.ledger where request = 'old'",
    );
    let undo = format!("select byok_api.acquire_undo('acme','old','\\x{}','given_up')", call[0]);
    assert_eq!(open.call(&undo), Err("BK112".into()));
}

#[test]
fn a_free_charge_makes_no_organization_that_the_rule_refuses() {
    let (world, ..) = world();
    let url = world.url(&server(&world, "res"));
    world.byok("byok").ok(&["credits", "rates", "set", "free", "--platform-part", "0", "--provider-part", "0"]);
    world.byok("byok").input(crate::harness::openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    for id in ["-x", "(platform)", "a\u{301}", "\u{ff41}"] {
        for call in [
            format!("credit_charge('{id}','openai','free',1,'c',null)"),
            format!("key_use('{id}','openai','platform',1,'free',1,'u','test',null)"),
        ] {
            assert_eq!(sql(&url, &format!("select byok_api.{call}")), Err("22023".into()), "{call}");
        }
    }
    let charge = "select byok_api.credit_charge('new','openai','free',1,'c',null)";
    assert!(sql(&url, charge).is_ok());
    assert_eq!(world.root("select org from byok.org where org not in ('', 'acme', 'bolt')"), ["new"]);
}
