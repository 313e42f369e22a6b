//! The configuration file: what it decides, which files are refused, and how `config` changes it.

mod hostile;
mod production;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::doctor::expect;
use crate::harness::{Byok, CANARY, World, master_text, openai_key};
use crate::programs::write_script;

/// A directory with a configuration file, and the program with it.
pub(super) struct Home {
    dir: TempDir,
    pub(super) file: PathBuf,
    pub(super) byok: Byok,
}

impl Home {
    pub(super) fn with(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("byok/config.toml");
        fs::create_dir(dir.path().join("byok")).unwrap();
        let home = dir.path().to_str().unwrap();
        let byok = Byok::new().without("BYOK_CONFIG").env("XDG_CONFIG_HOME", home).env("HOME", home);
        let this = Self { dir, file, byok };
        this.write(text);
        this
    }

    /// A profile `here` that leads to this database, and is the default.
    pub(super) fn of(world: &World, login: &str, more: &str) -> Self {
        let this = Self::with("");
        let key = this.secret("master.key", master_text());
        this.write(format!(
            "default_profile = \"here\"\n[profiles.here]\ndatabase_url = \"{}\"\nmaster_key_file = \"{key}\"\n{more}\n",
            world.url(login)
        ));
        this
    }

    pub(super) fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(&self.file, text).unwrap();
        fs::set_permissions(&self.file, Permissions::from_mode(0o600)).unwrap();
    }

    pub(super) fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// A file that only its owner can read.
    pub(super) fn secret(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, format!("{text}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }
}

/// The value of a setting in effect, and its origin.
fn effect(byok: &Byok, name: &str, options: &[&str]) -> (Value, String) {
    let (code, shown) = byok.json(&[&["config", "show"], options].concat());
    assert_eq!(code, 0);
    let found = shown["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap().clone();
    (found["value"].clone(), found["origin"].as_str().unwrap().to_owned())
}

#[test]
fn a_setting_comes_from_the_option_else_the_variable_else_the_profile_else_its_default() {
    let home = Home::with("[profiles.ci]\n# a comment\noutput = \"csv\"\nno_input = true\n");
    let csv = || (Value::from("csv"), format!("{}:3", home.file.display()));
    let byok = home.byok.clone().env("BYOK_PROFILE", "ci");
    // The format of this command is JSON, because an option says so.
    assert_eq!(effect(&byok, "output", &[]), ("json".into(), "--output".into()));
    let shown = |byok: &Byok, options: &[&str]| {
        let line = [&["config", "show", "--origin"], options].concat();
        let out = byok.ok(&line);
        out.lines().find(|line| line.starts_with("output")).unwrap().to_owned()
    };
    assert_eq!(shown(&byok, &[]), format!("output,csv,{}", csv().1));
    assert_eq!(shown(&byok.clone().env("BYOK_OUTPUT", "plain"), &[]), "output\tplain\tenv BYOK_OUTPUT");
    assert_eq!(shown(&byok.clone().env("BYOK_OUTPUT", "plain"), &["-o", "csv"]), "output,csv,'--output");
    assert_eq!(shown(&home.byok, &[]), "output\tplain\tdefault");
    assert_eq!(effect(&byok, "no_input", &[]).0, "true");
    assert_eq!(effect(&byok.clone().env("BYOK_NO_INPUT", "false"), "no_input", &[]).1, "env BYOK_NO_INPUT");
    assert_eq!(effect(&byok, "no_input", &["--no-input"]).1, "--no-input");
    assert_eq!(effect(&byok, "profile", &[]), ("ci".into(), "env BYOK_PROFILE".into()));
    assert_eq!(effect(&home.byok, "profile", &["--profile", "ci"]).1, "--profile");
    assert_eq!(effect(&byok, "profile", &["--local"]), (Value::Null, "--local".into()));
    assert_eq!(
        byok.clone().env("BYOK_NO_INPUT", "false").ok(&["config", "get", "no_input"]),
        "name,value,origin\nno_input,false,env BYOK_NO_INPUT\n"
    );
    assert_eq!(home.byok.ok(&["config", "get", "output", "--profile", "ci", "-o", "plain"]), "plain\n");
    assert!(home.byok.fails(3, &["config", "get", "org"]).contains("not set"));
    assert!(home.byok.fails(2, &["config", "get", "outptu"]).contains("did you mean output"));
}

#[test]
fn a_profile_leads_to_its_database_its_keys_and_its_organization() {
    let (world, ada, _) = World::with_owners();
    let home = Home::of(&world, &ada, "org = \"acme\"\noutput = \"json\"");
    home.byok.clone().env("BYOK_NO_TEST", "1").input(openai_key("xK7q")).ok(&["key", "set", "openai", "--stdin"]);
    let resolved: Value = serde_json::from_str(&home.byok.ok(&["resolve", "openai"])).unwrap();
    assert_eq!((&resolved["item"]["org"], &resolved["item"]["source"]), (&"acme".into(), &"organization".into()));
    let missing = home.byok.fails(3, &["key", "show", "sarvam"]);
    assert!(missing.contains("byok key list --org acme,"), "{missing}");
    let status: Value = serde_json::from_str(&home.byok.ok(&["status"])).unwrap();
    assert_eq!((&status["item"]["profile"], &status["item"]["production"]), (&"here".into(), &false.into()));
    assert!(status["item"]["from"].as_str().unwrap().contains("database_url of profile here"), "{status}");
    assert!(status["item"]["master_key"].as_str().unwrap().contains("fits"), "{status}");
    let home = Home::with("");
    let file = home.secret("url", &world.url(&ada));
    for form in [format!("database_url_file = \"{file}\""), format!("database_url_command = [\"cat\", \"{file}\"]")] {
        home.write(format!("[profiles.ada]\n{form}\n"));
        let status = home.byok.ok(&["status", "--profile", "ada", "-o", "plain"]);
        assert!(status.contains(&format!("login\t{ada}\n")) && status.contains("profile\tada\n"), "{status}");
    }
    // The place of a file may begin at the home directory.
    home.write("[profiles.ada]\ndatabase_url_file = \"~/url\"\n");
    home.byok.ok(&["org", "list", "--profile", "ada"]);
    assert!(home.byok.fails(2, &["org", "list", "--profile", "ada", "--local"]).contains("contradict"));
}

#[test]
fn the_url_of_the_database_comes_from_a_variable_a_file_or_a_command_and_from_one_alone() {
    let world = World::new();
    let home = Home::with("");
    let (file, byok) = (home.secret("url", &world.url("byok")), home.byok.clone());
    byok.clone().env("BYOK_DATABASE_URL_FILE", &file).ok(&["org", "list"]);
    byok.clone().env("BYOK_DATABASE_URL_COMMAND", &format!("cat {file}")).ok(&["org", "list"]);
    let both = byok.clone().env("BYOK_DATABASE_URL_FILE", &file).env("BYOK_DATABASE_URL", &world.url("byok"));
    let said = both.fails(2, &["org", "list"]);
    assert!(said.contains("BYOK_DATABASE_URL_FILE and BYOK_DATABASE_URL both name a database"), "{said}");
    let failing = |name: &str, value: &str| byok.clone().env(name, value).fails(4, &["org", "list"]);
    assert!(failing("BYOK_DATABASE_URL_FILE", "/nowhere/url").contains("/nowhere/url does not exist"));
    assert!(failing("BYOK_DATABASE_URL_COMMAND", "false").contains("false failed"));
    assert!(failing("BYOK_DATABASE_URL_COMMAND", "true").contains("empty"));
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert!(failing("BYOK_DATABASE_URL_FILE", &file).contains(&format!("chmod 600 {file}")));
    let password = home.secret("bad", "postgres://ada:hunter2@");
    let said = byok.clone().env("BYOK_DATABASE_URL_FILE", &password).fails(2, &["org", "list"]);
    assert!(said.contains("BYOK_DATABASE_URL_FILE") && !said.contains("hunter2"), "{said}");
    // A command that prints the URL runs once.
    let counted = home.path("counted");
    let script = home.path("print");
    write_script(script.as_ref(), &format!("#!/bin/sh\necho >> {counted}\ncat {file}\n"));
    byok.env("BYOK_DATABASE_URL_COMMAND", &script).fails(3, &["org", "show", "ghost"]);
    assert_eq!(fs::read_to_string(&counted).unwrap().lines().count(), 1);
}

#[test]
fn a_database_that_was_not_meant_is_never_used() {
    let (world, other) = (World::new(), World::new());
    let home = Home::of(&world, "byok", "");
    let place = |byok: &Byok, options: &[&str]| {
        let line = [&["status", "-o", "plain"], options].concat();
        byok.ok(&line).lines().next().unwrap().to_owned()
    };
    let url = other.url("byok");
    let (here, there) = (place(&home.byok, &[]), place(&other.byok("byok"), &[]));
    assert_ne!(here, there);
    // The variable of other programs does not count before the profile, and byok's own does.
    assert_eq!(place(&home.byok.clone().env("DATABASE_URL", &url), &[]), here);
    let by_variable = home.byok.clone().env("BYOK_DATABASE_URL", &url).env("BYOK_MASTER_KEY", master_text());
    assert_eq!(place(&by_variable, &[]), there);
    // Who types the profile means its database.
    let said = by_variable.fails(2, &["status", "--profile", "here"]);
    assert!(said.contains("database_url of profile here") && said.contains("unset BYOK_DATABASE_URL"), "{said}");
    let said = home.byok.fails(3, &["status", "--profile", "heer"]);
    assert!(said.contains("there is no profile heer") && said.contains("did you mean here"), "{said}");
    let said = home.byok.clone().env("BYOK_PROFILE", "prod").fails(3, &["status"]);
    assert!(said.contains("there is no profile prod"), "{said}");
    assert!(Byok::new().fails(3, &["status", "--profile", "here"]).contains("/dev/null"));
    let nowhere = home.byok.clone().env("BYOK_CONFIG", "/nowhere/config.toml");
    assert!(nowhere.fails(2, &["status"]).contains("/nowhere/config.toml, and there is no such file"));
    assert!(home.byok.clone().env("BYOK_CONFIG", "config.toml").fails(2, &["status"]).contains("absolute"));
}

#[test]
fn a_change_keeps_the_rest_of_the_file_and_its_link_and_only_the_user_can_read_it() {
    let text = "# mine\ndefault_profile = 'a' # which\n\n[profiles.a]  # first\norg='acme'   # why\noutput = \"json\"\n\n[profiles.b]\nstrict = true\n";
    let home = Home::with(text);
    let (byok, real) = (&home.byok, home.path("real.toml"));
    fs::rename(&home.file, &real).unwrap();
    symlink(&real, &home.file).unwrap();
    fs::set_permissions(&real, Permissions::from_mode(0o644)).unwrap();
    let word = |line: &[&str]| byok.json(line).1["result"].as_str().unwrap().to_owned();
    assert_eq!(word(&["config", "set", "org", "acme"]), "unchanged");
    assert_eq!(home.text(), text);
    assert_eq!(word(&["config", "set", "org", "bolt"]), "replaced");
    assert_eq!(home.text(), text.replace("'acme'", "\"bolt\""));
    assert_eq!(word(&["config", "set", "org", "acme", "--profile", "b"]), "created");
    assert_eq!(word(&["config", "unset", "org", "--profile", "b"]), "removed");
    assert_eq!(word(&["config", "unset", "org", "--profile", "b"]), "unchanged");
    assert_eq!(home.text(), text.replace("'acme'", "\"bolt\""));
    byok.ok(&["config", "set", "--profile", "c", "master_key_command", "--", "op", "read", "-n", "op://ops/key"]);
    assert!(
        home.text().ends_with("\n[profiles.c]\nmaster_key_command = [\"op\", \"read\", \"-n\", \"op://ops/key\"]\n")
    );
    assert_eq!(word(&["config", "set", "default_profile", "b"]), "replaced");
    assert!(home.text().contains("default_profile = \"b\" # which\n"), "{}", home.text());
    assert!(fs::symlink_metadata(&home.file).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    let profiles = byok.json(&["config", "profiles"]).1;
    let names: Vec<_> = profiles["items"].as_array().unwrap().iter().map(|it| &it["profile"]).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(byok.ok(&["config", "path"]), format!("{}\n", home.file.display()));
}

#[test]
fn the_first_change_makes_the_file_and_says_how_the_profile_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let byok = Byok::new().without("BYOK_CONFIG").env("HOME", dir.path().to_str().unwrap());
    assert!(byok.fails(2, &["config", "set", "org", "acme"]).contains("--profile NAME"));
    let run = byok.run(&["config", "set", "org", "acme", "--profile", "a"]);
    assert!(run.code == 0 && run.err.contains("byok config set default_profile a"), "{run:?}");
    let file = dir.path().join(".config/byok/config.toml");
    assert_eq!(fs::read_to_string(&file).unwrap(), "[profiles.a]\norg = \"acme\"\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    byok.ok(&["config", "set", "default_profile", "a"]);
    assert_eq!(byok.ok(&["config", "get", "org"]), "acme\n");
    assert!(byok.fails(2, &["config", "set", "default_profile", "b"]).contains("no such profile"));
}

#[test]
fn secrets_and_settings_that_nobody_knows_are_refused_and_not_repeated() {
    let home = Home::with("default_profile = \"a\"\n[profiles.a]\n");
    let before = home.text();
    let with_password = format!("postgres://ada:{CANARY}@db/byok");
    let in_query = format!("postgres://ada@db/byok?password={CANARY}");
    for (line, said) in [
        (&["database_url", with_password.as_str()][..], "password"),
        (&["database_url", &in_query], "database_url_file"),
        (&["org", master_text()], "key"),
        (&["master_key", CANARY], "master_key_file"),
        (&["password", CANARY], "would be a secret"),
        (&["database_url_command", "echo", &with_password], "password"),
        (&["ogr", "acme"], "did you mean org"),
        (&["output", CANARY], "table, json"),
        (&["strict", CANARY], "true or false"),
        (&["master_key_file", "keys/master.key"], "absolute"),
        (&["master_key_command", "cat /key"], "list of texts"),
        (&["org", "acme", "bolt"], "one value"),
        (&["org", ""], "empty"),
    ] {
        let said_of = home.byok.fails(2, &[&["config", "set"], line].concat());
        assert!(said_of.contains(said), "{line:?}: {said_of}");
        assert_eq!(home.text(), before, "{line:?}");
    }
    // What a variable has is shown as set.
    let byok = home.byok.clone().env("BYOK_DATABASE_URL", &with_password).env("BYOK_MASTER_KEY", CANARY);
    for line in
        [&["config", "show", "--origin"][..], &["config", "show", "-o", "json"], &["config", "get", "database_url"]]
    {
        assert!(byok.ok(line).contains("<set>"), "{line:?}");
    }
    // What somebody wrote into the file by hand is refused, and not repeated by any command.
    for line in [format!("database_url = \"{with_password}\""), format!("org = \"{}\"", master_text()), CANARY.into()] {
        home.write(format!("default_profile = \"a\"\n[profiles.a]\n{line}\n"));
        let before = home.text();
        for command in [&["config", "show"][..], &["config", "profiles"], &["config", "get", "org"], &["status"]] {
            let said = home.byok.fails(2, command);
            assert!(said.contains(&format!("{}:3", home.file.display())), "{said}");
        }
        home.byok.ok(&["config", "path"]);
        home.byok.fails(2, &["config", "set", "strict", "true", "--profile", "a"]);
        assert_eq!(home.text(), before);
    }
}

#[test]
fn changes_at_the_same_time_are_all_in_the_file() {
    let home = Home::with("");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let byok = &home.byok;
            scope.spawn(move || byok.ok(&["config", "set", "org", "acme", "--profile", &format!("p{number}")]));
        }
    });
    assert_eq!(home.byok.json(&["config", "profiles"]).1["items"].as_array().unwrap().len(), 8, "{}", home.text());
    let beside: Vec<_> = fs::read_dir(home.file.parent().unwrap()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| Path::new(name).extension().is_some_and(|it| it == "new")), "{beside:?}");
}

