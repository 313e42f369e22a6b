//! How a change that cannot be undone is confirmed.

use crate::cli::config;
use crate::cli::session::Context;
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::input::{Confirmed, Consent};

impl Context {
    /// Asks for confirmation before a change that cannot be undone, and says in which database.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> anyhow::Result<Confirmed> {
        let question = format!("{question} ({})", self.chosen()?.named());
        self.consent(yes)?.ask(&question)
    }

    /// Whether a change that cannot be undone is confirmed already. Fails where nobody can be asked for it.
    pub(crate) fn is_confirmed(&self, yes: bool) -> anyhow::Result<bool> {
        let consent = self.consent(yes)?;
        consent.may_ask()?;
        Ok(consent.is_given())
    }

    /// How a change that cannot be undone is confirmed: with --yes. With a profile that is marked as production, its name must be
    /// typed or given, and --yes is not enough. A name that is given must be that of the profile in force.
    pub(crate) fn consent(&self, yes: bool) -> anyhow::Result<Consent> {
        let profile = config::in_force().map(|chosen| &chosen.profile);
        let name = profile.map(|profile| profile.name.as_str());
        let typed = self.global.confirm_profile.as_deref();
        if let Some(typed) = typed.filter(|typed| Some(*typed) != name) {
            let force =
                name.map_or_else(|| "no profile is in force".into(), |name| format!("profile {name} is in force"));
            let message = format!("--confirm-profile names {typed}, but {force}; nothing was changed");
            return Err(Failure::usage("other_profile", message)
                .hint("check the profile: byok config profiles")
                .into());
        }
        let production = profile.filter(|profile| profile.is_production()).map(|profile| profile.name.clone());
        // A dry run changes nothing that would have to be confirmed.
        let given = typed.is_some() || (yes && production.is_none()) || dry_run::is_on();
        Ok(Consent { given, name: production, no_input: self.no_input() })
    }
}
