//! Keys of LiteLLM's proxy, if it is installed.

use std::io::Write as _;
use std::process::Command;

#[test]
fn keys_of_a_litellm_proxy_are_set_and_tested_like_all_others() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gateway/litellm.sh");
    let output = Command::new(script).env("BYOK", env!("CARGO_BIN_EXE_byok")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("all as wanted") || said.starts_with("skipped: "), "{said}");
    if said.starts_with("skipped: ") {
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
}