#[test]
fn doctor_looks_at_the_database_of_the_profile_and_says_what_is_wrong_with_the_file() {
    let world = World::new();
    let home = Home::of(&world, "byok", "");
    expect(&home.byok, "settings.file", "ok", "can be used");
    expect(&home.byok, "db.connection", "ok", "");
    home.write("[profiles.a]\nogr = \"acme\"\n");
    let row = expect(&home.byok, "settings.file", "fail", "config.toml:2: a profile has no setting ogr");
    assert!(row.fix.contains("did you mean org"), "{row:?}");
    expect(&home.byok, "db.connection", "skipped", "no database is known");
}

#[test]
fn a_change_without_a_profile_is_met_with_the_whole_command_and_a_secret_with_its_reason() {
    let home = Home::with("");
    let said = home.byok.fails(2, &["config", "set", "master_key_command", "--", "op", "read", "op://it's/key"]);
    let whole = "byok config set --profile NAME master_key_command op read 'op://it'\\''s/key'";
    assert!(said.contains(whole), "{said}");
    let said = home.byok.fails(2, &["config", "set", "org", &openai_key("4242")]);
    assert!(!said.contains("--profile NAME"), "{said}");
    let said = home.byok.fails(2, &["config", "set", "database_url", "postgres://ada:hunter2@h/d"]);
    assert!(said.contains("has a password") && !said.contains("hunter2"), "{said}");
    let said = home.byok.fails(2, &["config", "unset", "org"]);
    assert!(said.contains("byok config unset --profile NAME org"), "{said}");
    assert_eq!(home.text(), "");
    assert!(home.byok.fails(3, &["config", "get", "org"]).contains("byok config set --profile NAME org VALUE"));
    assert!(home.byok.fails(3, &["config", "get", "master_key"]).contains("BYOK_MASTER_KEY"));
}

