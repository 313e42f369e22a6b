//! `provider list` and `show`: the catalog, without a database; and what admins added.

use clap::Args;
use serde_json::{Value, json};

use byok::db::Listed as _;
use byok::exit;
use byok::name::ProviderId;
use byok::provider::{Capability, Catalog, Field, Policy, Provider, ProviderEntry, Target};

use crate::cli::arguments::capability;
use crate::cli::session::{Context, private_provider};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Row;

/// List the providers that this byok knows; needs no database
#[derive(Args)]
#[command(after_help = "Examples:
  byok provider list
  byok provider list --capability voice --language hi-IN
  byok provider list --private")]
pub(crate) struct ListProviders {
    /// Those that serve it: llm, voice or voice-generation
    #[arg(long)]
    capability: Option<String>,
    /// Those that are known to speak it, such as hi or ta-IN
    #[arg(long)]
    language: Option<String>,
    /// Those that admins of this platform added, from its database
    #[arg(long)]
    private: bool,
}

/// Show one provider: its fields, what its keys look like, how they are tested; needs no database unless admins added it
#[derive(Args)]
#[command(after_help = "Examples:\n  byok provider show sarvam\n  byok provider show azure_openai -o json")]
pub(crate) struct Show {
    /// Its id
    provider: String,
}

const HEADER: &[&str] = &["PROVIDER", "NAME", "CAPABILITIES", "VARIABLE", "LANGUAGES", "TEST"];
const SHOWN: &[&str] = &[
    "PROVIDER",
    "NAME",
    "CAPABILITIES",
    "LANGUAGES",
    "VARIABLES",
    "ADDRESS",
    "FIELDS",
    "KEYS",
    "FREE_TEST",
    "GENERATE",
    "NOTE",
];

impl ListProviders {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let wanted: Option<Capability> = self.capability.as_deref().map(capability).transpose()?;
        let (private, all) = if self.private { added(context).await? } else { (Vec::new(), true) };
        let fits = |provider: &&Provider| {
            wanted.is_none_or(|capability| provider.capabilities.contains(&capability))
                && self.language.as_deref().is_none_or(|language| provider.speaks(language))
        };
        let builtin = Catalog::builtin().providers().iter().filter(|_| !self.private);
        let rows: Vec<Row> = builtin.chain(private.iter().map(|it| &**it)).filter(fits).map(row).collect();
        let code = output::list(context.format, "provider.list", HEADER, &rows)?;
        Ok(if all { code } else { exit::PARTIAL })
    }
}

/// What admins added, and whether that is all of it. One that cannot be used any more is named and left out, so that the
/// others are still seen.
async fn added(context: &mut Context) -> anyhow::Result<(Vec<ProviderEntry>, bool)> {
    let mut session = context.session().await?;
    let (mut known, mut all) = (Vec::new(), true);
    for stored in session.database.providers(None).await? {
        let usable = match (stored.fault(), stored.provider.parse::<ProviderId>()) {
            (None, Ok(id)) => private_provider(&id, &stored).map_err(|error| Failure::of(&error).message),
            (Some(fault), _) => Err(format!("{} is not shown: {fault}", stored.name())),
            (None, Err(error)) => Err(error.to_string()),
        };
        match usable {
            Ok(provider) => known.push(provider),
            Err(message) => {
                all = false;
                output::say(&format!("error: {message}"));
            }
        }
    }
    Ok((known, all))
}

impl Show {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let id = Target::parse_provider(&self.provider)?;
        let known = match Catalog::builtin().find(&id) {
            Some(provider) => ProviderEntry::Builtin(provider),
            None => context.session().await?.provider(&id).await?,
        };
        output::item(context.format, "provider", SHOWN, &shown(&known))?;
        Ok(exit::OK)
    }
}

fn capabilities(provider: &Provider) -> Vec<&'static str> {
    provider.capabilities.iter().map(|it| it.as_str()).collect()
}

/// What a free test of its keys proves.
fn test_word(provider: &Provider) -> &'static str {
    match &provider.probe {
        Some(probe) if probe.trusted => "free",
        _ if provider.paid.is_empty() => "none",
        _ => "generate",
    }
}

fn row(provider: &Provider) -> Row {
    Row {
        json: json!({
            "provider": provider.id, "name": provider.name, "capabilities": capabilities(provider),
            "env": provider.env, "languages": provider.languages, "base_url": provider.base_url,
            "fields": fields(provider), "test": test_word(provider),
        }),
        cells: vec![
            provider.id.clone(),
            provider.name.clone(),
            capabilities(provider).join(","),
            provider.env.first().cloned().unwrap_or_default(),
            provider.languages.len().to_string(),
            test_word(provider).into(),
        ],
    }
}

fn fields(provider: &Provider) -> Vec<Value> {
    let field = |it: &Field| {
        json!({
            "name": it.name, "label": it.label, "secret": it.secret, "required": it.required, "default": it.default,
            "multi_line": it.multi_line,
        })
    };
    provider.fields.iter().map(field).collect()
}

fn shown(known: &ProviderEntry) -> Row {
    let provider: &Provider = known;
    let mut json = row(provider).json;
    let paid: Vec<&str> = provider.paid.iter().map(|it| it.capability.as_str()).collect();
    let wrong: Vec<&str> = provider.format.wrong_kind.iter().map(|it| it.prefix.as_str()).collect();
    let probe = provider.probe.as_ref().map(|probe| format!("{} {}", probe.method, probe.path));
    json["other_base_urls"] = json!(provider.other_base_urls);
    json["private"] = known.is_private().into();
    json["key_shape"] = provider.format.accept.as_str().into();
    json["wrong_prefixes"] = json!(wrong);
    json["probe"] = json!(probe);
    json["generate"] = json!(paid);
    json["note"] = json!(provider.note);
    let named = |it: &Field| match (it.secret, it.required, &it.default) {
        (true, ..) => format!("{} (secret)", it.name),
        (false, true, _) => it.name.clone(),
        (false, false, Some(default)) => format!("{} (else {default})", it.name),
        (false, false, None) => format!("{} (optional)", it.name),
    };
    let addresses = std::iter::once(&provider.base_url).chain(&provider.other_base_urls);
    let free = match (probe, test_word(provider)) {
        (Some(probe), "free") => probe,
        (Some(_), _) => "the answer proves nothing, so a key is unchecked".into(),
        (None, _) => "none is known".into(),
    };
    let cells = vec![
        provider.id.clone(),
        provider.name.clone(),
        capabilities(provider).join(", "),
        provider.languages.join(" "),
        provider.env.join(", "),
        addresses.cloned().collect::<Vec<_>>().join(", "),
        provider.fields.iter().map(named).collect::<Vec<_>>().join(", "),
        keys_words(provider),
        free,
        if paid.is_empty() { "no operation is known".into() } else { paid.join(", ") },
        provider.note.clone().unwrap_or_default(),
    ];
    Row { json, cells }
}

fn keys_words(provider: &Provider) -> String {
    let shape = provider.format.accept.as_str();
    match provider.format.policy {
        Policy::Reject => format!("{shape}; anything else is refused"),
        Policy::Warn => format!("{shape}; anything else is stored with a warning"),
        Policy::Any => "no shape is known".into(),
    }
}
