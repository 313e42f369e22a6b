//! Real situations that make each exit code, each played twice: for people, and with `-o json`.

use std::fs::File;
use std::process::Stdio;
use std::sync::OnceLock;

use byok::admin::crypto::MasterKey;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Byok, Run, World, on_stage, openai_key};
use crate::pty::Terminal;
use crate::simulated_providers::{Reply, Stage};

/// What came of a situation.
pub(super) struct Outcome {
    pub(super) what: &'static str,
    pub(super) wanted: i32,
    pub(super) plain: Run,
    pub(super) json: Run,
}

impl Outcome {
    /// The failure in JSON, if it was one.
    pub(super) fn error(&self) -> Option<Value> {
        let line = self.json.err.lines().find(|line| line.starts_with("{\"error\""))?;
        let document: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {:?}", self.json));
        Some(document["error"].clone())
    }
}

/// Every situation, played once for all tests.
pub(super) fn outcomes() -> &'static [Outcome] {
    static OUTCOMES: OnceLock<Vec<Outcome>> = OnceLock::new();
    OUTCOMES.get_or_init(|| {
        let mut played = Played { ground: Ground::new(), outcomes: Vec::new() };
        played.nothing_to_do_and_wrong_lines();
        played.names();
        played.rights();
        played.states();
        played.keys_and_servers();
        played.several_and_checks();
        played.programs();
        played.signals();
        played.outcomes
    })
}

/// What the situations share.
struct Ground {
    world: World,
    bare: World,
    dir: tempfile::TempDir,
    stage: Stage,
    ada: String,
}

impl Ground {
    fn new() -> Self {
        let stage = Stage::open(|request| match request.header("authorization") {
            Some(key) if key.ends_with("good") => Reply::json(200, &json!({"data": [{"id": "gpt-mini"}]})),
            // It proves nothing, and is not worth another try at once.
            Some(key) if key.ends_with("odd?") => Reply::status(418),
            _ => Reply::json(401, &json!({"error": {"code": "invalid_api_key"}})),
        });
        let (world, ada, bob) = World::with_owners();
        let (admin, owner) = (world.byok("byok"), world.byok(&ada));
        admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "4"]);
        admin.ok(&["credits", "grant", "3", "--org", "bolt", "--request-id", "order-1"]);
        admin.ok(&["enable", "third", "--owner", &ada]);
        admin.ok(&["disable", "third"]);
        admin.ok(&["provider", "add", "lab", "--base-url", "https://lab.example.org/v1"]);
        world.byok(&bob).input(openai_key("bad!")).ok(&["key", "set", "openai", "--org", "bolt", "--stdin"]);
        for (provider, key) in
            [("openai", openai_key("good")), ("lab", "cAnArY".repeat(6)), ("soniox", "cAnArY".repeat(8))]
        {
            owner.clone().input(key).ok(&["key", "set", provider, "--org", "acme", "--stdin"]);
        }
        world.root("update byok.provider_key set expires_at = now() where provider = 'soniox'");
        world.root("update byok.provider_key set hint = 'zzzz' where provider = 'lab'");
        Self { world, bare: World::empty(), dir: tempfile::tempdir().unwrap(), stage, ada }
    }

    fn admin(&self) -> Byok {
        self.world.byok("byok")
    }

    fn owner(&self) -> Byok {
        self.world.byok(&self.ada)
    }

    fn tested(&self, byok: Byok) -> Byok {
        on_stage(&self.stage, byok)
    }

    /// An admin at a home without any key.
    fn keyless(&self) -> Byok {
        let home = self.dir.path().to_str().unwrap();
        self.admin().without("BYOK_MASTER_KEY").env("HOME", home).env("XDG_CONFIG_HOME", home)
    }
}

struct Played {
    ground: Ground,
    outcomes: Vec<Outcome>,
}

