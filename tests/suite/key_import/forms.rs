//! The forms of a list, and how its form is told.

use serde_json::json;

use super::{ACTIVE, file, groq, import, line, results, same};
use crate::harness::{CANARY, World, openai_key};

#[test]
fn a_list_may_be_csv_with_documents_of_several_lines() {
    let (world, ada, _) = World::with_owners();
    let document = json!({
        "type": "service_account", "project_id": "acme-1", "private_key_id": format!("{CANARY}xK7q"),
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"),
        "client_email": "byok@acme-1.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token"
    });
    let document = serde_json::to_string_pretty(&document).unwrap().replace('"', "\"\"");
    let list = format!(
        "org,provider,key,expires,settings.project_id,settings.location\r\n\
         acme,openai,{},2099-01-31,,\r\nacme,vertex,\"{document}\",,acme-1,asia-south1\r\nacme,groq,{CANARY}\"x,,,\r\n\
         acme,groq,{},,\r\nacme,groq,\"{CANARY}\r\n",
        openai_key("1111"),
        groq("a"),
    );
    let (code, items) = import(&world.byok(&ada), &list, &[]);
    let third = 3 + u64::try_from(document.lines().count()).unwrap();
    let expected = [
        (2, "created", ""),
        (3, "created", ""),
        (third, "failed", "quotation_mark"),
        (third + 1, "failed", "columns"),
        (third + 2, "failed", "quotation_mark"),
    ];
    same(&results(&items), &expected);
    assert_eq!(code, 8);
    assert_eq!(world.root(ACTIVE), ["acme openai 1 1111", "acme vertex 1 xK7q"]);
    let settings = world.root("select settings from byok.provider_key where provider = 'vertex'");
    assert_eq!(settings, [r#"{"location":"asia-south1","project_id":"acme-1"}"#]);
    // A header that names a column that is unknown could be a key, so nothing is read behind it.
    for bad in [format!("org,provider,{CANARY}\na,b,c"), "org,org,key\na,b,c".into(), String::new(), "org,key\n".into()]
    {
        let said = world.byok(&ada).input(bad).fails(2, &["key", "import", "-", "--format", "csv"]);
        assert!(said.contains("nothing was stored"), "{said}");
    }
}

#[test]
fn a_dotenv_file_has_the_keys_of_one_organization_in_the_variables_of_their_providers() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    world.byok("byok").ok(&[
        "provider",
        "add",
        "gateway",
        "--base-url",
        "https://gateway.example.org/v1",
        "--env",
        "GATEWAY_API_KEY",
    ]);
    let list = format!(
        "# keys\nNODE_ENV=production\nexport OPENAI_API_KEY=\"{}\"\nGROQ_API_KEY='{}'\n\nAZURE_OPENAI_API_KEY={}\n\
         AZURE_OPENAI_ENDPOINT=https://acme.openai.azure.com\nGOOGLE_API_KEY=AIza{CANARY}\nDATABASE_PASSWORD={CANARY}\n\
         MISTRAL_API_KEY=$OTHER\nGATEWAY_API_KEY={CANARY}12345678\nAWS_REGION=eu-west-1\n{CANARY}\n",
        openai_key("1111"),
        groq("2222"),
        "cAnArYcAnArY".repeat(3),
    );
    let (code, items) = import(&owner, &list, &["--format", "dotenv", "--org", "acme"]);
    let expected = [
        (2, "skipped", ""),
        (3, "created", ""),
        (4, "created", ""),
        (6, "created", ""),
        (7, "skipped", ""),
        (8, "failed", "several_providers"),
        (9, "skipped", ""),
        (10, "failed", "disputed_value"),
        (11, "created", ""),
        (12, "skipped", ""),
        (13, "failed", "not_an_assignment"),
    ];
    same(&results(&items), &expected);
    assert_eq!(code, 8);
    let stored: Vec<String> = world.root(ACTIVE);
    let providers: Vec<&str> = stored.iter().map(|row| row.split(' ').nth(1).unwrap()).collect();
    assert_eq!(providers, ["azure_openai", "gateway", "groq", "openai"]);
    // Nobody is named, so nobody's they become.
    let (code, items) = import(&owner, &format!("OPENAI_API_KEY={}\nA=1", openai_key("3333")), &["--format", "dotenv"]);
    same(&results(&items), &[(1, "failed", "whose"), (2, "skipped", "")]);
    assert_eq!(code, 8);
}

#[test]
fn the_form_is_that_of_the_option_or_of_the_name_or_of_the_first_line() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let dir = tempfile::tempdir().unwrap();
    let csv = format!("org,provider,key\nacme,openai,{}\n", openai_key("1111"));
    let env = format!("OPENAI_API_KEY={}\n", openai_key("1111"));
    let json = line("acme", "openai", &openai_key("1111"));
    for (name, text) in [
        ("a.jsonl", &json),
        ("a.ndjson", &json),
        ("a.csv", &csv),
        (".env", &env),
        (".env.production", &env),
        ("acme.env", &env),
        ("list", &json),
        ("list2", &csv),
        ("list3", &env),
    ] {
        let path = file(dir.path(), name, text);
        let run = owner.run(&["key", "import", &path, "--org", "acme", "-o", "jsonl", "-q"]);
        assert_eq!((run.code, run.out.lines().count(), &*run.err), (0, 1, ""), "{name}: {run:?}");
    }
    assert_eq!(world.root(ACTIVE), ["acme openai 1 1111"]);
    let path = file(dir.path(), "words", CANARY);
    assert!(owner.fails(2, &["key", "import", &path, "--org", "acme"]).contains("--format"));
    // The name of the file counts before its content.
    let path = file(dir.path(), "b.csv", &json);
    assert!(owner.fails(2, &["key", "import", &path]).contains("must name the columns"));
}

#[test]
fn a_list_that_others_can_read_is_warned_of_and_one_that_cannot_be_read_is_refused() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "keys.jsonl", &line("acme", "openai", &openai_key("1111")));
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let run = owner.run(&["key", "import", &path, "-q"]);
    assert!(run.code == 0 && run.err.contains("other users can read"), "{run:?}");
    owner.fails(2, &["key", "import", dir.path().join("none").to_str().unwrap()]);
    owner.fails(2, &["key", "import", dir.path().to_str().unwrap()]);
    owner.clone().input(b"{\"org\":\"\xff\"}").fails(2, &["key", "import", "-"]);
    owner.clone().input("\n\n").fails(2, &["key", "import", "-"]);
}

#[test]
fn an_organization_is_that_of_the_line_or_of_the_command_and_never_one_that_is_left_in_a_variable() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    world.byok("byok").ok(&["enable", "third", "--owner", &ada]);
    let without = |provider: &str, key: &str| json!({"provider": provider, "key": key}).to_string();
    let mixed = format!("{}\n{}", line("acme", "openai", &openai_key("1111")), without("groq", &groq("a")));
    for owner in [owner.clone(), owner.clone().env("BYOK_ORG", "acme")] {
        let (_, items) = import(&owner, &mixed, &["-n"]);
        same(&results(&items), &[(1, "created", ""), (2, "failed", "whose")]);
    }
    let (_, items) = import(&owner.clone().env("BYOK_ORG", "third"), &mixed, &["-n"]);
    same(&results(&items), &[(1, "failed", "other_org"), (2, "failed", "whose")]);
    let both = format!("{}\n{}", without("openai", &openai_key("1111")), without("groq", &groq("a")));
    same(&results(&import(&owner, &both, &["--org", "third"]).1), &[(1, "created", ""), (2, "created", "")]);
    assert_eq!(world.root(ACTIVE).len(), 2);
}
