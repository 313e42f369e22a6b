//! A profile that is marked as production: what cannot be undone needs its name.

use super::Home;
use crate::harness::{Byok, World, openai_key};
use crate::pty::Terminal;

const PRODUCTION: &str = "org = \"acme\"\nproduction = true";

/// An owner's key on a production database.
fn production() -> (World, Home, String) {
    let (world, ada, _) = World::with_owners();
    let home = Home::of(&world, &ada, PRODUCTION);
    set(&home.byok);
    (world, home, ada)
}

fn set(byok: &Byok) {
    byok.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--stdin"]);
}

fn stored(world: &World) -> String {
    world.root("select count(*)::text from byok.provider_key where state = 'active'")[0].clone()
}

#[test]
fn a_production_profile_without_a_database_does_not_use_the_private_one() {
    let dir = tempfile::tempdir().unwrap();
    let (file, home) = (dir.path().join("config.toml"), dir.path().join("private"));
    std::fs::write(&file, "default_profile = \"prod\"\n[profiles.prod]\nproduction = true\n").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let byok = Byok::new().env("BYOK_CONFIG", file.to_str().unwrap());
    let said = byok.clone().env("BYOK_LOCAL_DIR", home.to_str().unwrap()).fails(2, &["status"]);
    assert!(
        said.contains("profile prod is marked as production") && said.contains("byok config set --profile prod"),
        "{said}"
    );
    assert!(!home.exists());
}

#[test]
fn without_a_terminal_a_yes_is_not_enough_and_the_name_is() {
    let (world, home, ada) = production();
    let remove = ["key", "remove", "openai", "--org", "acme"];
    for more in [&[][..], &["--yes"]] {
        let said = home.byok.fails(2, &[&remove, more].concat());
        assert!(said.contains("--confirm-profile here"), "{said}");
    }
    let admin = Home::of(&world, "byok", PRODUCTION);
    for line in [
        &["data-key", "rotate", "--org", "acme", "--yes"][..],
        &["org", "purge", "acme", "--confirm", "acme"],
        &["master-key", "create", "--lost", "--yes"],
        &["member", "rebind", "--yes"],
    ] {
        let said = admin.byok.fails(2, line);
        assert!(said.contains("--confirm-profile here"), "{line:?}: {said}");
    }
    let said = home.byok.fails(2, &[&remove[..], &["--yes", "--confirm-profile", "staging"]].concat());
    assert!(said.contains("profile here is in force"), "{said}");
    assert_eq!(stored(&world), "1");
    home.byok.ok(&[&remove[..], &["--confirm-profile", "here"]].concat());
    assert_eq!(stored(&world), "0");
    // Without such a profile a yes is enough, and a name says which profile was meant.
    set(&home.byok);
    let other = world.byok(&ada);
    let said = other.fails(2, &[&remove[..], &["--confirm-profile", "here"]].concat());
    assert!(said.contains("no profile is in force"), "{said}");
    other.ok(&[&remove[..], &["--yes"]].concat());
    assert_eq!(stored(&world), "0");
}

#[test]
fn at_a_terminal_the_name_is_typed() {
    let (world, home, _) = production();
    for (typed, code, left) in [("y\r", 2, "1"), ("yes\r", 2, "1"), ("her\r", 2, "1"), ("here\r", 0, "0")] {
        let mut terminal = Terminal::run(&home.byok, &["key", "remove", "openai", "--org", "acme", "--yes"]);
        terminal.expect("type the profile's name (here):").send(typed);
        let (ended, seen) = terminal.end();
        assert_eq!((ended, stored(&world).as_str()), (code, left), "{typed}: {seen}");
    }
}

#[test]
fn the_status_says_which_profile_is_in_force() {
    let (_world, home, _) = production();
    assert!(home.byok.ok(&["status", "-o", "table"]).contains("here (production)"));
    let status = home.byok.json(&["status"]).1;
    assert_eq!((&status["item"]["profile"], &status["item"]["production"]), (&"here".into(), &true.into()));
    let listed = home.byok.json(&["config", "profiles"]).1;
    assert_eq!(listed["items"][0]["production"], true);
    assert_eq!(listed["items"][0]["in_force"], true);
}
