//! `demo`: a demonstration that runs the tool's own commands and shows their real output.

mod stage;

use clap::Args;

use byok::exit;

use crate::cli::session::Context;
use stage::Stage;

/// Run a demonstration on the private database: enable, set, resolve, charge, remove
///
/// It creates and starts the private database if needed, also in CI. It uses the organization `demo-acme` and made-up keys. It does
/// not use a configured database or your own keys. The private database stays afterwards, so that you can continue with it. What
/// could serve others goes at the end, also if the demonstration fails: the made-up platform key and the price.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok demo\n  byok demo --keep\n  byok demo -o json")]
pub(crate) struct Demo {
    /// Keep the made-up platform key and the price
    #[arg(long)]
    keep: bool,
}

const ORG: &str = "demo-acme";
/// An operation of the demo's own, so that no price of the user is changed.
const OPERATION: &str = "demo.interview";
/// Made-up keys.
const OWN_KEY: &str = "sk-proj-demoDEMOdemoDEMOdemoT3BlbkFJdemoDEMOdemoDEMOxK7q";
const SHARED_KEY: &str = "sk_demodemo_0123456789abcdefDEMO4242";
const SET_SHARED: [&str; 5] = ["platform-key", "set", "sarvam", "--stdin", "--no-test"];
const REMOVE_SHARED: [&str; 4] = ["platform-key", "remove", "sarvam", "--yes"];
const REMOVE_PRICE: [&str; 4] = ["credits", "rates", "remove", OPERATION];

impl Demo {
    /// Runs the demonstration.
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let mut stage = Stage::new(context)?;
        let outcome = story(&mut stage, self.keep);
        if outcome.is_err() {
            // What was made may be half of it.
            tidy(&stage);
        }
        let ended = stage.end();
        outcome?;
        ended
    }
}

fn story(stage: &mut Stage, keep: bool) -> anyhow::Result<()> {
    stage.tell("A private database, created at the first use. It keeps running for the commands that follow.");
    stage.play(&["local", "up"], None, exit::OK)?;
    tidy(stage);
    stage.tell("A platform admin enables an organization for its own keys.");
    stage.play(&["enable", ORG], None, exit::OK)?;
    stage.tell(
        "Its owner stores a key. A person types it at a hidden prompt. A script pipes it. (The key is made up, so: --no-test.)",
    );
    stage.play(&["key", "set", "openai", "--org", ORG, "--stdin", "--no-test"], Some(OWN_KEY), exit::OK)?;
    stage.tell("From now on, nobody sees more of the key than its last four characters.");
    stage.play(&["key", "list", "--org", ORG], None, exit::OK)?;
    stage.tell("Requests use this key. --verify opens it without showing it, which needs the master key.");
    stage.play(&["resolve", "openai", "--org", ORG, "--explain", "--verify"], None, exit::OK)?;
    stage.tell(
        "For another provider the organization has no key. Its requests use the platform's key, if there is one.",
    );
    let made_up = !stage.has_platform_key("sarvam")?;
    if made_up {
        stage.play(&SET_SHARED, Some(SHARED_KEY), exit::OK)?;
    }
    stage.play(&["resolve", "sarvam", "--org", ORG], None, exit::OK)?;
    charges(stage)?;
    stage.tell("After the key is removed, the next request does not use it.");
    stage.play(&["key", "remove", "openai", "--org", ORG, "--yes"], None, exit::OK)?;
    let (told, denied) = if stage.has_platform_key("openai")? {
        ("The platform's key for this provider serves instead.", exit::OK)
    } else {
        ("The platform has no key for this provider, so the request is denied (exit 3).", exit::NOT_FOUND)
    };
    stage.tell(told);
    stage.play(&["resolve", "openai", "--org", ORG], None, denied)?;
    if !keep {
        stage.tell("What is made up and could serve others goes again. (--keep keeps it.)");
        if made_up {
            stage.play(&REMOVE_SHARED, None, exit::OK)?;
        }
        stage.play(&REMOVE_PRICE, None, exit::OK)?;
    }
    stage.tell(
        "The private database stays. To continue:  byok --local status (what is stored)   byok local status (the server)   byok --help",
    );
    Ok(())
}

/// Charges both kinds of requests. With its own key the organization pays the platform's part, with the platform's key
/// both.
fn charges(stage: &mut Stage) -> anyhow::Result<()> {
    stage.tell(
        "Both requests cost credits. The platform's part is 1, the provider's part is 4. With its own key, the organization pays only 1.",
    );
    let rate = ["credits", "rates", "set", OPERATION, "--platform-part", "1", "--provider-part", "4"];
    stage.play(&rate, None, exit::OK)?;
    stage.play(&["credits", "grant", "100", "--org", ORG, "--request-id", "demo-grant"], None, exit::OK)?;
    stage.tell(
        "A program gets the key in its environment, and none of byok's settings. A server uses the library instead.",
    );
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

/// Removes what a demonstration left that did not reach its end, or that kept it.
fn tidy(stage: &Stage) {
    for provider in ["openai", "sarvam"] {
        stage.quietly(&["key", "remove", provider, "--org", ORG, "--yes"]);
    }
    // A key of the user's own stays.
    if stage.is_stored(&SET_SHARED, SHARED_KEY) {
        stage.quietly(&REMOVE_SHARED);
    }
    stage.quietly(&REMOVE_PRICE);
}
