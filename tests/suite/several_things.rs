//! Commands that take several things, lists that are cut, and what --quiet leaves out.

use serde_json::{Value, json};

use crate::harness::{World, openai_key};

#[test]
fn one_that_fails_keeps_none_of_the_others_from_being_done() {
    let world = World::new();
    let admin = world.byok("byok");
    admin.ok(&["enable", "m1", "m2"]);
    let run = admin.run(&["disable", "m1", "nosuch", "m2", "-o", "plain"]);
    assert_eq!((run.code, run.out.lines().count()), (8, 2), "{run:?}");
    assert!(run.err.contains("there is no organization `nosuch`"), "{run:?}");
    assert_eq!(world.root("select org from byok.org where enabled and org <> ''"), Vec::<String>::new());
    let run = admin.run(&["disable", "m1", "nosuch", "m2", "-o", "csv"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!((run.code, lines.len()), (8, 4), "{run:?}");
    assert!(lines[0] == "result,message" && lines[2].contains("failed"), "{run:?}");
    // All that fail in the same way are no partial success.
    admin.fails(3, &["disable", "nosuch", "neither"]);
    admin.fails(3, &["disable", "nosuch"]);
    admin.fails(3, &["enable", "m1", "--owner", "nobody_of_this_name"]);
}

#[test]
fn several_changes_are_one_document() {
    let world = World::new();
    let admin = world.byok("byok");
    let (code, document) = admin.json(&["enable", "m1", "m2"]);
    assert_eq!((code, &document["kind"], &document["next_cursor"]), (0, &json!("org.enable"), &Value::Null));
    let items = document["items"].as_array().unwrap();
    let results: Vec<_> = items.iter().map(|item| (&item["org"], &item["result"], &item["enabled"])).collect();
    assert_eq!(results[0], (&json!("m1"), &json!("created"), &json!(true)));
    assert_eq!((results.len(), results[1].0), (2, &json!("m2")));
    let (code, document) = admin.json(&["disable", "m1", "nosuch", "m2"]);
    assert_eq!(code, 8);
    let failed = &document["items"][1];
    assert_eq!((&failed["org"], &failed["result"]), (&json!("nosuch"), &json!("failed")));
    assert_eq!((&failed["error"]["code"], &failed["error"]["exit_code"]), (&json!("not_found"), &json!(3)));
    // One thing has the same form as several.
    let (_, document) = admin.json(&["enable", "m1"]);
    let items = document["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["result"], &items[0]["org"]), (1, &json!("enabled"), &json!("m1")));
    let run = admin.run(&["enable", "m1", "m2", "-o", "jsonl"]);
    let lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["org"]), (2, &json!("m2")));
}

#[test]
fn a_list_that_is_cut_says_so_in_every_format_and_one_that_is_not_does_not() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    for end in ["1111", "2222", "3333"] {
        owner.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    }
    for line in [&["audit", "list"][..], &["key", "history", "openai", "--org", "acme"]] {
        let (_, whole) = admin.json(line);
        let whole = whole["items"].as_array().unwrap();
        let count = whole.len().to_string();
        let exactly = admin.json(&[line, &["--limit", &count]].concat()).1;
        assert_eq!((exactly["items"].as_array().unwrap().len(), &exactly["next_cursor"]), (whole.len(), &Value::Null));
        // Page after page, by the cursor.
        let (mut found, mut before) = (Vec::new(), None::<String>);
        loop {
            let mut page = [line, &["--limit", "2"]].concat();
            if let Some(before) = &before {
                page.extend(["--before", before]);
            }
            let document = admin.json(&page).1;
            found.extend(document["items"].as_array().unwrap().clone());
            match document["next_cursor"].as_str() {
                Some(cursor) => before = Some(cursor.to_owned()),
                None => break,
            }
        }
        assert_eq!(&found, whole, "{line:?}");
        for format in ["table", "plain", "csv", "jsonl"] {
            let cut = admin.run(&[line, &["--limit", "2", "-o", format, "-q"]].concat());
            assert!(cut.err.contains("the list is cut here; to continue it: --before "), "{format}: {cut:?}");
            let all = admin.run(&[line, &["--limit", &count, "-o", format]].concat());
            assert_eq!(all.err, "", "{format}: {all:?}");
        }
    }
}

#[test]
fn a_list_of_more_than_a_page_is_cut_where_it_was_asked_to_be() {
    let (world, ..) = World::with_owners();
    let admin = world.byok("byok");
    world.root("select byok.record('acme', 'key.open', 'openai', '{}') from generate_series(1, 1011)");
    let history = ["key", "history", "openai", "--org", "acme"];
    let items = |document: &Value| document["items"].as_array().unwrap().len();
    let all = admin.json(&history).1;
    assert_eq!((items(&all), &all["next_cursor"]), (1011, &Value::Null));
    for limit in ["999", "1000", "1001", "1010"] {
        let cut = admin.json(&[&history[..], &["--limit", limit]].concat()).1;
        assert_eq!(items(&cut).to_string(), limit);
        let (last, cursor) = (cut["items"].as_array().unwrap().last().unwrap()["seq"].to_string(), &cut["next_cursor"]);
        assert_eq!(cursor, &json!(last), "{limit}");
    }
}

