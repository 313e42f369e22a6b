//! The private server moves to a newer PostgreSQL with the commands of docs/recovery.md, and every key still opens.

use std::process::{Command, Stdio};

use crate::harness::{Byok, openai_key};
use crate::local::{Home, opens, set};
use crate::older_server::versions;

/// The commands of docs/recovery.md, for this directory and these programs.
fn documented(home: &Home, old: &str, new: &str) -> String {
    let page = include_str!("../../docs/recovery.md");
    let section = page.split("## The private server moves to a newer PostgreSQL").nth(1).unwrap();
    let commands = section.split("```").nth(1).unwrap().strip_prefix("sh\n").unwrap();
    let account = home.byok.json(&["local", "status"]).1["item"]["account"].as_str().unwrap().to_owned();
    let mut lines = commands.to_owned();
    let mut put = |written: &str, here: &str| {
        assert!(lines.contains(written), "{written} is not in docs/recovery.md");
        lines = lines.replace(written, here);
    };
    put("cd /var/lib/byok ", &format!("cd '{}' ", home.path().display()));
    put("old=/usr/lib/postgresql/15/bin", &format!("old='{old}'"));
    put("new=/usr/lib/postgresql/18/bin", &format!("new='{new}'"));
    if rustix::process::geteuid().is_root() {
        put("--reuid postgres --regid postgres", &format!("--reuid {account} --regid \"$(id -g {account})\""));
        put("-o postgres", &format!("-o {account}"));
    } else {
        // As the page says for an ordinary user.
        put("setpriv --reuid postgres --regid postgres --clear-groups ", "");
        put("-o postgres ", "");
    }
    lines
}

/// Runs it where `byok` is the program, and fails with the first command that fails.
fn play(byok: &Byok, home: &Home, lines: &str) {
    let bin = home.dir.path().join("path");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_byok"), bin.join("byok")).unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-euxc", lines]).env_clear().current_dir("/").stdin(Stdio::null());
    shell.envs(byok.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display()));
    // A server that goes on would hold a pipe open.
    let said = home.dir.path().join("said");
    let file = std::fs::File::create(&said).unwrap();
    let status = shell.stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
    assert!(status.success(), "{}", std::fs::read_to_string(said).unwrap());
}

#[test]
fn the_private_server_moves_to_a_newer_version_as_the_documentation_says() {
    let Some((old, new)) = versions() else { return };
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let mut home = Home::new();
    let plain = home.byok.clone();
    home.byok = plain.clone().env("BYOK_PG_BIN", old);
    set(&home.byok);
    home.byok.ok(&["credits", "grant", "7", "--org", "acme"]);
    let before = home.byok.json(&["local", "status"]).1["item"]["postgres"].as_i64().unwrap();
    let lines = documented(&home, old, new);
    home.byok = plain.env("BYOK_PG_BIN", new);
    play(&home.byok, &home, &lines);

    let after = home.byok.json(&["local", "status"]).1["item"]["postgres"].as_i64().unwrap();
    assert!(after > before, "{before}, {after}");
    opens(&home.byok);
    home.byok.ok(&["audit", "verify"]);
    assert_eq!(home.byok.json(&["credits", "balance", "--org", "acme"]).1["item"]["available"], "7");
    home.byok.clone().input(openai_key("2222")).ok(&["key", "rotate", "openai", "--org", "acme", "--stdin"]);
    opens(&home.byok);
    // Nobody else can connect, as before.
    let rules = std::fs::read_to_string(home.path().join("data/pg_hba.conf")).unwrap();
    assert_eq!(rules, "local all byok peer map=byok\n");
}