impl Played {
    fn put(&mut self, wanted: i32, what: &'static str, play: impl Fn(&[&str]) -> Run) {
        let (plain, json) = (play(&[]), play(&["-o", "json"]));
        self.outcomes.push(Outcome { what, wanted, plain, json });
    }

    fn play(&mut self, wanted: i32, what: &'static str, byok: &Byok, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        self.put(wanted, what, |format| byok.run(&[format, &words].concat()));
    }

    fn nothing_to_do_and_wrong_lines(&mut self) {
        let (admin, owner) = (self.ground.admin(), self.ground.owner());
        self.play(0, "a list is empty", &admin, "key list --org acme --provider sarvam");
        self.play(0, "there is nothing to do", &admin, "enable acme");
        self.put(1, "the disk of the output is full", |format| {
            let mut command = admin.command(&[&["status"], format].concat());
            let full = File::options().write(true).open("/dev/full").unwrap();
            let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
            let err = String::from_utf8(output.stderr).unwrap();
            Run { code: output.status.code().unwrap_or(-1), out: String::new(), err }
        });
        let set = "key set openai --org acme";
        self.play(2, "an argument is missing", &admin, "enable");
        self.play(2, "a command is not there", &admin, "key lst");
        self.play(2, "a variable is unknown", &admin.clone().env("BYOK_DATABSE_URL", "x"), "status");
        self.play(2, "an organization is no id", &admin, "resolve openai --org \u{200b}");
        self.play(2, "an amount is no number", &admin, "credits grant ten --org acme");
        self.play(2, "a date is none", &admin, "audit list --since tomorrow");
        self.play(2, "nobody can type the key", &owner, set);
        self.play(2, "nobody can confirm", &owner, "key remove openai --org acme");
        self.play(2, "the confirmation names another", &admin, "org purge acme --confirm bolt");
        self.play(2, "the file of a key is not there", &owner, &format!("{set} --from-file /nowhere/key"));
        self.play(2, "a text is no key", &owner.input("hunter2 hunter2"), &format!("{set} --stdin"));
    }

    fn names(&mut self) {
        let admin = self.ground.admin();
        let tested = self.ground.tested(admin.clone());
        for (what, line) in [
            ("an organization is not there", "org show nobody"),
            ("a provider is not there", "provider show nosuch"),
            ("a key is not there", "key show sarvam --org acme"),
            ("no key serves", "resolve sarvam --org acme"),
            ("a login is not there", "member add acme no_such_login"),
            ("a request is not there", "credits refund no-such-request --org acme"),
            ("a price is not there", "credits charge unknown --org acme --provider openai"),
            ("a kind of output is not there", "schema nosuch"),
        ] {
            self.play(3, what, &admin, line);
        }
        self.play(3, "there is no key to test", &tested, "test-key sarvam --org acme");
    }

    fn rights(&mut self) {
        let stranger = self.ground.world.login("eve");
        let other = MasterKey::generate(1).unwrap();
        let other = self.ground.admin().env("BYOK_MASTER_KEY", other.to_text().expose());
        let file = self.ground.dir.path().join("key");
        let issue = format!("data-key issue acme --to-file {}", file.display());
        let (owner, stranger) = (self.ground.owner(), self.ground.world.byok(&stranger));
        self.play(4, "the organization is another's", &owner, "key list --org bolt");
        self.play(4, "an owner is no admin", &owner, "enable fourth");
        self.play(4, "a login has no role", &stranger, "org list");
        let keyless = self.ground.keyless();
        self.play(4, "there is no master key", &keyless, &issue);
        self.play(4, "the master key is another", &other, "master-key verify");
    }

