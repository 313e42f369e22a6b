//! Which organization. There is one rule for all commands.
//!
//! The organization is `--org ORG`, or else BYOK_ORG. Where a command is about the organization itself, it is the argument
//! ORG. The other form works too, and the help does not show it. A command that destroys something does not read BYOK_ORG.

use clap::Args;

use byok::name::{Holder, OrgId};

use crate::cli::arguments::forms::either;
use crate::cli::session::settings;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::{ids, output};

/// The commands that destroy something. They take the organization from the command line only.
pub(crate) const DESTROYING: [&str; 6] =
    ["data-key discard", "data-key rotate", "disable", "key remove", "member remove", "org purge"];

/// The option `--org ORG`.
#[derive(Args)]
pub(crate) struct OrgArg {
    /// The organization's id (default: BYOK_ORG)
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
}

/// The same, if no other argument can be taken for ORG.
#[derive(Args)]
pub(crate) struct OrgOrWord {
    #[command(flatten)]
    option: OrgArg,
    #[arg(value_name = "ORG", hide = true)]
    org_word: Option<String>,
}

/// The organization that a command is about.
#[derive(Args)]
pub(crate) struct OrgObject {
    /// The organization's id (default: BYOK_ORG)
    #[arg(value_name = "ORG")]
    org: Option<String>,
    #[arg(long = "org", value_name = "ORG", hide = true)]
    org_option: Option<String>,
}

/// The organizations that a command is about.
#[derive(Args)]
pub(crate) struct OrgObjects {
    /// The organizations' ids (default: BYOK_ORG)
    #[arg(value_name = "ORG")]
    orgs: Vec<String>,
    #[arg(long = "org", value_name = "ORG", hide = true)]
    org_option: Vec<String>,
}

/// One organization or all.
#[derive(Args)]
pub(crate) struct OrgsArg {
    /// One organization (default: BYOK_ORG)
    #[arg(long, value_name = "ORG", conflicts_with = "all_orgs")]
    org: Option<String>,
    /// All organizations that this login may see
    #[arg(long)]
    all_orgs: bool,
}

/// The same, if no other argument can be taken for ORG.
#[derive(Args)]
pub(crate) struct OrgsOrWord {
    #[command(flatten)]
    option: OrgsArg,
    #[arg(value_name = "ORG", hide = true, conflicts_with = "all_orgs")]
    org_word: Option<String>,
}

/// An organization, or the platform.
#[derive(Args)]
pub(crate) struct HolderArg {
    /// The organization's id
    #[arg(long, value_name = "ORG", conflicts_with = "platform")]
    org: Option<String>,
    /// The data key of the platform's shared keys, instead of an organization's
    #[arg(long)]
    platform: bool,
    #[arg(value_name = "ORG", hide = true, conflicts_with = "platform")]
    org_word: Option<String>,
}

impl OrgArg {
    /// The organization, if one was named.
    pub(crate) fn maybe(&self) -> anyhow::Result<Option<OrgId>> {
        maybe(&Named::of([&self.org]))
    }

    pub(crate) fn id(&self) -> anyhow::Result<OrgId> {
        one(&Named::of([&self.org]), OPTION)
    }

    /// The organization, if the command line names it. `command` is the command for an organization.
    pub(crate) fn spelled(&self, command: impl Fn(&str) -> String) -> anyhow::Result<OrgId> {
        spelled(&Named::of([&self.org]), command)
    }
}

impl OrgOrWord {
    /// Whether the command line names it.
    pub(crate) fn is_typed(&self) -> bool {
        self.option.org.is_some() || self.org_word.is_some()
    }

    fn named(&self) -> Named<'_> {
        Named::of([&self.option.org, &self.org_word])
    }

    pub(crate) fn id(&self) -> anyhow::Result<OrgId> {
        one(&self.named(), OPTION)
    }

    /// The organization, if the command line names it. `command` is the command for an organization.
    pub(crate) fn spelled(&self, command: impl Fn(&str) -> String) -> anyhow::Result<OrgId> {
        spelled(&self.named(), command)
    }
}

impl OrgObject {
    fn named(&self) -> Named<'_> {
        Named::of([&self.org, &self.org_option])
    }

    pub(crate) fn id(&self) -> anyhow::Result<OrgId> {
        one(&self.named(), WORD)
    }

    /// The organization, if the command line names it. `command` is the command for an organization.
    pub(crate) fn spelled(&self, command: impl Fn(&str) -> String) -> anyhow::Result<OrgId> {
        spelled(&self.named(), command)
    }
}

impl OrgObjects {
    /// Whether the command line names one.
    pub(crate) fn is_typed(&self) -> bool {
        !(self.orgs.is_empty() && self.org_option.is_empty())
    }

    pub(crate) fn ids(&self) -> anyhow::Result<Vec<OrgId>> {
        match self.words()? {
            [] => Ok(vec![one(&Named(Vec::new()), WORD)?]),
            named => parsed(named),
        }
    }

    /// The organizations, if the command line names them. `command` is the command for an organization.
    pub(crate) fn spelled(&self, command: impl Fn(&str) -> String) -> anyhow::Result<Vec<OrgId>> {
        match self.words()? {
            [] => Ok(vec![spelled(&Named(Vec::new()), command)?]),
            named => parsed(named),
        }
    }

