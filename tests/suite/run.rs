//! `run`: the program gets the key, and nothing of byok's own.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use serde_json::json;

use crate::credits::world;
use crate::harness::{Byok, CANARY, World, openai_key};
use crate::programs::write_script;
use crate::pty::Terminal;

const RUN: [&str; 4] = ["run", "openai", "--org", "acme"];

fn run(byok: &Byok, more: &[&str]) -> crate::harness::Run {
    byok.run(&[&RUN[..], more].concat())
}

fn charges(world: &World) -> Vec<String> {
    world.root(
        "select concat_ws(' ', kind, request, source) from byok.ledger where kind in ('charge', 'refund', 'undo') order by seq",
    )
}

#[test]
fn the_child_has_the_key_in_its_usual_variable_and_ends_as_it_ends() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada).env("WANTED", &openai_key("xK7q"));
    let check = "test \"$OPENAI_API_KEY\" = \"$WANTED\" || exit 1; exit 37";
    assert_eq!(run(&owner, &["--", "sh", "-c", check]).code, 37);
    let check = "test \"$LLM_KEY\" = \"$WANTED\" && test -z \"$OPENAI_API_KEY\"";
    assert_eq!(run(&owner, &["--env", "LLM_KEY=openai", "--", "sh", "-c", check]).code, 0);
    // It is that very process: its number, its signals, its input.
    let mut command = owner
        .command(&[&RUN[..], &["--", "sh", "-c", "echo $$; read -r line; echo \"$line\"; kill -TERM $$"]].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    child.stdin.take().unwrap().write_all(b"typed\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{pid}\ntyped\n"));
    assert_eq!(output.status.signal(), Some(15));
    assert_eq!(
        run(&owner, &["--", "sh", "-c", "kill -PIPE $$"]).code,
        -1,
        "a signal that we ignore is the child's again"
    );
}

#[test]
fn the_child_of_a_regional_key_has_the_address_too_and_of_no_other_key() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let print = ["--", "sh", "-c", "echo \"$OPENAI_BASE_URL $SONIOX_BASE_DOMAIN $LAB_BASE_URL\""];
    let address = |byok: &Byok, provider: &str| {
        byok.ok(&[&["run", provider, "--org", "acme"][..], &print].concat()).trim().to_owned()
    };
    assert_eq!(address(&owner, "openai"), "");
    // An inherited address of the vendor is for another key, and any other one is the operator's.
    let eu = "https://eu.api.openai.com/v1";
    assert_eq!(address(&owner.clone().env("OPENAI_BASE_URL", &format!("{eu}/")), "openai"), "");
    let proxy = "https://proxy.example.org/openai";
    assert_eq!(address(&owner.clone().env("OPENAI_BASE_URL", proxy), "openai"), proxy);
    for host in ["us", "eu", "ae"] {
        let setting = format!("base_url={host}.api.openai.com");
        let set = ["key", "set", "openai", "--org", "acme", "--stdin", "--setting", &setting];
        owner.clone().input(openai_key("xK7q")).ok(&set);
        let wanted = format!("https://{host}.api.openai.com/v1");
        assert_eq!(address(&owner, "openai"), wanted);
        let run = run(&owner.clone().env("OPENAI_BASE_URL", proxy), &print);
        assert!(run.out.trim() == wanted && run.err.contains("OPENAI_BASE_URL was already set"), "{run:?}");
        // The same value is no other value.
        let same = self::run(&owner.clone().env("OPENAI_BASE_URL", &wanted), &print);
        assert!(same.out.trim() == wanted && same.err.is_empty(), "{same:?}");
    }
    let set = ["key", "set", "soniox", "--org", "acme", "--stdin", "--setting", "base_url=api.eu.soniox.com"];
    owner.clone().input(format!("{CANARY}{CANARY}{CANARY}")).ok(&set);
    assert_eq!(address(&owner, "soniox"), "eu.soniox.com");
    let add = ["provider", "add", "lab", "--base-url", "https://lab.example.org/v1", "--address-env"];
    let said = world.byok("byok").fails(2, &[&add[..], &["HTTPS_PROXY"]].concat());
    assert!(said.contains("HTTPS_PROXY") && said.contains("--address-env OPENAI_BASE_URL"), "{said}");
    world.byok("byok").ok(&[&add[..], &["LAB_BASE_URL"]].concat());
    owner.clone().input(CANARY).ok(&["key", "set", "lab", "--org", "acme", "--stdin"]);
    assert_eq!(address(&owner, "lab"), "https://lab.example.org/v1");
}

