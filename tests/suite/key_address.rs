//! A key is only sent to the address that it was sealed for.

use byok::Error;
use byok::admin::Database;
use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::error::ChangeError;
use byok::name::{Holder, OrgId};
use byok::resolution::Reason;
use byok::secret::{Credential, Hint, SecretText};
use byok::{AcquireError, Charge, Resolver};
use serde_json::{Value, json};

use crate::credits::world;
use crate::harness::{World, block_on, master_text, parse, sql};

const KEY: &str = "lab-cAnArYcAnArY-1234";
const HERE: &str = "https://here.example.org/v1";
const THERE: &str = "https://there.example.org/v1";

fn add(world: &World, url: &str) {
    world.byok("byok").ok(&["provider", "add", "lab", "--base-url", url]);
}

fn master() -> MasterKey {
    MasterKey::parse(master_text()).unwrap()
}

fn server(world: &World) -> String {
    let login = world.login("server");
    world.grant("resolver", &login);
    login
}

/// What the library says, of a resolve and of an acquire with a charge.
fn asked(world: &World, server: &str, org: &str, provider: &str) -> [Result<(), AcquireError>; 2] {
    block_on(async {
        let resolver = Resolver::builder(parse(&world.url(server))).master_key(master()).open().await.unwrap();
        let (org, provider): (OrgId, _) = (org.parse().unwrap(), provider.parse().unwrap());
        let charge = Charge::now("interview".parse().unwrap(), 1).unwrap();
        [resolver.resolve(&org, &provider).await.map(drop), resolver.acquire(&org, &provider, &charge).await.map(drop)]
    })
}

fn denied(outcome: &Result<(), AcquireError>) -> bool {
    matches!(outcome, Err(AcquireError::Denied(Reason::AddressChanged)))
}

/// Stores a key as a server does that knows the library alone.
fn store(world: &World, provider: &str, settings: &str) -> Result<(), Error> {
    block_on(async {
        let mut database = Database::open(&parse(&world.url("byok"))).await.unwrap();
        let keys = Keys::Master(MasterKeys::new(master(), Vec::new()).unwrap());
        let submission = Submission {
            holder: &Holder::Platform,
            provider: &provider.parse().unwrap(),
            credential: &Credential::single("api_key", SecretText::new(KEY.to_owned())),
            settings,
            hint: &Hint::of(&SecretText::new(KEY.to_owned())),
            expires_at: None,
            existing: Existing::Any,
            keep: sealing::KEEP_PREVIOUS,
        };
        sealing::store_untested(&mut database, &keys, &submission).await.map(drop)
    })
}

#[test]
fn when_a_provider_moves_its_keys_are_denied_to_everybody_until_they_are_set_again() {
    let (world, ada, _) = world();
    let (owner, admin, server) = (world.byok(&ada), world.byok("byok"), server(&world));
    add(&world, HERE);
    let set = ["key", "set", "lab", "--org", "acme", "--stdin"];
    owner.clone().input(KEY).ok(&set);
    admin.clone().input(KEY).ok(&["platform-key", "set", "lab", "--stdin"]);
    let run = ["run", "lab", "--org", "acme", "--operation", "interview", "--", "sh", "-c", "test -n \"$LAB_API_KEY\""];
    assert_eq!(owner.run(&run).code, 0);
    for org in ["acme", "bolt"] {
        assert!(asked(&world, &server, org, "lab").iter().all(Result::is_ok), "{org}");
    }

    add(&world, THERE);
    let posted = || world.root("select count(*)::text from byok.ledger");
    let before = posted();
    let said = owner.run(&[&["-o", "json"][..], &run].concat());
    let error: Value = serde_json::from_str(said.err.trim()).unwrap();
    assert_eq!((said.code, &error["error"]["code"]), (125, &json!("address_changed")), "{said:?}");
    for org in ["acme", "bolt"] {
        for outcome in asked(&world, &server, org, "lab") {
            assert!(denied(&outcome), "{org}: {outcome:?}");
        }
        for more in [&[][..], &["--verify"], &["--explain"]] {
            let (code, document) = admin.json(&[&["resolve", "lab", "--org", org], more].concat());
            let item = &document["item"];
            assert_eq!((code, &item["denied"]), (6, &json!("address_changed")), "{org} {more:?}: {item}");
        }
        let key = format!(
            "select concat_ws(' ', source, reason, sealed) from byok_api.key_serving('{org}', 'lab', 1, '', 1, '')"
        );
        assert_eq!(sql(&world.url(&server), &key).unwrap(), ["address_changed"], "the database itself");
        let charge = ["credits", "charge", "interview", "--provider", "lab", "--org", org];
        assert_eq!(world.byok(&server).run(&charge).code, 6);
    }
    let rules = admin.json(&["resolve", "lab", "--org", "acme", "--explain"]).1["item"]["rules"].clone();
    assert!(rules.as_array().unwrap().iter().any(|it| it["rule"] == "key_address_stands" && it["outcome"] == "no"));
    assert_eq!(posted(), before, "nothing was charged");

    // What was in force before cannot be put back for the address of now.
    owner.clone().input(KEY).ok(&set);
    let said = owner.fails(5, &["key", "rollback", "lab", "--org", "acme", "--yes"]);
    assert!(
        said.contains("lab key of organization acme is for another address") && said.contains("byok key set"),
        "{said}"
    );
    assert_eq!(owner.run(&run).code, 0);
    assert!(asked(&world, &server, "acme", "lab").iter().all(Result::is_ok));
    assert!(asked(&world, &server, "bolt", "lab").iter().all(denied), "the platform's is still for the place before");
    add(&world, HERE);
    assert!(asked(&world, &server, "acme", "lab").iter().all(denied), "and this one is for the place after");
}

