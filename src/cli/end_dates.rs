//! The end date of a key: the user's, or that of its provider.

use time::{Duration, OffsetDateTime};

use byok::clock::rfc3339;
use byok::name::Holder;
use byok::probe::Outcome;
use byok::provider::Provider;

use crate::cli::terminal::output;

/// A date that is nearer than this is not stored: it may pass before the key is stored.
const SOON: Duration = Duration::minutes(1);

/// The end date that a key is stored with.
#[derive(Clone, Copy)]
pub(crate) struct End {
    pub(crate) at: Option<OffsetDateTime>,
    /// Whether it is the provider's.
    pub(crate) of_provider: bool,
}

impl End {
    /// The user's date, or none.
    pub(crate) fn of_user(at: Option<OffsetDateTime>) -> Self {
        Self { at, of_provider: false }
    }

    /// The user's date, or else the one that the provider told. `now` is the time of the database.
    fn decide(user: Option<OffsetDateTime>, told: OffsetDateTime, now: OffsetDateTime) -> Self {
        match user {
            None if told > now + SOON => Self { at: Some(told), of_provider: true },
            _ => Self::of_user(user),
        }
    }

    /// Whose date it is.
    pub(crate) fn from(self) -> Option<&'static str> {
        self.at.map(|_| if self.of_provider { "provider" } else { "user" })
    }

    /// The provider's date, for the end of a sentence.
    pub(crate) fn in_words(self, provider: &Provider) -> String {
        match self.at.filter(|_| self.of_provider) {
            Some(at) => format!("; it ends on {}, as {} says", rfc3339(at), provider.name),
            None => String::new(),
        }
    }
}

/// A stored key, or one that is being stored.
pub(crate) struct KeyPlace<'a> {
    pub(crate) holder: &'a Holder,
    pub(crate) provider: &'a Provider,
}

impl KeyPlace<'_> {
    /// The command that stores an end date.
    fn expire_command(&self, end: OffsetDateTime) -> String {
        let (id, end) = (&self.provider.id, rfc3339(end));
        match self.holder {
            Holder::Organization(org) => format!("byok key expire {id} --org {org} --expires {end}"),
            Holder::Platform => format!("byok platform-key expire {id} --expires {end}"),
        }
    }

    /// The end date of a key that is being stored, with a warning about a date of the provider that does not become it.
    pub(crate) fn end(&self, user: Option<OffsetDateTime>, told: OffsetDateTime, now: OffsetDateTime) -> End {
        let name = &self.provider.name;
        let date = rfc3339(told);
        if told <= now + SOON {
            output::warn(&format!(
                "{name} says that this key ends on {date}, which has passed or is about to; that date is not stored"
            ));
        } else if let Some(user) = user.filter(|user| *user > told) {
            output::warn(&format!("{name} ends this key on {date}, before the end date {}", rfc3339(user)));
            output::say(&format!("  hint: to store that date: {}", self.expire_command(told)));
        }
        End::decide(user, told, now)
    }

    /// What to say of a stored key whose end date is not the one that its provider told.
    pub(crate) fn difference(&self, outcome: &Outcome, stored: Option<OffsetDateTime>) -> Option<Remark> {
        let told = outcome.expires_at.filter(|told| stored != Some(*told))?;
        if outcome.past_its_date {
            return Some(Remark::that(format!("it says that the key ended on {}", rfc3339(told))));
        }
        let ends = format!("it ends the key on {}", rfc3339(told));
        let next = Some(format!("to store that date: {}", self.expire_command(told)));
        Some(match stored {
            None => Remark { words: format!("{ends}, and no end date is stored"), next },
            Some(stored) if stored > told => {
                Remark { words: format!("{ends}, before the stored end date {}", rfc3339(stored)), next }
            }
            // An earlier date is somebody's decision.
            Some(stored) => Remark::that(format!("{ends}, after the stored end date {}", rfc3339(stored))),
        })
    }
}

/// What is added to the result of a test.
pub(crate) struct Remark {
    pub(crate) words: String,
    pub(crate) next: Option<String>,
}

impl Remark {
    fn that(words: String) -> Self {
        Self { words, next: None }
    }

    /// What to say of a key that is not stored.
    pub(crate) fn of_candidate(outcome: &Outcome) -> Option<Self> {
        let verb = if outcome.past_its_date { "says that the key ended on" } else { "ends the key on" };
        outcome.expires_at.map(|told| Self::that(format!("it {verb} {}", rfc3339(told))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_date_wins_and_the_providers_is_taken_if_there_is_time_left() {
        let at = |text: &str| byok::clock::parse(text).expect("a time");
        let (now, told) = (at("2030-01-01T00:00:00Z"), at("2030-06-01T00:00:00Z"));
        let decided = |user, told| {
            let End { at, of_provider } = End::decide(user, told, now);
            (at, of_provider)
        };
        assert_eq!(decided(None, told), (Some(told), true));
        for user in ["2030-03-01", "2030-09-01"].map(at) {
            assert_eq!(decided(Some(user), told), (Some(user), false), "{user}");
        }
        for past in ["2029-01-01T00:00:00Z", "2030-01-01T00:00:00Z", "2030-01-01T00:01:00Z"].map(at) {
            assert_eq!(decided(None, past), (None, false), "{past}");
        }
        assert!(decided(None, at("2030-01-01T00:01:01Z")).1);
    }
}
