//! The same output at terminals of three widths and in a pipe, and every help text.

use crate::harness::{Byok, World, openai_key};

use super::{Screens, compare, logins};

/// What is typed on a tour. Every kind of table is among it.
const TOUR: [&str; 16] = [
    "org list",
    "org show acme",
    "member list --org acme",
    "key list --org acme",
    "key show openai --org acme",
    "resolve openai --org acme --explain",
    "provider list --capability voice-generation",
    "provider route",
    "credits rates list",
    "credits quote interview openai --org acme",
    "credits balance --org acme",
    "credits balance --all-orgs",
    "credits history --org acme",
    "credits usage --org acme",
    "audit list --org acme",
    "master-key status --quiet",
];

fn filled() -> (World, Byok) {
    let world = World::new();
    let (admin, ada) = logins(&world);
    admin.ok(&["enable", "acme", "a-customer-with-a-long-name-0123456789", "--owner", "ada"]);
    ada.clone().input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    ada.input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    for line in [
        "provider route voice sarvam",
        "credits rates set interview --platform-part 1.5 --provider-part 4",
        "credits grant 100 --org acme --request-id order-1",
        "credits charge interview openai --org acme --request-id a-request-of-the-platform-0123456789",
    ] {
        admin.ok(&line.split(' ').collect::<Vec<_>>());
    }
    (world, admin)
}

#[test]
fn a_tour_at_each_width_and_in_a_pipe() {
    let (_world, admin) = filled();
    for width in ["40", "80", "120"] {
        let byok = admin.clone().env("COLUMNS", width);
        let mut screens = Screens::of(match width {
            "40" => "tour_at_40",
            "80" => "tour_at_80",
            _ => "tour_at_120",
        });
        for line in TOUR {
            screens.play(&byok, &format!("{line} -o table"));
        }
        screens.compare();
    }
    let mut screens = Screens::of("tour_in_a_pipe");
    for line in TOUR {
        screens.play(&admin, line);
    }
    screens.compare();
}

/// The names below a command, as its help lists them.
fn below(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn helps(byok: &Byok, path: &[&str], text: &mut String) {
    let help = byok.ok(&[path, &["--help"]].concat());
    text.extend(["$ byok ", &[path, &["--help"]].concat().join(" "), "\n", &help, "\n"]);
    for name in below(&help) {
        helps(byok, &[path, &[&name]].concat(), text);
    }
}

#[test]
fn help_topics_and_the_short_help() {
    let mut screens = Screens::of("help_topics");
    for line in [
        "help concepts",
        "help environment",
        "help exit-codes",
        "help input",
        "help output",
        "help scripting",
        "help security",
        "help enviroment",
        "-h",
        "key list -h",
        "key set -h",
    ] {
        screens.play(&Byok::new(), line);
    }
    screens.compare();
}

#[test]
fn every_help_text() {
    let byok = Byok::new();
    let help = byok.ok(&["--help"]);
    compare("help", format!("$ byok --help\n{help}"));
    let names = below(&help);
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let mut text = String::new();
        helps(&byok, &[&name], &mut text);
        compare(&format!("help_{}", name.replace('-', "_")), text);
    }
}
