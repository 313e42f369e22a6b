//! The recipes in `examples/import`, run with inputs as the other stores write them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{CANARY, World, skip};

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