    fn states(&mut self) {
        let (admin, owner) = (self.ground.admin(), self.ground.owner());
        let key = owner.clone().input(openai_key("good"));
        self.play(5, "an organization is not enabled", &key, "key set openai --org third --stdin");
        self.play(5, "there is a key already", &key, "key set openai --org acme --stdin --no-replace");
        self.play(5, "the required source does not serve", &admin, "resolve openai --org acme --require platform");
        self.play(5, "a request has another content", &admin, "credits grant 4 --org bolt --request-id order-1");
        self.play(5, "a provider is in use", &admin, "provider remove lab");
        let charge = "credits charge interview --org acme --provider openai --request-id job-1";
        self.play(10, "there are not enough credits", &admin, charge);
        self.play(10, "there is nothing to reserve", &admin, &charge.replace("charge interview", "hold interview"));
    }

    fn keys_and_servers(&mut self) {
        let (admin, owner) = (self.ground.admin(), self.ground.owner());
        let (tested, storing) = (self.ground.tested(admin.clone()), self.ground.tested(owner));
        let charge = "credits charge interview --org acme --provider soniox --request-id job-2";
        self.play(6, "a provider refuses the stored key", &tested, "test-key openai --org bolt");
        let refused = storing.input(openai_key("bad!"));
        let set = "key set openai --org acme --stdin";
        self.play(6, "a provider refuses the key that is to be stored", &refused, set);
        self.play(6, "the key of a decision has expired", &admin, "resolve soniox --org acme");
        self.play(6, "the key of a charge has expired", &admin, charge);
        let away = admin.env("BYOK_DATABASE_URL", "postgres://ada@127.0.0.1:1/byok");
        self.play(7, "the database does not answer", &away, "org list");
        self.play(7, "the database of a change does not answer", &away, "enable acme");
        let private = Byok::new().env("BYOK_LOCAL_DIR", "/proc/nowhere");
        self.play(7, "the private server has no place", &private, "org list");
        let odd = tested.input(openai_key("odd?"));
        self.play(7, "the answer of a provider proves nothing", &odd, "test-key openai --candidate --stdin");
    }

    fn several_and_checks(&mut self) {
        let admin = self.ground.admin();
        let tested = self.ground.tested(admin.clone());
        self.play(8, "one of several is not there", &admin, "disable third nosuch");
        self.play(8, "one of several keys works", &tested, "test-key openai --all-orgs");
        let bare = Byok::new().env("BYOK_DATABASE_URL", &self.ground.bare.url("byok"));
        self.play(9, "the database is not initialized", &bare, "org list");
        self.play(9, "a check of the doctor fails", &bare, "doctor");
        self.play(9, "a key does not open", &admin, "resolve lab --org acme --verify");
        self.play(9, "a key among all does not open", &admin, "master-key verify");
    }

    fn programs(&mut self) {
        let (owner, keyless) = (self.ground.owner(), self.ground.keyless());
        self.play(125, "a program is not named", &owner, "run openai --org acme");
        self.play(125, "the key of a program cannot be opened", &keyless, "run openai --org acme -- true");
        self.play(126, "a program is none", &owner, "run openai --org acme -- /etc/passwd");
        self.play(127, "a program is not there", &owner, "run openai --org acme -- no-such-program");
    }

    fn signals(&mut self) {
        let owner = self.ground.owner();
        let set = ["key", "set", "openai", "--org", "acme"];
        let typed = |format: &[&str], keys: &[u8], signal: Option<Signal>| {
            let mut terminal = Terminal::run(&owner, &[format, &set].concat());
            terminal.expect_prompt();
            match signal {
                Some(signal) => terminal.signal(signal),
                None => terminal.send(keys),
            }
            let (code, err) = terminal.end();
            Run { code, out: String::new(), err }
        };
        self.put(129, "the terminal is closed", |format| typed(format, b"", Some(Signal::HUP)));
        self.put(130, "Ctrl-C", |format| typed(format, b"\x03", None));
        self.put(130, "Ctrl-D", |format| typed(format, b"\x04", None));
        self.put(131, "Ctrl-\\", |format| typed(format, b"\x1c", None));
        self.put(143, "SIGTERM", |format| typed(format, b"", Some(Signal::TERM)));
    }
}
