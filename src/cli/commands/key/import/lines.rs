//! What the lines of a list say: each is a key, or has a reason why it cannot be one. The stored keys are not looked at here.

use std::collections::BTreeMap;
use std::sync::Arc;

use byok::error::ChangeError;
use byok::import::{LineError, ListForm, ListLine};
use byok::name::{OrgId, ProviderId};
use byok::provider::{Catalog, FormatError, ProviderEntry, SettingFault, check};
use byok::secret::Credential;
use byok::{Error, exit, mask};

use crate::cli::commands::key::fields::{hint_of, read_settings};
use crate::cli::commands::key::import::dotenv;
use crate::cli::commands::key::import::line::{Bad, Key, Raw, Read, Skipped};
use crate::cli::commands::key::options::EndDate;
use crate::cli::session::Session;
use crate::cli::terminal::failure::Failure;

/// A list as it was read.
pub(super) struct Reading {
    pub(super) form: ListForm,
    pub(super) read: Vec<ListLine>,
    /// The organization of all lines.
    pub(super) org: Option<OrgId>,
    /// The end date of lines that have none.
    pub(super) expires: Option<EndDate>,
}

/// The lines of a list.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) keys: Vec<Key>,
    pub(super) bad: Vec<Bad>,
    pub(super) skipped: Vec<Skipped>,
}

impl Lines {
    pub(super) fn count(&self) -> usize {
        self.keys.len() + self.bad.len() + self.skipped.len()
    }

    /// Reads the fields of all lines. A provider that the catalog does not have is looked up in the database.
    pub(super) async fn check(session: &mut Session, list: Reading) -> anyhow::Result<Self> {
        let mut lines = Self::default();
        let mut read = Vec::new();
        for ListLine { number, fields, .. } in list.read {
            match fields {
                Ok(fields) => read.push(Read { line: number, fields }),
                Err(error) => lines.bad.push(Bad::new(number, unreadable(&error))),
            }
        }
        let raws = if list.form == ListForm::Dotenv {
            let dotenv::Variables { keys, bad, skipped } = dotenv::keys(session, read).await?;
            lines.bad.extend(bad);
            lines.skipped.extend(skipped);
            keys
        } else {
            read.into_iter().map(Raw::of).collect()
        };
        let whose = Whose { named: raws.iter().any(|raw| raw.org.is_some()), org: list.org };
        let mut providers = Providers::default();
        for raw in raws {
            let line = raw.line;
            match key(session, &mut providers, &whose, raw, list.expires.as_ref()).await? {
                Ok(key) => lines.keys.push(key),
                Err(failure) => lines.bad.push(Bad::new(line, failure)),
            }
        }
        lines.without_duplicates();
        Ok(lines)
    }

    /// Two lines for the same key: if they say the same, the first one counts. If not, none of them is stored.
    fn without_duplicates(&mut self) {
        let mut first: BTreeMap<(OrgId, ProviderId), usize> = BTreeMap::new();
        let mut several: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, key) in self.keys.iter().enumerate() {
            let known = *first.entry((key.org.clone(), key.id.clone())).or_insert(at);
            if known != at {
                several.entry(known).or_default().push(at);
            }
        }
        let mut out = BTreeMap::new();
        for (first, others) in several {
            let kept = &self.keys[first];
            if others.iter().all(|at| self.keys[*at].is_same_as(kept)) {
                out.extend(others.into_iter().map(|at| (at, Ok(kept.line))));
            } else {
                let second = self.keys[others[0]].line;
                out.insert(first, Err(second));
                out.extend(others.into_iter().map(|at| (at, Err(kept.line))));
            }
        }
        for (at, key) in std::mem::take(&mut self.keys).into_iter().enumerate() {
            match out.get(&at) {
                None => self.keys.push(key),
                Some(Ok(other)) => {
                    let why = format!("it says the same as line {other}");
                    self.skipped.push(Skipped { line: key.line, why });
                }
                Some(Err(other)) => {
                    let message = format!("line {other} has another key of the same organization and provider");
                    let failure = Failure::new(exit::CONFLICT, "duplicate", message).hint("leave one of the two lines");
                    self.bad.push(Bad { provider: Some(key.id), ..Bad::new(key.line, failure) });
                }
            }
        }
    }
}

/// Whose the keys are.
struct Whose {
    /// Whether a line of the list names an organization.
    named: bool,
    /// The organization that the command names.
    org: Option<OrgId>,
}

impl Whose {
    fn of(&self, text: Option<&str>) -> Result<OrgId, Failure> {
        let Some(text) = text else {
            return match &self.org {
                Some(org) if !self.named => Ok(org.clone()),
                _ => Err(Failure::usage("whose", "no organization is named")
                    .hint("give the field org; or leave it out in all lines, and give --org ORG")),
            };
        };
        let org: OrgId = text.parse().map_err(|error: byok::name::NameError| Failure::from(&error))?;
        if self.org.as_ref().is_some_and(|only| *only != org) {
            return Err(Failure::usage("other_org", "another organization is named than with --org or BYOK_ORG")
                .hint("leave one of the two out"));
        }
        Ok(org)
    }
}