#[test]
fn a_change_of_a_name_that_a_spreadsheet_would_run_is_harmless() {
    let admin = World::new().byok("byok");
    let name = "=HYPERLINK(\"http://x.example/\",\"y\")";
    for line in [&["enable", name][..], &["enable", name, "plain"], &["disable", name]] {
        let out = admin.ok(&[line, &["-o", "csv"]].concat());
        assert!(out.contains("'=HYPERLINK") && !out.contains("\"=HYPERLINK"), "{out}");
    }
    let out = admin.ok(&["org", "list", "-o", "csv"]);
    assert!(out.contains("'=HYPERLINK"), "{out}");
}

#[test]
fn quiet_leaves_out_notices_and_no_warning() {
    let world = World::new();
    let admin = world.byok("byok");
    assert!(admin.run(&["enable", "acme"]).err.contains("to add an owner"));
    assert_eq!(admin.run(&["enable", "bolt", "-q"]).err, "");
    assert!(admin.run(&["key", "list", "--org", "acme", "-o", "table"]).err.contains("nothing to list"));
    assert_eq!(admin.run(&["key", "list", "--org", "acme", "-o", "table", "-q"]).err, "");
    // What must still be done, and a risk.
    let ada = world.login("ada");
    admin.ok(&["member", "add", "acme", &ada]);
    let said = admin.run(&["member", "remove", "acme", &ada, "-q"]).err;
    assert!(said.starts_with("warning: ") && said.contains("data-key rotate"), "{said}");
    let said = admin.run(&["master-key", "status", "-q"]).err;
    assert!(said.starts_with("warning: no copy of the active master key"), "{said}");
    let said = admin.run(&["status", "-q"]).err;
    assert!(said.contains("warning: login byok is a superuser"), "{said}");
}

#[test]
fn a_misspelt_command_or_option_is_repeated_and_met_with_a_near_one() {
    let byok = crate::harness::Byok::new();
    for (line, wrong, near) in [
        (&["ky", "list"][..], "'ky'", "key"),
        (&["key", "ste"], "'ste'", "set"),
        (&["credits", "rate", "list"], "'rate'", "rates"),
        (&["provder", "list"], "'provder'", "provider"),
        (&["key", "list", "--ogr", "acme"], "'--ogr'", "--org"),
        (&["key", "list", "--all-org"], "'--all-org'", "--all-orgs"),
        (&["status", "--quite"], "'--quite'", "--quiet"),
        (&["key", "set", "openai", "--stdn"], "'--stdn'", "--stdin"),
        (&["completions", "zhs"], "'zhs'", "zsh"),
        (&["status", "-o", "jsn"], "'jsn'", "json"),
    ] {
        let said = byok.fails(2, line);
        let lines: Vec<&str> = said.lines().collect();
        let [error, hint] = lines.as_slice() else { panic!("{line:?}: {said}") };
        assert!(error.starts_with("error: ") && error.contains(wrong), "{line:?}: {said}");
        assert!(hint.starts_with(&format!("  hint: did you mean {near}? ")), "{line:?}: {said}");
        let run = byok.clone().env("BYOK_OUTPUT", "json").run(line);
        let Ok(json) = serde_json::from_str::<serde_json::Value>(&run.err) else { continue };
        assert_eq!(format!("error: {}", json["error"]["message"].as_str().unwrap()), *error);
        assert_eq!(format!("  hint: {}", json["error"]["hint"].as_str().unwrap()), *hint);
    }
}

#[test]
fn an_argument_that_may_be_a_password_is_not_repeated_and_its_place_is_said() {
    let byok = crate::harness::Byok::new();
    for line in [
        &["kay-from-a-password-store", "list"][..],
        &["hunter2", "list"],
        &["status", "swordfish"],
        &["key", "list", "--pass=swordfish"],
        &["completions", "Swordfish"],
        &["audit", "list", "--limit", "hunter2"],
    ] {
        let said = byok.fails(2, line);
        assert!(!said.contains("password-store") && !said.contains("hunter") && !said.contains("ordfish"), "{said}");
        assert!(said.contains("(number ") || said.contains("'--pass'"), "{said}");
    }
}

#[test]
fn an_option_for_a_key_is_refused_with_the_reason_wherever_it_is_typed() {
    let byok = crate::harness::Byok::new();
    for option in ["--key", "--api-key", "--token", "--secret", "--value"] {
        for command in [&["key", "set", "openai", "--org", "acme"][..], &["test-key", "openai"], &["status"]] {
            for typed in
                [vec![option.to_owned()], vec![option.to_owned(), "hunter2".into()], vec![format!("{option}=hunter2")]]
            {
                let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
                let said = byok.fails(2, &[command, &typed].concat());
                assert!(said.contains("a key must not be an argument") && !said.contains("hunter2"), "{said}");
            }
        }
    }
    let run = byok.run(&["key", "set", "openai", "--org", "acme", "--key=hunter2", "-o", "json"]);
    let error: Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!(error["error"]["code"], "key_as_argument");
}
