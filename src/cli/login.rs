//! Logins that are made on the way, and their connection strings.

use clap::Args;

use byok::crypto::scram;
use byok::exit;
use byok::name::Login;
use byok::secret::SecretText;

use super::failure::Failure;
use super::handover::{Handover, HandoverArgs};
use super::session::Session;
use super::settings::Target;

/// Whether the login is to be made.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Make the login too, with a password of its own
    #[arg(long)]
    create_login: bool,
    #[command(flatten)]
    handover: HandoverArgs,
}

/// A login that is about to be made.
pub(crate) struct NewLogin {
    password: SecretText,
    handover: Handover,
}

impl CreateArgs {
    /// The new login, where one is wanted; its place is made sure of before any database is asked.
    pub(crate) fn prepare(&self, login: &Login) -> Result<Option<NewLogin>, Failure> {
        if !self.create_login {
            if self.handover.is_given() {
                return Err(Failure::usage("nothing_to_write", "--to-file is for a login that is made here")
                    .hint("give --create-login too"));
            }
            return Ok(None);
        }
        let password =
            scram::password().map_err(|error| Failure::new(exit::FAILURE, "no_randomness", error.to_string()))?;
        let handover = self.handover.reserve(&format!("the connection string of {login}"))?;
        Ok(Some(NewLogin { password, handover }))
    }
}

impl NewLogin {
    pub(crate) fn password(&self) -> &SecretText {
        &self.password
    }

    /// Its connection string: the server, database and options of our own. In its file before the login exists.
    pub(crate) fn prepare(&mut self, session: &Session, login: &Login) -> Result<SecretText, Failure> {
        let Target::Configured(url, _) = &session.target else {
            return Err(Failure::usage("private_database", "the private database has one login, and it is yours")
                .hint("configure a database for several people: BYOK_DATABASE_URL"));
        };
        let text = url.with_login(login, &self.password)?;
        self.handover.prepare(&text)?;
        Ok(text)
    }

    /// Hands it over; in words where it is.
    pub(crate) fn give(self, url: &SecretText) -> String {
        self.handover.give(url)
    }
}