/// A provider of a line.
#[derive(Clone)]
struct Found {
    id: ProviderId,
    provider: Arc<ProviderEntry>,
}

/// The providers that were looked up.
#[derive(Default)]
struct Providers(BTreeMap<ProviderId, Result<Found, Failure>>);

impl Providers {
    async fn find(&mut self, session: &mut Session, text: Option<&str>) -> anyhow::Result<Result<Found, Failure>> {
        let unknown = || {
            let near = Catalog::builtin().near(text.unwrap_or_default()).join(" or ");
            let see = "to see all providers: byok provider list";
            let hint = if near.is_empty() { see.to_owned() } else { format!("did you mean {near}? {see}") };
            Failure::new(exit::NOT_FOUND, "unknown_provider", "there is no provider of this name").hint(hint)
        };
        let Some(text) = text else {
            return Ok(Err(Failure::usage("no_provider", "no provider is named").hint("give the field provider")));
        };
        let Ok(id) = text.parse::<ProviderId>() else { return Ok(Err(unknown())) };
        if !self.0.contains_key(&id) {
            let found = match session.provider(&id).await {
                Ok(found) => Ok(Found { id: id.clone(), provider: Arc::new(found) }),
                Err(error) => match Failure::of(&error) {
                    Failure { code: "unknown_provider", .. } => Err(unknown()),
                    failure if failure.code == "bad_provider" => Err(failure),
                    _ => return Err(error),
                },
            };
            self.0.insert(id.clone(), found);
        }
        Ok(self.0.get(&id).cloned().unwrap_or_else(|| Err(unknown())))
    }
}

/// A line that says a whole key, or why it does not.
async fn key(
    session: &mut Session,
    providers: &mut Providers,
    whose: &Whose,
    raw: Raw,
    expires: Option<&EndDate>,
) -> anyhow::Result<Result<Key, Failure>> {
    let found = match providers.find(session, raw.provider.as_deref()).await? {
        Ok(found) => found,
        Err(failure) => return Ok(Err(failure)),
    };
    Ok(whose.of(raw.org.as_deref()).and_then(|org| checked(raw, org, found, expires)))
}

fn checked(raw: Raw, org: OrgId, found: Found, expires: Option<&EndDate>) -> Result<Key, Failure> {
    let Found { id, provider } = found;
    let Raw { line, key, settings, .. } = raw;
    let field = provider.key_field();
    let secret = key.ok_or_else(|| not_a_key(&FormatError::Empty))?;
    let unusual = !check(&provider, field, &secret).map_err(|error| not_a_key(&error))?.is_empty();
    if settings.iter().any(|(name, value)| mask::holds_key(name) || mask::holds_key(value)) {
        let failure = Failure::usage("bad_setting", SettingFault::LooksLikeKey.to_string());
        return Err(failure.hint("the key goes into the field key"));
    }
    let (settings, _) = read_settings(&provider, settings.iter().map(|(name, value)| (&**name, &**value)))?;
    let end = match raw.expires {
        Some(text) => Some(EndDate::parse(&text).map_err(|error| Failure::of(&error))?),
        None => expires.cloned(),
    };
    let version = |text: String| text.parse().ok().filter(|version| *version <= 1_000_000_000);
    let if_version = raw.if_version.map(|text| version(text).ok_or_else(bad_version)).transpose()?;
    let (hint, length) = (hint_of(&provider, field, &secret), secret.length());
    let credential = Credential::single(field, secret);
    Ok(Key { line, org, id, provider, credential, settings, hint, length, end, if_version, unusual })
}

fn bad_version() -> Failure {
    Failure::usage("bad_version", "if_version is no number of a version").hint("0 means that no key is active")
}

/// Why a text cannot be a key. The others may still be stored.
fn not_a_key(error: &FormatError) -> Failure {
    Failure { message: error.to_string(), ..Failure::from(error) }
}

fn unreadable(error: &LineError) -> Failure {
    let hint = match error {
        LineError::NotJson => "one object on each line: jq -c writes it so",
        LineError::NotText(_) => "write it as a text; for a document of several fields, jq has tojson",
        LineError::UnknownField => "the fields are org, provider, key, expires, if_version and settings.NAME",
        LineError::TwiceField(_) => "leave one of them out",
        LineError::Columns { .. } => "a value with a comma or a line ending is in quotation marks",
        LineError::Quote | LineError::OpenQuote => {
            "a value with a quotation mark is in quotation marks, and inside of it two of them stand for one"
        }
        _ => "write it as NAME=value, without white space; for other values, use JSON lines",
    };
    Failure::usage(error.code(), error.to_string()).hint(hint)
}

/// The failure for an organization that is not there, or is not this login's.
pub(super) fn not_yours(sees_all: bool, org: &OrgId) -> Failure {
    if sees_all {
        return Failure::from(Error::Change(ChangeError::NoSuchOrg(org.to_string())));
    }
    let message = "the organization does not exist, or this login may not see or change it";
    Failure::new(exit::NOT_AUTHORIZED, "not_authorized", message)
        .hint(format!("a platform admin can add this login: byok member add LOGIN --org {org}"))
}
