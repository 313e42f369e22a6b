//! Invalid arguments and keys: the error is clear, has its exit code, and nothing is changed.

use crate::harness::{Byok, CANARY, World, openai_key};

#[test]
fn a_bad_key_is_refused_before_any_database_is_asked() {
    let byok = Byok::new().env("BYOK_DATABASE_URL", "postgres://h@127.0.0.1:1/x");
    let set = ["key", "set", "openai", "--org", "acme", "--stdin"];
    let long = format!("sk-{}", CANARY.repeat(400));
    let huge = CANARY.repeat(8000);
    let table: [(&[u8], &str); 14] = [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"sk-cAnArYcAnArY\nsk-cAnArYcAnArY\n", "more than one line"),
        (b"sk-cAnArYcAnArY\0x", "NUL"),
        (b"sk-cAnArYcAnArY\xff\xfe", "UTF-8"),
        (b" sk-cAnArYcAnArY", "white space"),
        (b"\"sk-cAnArYcAnArY\"", "quotes"),
        (b"Bearer sk-cAnArYcAnArY", "Bearer"),
        (b"OPENAI_API_KEY=sk-cAnArYcAnArY", "OPENAI_API_KEY"),
        (b"sk-ant-api03-cAnArYcAnArYcAnArYcAnArY", "Anthropic"),
        (b"sk-admin-cAnArYcAnArYcAnArYcAnArY", "admin key"),
        (b"sk-...cAnA", "masked"),
        (long.as_bytes(), "longer"),
        (huge.as_bytes(), "64 KiB"),
    ];
    for (input, said) in table {
        let error = byok.clone().input(input).fails(2, &set);
        assert!(error.contains(said), "{said}: {error}");
    }
}

#[test]
fn a_key_as_an_argument_is_refused_without_being_repeated() {
    let key = openai_key("xK7q");
    let flag = format!("--api-key={key}");
    let lines: [&[&str]; 9] = [
        &["key", "set", "openai", &key, "--org", "acme"],
        &["key", "set", &key, "--org", "acme"],
        &["key", "set", "openai", "--org", "acme", "--key", &key],
        &["key", "set", "openai", "--org", "acme", &flag],
        &["key", "set", "openai", "--org", "acme", "--token", &key],
        &["key", "set", "openai", "--org", "acme", "--nonsense", &key],
        &["platform-key", "set", "openai", &key],
        &["resolve", &key, "--org", "acme"],
        &[&key],
    ];
    for line in lines {
        Byok::new().env("BYOK_DATABASE_URL", "postgres://h@127.0.0.1:1/x").fails(2, line);
    }
}

#[test]
fn an_unknown_provider_is_met_with_a_near_one() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    for (typed, near) in [("open-ai", "openai"), ("antropic", "anthropic"), ("elevenlab", "elevenlabs")] {
        let said = owner.fails(3, &["resolve", typed, "--org", "acme"]);
        assert!(said.contains(&format!("did you mean {near}")), "{said}");
    }
    owner.fails(3, &["resolve", "zzz", "--org", "acme"]);
    owner.fails(3, &["key", "set", "zzz", "--org", "acme", "--stdin"]);
}

#[test]
fn a_malformed_organization_is_refused() {
    for org in ["", "a b", "a\tb", "\u{200b}", &"x".repeat(129)] {
        Byok::new().fails(2, &["resolve", "openai", "--org", org]);
    }
    Byok::new().fails(2, &["resolve", "openai"]);
}

#[test]
fn an_organization_or_login_that_is_not_there_is_exit_3_for_an_admin() {
    let world = World::new();
    let admin = world.byok("byok");
    for line in [
        &["org", "show", "nobody"][..],
        &["disable", "nobody"],
        &["member", "list", "nobody"],
        &["member", "add", "nobody", "byok"],
    ] {
        let said = admin.fails(3, line);
        assert!(said.contains("nobody"), "{said}");
    }
    admin.ok(&["enable", "acme"]);
    let said = admin.fails(3, &["member", "add", "acme", "no_such_login"]);
    assert!(said.contains("no_such_login"), "{said}");
    admin.fails(3, &["key", "show", "openai", "--org", "acme"]);
}

#[test]
fn a_file_or_variable_that_cannot_be_read_says_which() {
    let byok = Byok::new().env("BYOK_DATABASE_URL", "postgres://h@127.0.0.1:1/x");
    let set = |more: &[&str]| byok.fails(2, &[&["key", "set", "openai", "--org", "acme"], more].concat());
    assert!(set(&["--from-file", "/nowhere/key"]).contains("/nowhere/key"));
    assert!(set(&["--from-file", "/"]).contains("directory"));
    assert!(set(&["--from-env", "NO_SUCH"]).contains("--from-env"));
    assert!(set(&["--from-env", "A", "--stdin"]).contains("cannot be used with"));
    assert!(set(&["--stdin", "--expires", "tomorrow"]).contains("--expires"));
    assert!(set(&["--stdin", "--setting", "region=eu"]).contains("has no setting of this name"));
}

#[test]
fn a_key_comes_from_a_pipe_a_file_or_a_variable_and_is_the_same() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    std::fs::write(&file, format!("\u{feff}{}\r\n", openai_key("xK7q"))).unwrap();
    let set = ["key", "set", "openai", "--org", "acme"];
    let result = |byok: &Byok, more: &[&str]| byok.json(&[&set[..], more].concat()).1["result"].clone();
    assert_eq!(result(&owner.clone().input(openai_key("xK7q") + "\n"), &["--stdin"]), "created");
    assert_eq!(result(&owner, &["--from-file", file.to_str().unwrap()]), "unchanged");
    assert_eq!(result(&owner.clone().env("MY_KEY", &openai_key("xK7q")), &["--from-env", "MY_KEY"]), "unchanged");
    assert_eq!(result(&owner.clone().input(openai_key("xK7q")), &["--from-file", "-"]), "unchanged");
}

#[test]
fn nothing_reads_standard_input_unasked() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let said = owner.clone().input(openai_key("xK7q")).fails(2, &["key", "set", "openai", "--org", "acme"]);
    assert!(said.contains("--stdin"), "{said}");
    // In a loop, the lines are the loop's.
    let script = "printf 'acme\\nacme\\nacme\\n' | while read -r org; do \"$BYOK\" key list --org \"$org\" >/dev/null; echo got; done";
    let mut shell = owner.command(&[]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script]).env_clear().envs(shell.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.env("BYOK", shell.get_program());
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "got\ngot\ngot\n");
    let _ = &mut shell;
}

#[test]
fn what_cannot_be_taken_back_needs_a_yes() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let said = owner.fails(2, &["key", "remove", "openai", "--org", "acme"]);
    assert!(said.contains("--yes"), "{said}");
    assert_eq!(world.root("select state from byok.provider_key"), ["active"]);
}