#[test]
fn every_value_that_is_shown_can_be_set() {
    let home = Home::with("");
    let shown = home.byok.json(&["config", "show"]).1;
    let unset = ["profile", "production"];
    let mut set = 0;
    for setting in shown["items"].as_array().unwrap() {
        let (name, Some(value)) = (setting["name"].as_str().unwrap(), setting["value"].as_str()) else { continue };
        if !unset.contains(&name) {
            home.byok.ok(&["config", "set", "--profile", "a", name, value]);
            set += 1;
        }
    }
    assert!(set >= 7 && home.text().contains("pooler = \"auto\""), "{}", home.text());
    home.byok.ok(&["config", "show", "--profile", "a"]);
    assert_eq!(
        home.byok.clone().env("BYOK_POOLER", "auto").json(&["config", "get", "pooler"]).1["item"]["value"],
        "auto"
    );
}

#[test]
fn the_output_of_the_profile_is_that_of_a_wrong_command_line_too() {
    let home = Home::with("default_profile = \"a\"\n[profiles.a]\noutput = \"json\"\n[profiles.b]\noutput = \"csv\"\n");
    let is_json = |line: &[&str]| home.byok.fails(2, line).starts_with("{\"error\":");
    assert!(is_json(&["key", "lst"]) && is_json(&["status", "--nosuch"]));
    assert!(is_json(&["--profile", "a", "key", "lst"]));
    assert!(!is_json(&["--profile=b", "key", "lst"]) && !is_json(&["key", "lst", "-o", "plain"]));
    assert!(!is_json(&["--local", "key", "lst"]));
    // A file that cannot be used does not hide what is wrong with the command line.
    home.write("[profiles.a]\nnonsense = 1\n");
    assert!(home.byok.fails(2, &["key", "lst"]).contains("'lst'"));
}