#[test]
fn an_owner_runs_with_its_data_key_and_not_with_anothers() {
    let (world, ada, _) = world();
    let dir = tempfile::tempdir().unwrap();
    let issue = |org: &str| {
        let file = dir.path().join(org);
        world.byok("byok").ok(&["data-key", "issue", org, "--to-file", file.to_str().unwrap()]);
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    };
    let owner = |org: &str| world.byok(&ada).without("BYOK_MASTER_KEY").env("BYOK_DATA_KEY", &issue(org));
    let (right, wrong) = (owner("acme").env("WANTED", &openai_key("xK7q")), owner("bolt"));
    let charged = ["--operation", "interview", "--", "sh", "-c", "test \"$OPENAI_API_KEY\" = \"$WANTED\""];
    assert_eq!(run(&right, &charged).code, 0);
    let refused = run(&wrong, &charged);
    assert!(refused.code == 125 && refused.err.contains("data key") && refused.err.contains("epoch 1"), "{refused:?}");
    assert_eq!(charges(&world).len(), 1, "only the one that ran is charged");
}

#[test]
fn the_child_inherits_no_way_to_the_master_key() {
    let (world, ..) = world();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("byok-master");
    std::fs::write(&file, crate::harness::master_text()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let admin = world.byok("byok").without("BYOK_MASTER_KEY");
    let program = admin.command(&[]).get_program().to_string_lossy().into_owned();
    let shell = |redirection: &str| {
        let line = format!("exec '{program}' run openai --org acme --master-key-fd 3 -- cat /dev/fd/3 {redirection}");
        let environment = admin.command(&[]);
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", &line]).env_clear();
        bash.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = bash.stdin(Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, out, said) = shell(&format!("3<'{}'", file.display()));
    assert!(code == Some(125) && out.is_empty() && said.contains("could read the master key"), "{said}");
    let (code, out, said) = shell(&format!("3< <(cat '{}')", file.display()));
    assert_eq!((code, out.as_str()), (Some(0), ""), "{said}");
    // And systemd's directory is not named to it where ours is in it.
    let service = admin.env("CREDENTIALS_DIRECTORY", dir.path().to_str().unwrap());
    assert_eq!(run(&service, &["--", "sh", "-c", "test -z \"$CREDENTIALS_DIRECTORY\""]).code, 0);
}

#[test]
fn the_child_has_the_terminal() {
    let (world, ada, _) = world();
    let line = "test -t 0 && test -t 1 && printf 'name: ' && read -r name && echo \"hello $name\"";
    let mut terminal = Terminal::run(&world.byok(&ada), &[&RUN[..], &["--", "sh", "-c", line]].concat());
    terminal.expect("name: ").send("ada\r");
    let (code, seen) = terminal.end();
    assert!(code == 0 && seen.contains("hello ada"), "{seen}");
}

#[test]
fn nothing_of_ours_is_in_the_childs_environment_and_the_key_is_in_no_other() {
    let (world, ada, _) = world();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("env");
    let secret = |text: &str| format!("{text}-sEcReTsEcReT");
    let mut owner = world.byok(&ada).env("KEPT", "kept").env("PGHOST", "kept-too");
    for name in ["DATABASE_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE"] {
        owner = owner.env(name, &secret(name));
    }
    owner = owner.env("BYOK_NO_INPUT", "yes").env("BYOK_NO_PROGRESS", "1");
    let line = format!("env > {0}; tr '\\0' '\\n' < /proc/$PPID/environ > {0}.parent", file.display());
    assert_eq!(run(&owner, &["--", "sh", "-c", &line]).code, 0);
    let seen = std::fs::read_to_string(&file).unwrap();
    let master = crate::harness::master_text();
    assert!(!seen.contains("BYOK_") && !seen.contains("sEcReTsEcReT") && !seen.contains(&master[9..40]), "{seen}");
    assert!(seen.contains("KEPT=kept\n") && seen.contains("PGHOST=kept-too\n"));
    let with_key: Vec<&str> = seen.lines().filter(|line| line.contains(CANARY)).collect();
    assert_eq!(with_key, [format!("OPENAI_API_KEY={}", openai_key("xK7q"))]);
    let parent = std::fs::read_to_string(file.with_extension("parent")).unwrap();
    assert!(!parent.is_empty() && !parent.contains(CANARY), "the parent's environment holds the key");
}

#[test]
fn a_variable_that_programs_trust_is_refused_and_one_that_is_replaced_is_said() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    for name in
        ["PATH", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "HOME", "BASH_ENV", "PGPASSWORD", "https_proxy", "A B", ""]
    {
        let said = run(&owner, &["--env", &format!("{name}=openai"), "--", "true"]);
        assert_eq!(said.code, 125, "{name}: {said:?}");
    }
    // Whatever is not known to be dangerous may still be: a name that no key has takes a word more.
    for name in
        ["LESSOPEN", "VIMINIT", "LUA_INIT", "DOTNET_STARTUP_HOOKS", "EXINIT", "PHPRC", "ERL_AFLAGS", "R_PROFILE"]
    {
        for more in [&[][..], &["--allow-env", name]] {
            let said = run(&owner, &[&["--env", &format!("{name}=openai")], more, &["--", "true"]].concat());
            assert!(said.code == 125 && said.err.contains("trust"), "{name}: {said:?}");
        }
    }
    let said = run(&owner, &["--env", "MY_HOOK=openai", "--", "true"]);
    assert!(said.code == 125 && said.err.contains("--allow-env MY_HOOK"), "{said:?}");
    let given =
        ["--env", "MY_HOOK=openai", "--allow-env", "MY_HOOK", "--", "sh", "-c", "test \"$MY_HOOK\" = \"$WANTED\""];
    assert_eq!(run(&owner.clone().env("WANTED", &openai_key("xK7q")), &given).code, 0);
    assert_eq!(run(&owner, &["--env", "X_KEY=sarvam", "--", "true"]).code, 125);
    let said = run(&owner.clone().env("OPENAI_API_KEY", "old"), &["--", "true"]);
    assert!(said.code == 0 && said.err.contains("OPENAI_API_KEY was already set"), "{said:?}");
}

#[test]
fn every_variable_that_was_asked_for_gets_the_key_and_none_is_dropped() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada).env("WANTED", &openai_key("xK7q"));
    let check = "test \"$A_KEY\" = \"$WANTED\" && test \"$B_KEY\" = \"$WANTED\" && test -z \"$OPENAI_API_KEY\"";
    let both = ["--env", "A_KEY=openai", "--env", "B_KEY=openai", "--env", "A_KEY=openai", "--", "sh", "-c", check];
    assert_eq!(run(&owner, &both).code, 0);
    let two =
        ["run", "openai", "sarvam", "--org", "acme", "--env", "A_KEY=openai", "--env", "A_KEY=sarvam", "--", "true"];
    let said = owner.run(&two);
    assert!(said.code == 125 && said.err.contains("A_KEY"), "two providers in one variable: {said:?}");
}

