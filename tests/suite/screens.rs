//! Screens: the main output of each verb, as a table and as JSON, from the real program and a real server.
//!
//! The screens stand in `screens/`. After a change that is meant, `INSTA_UPDATE=always cargo test --test suite screens` writes
//! them anew; their difference belongs to the commit.

mod keeping;
mod people;
mod program;
mod widths;

use std::path::Path;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::json;

use crate::harness::{Byok, Run, World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

/// What differs from run to run, and what stands in its place: as wide, so that columns stay where they are.
const VARYING: [(&str, &str); 26] = [
    // Roles are those of the whole server: other tests have theirs.
    ("\\{\"code\":\"[a-z_]+\",\"detail\":\"[a-z]+\",\"login\":\"w[0-9]+_[^}]*\\},?", ""),
    ("(?m)^warning: w[0-9]+_.*\n", ""),
    ("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", "YYYY-MM-DDThh:mm:ssZ"),
    ("(?-u:\\b)[0-9a-f]{16}(?-u:\\b)", "################"),
    ("req_[0-9A-Za-z-]+", "req_#"),
    ("\"latency_ms\":[0-9]+", "\"latency_ms\":#"),
    ("(?m)^ms( +)[0-9]+$", "ms${1}#"),
    ("PostgreSQL [0-9.]+", "PostgreSQL #"),
    ("\"server\":\"[0-9.]+\"", "\"server\":\"#\""),
    ("(w[0-9]+|bare|postgres) on /[^ :]+:[0-9]+", "DATABASE on HOST"),
    ("proxy [0-9.]+:[0-9]+", "proxy ADDRESS"),
    ("byok/[0-9.]+", "byok/#"),
    ("schema version [0-9]+", "schema version #"),
    ("(?m)^schema( +)[0-9]+$", "schema${1}#"),
    ("\"((previous_)?schema_version)\":[0-9]+", "\"$1\":#"),
    ("process [0-9]+", "process #"),
    ("BYOK([DM])1-([0-9]+)-[0-9A-Za-z-]+", "BYOK${1}1-$2-#"),
    ("[0-9a-f]{64}", "####"),
    ("/(var/)?tmp/[^/\\s\"]+", "DIRECTORY"),
    ("\"account\":\"[^\"]+\"", "\"account\":\"#\""),
    ("(?m)^account( +).*$", "account${1}#"),
    ("\"postgres\":[0-9]+", "\"postgres\":#"),
    ("(?m)^postgres( +)[0-9]+$", "postgres${1}#"),
    ("\"(pid|bytes)\":[0-9]+", "\"$1\":#"),
    ("(?m)^(pid|bytes|size)( +)[0-9.]+", "$1$2#"),
    ("\"login_oid\":[0-9]+", "\"login_oid\":#"),
];

/// A transcript: each line that is typed, and what comes of it.
struct Screens {
    name: &'static str,
    text: String,
}

impl Screens {
    fn of(name: &'static str) -> Self {
        Self { name, text: String::new() }
    }

    /// Types a line.
    fn play(&mut self, byok: &Byok, line: &str) {
        self.write(line, &byok.run(&line.split(' ').collect::<Vec<_>>()));
    }

    fn write(&mut self, line: &str, run: &Run) {
        let exit = if run.code == 0 { String::new() } else { format!("[exit {}]\n", run.code) };
        self.text.extend(["$ byok ", line, "\n", &run.out, &run.err, &exit, "\n"]);
    }

    /// Types a line whose last argument has spaces in it.
    fn play_with(&mut self, byok: &Byok, line: &str, last: &str) {
        let arguments: Vec<_> = line.split(' ').chain([last]).collect();
        self.write(&format!("{line} '{last}'"), &byok.run(&arguments));
    }

    /// Types it twice: for people and for scripts.
    fn both(&mut self, byok: &Byok, line: &str) {
        self.play(byok, &format!("{line} -o table"));
        self.play(byok, &format!("{line} -o json"));
    }

    fn compare(self) {
        compare(self.name, self.text);
    }
}

/// Compares a transcript with the one that is kept.
pub(crate) fn compare(name: &str, mut text: String) {
    for (varying, shown) in VARYING {
        text = Regex::new(varying).unwrap().replace_all(&text, shown).into_owned();
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("screens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Runs that find nothing of the user who tests: what is not said is looked for below this directory.
fn at_home(byok: Byok, home: &Path) -> Byok {
    byok.env("HOME", home.to_str().unwrap()).env("XDG_CONFIG_HOME", home.to_str().unwrap())
}

/// Logins whose names are as long in every run.
fn logins(world: &World) -> (Byok, Byok) {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        world.root("create role ada login; create role eve login");
    });
    (world.byok("byok"), world.byok("ada"))
}

#[test]
fn organizations_members_and_roles() {
    let world = World::new();
    let (admin, _) = logins(&world);
    let mut screens = Screens::of("organizations");
    screens.both(&admin, "enable acme --owner ada");
    screens.both(&admin, "org list");
    screens.both(&admin, "org show acme");
    screens.both(&admin, "member add eve --org acme --role viewer");
    screens.both(&admin, "member list --org acme");
    screens.both(&admin, "member remove eve --org acme");
    screens.both(&admin, "disable acme");
    screens.play(&admin, "org show bolt");
    screens.play(&admin, "org show bolt -o json");
    screens.play(&admin, "org purge acme");
    screens.both(&admin, "org purge acme --confirm acme");
    screens.play(&admin, "enable acme");
    screens.both(&admin, "enable acme --reuse");
    screens.compare();
}

#[test]
fn keys_of_an_organization_and_of_the_platform() {
    let world = World::new();
    let (admin, ada) = logins(&world);
    admin.ok(&["enable", "acme", "--owner", "ada"]);
    let mut screens = Screens::of("keys");
    screens.play(&ada.clone().input(openai_key("aaaa")), "key set openai --org acme --stdin");
    screens.play(&ada.clone().input(openai_key("xK7q")), "key set openai --org acme --stdin -o json");
    screens.both(&ada, "key report openai --org acme --key-version 2 --outcome rejected");
    screens.both(&ada, "key list --org acme");
    screens.both(&ada, "key show openai --org acme");
    screens.both(&ada, "key history openai --org acme");
    screens.both(&ada, "key export --metadata");
    screens.both(&ada, "resolve openai --org acme --explain");
    screens.both(&ada, "resolve sarvam --org acme");
    screens.play(&ada, "key rollback openai --org acme --yes -o json");
    screens.both(&ada, "key remove openai --org acme --yes");
    screens.play(&admin.clone().input(openai_key("4242")), "platform-key set openai --stdin");
    screens.both(&admin, "platform-key list");
    screens.both(&admin, "platform-key remove openai --yes");
    screens.play(&ada.input("sk-ant-0123"), "key set openai --org acme --stdin");
    screens.compare();
}

#[test]
fn credits_and_their_prices() {
    let world = World::new();
    let (admin, ada) = logins(&world);
    admin.ok(&["enable", "acme", "--owner", "ada"]);
    ada.input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let mut screens = Screens::of("credits");
    screens.both(&admin, "credits rates set interview --platform-part 1 --provider-part 4");
    screens.both(&admin, "credits rates list");
    screens.both(&admin, "credits grant 100 --org acme --request-id order-1");
    screens.both(&admin, "credits quote interview openai --org acme");
    screens.both(&admin, "credits charge interview openai --org acme --request-id job-1");
    screens.both(&admin, "credits hold interview openai --org acme --units 3 --request-id job-2");
    screens.both(&admin, "credits balance --org acme");
    screens.both(&admin, "credits balance --all-orgs");
    screens.both(&admin, "credits settle job-2 --org acme --units 2");
    screens.both(&admin, "credits refund job-1 --org acme --request-id ticket-1");
    screens.both(&admin, "credits history --org acme");
    screens.both(&admin, "credits usage --org acme");
    screens.both(&admin, "credits usage --org acme --by source");
    screens.both(&admin, "credits reconcile");
    screens.play(&admin, "credits grant 1000000 --org ghost");
    screens.both(&admin, "credits rates remove interview");
    screens.compare();
}

#[test]
fn providers_and_routes() {
    let world = World::new();
    let (admin, _) = logins(&world);
    let mut screens = Screens::of("providers");
    screens.both(&admin, "provider list --capability voice-generation");
    screens.both(&admin, "provider show azure_openai");
    screens.both(&admin, "provider add gateway --base-url https://gateway.example.org/v1");
    screens.both(&admin, "provider list --private");
    screens.both(&admin, "provider route voice sarvam");
    screens.both(&admin, "provider route");
    screens.both(&admin, "provider remove gateway");
    screens.play(&admin, "provider show opanai");
    screens.compare();
}

#[test]
fn the_master_key_the_audit_log_and_the_status() {
    let world = World::new();
    let (admin, _) = logins(&world);
    admin.ok(&["enable", "acme", "--owner", "ada"]);
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let mut screens = Screens::of("administration");
    screens.both(&admin, "status --quiet");
    screens.both(&admin, "init --quiet");
    screens.both(&admin, "master-key status --quiet");
    screens.both(&admin, "master-key verify");
    screens.both(&admin, "master-key loaded --instance api-7");
    screens.both(&admin, "audit list --action org --limit 5");
    screens.both(&admin, "audit verify");
    screens.both(&admin, "data-key rotate --platform --yes");
    screens.play(&admin, "data-key discard --org acme --yes -o json");
    screens.compare();
}

#[test]
fn tests_of_keys() {
    let stage = Stage::open(|request| match request.header("authorization") {
        Some(key) if key.ends_with("good") => Reply::json(200, &json!({"data": [{"id": "gpt-mini"}]})),
        _ => Reply::json(401, &json!({"error": {"code": "invalid_api_key"}})),
    });
    let world = World::new();
    let (admin, ada) = logins(&world);
    admin.ok(&["enable", "acme", "--owner", "ada"]);
    let ada = on_stage(&stage, ada);
    let mut screens = Screens::of("tests");
    screens.play(&ada.clone().input(openai_key("good")), "key set openai --org acme --stdin");
    screens.both(&ada, "test-key openai --org acme --quiet");
    screens.play(&ada.clone().input(openai_key("bad!")), "key set openai --org acme --stdin");
    screens.play(&ada.input(openai_key("bad!")), "test-key openai --candidate --stdin -o json");
    screens.compare();
}
