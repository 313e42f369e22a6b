//! Lists of organizations and members: every line has its result, and a bad one keeps no other from being done.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::harness::{CANARY, World};

/// Line, result and the code of the error of each item.
fn results(document: &Value) -> Vec<(Value, Value, Value)> {
    let items = document["items"].as_array().unwrap();
    items.iter().map(|it| (it["line"].clone(), it["result"].clone(), it["error"]["code"].clone())).collect()
}

fn expected(lines: &[(u64, &str, Option<&str>)]) -> Vec<(Value, Value, Value)> {
    lines.iter().map(|(line, result, code)| (json!(line), json!(result), json!(code))).collect()
}

#[test]
fn organizations_of_a_list_are_enabled_and_disabled_and_a_bad_line_is_named() {
    let world = World::new();
    let (admin, ada, eve) = (world.byok("byok"), world.login("ada"), world.login("eve"));
    let list = format!("# all\nacme\n\nbolt\t{eve}\n(bad {CANARY}\nthird\tnobody-of-this-name\na\tb\tc\n");
    let enable = ["enable", "--from-file", "-", "--owner", &ada];
    for word in ["created", "unchanged"] {
        let (code, document) = admin.clone().input(&list).json(&enable);
        let wanted = [
            (2, word, None),
            (4, word, None),
            (5, "failed", Some("bad_name")),
            (6, "failed", Some("not_found")),
            (7, "failed", Some("columns")),
        ];
        assert_eq!((code, results(&document)), (8, expected(&wanted)), "{document}");
    }
    let members = "select org || ' ' || login || ' ' || role from byok.member order by 1";
    assert_eq!(world.root(members), [format!("acme {ada} owner"), format!("bolt {eve} owner")]);
    // Other forms are told by the ending, and JSON lines also by the first letter.
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in
        [("a.csv", "org\nacme\nbolt\n"), ("b", "{\"org\":\"acme\"}\n{\"org\":\"bolt\"}\n"), ("c", "acme\nbolt\n")]
    {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let out = admin.ok(&["disable", "--from-file", path, "-n"]);
        assert_eq!(out.lines().count(), 2, "{name}: {out}");
    }
    let (code, document) = admin.clone().input("acme\nnowhere\n").json(&["disable", "--from-file", "-"]);
    assert_eq!((code, results(&document)), (8, expected(&[(1, "disabled", None), (2, "failed", Some("not_found"))])));
    // Either a list or names; a key is no name.
    admin.fails(2, &["enable", "acme", "--from-file", "/dev/null"]);
    admin.clone().input("").fails(2, &["enable", "--from-file", "-"]);
    let key = format!("gsk_{}1234", CANARY.repeat(4));
    let (_, document) = admin.clone().input(format!("{key}\nacme\n")).json(&["enable", "--from-file", "-"]);
    assert_eq!(results(&document), expected(&[(1, "failed", Some("bad_name")), (2, "enabled", None)]));
}

#[test]
fn members_of_a_list_get_the_role_of_their_line_or_of_the_command() {
    let world = World::new();
    let (admin, ada, eve) = (world.byok("byok"), world.login("ada"), world.login("eve"));
    admin.ok(&["enable", "acme", "bolt"]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("members.csv");
    let list = format!(
        "org,login,role\nacme,{ada},owner\nacme,{eve},\nnowhere,{ada},\nbolt,{ada},boss\nbolt,,\nbolt,ghost,\n"
    );
    std::fs::write(&path, list).unwrap();
    let add = ["member", "add", "--role", "viewer", "--from-file", path.to_str().unwrap()];
    for (more, word) in [(&["-n"][..], "added"), (&[], "added"), (&[], "unchanged")] {
        let (code, document) = admin.json(&[&add[..], more].concat());
        let wanted = [
            (2, word, None),
            (3, word, None),
            (4, "failed", Some("not_found")),
            (5, "failed", Some("bad_role")),
            (6, "failed", Some("no_login")),
            (7, "failed", Some("not_found")),
        ];
        assert_eq!((code, results(&document)), (8, expected(&wanted)), "{document}");
    }
    let members = "select org || ' ' || login || ' ' || role from byok.member order by 1";
    assert_eq!(world.root(members), [format!("acme {ada} owner"), format!("acme {eve} viewer")]);
    assert_eq!(world.root("select count(*)::text from byok.audit where action = 'member.add'"), ["2"]);
    for more in [&["--create-login"][..], &["--org", "acme"], &[&ada]] {
        admin.fails(2, &[&add[..], more].concat());
    }
    admin.fails(2, &["member", "add", "--org", "acme"]);
}

#[test]
fn data_keys_of_a_list_go_to_private_files_and_nowhere_else() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys");
    let issue = ["data-key", "issue", "--from-file", "-", "--to-dir", keys.to_str().unwrap()];
    let issue = |more: &[&str]| admin.clone().input("acme\nbolt\nnowhere\n").json(&[&issue[..], more].concat());
    let (code, document) = issue(&["-n"]);
    assert_eq!((code, keys.exists()), (8, false), "{document}");
    let issued = |word| expected(&[(1, word, None), (2, word, None), (3, "failed", Some("not_found"))]);
    let (code, document) = issue(&[]);
    assert_eq!((code, results(&document)), (8, issued("issued")));
    let text = std::fs::read_to_string(keys.join("acme.datakey")).unwrap();
    assert!(text.starts_with("BYOKD1-") && !document.to_string().contains("BYOKD1"), "{document}");
    for name in ["acme.datakey", "bolt.datakey"] {
        assert_eq!(std::fs::metadata(keys.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(!keys.join("nowhere.datakey").exists());
    // The same again changes no file. Another data key is not written over.
    assert_eq!(results(&issue(&[]).1), issued("unchanged"));
    admin.ok(&["data-key", "rotate", "--org", "acme", "--yes"]);
    let (_, document) = issue(&[]);
    assert_eq!(results(&document)[0], expected(&[(1, "failed", Some("exists"))])[0]);
    assert_eq!(std::fs::read_to_string(keys.join("acme.datakey")).unwrap(), text);
    // A file that a killed command left empty is filled.
    std::fs::write(keys.join("acme.datakey"), "").unwrap();
    assert_eq!(results(&issue(&[]).1)[0], expected(&[(1, "issued", None)])[0]);
    let owner = world.byok(&ada).without("BYOK_MASTER_KEY");
    let owner = owner.env("BYOK_DATA_KEY_FILE", keys.join("acme.datakey").to_str().unwrap());
    owner.input(crate::harness::openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    // On a terminal or in a file of one name there is no place for several.
    admin.clone().input("acme\n").fails(2, &["data-key", "issue", "--from-file", "-"]);
    admin
        .clone()
        .input("acme\n")
        .fails(2, &["data-key", "issue", "--org", "acme", "--from-file", "-", "--to-dir", "x"]);
    let recorded = "select count(*)::text from byok.audit where action = 'data_key.issue' and org = 'bolt'";
    assert_eq!(world.root(recorded), ["4"], "every issue is recorded, also of what was handed over before");
}
