//! What the command line is about, for the next command that a failure names.

use clap::ArgMatches;

use byok::name::{OrgId, ProviderId};
use byok::provider::Target;

use crate::cli::session::settings;
use crate::cli::terminal::ids;

/// The arguments that name an organization, in all their forms.
const ORGS: [&str; 4] = ["org", "org_word", "org_option", "orgs"];
/// The options instead of which no organization is meant.
const OTHERS: [&str; 2] = ["all_orgs", "platform"];
const PROVIDERS: [&str; 4] = ["provider", "provider_option", "only_provider", "providers"];

/// The organization and the provider that a command line names. `None` where it names none or several.
#[derive(Clone, Default)]
pub(crate) struct About {
    org: Option<OrgId>,
    /// Whether BYOK_ORG or the profile names the organization.
    by_default: bool,
    provider: Option<ProviderId>,
}

impl About {
    /// What a command line names.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        if let Some((_, below)) = matches.subcommand() {
            return Self::of(below);
        }
        let provider = one(&typed(matches, PROVIDERS));
        let takes_one = ORGS.iter().any(|id| matches.try_contains_id(id).is_ok());
        let means_others = OTHERS.iter().any(|id| matches.try_get_one::<bool>(id).is_ok_and(|it| it == Some(&true)));
        let named = typed(matches, ORGS);
        Self {
            org: one(&named).filter(|_| !means_others).and_then(|org| ids::id(org).ok()),
            by_default: named.is_empty() && takes_one && !means_others,
            provider: provider.and_then(|id| match Target::parse(id) {
                Ok(Target::Provider(id)) => Some(id),
                _ => None,
            }),
        }
    }

    /// A next command with what is named in place of ORG and PROVIDER, and the login that was refused in place of LOGIN.
    pub(crate) fn fill(&self, hint: &str, login: Option<&str>) -> String {
        let by_default =
            || settings::org().ok().flatten().filter(|_| self.by_default).and_then(|org| ids::id(&org).ok());
        let org: Option<OrgId> = self.org.clone().or_else(by_default);
        let words = [
            ("PROVIDER", self.provider.as_ref().map(ProviderId::as_str)),
            ("ORG", org.as_ref().map(OrgId::as_str)),
            ("LOGIN", login),
        ];
        words.into_iter().fold(hint.to_owned(), |hint, (word, named)| match named {
            Some(named) => in_place_of(word, named, &hint),
            None => hint,
        })
    }
}

fn typed<'a, const N: usize>(matches: &'a ArgMatches, arguments: [&str; N]) -> Vec<&'a str> {
    let of = |id| matches.try_get_many::<String>(id).ok().flatten().unwrap_or_default();
    arguments.into_iter().flat_map(of).map(String::as_str).collect()
}

/// The only one, which may be named twice.
fn one<'a>(named: &[&'a str]) -> Option<&'a str> {
    let first = *named.first()?;
    named.iter().all(|it| *it == first).then_some(first)
}

/// Only whole words are replaced: BYOK_ORG is another one.
fn in_place_of(word: &str, named: &str, hint: &str) -> String {
    let mut filled = String::with_capacity(hint.len());
    let mut done = 0;
    for (at, _) in hint.match_indices(word) {
        let is_part = |it: char| it.is_alphanumeric() || matches!(it, '_' | '-' | '/' | '.' | '`');
        let end = at + word.len();
        let whole = !hint[..at].ends_with(is_part) && !hint[end..].starts_with(is_part);
        filled.push_str(&hint[done..at]);
        filled.push_str(if whole { named } else { word });
        done = end;
    }
    filled + &hint[done..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(line: &str) -> About {
        let words = ["byok"].into_iter().chain(line.split(' '));
        About::of(&crate::cli::commands::parser().try_get_matches_from(words).expect("a command line"))
    }

    #[test]
    fn the_next_command_has_what_the_command_line_names_in_every_form() {
        let hint = "byok key set PROVIDER --org ORG, or byok platform-key set PROVIDER; or set BYOK_ORG";
        let filled = "byok key set openai --org acme, or byok platform-key set openai; or set BYOK_ORG";
        for line in [
            "key show openai --org acme",
            "resolve --provider openai --org acme",
            "key list openai --org acme",
            "test-key openai --org acme",
        ] {
            assert_eq!(named(line).fill(hint, None), filled, "{line}");
        }
        for line in ["org show acme", "disable acme", "enable --org acme", "member add ada --org acme"] {
            assert_eq!(
                named(line).fill("byok data-key issue --org ORG", None),
                "byok data-key issue --org acme",
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_not_named_or_named_differently_is_left_open() {
        let hint = "byok key set PROVIDER --org ORG";
        for line in ["key list --all-orgs", "enable acme bolt", "resolve llm", "provider list", "status"] {
            assert_eq!(named(line).fill(hint, None), hint, "{line}");
        }
        let refused = "byok member add LOGIN --org ORG; LOGINS stay";
        let filled = "byok member add ada --org acme; LOGINS stay";
        assert_eq!(named("org show acme").fill(refused, Some("ada")), filled);
        assert_eq!(named("key copy openai --from acme --to bolt").fill(hint, None), "byok key set openai --org ORG");
    }
}