#[test]
fn what_was_found_and_checked_is_what_runs_and_the_working_directory_is_no_place_to_find_it() {
    let (world, ada, _) = world();
    let dir = tempfile::tempdir().unwrap();
    for name in ["true", "only-here"] {
        let planted = dir.path().join(name);
        write_script(&planted, "#!/bin/sh\necho planted; exit 42\n");
    }
    let owner = world.byok(&ada);
    for (path, name, code) in [
        (None, "true", 0),
        (None, "only-here", 127),
        (Some(""), "only-here", 127),
        (Some(":/nowhere"), "only-here", 127),
        (Some(":/usr/bin:/bin"), "true", 0),
        (Some("."), "only-here", 42),
        (Some("/nowhere"), "./only-here", 42),
    ] {
        let mut command = owner.command(&[&RUN[..], &["--", name]].concat());
        command.env_remove("PATH").envs(path.map(|path| ("PATH", path))).current_dir(dir.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "PATH={path:?} {name}: {output:?}");
    }
}

#[test]
fn a_use_is_charged_with_an_operation_and_always_recorded() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    assert_eq!(run(&owner, &["--", "true"]).code, 0);
    assert_eq!(charges(&world), Vec::<String>::new());
    let charged = ["--operation", "interview", "--units", "2", "--request-id", "job-1", "--", "true"];
    assert_eq!(run(&owner, &charged).code, 0);
    assert_eq!(run(&owner, &charged).code, 0, "once, however often");
    assert_eq!(charges(&world), ["charge job-1 organization"]);
    let used = world.root(
        "select detail ->> 'purpose' || ' ' || (detail ->> 'source') || ' ' || (detail ->> 'hint') || ' ' || login
                           from byok.audit where action = 'key.use' order by seq",
    );
    assert_eq!(used, vec![format!("run organization xK7q {ada}"); 3]);
    let said = run(&owner, &["--operation", "interview", "--units", "100", "--", "true"]);
    assert!(said.code == 125 && said.err.contains("acme has 8 credits available"), "{said:?}");
    assert_eq!(run(&owner, &["--operation", "unknown", "--", "true"]).code, 125);
    assert_eq!(charges(&world).len(), 1);
}

