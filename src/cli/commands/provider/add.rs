//! `provider add`: adds a provider that the catalog does not have.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use byok::admin::ProviderPutResult;
use byok::name::{NameError, ProviderId};
use byok::provider::{
    BaseUrlError, Capability, Compatible, PrivateError, Target, TargetError, definition_of_toml, read_private,
    tidy_base_url,
};

use crate::cli::arguments::capability;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::ProviderAdded;
use crate::cli::views::kinds;

/// The largest definition, in KiB.
const LONGEST: u64 = 64;

/// Add a provider that the catalog does not have: an OpenAI-compatible server, or any HTTP API that a file defines
///
/// Keys of such a provider are set, tested and resolved like all others, and capabilities can be routed to it. A key is
/// sealed together with the base URL, so if the base URL changes, stored keys must be set again. Private addresses and
/// addresses of this machine are refused, unless --allow-private is given.
#[derive(Args)]
#[command(after_help = "Examples:
  byok provider add gateway --base-url https://gateway.example.org/v1
  byok provider add lab --base-url http://127.0.0.1:4000/v1 --allow-private
  byok provider add vendor --from-file vendor.toml    # in the form of the catalog

Such a file:
  [[provider]]
  id = \"vendor\"
  name = \"Vendor\"
  capabilities = [\"voice\"]
  languages = [\"hi-IN\"]
  env = [\"VENDOR_API_KEY\"]
  base_url = \"https://api.vendor.example\"
  keys_page = \"https://vendor.example/keys\"
  auth = { header = \"x-vendor-key\", format = \"{api_key}\" }
  probe = { method = \"GET\", path = \"/me\", ok = [200] }
  rules = [{ status = [403], verdict = \"rejected\" }]
  fields = [{ name = \"api_key\", label = \"API key\", secret = true, required = true }]
  format = { policy = \"any\", accept = \".+\" }")]
pub(crate) struct Add {
    /// The id of the provider: lower-case letters, digits, `_` and `-`
    id: String,
    /// Its base URL, under which /models and /chat/completions are found
    #[arg(long, value_name = "URL", required_unless_present = "from_file")]
    base_url: Option<String>,
    /// The display name
    #[arg(long, conflicts_with = "from_file")]
    name: Option<String>,
    /// What it serves: llm (the default), voice, voice-generation
    #[arg(long = "capability", value_name = "CAPABILITY", value_delimiter = ',', conflicts_with = "from_file")]
    capabilities: Vec<String>,
    /// The environment variable in which programs look for its key
    #[arg(long, value_name = "NAME", conflicts_with = "from_file")]
    env: Option<String>,
    /// The environment variable in which programs look for its address, such as OPENAI_BASE_URL
    #[arg(long, value_name = "NAME", conflicts_with = "from_file")]
    address_env: Option<String>,
    /// A path below the base URL: a GET with a working key must return 200
    #[arg(long, value_name = "PATH", default_value = "/models", conflicts_with = "from_file")]
    probe: String,
    /// Read a whole definition from this file
    #[arg(long, value_name = "PATH", conflicts_with = "base_url")]
    from_file: Option<PathBuf>,
    /// Allow a private address
    #[arg(long)]
    allow_private: bool,
}

impl Add {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let id = new_id(&self.id)?;
        let mut definition = match &self.from_file {
            Some(path) => definition_of_toml(&input::text_file(path, LONGEST)?).map_err(|error| refused(&error))?,
            None => self.compatible(&id)?,
        };
        tidy(&mut definition);
        let provider = read_private(&id, &definition, self.allow_private).map_err(|error| refused(&error))?;
        let mut session = context.session().await?;
        let result = session.database.put_provider(&id, &definition, self.allow_private).await?;
        let said = format!("{id}: {result}, at {}", provider.base_url);
        let item = ProviderAdded {
            provider: id.as_str(),
            name: &provider.name,
            base_url: &provider.base_url,
            allow_private: self.allow_private,
        };
        if result == ProviderPutResult::Replaced {
            output::warn("a key that was stored for another address is denied until it is set again");
        }
        output::change(
            context.format,
            &Change { kind: &kinds::PROVIDER_ADD, result: result.as_str(), said: &said },
            &item,
        )
    }

    fn compatible(&self, id: &ProviderId) -> anyhow::Result<Value> {
        let mut capabilities: Vec<Capability> =
            self.capabilities.iter().map(|it| capability(it)).collect::<Result<_, _>>()?;
        if capabilities.is_empty() {
            capabilities.push(Capability::Llm);
        }
        let shouted = id.as_str().to_ascii_uppercase().replace('-', "_");
        let env = self.env.clone().unwrap_or_else(|| format!("{shouted}_API_KEY"));
        let compatible = Compatible {
            id,
            name: self.name.as_deref().unwrap_or(id.as_str()),
            base_url: self.base_url.as_deref().unwrap_or_default(),
            capabilities: &capabilities,
            env: &env,
            address_env: self.address_env.as_deref(),
            probe: &self.probe_path(),
        };
        Ok(compatible.definition())
    }
}

/// The id of a provider that need not exist yet.
fn new_id(typed: &str) -> anyhow::Result<ProviderId> {
    match Target::parse_provider(typed) {
        Err(TargetError::Unknown { .. }) => Ok(typed.parse().map_err(|error: NameError| {
            Failure::from(&error)
                .hint("for example: byok provider add gateway --base-url https://gateway.example.org/v1")
        })?),
        parsed => Ok(parsed?),
    }
}

impl Add {
    /// The path below the base URL, also out of a whole address there.
    fn probe_path(&self) -> String {
        let base = tidy_base_url(self.base_url.as_deref().unwrap_or_default());
        let typed = self.probe.trim();
        let path = typed.strip_prefix(&base).filter(|rest| !base.is_empty() && rest.starts_with('/')).unwrap_or(typed);
        let relative = !path.starts_with('/') && !path.contains(':') && !path.starts_with('@');
        if relative { format!("/{path}") } else { path.to_owned() }
    }
}

/// Puts the addresses of a definition into the form in which they are stored.
fn tidy(definition: &mut Value) {
    let others = definition.get_mut("other_base_urls").and_then(Value::as_array_mut).map(Vec::as_mut_slice);
    for url in others.unwrap_or_default() {
        if let Some(typed) = url.as_str() {
            *url = tidy_base_url(typed).into();
        }
    }
    if let Some(url) = definition.get_mut("base_url")
        && let Some(typed) = url.as_str()
    {
        *url = tidy_base_url(typed).into();
    }
}

fn refused(error: &PrivateError) -> Failure {
    let failure = Failure::usage("bad_provider", format!("{error}; nothing was added"));
    match error {
        PrivateError::Address { why: BaseUrlError::Private(_), .. } => failure.hint("to allow it: --allow-private"),
        PrivateError::Variable { .. } => {
            failure.hint("use a name that ends like a credential's: GATEWAY_API_KEY, GATEWAY_TOKEN")
        }
        PrivateError::AddressVariable(_) => failure.hint("for example: --address-env OPENAI_BASE_URL"),
        PrivateError::Address { why: BaseUrlError::NotHttps, .. } => {
            failure.hint("--base-url https://..., or http://127.0.0.1:PORT with --allow-private")
        }
        PrivateError::Address { .. } => failure.hint("for example: --base-url https://gateway.example.org/v1"),
        PrivateError::Elsewhere(_) => failure.hint("use a path there, for example: --probe /models"),
        PrivateError::Form(_) => failure.hint("for an example of such a file: byok provider add --help"),
        _ => failure,
    }
}
