//! `demo`: a demonstration that runs the tool's own commands and shows their real output.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use clap::Args;

use byok::{exit, setting};

use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

/// Run a demonstration on the private database: enable, set, resolve, charge, remove
///
/// It uses the organization `demo-acme` and made-up keys. It does not use a configured database or your own keys. The
/// private database stays afterwards, so that you can continue with it.
#[derive(Args)]
#[command(after_help = "Example:\n  byok demo")]
pub(crate) struct Demo {}

const ORG: &str = "demo-acme";
/// An operation of the demo's own, so that no price of the user is changed.
const OPERATION: &str = "demo.interview";
/// Made-up keys.
const OWN_KEY: &str = "sk-proj-demoDEMOdemoDEMOdemoT3BlbkFJdemoDEMOdemoDEMOxK7q";
const SHARED_KEY: &str = "sk_demodemo_0123456789abcdefDEMO4242";

/// Runs the demonstration.
pub(crate) fn run(context: &Context) -> anyhow::Result<u8> {
    let stage = Stage::new(context.installs_postgres())?;
    tell("A private database, created at the first use. It keeps running for the commands that follow.");
    stage.play(&["local", "up"], None, exit::OK)?;
    stage.reset();
    tell("A platform admin enables an organization for its own keys.");
    stage.play(&["enable", ORG], None, exit::OK)?;
    tell(
        "Its owner stores a key. A person types it at a hidden prompt. A script pipes it. (The key is made up, so: --no-test.)",
    );
    stage.play(&["key", "set", "openai", "--org", ORG, "--stdin", "--no-test"], Some(OWN_KEY), exit::OK)?;
    tell("From now on, nobody sees more of the key than its last four characters.");
    stage.play(&["key", "list", "--org", ORG], None, exit::OK)?;
    tell("Requests use this key. --verify opens it without showing it, which needs the master key.");
    stage.play(&["resolve", "openai", "--org", ORG, "--explain", "--verify"], None, exit::OK)?;
    tell("For another provider the organization has no key. Its requests use the platform's key, if there is one.");
    if stage.platform_key_is_free()? {
        stage.play(&["platform-key", "set", "sarvam", "--stdin", "--no-test"], Some(SHARED_KEY), exit::OK)?;
    }
    stage.play(&["resolve", "sarvam", "--org", ORG], None, exit::OK)?;
    charges(&stage)?;
    tell("After the key is removed, the next request does not use it.");
    stage.play(&["key", "remove", "openai", "--org", ORG, "--yes"], None, exit::OK)?;
    let (told, denied) = if stage.has_platform_key("openai")? {
        ("The platform's key for this provider serves instead.", exit::OK)
    } else {
        ("The platform has no key for this provider, so the request is denied (exit 3).", exit::NOT_FOUND)
    };
    tell(told);
    stage.play(&["resolve", "openai", "--org", ORG], None, denied)?;
    tell(
        "The private database stays. To continue:  byok --local status (what is stored)   byok local status (the server)   byok --help",
    );
    Ok(exit::OK)
}

/// Charges both kinds of requests. With its own key the organization pays the platform's part, with the platform's key
/// both.
fn charges(stage: &Stage) -> anyhow::Result<()> {
    tell(
        "Both requests cost credits. The platform's part is 1, the provider's part is 4. With its own key, the organization pays only 1.",
    );
    let rate = ["credits", "rates", "set", OPERATION, "--platform-part", "1", "--provider-part", "4"];
    stage.play(&rate, None, exit::OK)?;
    stage.play(&["credits", "grant", "100", "--org", ORG, "--request-id", "demo-grant"], None, exit::OK)?;
    tell("A program gets the key in its environment, and none of byok's settings. A server uses the library instead.");
    let shell = "echo \"a key of ${#OPENAI_API_KEY} characters is here\"";
    for (provider, shell) in [("openai", shell), ("sarvam", "echo \"and one of ${#SARVAM_API_KEY}\"")] {
        stage.play(
            &["run", provider, "--org", ORG, "--operation", OPERATION, "--", "sh", "-c", shell],
            None,
            exit::OK,
        )?;
    }
    stage.play(&["credits", "usage", "--org", ORG, "--by", "source"], None, exit::OK)
}

fn tell(words: &str) {
    output::print(&format!("\n# {words}\n"));
}

/// Runs this program on the private database, as a user would type it.
struct Stage {
    program: std::path::PathBuf,
    install: bool,
}

impl Stage {
    fn new(install: bool) -> anyhow::Result<Self> {
        let program =
            std::env::current_exe().context(Failure::new(exit::FAILURE, "demo", "cannot find this program"))?;
        Ok(Self { program, install })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        // Who runs the demonstration asks for the private database, also under CI.
        command.arg("--local");
        if self.install {
            command.arg("--install-postgres");
        }
        command.args(arguments);
        for name in setting::names() {
            let text = name.to_string_lossy();
            let key = text.starts_with("BYOK_MASTER_KEY") || text.starts_with("BYOK_DATA_KEY");
            let other = ["BYOK_DATABASE_URL", "DATABASE_URL", "BYOK_ORG", "BYOK_OUTPUT", "CREDENTIALS_DIRECTORY"];
            if key || other.contains(&&*text) {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Removes what an earlier demo left.
    fn reset(&self) {
        for arguments in [
            ["key", "remove", "openai", "--org", ORG, "--yes"].as_slice(),
            ["key", "remove", "sarvam", "--org", ORG, "--yes"].as_slice(),
        ] {
            let _ = self.command(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }

    fn play(&self, arguments: &[&str], input: Option<&str>, wanted: u8) -> anyhow::Result<()> {
        let quoted = |word: &&str| if word.contains(' ') { format!("'{word}'") } else { (*word).to_owned() };
        let typed = arguments.iter().map(quoted).collect::<Vec<_>>().join(" ");
        let pipe = if input.is_some() { "printf %s \"$KEY\" | " } else { "" };
        output::print(&format!("$ {pipe}byok {typed}\n"));
        let failed = || Failure::new(exit::FAILURE, "demo", format!("byok {typed}"));
        let mut command = self.command(arguments);
        command.env("BYOK_OUTPUT", "table").stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().with_context(failed)?;
        if let (Some(mut pipe), Some(text)) = (child.stdin.take(), input) {
            pipe.write_all(text.as_bytes()).with_context(failed)?;
        }
        let status = child.wait().with_context(failed)?;
        if status.code() != Some(i32::from(wanted)) {
            let message = format!("`byok {typed}` ended with {status}, but {wanted} was expected");
            bail!(Failure::new(exit::FAILURE, "demo", message));
        }
        Ok(())
    }

    fn platform_key_is_free(&self) -> anyhow::Result<bool> {
        Ok(!self.has_platform_key("sarvam")?)
    }

    fn has_platform_key(&self, provider: &str) -> anyhow::Result<bool> {
        let output = self.command(&["platform-key", "list", "-o", "plain"]).stdin(Stdio::null()).output();
        let output = output.map_err(|error| Failure::new(exit::FAILURE, "demo", error.to_string()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().any(|line| line.split('\t').nth(1) == Some(provider)))
    }
}