#[test]
fn a_program_that_cannot_run_costs_nothing() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    std::fs::write(&plain, "neither a script nor a program").unwrap();
    let paid = ["--operation", "interview", "--request-id", "job-1", "--"];
    let said = run(&owner, &[&paid[..], &["no-such-program"]].concat());
    assert!(said.code == 127 && said.err.contains("no-such-program: command not found"), "{said:?}");
    assert_eq!(run(&owner, &[&paid[..], &["/nowhere/program"]].concat()).code, 127);
    assert_eq!(charges(&world), Vec::<String>::new());
    let said = run(&owner, &[&paid[..], &[plain.to_str().unwrap()]].concat());
    assert!(said.code == 126 && said.err.contains("plain"), "{said:?}");
    assert_eq!(charges(&world), Vec::<String>::new(), "what cannot be executed is known before the charge");
    assert_eq!(world.root("select available::text from byok.balance where org = 'acme'"), ["10000000"]);
    let said = owner.run(&["run", "openai", "--org", "acme", "true"]);
    assert!(said.code != 0 && said.out.is_empty(), "{said:?}");
    let said = owner.run(&RUN);
    assert!(said.code == 125 && said.err.contains("after `--`"), "{said:?}");
}

#[test]
fn a_key_that_may_not_be_used_starts_nothing() {
    let (world, ada, bob) = world();
    let marker = tempfile::tempdir().unwrap();
    let touch = marker.path().join("ran");
    let refused = |byok: &Byok, org: &str, code: &str| {
        let run = byok.run(&["-o", "json", "run", "openai", "--org", org, "--", "touch", touch.to_str().unwrap()]);
        let error: serde_json::Value = serde_json::from_str(run.err.trim()).unwrap();
        assert_eq!((run.code, &error["error"]["code"]), (125, &json!(code)), "{run:?}");
    };
    refused(&world.byok(&bob), "acme", "not_authorized");
    // Bolt has no key of its own, and an owner is no server of the platform.
    refused(&world.byok(&bob), "bolt", "platform_key");
    let admin = world.login("root");
    world.grant("admin", &admin);
    refused(&world.byok(&admin), "bolt", "not_authorized");
    world.root("update byok.provider_key set hint = 'zzzz' where org = 'acme'");
    refused(&world.byok(&ada), "acme", "key_unreadable");
    world.root("update byok.provider_key set expires_at = now() where org = 'acme'");
    refused(&world.byok(&ada), "acme", "key_expired");
    assert!(!touch.exists());
    let server = world.login("server");
    world.grant("resolver", &server);
    world.byok(&server).ok(&["run", "llm", "--help"]);
    assert_eq!(world.byok(&server).run(&["run", "openai", "--org", "bolt", "--", "true"]).code, 0);
}

#[test]
fn several_keys_settings_and_a_document_each_have_their_place() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let admin = world.byok("byok");
    let document = format!(
        r#"{{"type":"service_account","project_id":"p-123","private_key":"{CANARY}{CANARY}","client_email":"a@b.example","token_uri":"https://x.example"}}"#
    );
    let settings = ["--setting", "project_id=p-123", "--setting", "location=eu-west1"];
    owner.clone().input(&document).ok(&[&["key", "set", "vertex", "--org", "acme", "--stdin"][..], &settings].concat());
    let check = "test \"$OPENAI_API_KEY\" = \"$WANTED\" && test \"$(cat \"$GOOGLE_APPLICATION_CREDENTIALS\")\" = \"$DOCUMENT\" &&
                 test \"$(cat \"$GOOGLE_APPLICATION_CREDENTIALS\")\" = \"$DOCUMENT\" && test \"$GOOGLE_CLOUD_PROJECT\" = p-123";
    let owner = owner.env("WANTED", &openai_key("xK7q")).env("DOCUMENT", &document);
    let both = ["run", "openai", "vertex", "--org", "acme", "--operation", "interview", "--request-id", "job", "--"];
    let ran = owner.run(&[&both[..], &["sh", "-c", check]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(charges(&world), ["charge job/openai organization", "charge job/vertex organization"]);
    // One of them is denied: nothing is charged for the other.
    owner.ok(&["key", "remove", "vertex", "--org", "acme", "--yes"]);
    let both =
        ["run", "openai", "vertex", "--org", "acme", "--operation", "interview", "--request-id", "job-2", "--", "true"];
    assert_eq!(owner.run(&both).code, 125);
    assert_eq!(charges(&world).len(), 2);
    // A capability is its provider.
    admin.ok(&["provider", "route", "llm", "openai"]);
    assert_eq!(
        owner.run(&["run", "llm", "--org", "acme", "--", "sh", "-c", "test \"$OPENAI_API_KEY\" = \"$WANTED\""]).code,
        0
    );
}
