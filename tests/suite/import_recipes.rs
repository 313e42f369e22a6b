//! The recipes in `examples/import`, run with inputs as the other stores write them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{CANARY, World, skip};
use crate::recovery::program;

fn place(dir: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(dir).join(name)
}

/// What a program prints. `None` where it is not installed.
fn printed(command: &mut Command) -> Option<Vec<u8>> {
    let output =
        command.env("GROQ_API_KEY", format!("gsk_{}2222", CANARY.repeat(4))).stdin(Stdio::null()).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// The keys of this input in a database of its own.
fn imported(list: Vec<u8>) -> Vec<String> {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada).input(list);
    owner.ok(&["key", "import", "-", "--org", "acme"]);
    owner.ok(&["key", "import", "-", "--org", "acme"]);
    world.root(
        "select provider || ' ' || version || ' ' || hint || ' ' || settings || coalesce(' ' || expires_at::date, '')
         from byok.provider_key where state = 'active' order by 1",
    )
}

#[test]
fn what_vault_onepassword_and_aws_print_becomes_a_list_of_keys() {
    let jq = |recipe: &str, input: &str| {
        let (recipe, input) = (place("examples/import", recipe), place("tests/suite/lists", input));
        printed(Command::new("jq").arg("-c").arg("-f").arg(recipe).arg(input))
    };
    let both = ["groq 1 2222 {}", "openai 1 1111 {}"];
    for (recipe, input, expected) in [
        ("vault.jq", "vault.json", &both[..]),
        ("aws.jq", "aws.json", &both),
        ("aws.jq", "aws-one.json", &both[1..]),
        ("onepassword.jq", "onepassword.json", &["openai 1 1111 {} 2099-01-31"]),
    ] {
        let Some(list) = jq(recipe, input) else { return skip("jq is not installed") };
        assert_eq!(imported(list), expected, "{recipe} {input}");
    }
}

#[test]
fn the_configuration_of_litellm_becomes_a_list_of_keys() {
    let has_yaml = Command::new("python3").args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    if !has_yaml.is_ok_and(|status| status.success()) {
        return skip("python3 has no PyYAML");
    }
    let mut command = Command::new("python3");
    command.arg(place("examples/import", "litellm_config.py")).arg(place("tests/suite/lists", "litellm.yaml"));
    let expected =
        [r#"azure_openai 1 rY44 {"endpoint":"https://acme.openai.azure.com"}"#, "groq 1 2222 {}", "openai 1 1111 {}"];
    assert_eq!(imported(printed(&mut command).expect("python3")), expected);
}

/// What the recipe prints for the rows of a LiteLLM proxy, which are in a database of their own.
fn of_litellm(salt: &str, more: &[&str]) -> Option<std::process::Output> {
    let world = World::new();
    world.root(&std::fs::read_to_string(place("tests/suite/lists", "litellm.sql")).unwrap());
    let mut rows = Command::new(program("psql"))
        .args(["-XAtf", place("examples/import", "litellm_database.sql").to_str().unwrap(), "-d", &world.url("byok")])
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let output = Command::new("python3")
        .arg(place("examples/import", "litellm_database.py"))
        .args(more)
        .env("LITELLM_SALT_KEY", salt)
        // Nothing is left beside the recipe.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GROQ_API_KEY", format!("gsk_{}2222", CANARY.repeat(4)))
        .stdin(rows.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(rows.wait().unwrap().success());
    Some(output)
}

#[test]
fn the_database_of_litellm_becomes_a_list_of_keys() {
    let libraries = Command::new("python3").args(["-c", "import nacl, cryptography"]).stderr(Stdio::null()).status();
    if !libraries.is_ok_and(|status| status.success()) {
        return skip("python3 has no PyNaCl and cryptography");
    }
    // The rows were encrypted by LiteLLM itself, in both of its formats.
    let salt = "sk-salt-of-the-tests-0123456789";
    let Some(output) = of_litellm(salt, &[]) else { return skip("there is no psql") };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected =
        [r#"azure_openai 1 rY44 {"endpoint":"https://acme.openai.azure.com"}"#, "groq 1 2222 {}", "openai 1 1111 {}"];
    assert_eq!(imported(output.stdout), expected);
    // The key of a team is that of an organization.
    let list = String::from_utf8(of_litellm(salt, &["--teams"]).unwrap().stdout).unwrap();
    let (world, _, bob) = World::with_owners();
    world.byok(&bob).input(&list).ok(&["key", "import", "-"]);
    let stored = "select org || ' ' || provider || ' ' || hint from byok.provider_key where state = 'active'";
    assert_eq!(world.root(stored), ["bolt openai 3333"]);
    // With another salt key, nothing is written and nothing is shown.
    let output = of_litellm("sk-another", &[]).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty() && said.contains("does not decrypt"), "{said}");
    assert!(!said.contains(CANARY), "{said}");
}