#[test]
fn a_key_of_a_private_provider_without_its_address_in_the_seal_goes_nowhere() {
    let (world, ..) = world();
    let server = server(&world);
    let here = format!(r#"{{"base_url":"{HERE}"}}"#);
    // Nobody has said where the provider is.
    assert!(matches!(store(&world, "lab", &here), Err(Error::Change(ChangeError::ProviderGone(_)))));
    add(&world, HERE);
    store(&world, "lab", &here).unwrap();
    world.root("update byok.provider_key set settings = '{}' where provider = 'lab'");
    assert!(asked(&world, &server, "bolt", "lab").iter().all(denied));
    for settings in
        ["{ }", "", "null", "[]", r#"{"base_url":null}"#, r#"{"base_url":"https://there.example.org/v1"}"#, "{"]
    {
        let outcome = store(&world, "lab", settings);
        let no_object = !settings.starts_with('{') || settings == "{";
        let refused = match outcome {
            Err(Error::Change(ChangeError::BadValue(_))) => no_object,
            Err(Error::Change(ChangeError::OtherAddress(_))) => !no_object,
            _ => false,
        };
        assert!(refused, "{settings}: {outcome:?}");
    }
    store(&world, "lab", &here).unwrap();
    assert!(asked(&world, &server, "bolt", "lab").iter().all(Result::is_ok));
}

#[test]
fn a_key_of_the_catalog_that_was_sealed_for_another_address_is_not_handed_out() {
    let (world, ..) = world();
    let server = server(&world);
    let available = || world.root("select available::text from byok.balance where org = 'bolt'");
    store(&world, "mistral", r#"{"base_url":"https://mistral.example.org"}"#).unwrap();
    let before = available();
    let outcomes = asked(&world, &server, "bolt", "mistral");
    assert!(outcomes.iter().all(denied), "{outcomes:?}");
    let (code, document) = world.byok("byok").json(&["resolve", "mistral", "--org", "bolt", "--verify"]);
    assert_eq!((code, &document["item"]["denied"]), (6, &json!("address_changed")));
    assert_eq!(available(), before, "what was charged was given back");
    store(&world, "mistral", r#"{"base_url":"https://api.mistral.ai/v1"}"#).unwrap();
    assert!(asked(&world, &server, "bolt", "mistral").iter().all(Result::is_ok));
}

#[test]
fn the_database_reads_an_address_as_the_program_does_and_takes_nothing_else_for_one() {
    let world = World::new();
    let definition = json!({"base_url": HERE, "other_base_urls": ["https://eu.example.org"]});
    for (settings, goes) in [
        (format!(r#"{{"base_url":"{HERE}"}}"#), true),
        (r#"{"base_url":"https:\/\/eu.example.org"}"#.into(), true),
        (format!(r#"{{"base\u005furl":"{HERE}"}}"#), true),
        (format!(r#"{{"base_url":"{THERE}","base_url":"{HERE}"}}"#), true),
        (format!(r#"{{"base_url":"{HERE}","base_url":"{THERE}"}}"#), false),
        (format!(r#"{{"base_url":"{HERE}/"}}"#), false),
        (format!(r#"{{"base_url":["{HERE}"]}}"#), false),
        (format!(r#"{{"BASE_URL":"{HERE}"}}"#), false),
        (format!(r#"{{"other":{{"base_url":"{HERE}"}}}}"#), false),
        (format!(r#"["base_url","{HERE}"]"#), false),
        (r#"{"base_url":[]}"#.into(), false),
        (r#"{"base_url":["https://eu.example.org"]}"#.into(), false),
        (r#"{"base_url":{}}"#.into(), false),
        (r#"{"base_url":"\u0000"}"#.into(), false),
        (r#"{"base_url":"\ud800"}"#.into(), false),
        ("[".repeat(100_000), false),
        (String::new(), false),
    ] {
        let statement = format!("select byok.has_current_address($it${settings}$it$, $it${definition}$it$)::text");
        assert_eq!(world.root(&statement), [goes.to_string()], "{}", &settings[..settings.len().min(80)]);
    }
    assert_eq!(world.root("select byok.has_current_address('{}', null)::text"), ["true"]);
}