    /// What the command line names, in one of the two forms.
    fn words(&self) -> Result<&[String], Failure> {
        either(&self.orgs, &self.org_option).ok_or_else(two_forms)
    }
}

impl OrgsArg {
    /// The organization that was named. `None` means all.
    pub(crate) fn one(&self) -> anyhow::Result<Option<OrgId>> {
        one_or_all(&Named::of([&self.org]), self.all_orgs)
    }

    /// The organization that was named. `None` means all, also if nothing was named.
    pub(crate) fn one_or_all(&self) -> anyhow::Result<Option<OrgId>> {
        or_all(&Named::of([&self.org]), self.all_orgs)
    }

    /// Whether an option names one organization.
    pub(crate) fn names_one(&self) -> bool {
        self.org.is_some()
    }

    /// Whether all were asked for.
    pub(crate) fn all(&self) -> bool {
        self.all_orgs
    }
}

impl OrgsOrWord {
    fn named(&self) -> Named<'_> {
        Named::of([&self.option.org, &self.org_word])
    }

    /// The organization that was named. `None` means all.
    pub(crate) fn one(&self) -> anyhow::Result<Option<OrgId>> {
        one_or_all(&self.named(), self.option.all_orgs)
    }

    /// The organization that was named. `None` means all, also if nothing was named.
    pub(crate) fn one_or_all(&self) -> anyhow::Result<Option<OrgId>> {
        or_all(&self.named(), self.option.all_orgs)
    }
}

impl HolderArg {
    /// The holder, if the command line names it. `command` is the command for an organization.
    pub(crate) fn spelled(&self, command: impl Fn(&str) -> String) -> anyhow::Result<Holder> {
        if self.platform {
            return Ok(Holder::Platform);
        }
        spelled(&Named::of([&self.org, &self.org_word]), command).map(Holder::Organization)
    }
}

/// What the command line says, in both forms.
struct Named<'a>(Vec<&'a String>);

impl<'a> Named<'a> {
    fn of<const N: usize>(forms: [&'a Option<String>; N]) -> Self {
        Self(forms.into_iter().flatten().collect())
    }

    fn typed(&self) -> Result<Option<&'a String>, Failure> {
        match self.0.as_slice() {
            [first, second] if first != second => Err(two_forms()),
            named => Ok(named.first().copied()),
        }
    }
}

fn two_forms() -> Failure {
    let message = "two organizations were named, as an argument and with --org";
    Failure::usage("two_values", message).hint("name the organization once")
}

fn parsed(names: &[String]) -> anyhow::Result<Vec<OrgId>> {
    Ok(names.iter().map(|org| ids::id(org)).collect::<Result<_, _>>()?)
}

/// The organization of the command line, or else of BYOK_ORG.
fn maybe(named: &Named<'_>) -> anyhow::Result<Option<OrgId>> {
    match named.typed()? {
        Some(typed) => Ok(Some(ids::id(typed)?)),
        None => Ok(ids::maybe(settings::org()?.as_deref())?),
    }
}

const OPTION: &str = "give --org ORG, or set BYOK_ORG";
const WORD: &str = "give ORG as an argument, or set BYOK_ORG";

fn one(named: &Named<'_>, hint: &str) -> anyhow::Result<OrgId> {
    Ok(maybe(named)?.ok_or_else(|| nobody().hint(hint))?)
}

fn one_or_all(named: &Named<'_>, all: bool) -> anyhow::Result<Option<OrgId>> {
    if all {
        return Ok(None);
    }
    let hint = "give --org ORG, or --all-orgs for all that this login may see";
    Ok(Some(maybe(named)?.ok_or_else(|| nobody().hint(hint))?))
}

/// All, if nobody is named. It is said if BYOK_ORG decides this, because a check of one organization is not one of all.
fn or_all(named: &Named<'_>, all: bool) -> anyhow::Result<Option<OrgId>> {
    if all {
        return Ok(None);
    }
    let org = maybe(named)?;
    if let Some(org) = org.as_ref().filter(|_| named.0.is_empty()) {
        let by = settings::by("BYOK_ORG", "BYOK_ORG", "the profile");
        output::notice(&format!("only {org}, which {by} names; for all organizations: --all-orgs"));
    }
    Ok(org)
}

fn nobody() -> Failure {
    Failure::usage("whose", "no organization was named")
}

/// The organization of the command line. BYOK_ORG may be left from other work, so it does not say what is destroyed.
fn spelled(named: &Named<'_>, command: impl Fn(&str) -> String) -> anyhow::Result<OrgId> {
    if let Some(typed) = named.typed()? {
        return Ok(ids::id(typed)?);
    }
    let Some(org) = ids::maybe::<OrgId>(settings::org()?.as_deref())? else {
        return Err(nobody().hint(command("ORG")).into());
    };
    let by = settings::by("BYOK_ORG", "BYOK_ORG", "the profile");
    let message =
        format!("the command line must name the organization: {by} names {org}, which may be left from other work");
    Err(Failure::usage("spell_out", message).hint(command(org.as_str())).into())
}
