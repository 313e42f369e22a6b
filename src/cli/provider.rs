//! `provider list`, `show` and `route`: who there is, and who serves a capability.

use clap::Subcommand;
use serde_json::json;

use byok::provider::{Capability, Catalog, Provider, Target};

use super::failure::Failure;
use super::out::{self, Row};
use super::session::Context;

#[derive(Subcommand)]
pub(crate) enum ProviderCommand {
    /// List the providers that this byok knows; needs no database
    List,
    /// Show one provider; needs no database
    Show {
        /// Its id
        provider: String,
    },
    /// Say which provider serves a capability, or list what was said
    #[command(
        after_help = "Examples:\n  byok provider route\n  byok provider route voice sarvam\n  byok provider route voice --clear"
    )]
    Route {
        /// llm, voice or voice-generation
        capability: Option<String>,
        /// The provider that serves it
        #[arg(requires = "capability", conflicts_with = "clear")]
        provider: Option<String>,
        /// No provider serves it from now on
        #[arg(long, requires = "capability")]
        clear: bool,
    },
}

impl ProviderCommand {
    pub(crate) async fn run(self, context: &mut Context) -> Result<u8, Failure> {
        match self {
            Self::List => {
                let rows: Vec<Row> = Catalog::builtin().providers().iter().map(row).collect();
                out::list(context.format, "provider.list", HEADER, &rows)
            }
            Self::Show { provider } => {
                let id = Target::parse_provider(&provider)?;
                out::item(context.format, "provider", HEADER, &row(super::key::known(&id)?))?;
                Ok(byok::exit::OK)
            }
            Self::Route { capability: None, .. } => routes(context).await,
            Self::Route { capability: Some(capability), provider, clear } => {
                let capability: Capability =
                    capability.parse().map_err(|error: byok::provider::NoSuchCapability| {
                        Failure::usage("unknown_capability", error.to_string())
                    })?;
                if provider.is_none() && !clear {
                    return Err(Failure::usage("missing", "say which provider, or --clear"));
                }
                route(context, capability, provider.as_deref()).await
            }
        }
    }
}

const HEADER: &[&str] = &["PROVIDER", "NAME", "CAPABILITIES", "VARIABLE", "LANGUAGES"];

fn row(provider: &Provider) -> Row {
    let capabilities: Vec<&str> = provider.capabilities.iter().map(|it| it.as_str()).collect();
    let fields: Vec<_> = provider
        .fields
        .iter()
        .map(|it| json!({"name": it.name, "secret": it.secret, "required": it.required}))
        .collect();
    Row {
        json: json!({
            "provider": provider.id, "name": provider.name, "capabilities": capabilities, "env": provider.env,
            "languages": provider.languages, "base_url": provider.base_url, "fields": fields,
        }),
        cells: vec![
            provider.id.clone(),
            provider.name.clone(),
            capabilities.join(","),
            provider.env.first().cloned().unwrap_or_default(),
            provider.languages.len().to_string(),
        ],
    }
}

async fn routes(context: &mut Context) -> Result<u8, Failure> {
    let mut session = context.session().await?;
    let routes = session.database.routes().await?;
    let rows: Vec<Row> = (routes.iter())
        .map(|route| {
            let at = byok::clock::rfc3339(route.set_at);
            Row {
                json: json!({"capability": route.capability, "provider": route.provider, "set_at": at, "set_by": route.set_by}),
                cells: vec![route.capability.clone(), route.provider.clone(), at, route.set_by.clone()],
            }
        })
        .collect();
    out::list(context.format, "provider.route", &["CAPABILITY", "PROVIDER", "SINCE", "BY"], &rows)
}

async fn route(context: &mut Context, capability: Capability, provider: Option<&str>) -> Result<u8, Failure> {
    let provider = provider.map(Target::parse_provider).transpose()?;
    if let Some(id) = &provider {
        let known = super::key::known(id)?;
        if !known.capabilities.contains(&capability) {
            return Err(Failure::usage("wrong_capability", format!("{} does not serve {capability}", known.name)));
        }
    }
    let mut session = context.session().await?;
    let change = session.database.set_route(capability, "", provider.as_ref()).await?;
    let said = match &provider {
        Some(provider) => format!("{capability} is served by {provider} ({})", change.result),
        None => format!("no provider serves {capability} ({})", change.result),
    };
    let item = json!({
        "capability": capability.as_str(), "provider": provider.as_ref().map(byok::name::ProviderId::as_str),
        "previous": change.previous,
    });
    out::change(context.format, "provider.route", &said, (&change.result, item))
}
