//! What `doctor` asks of the database: whether the server does what byok relies on, and what stored things need attention.

use time::{Duration, OffsetDateTime};

use super::Database;
use crate::clock;
use crate::error::{Error, Result, Subject};
use crate::word::{ListedWord, words};

words! {
    /// What pgcrypto does not do that byok relies on.
    #[non_exhaustive]
    pub enum PgcryptoFault: "fault of pgcrypto" {
        /// The functions that call it are not there.
        Missing = "missing",
        /// A call failed.
        Fails = "fails",
        /// It does not decrypt a known ciphertext.
        DecryptsWrongly = "decrypts_wrongly",
        /// What it makes has another cipher or another format.
        OtherFormat = "other_format",
        /// What it makes does not decrypt, or contains the plaintext.
        EncryptsWrongly = "encrypts_wrongly",
        /// It makes the same ciphertext twice.
        NotRandom = "not_random",
        /// It decrypts with a wrong passphrase.
        AnyPassphrase = "any_passphrase",
        /// It decrypts a ciphertext that was changed.
        NotAuthentic = "not_authentic",
    }
}

words! {
    /// What about stored things needs attention.
    #[non_exhaustive]
    pub enum HealthCode: "finding about stored things" {
        /// Keys that are known not to open.
        KeyUnreadable = "key_unreadable",
        /// Keys past their date.
        KeyExpired = "key_expired",
        /// Keys that reach their date within two weeks.
        KeyExpiring = "key_expiring",
        /// Keys that their provider refused in the last test.
        KeyRefused = "key_refused",
        /// Keys that their provider refuses in production.
        KeyFailing = "key_failing",
        /// Keys that were not tested for a month.
        KeyUntested = "key_untested",
        /// There are more keys than were looked at. The total is how many were.
        KeysBeyond = "keys_beyond",
        /// A provider that the platform offers without a key.
        NoPlatformKey = "no_platform_key",
        /// Members whose login is not there.
        LostMember = "lost_member",
        /// A login that was granted a role and does not have its rights.
        IdleRole = "idle_role",
    }
}

/// The server as byok uses it.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct Health {
    /// The server's time.
    pub at: OffsetDateTime,
    /// How far the server's clock is ahead of this machine's, apart from the time that the question took.
    pub ahead: Duration,
    /// Whether it is a standby.
    pub standby: bool,
    /// Whether its transactions cannot write.
    pub read_only: bool,
    /// What pgcrypto does not do. `None` if it does everything.
    pub pgcrypto: Option<ListedWord<PgcryptoFault>>,
    /// Whether the table refuses every header of a ciphertext except byok's own.
    pub header_pinned: bool,
    /// Whether this login is a superuser.
    pub superuser: bool,
    /// Whether the server's end of the connection is encrypted.
    pub encrypted: bool,
    /// When the audit log was last sealed.
    pub sealed_at: Option<OffsetDateTime>,
    /// Whether it has records since then. `None` if this login may not see it.
    pub unsealed: Option<bool>,
    settings: Vec<String>,
}

impl Health {
    /// A setting of the server that can put arguments of statements into its log. `None` if the server does not have it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        let at = LOGGING.iter().position(|known| *known == name)?;
        self.settings.get(at).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Settings that decide whether arguments of statements get into the server's log.
const LOGGING: [&str; 14] = [
    "log_statement",
    "log_min_duration_statement",
    "log_min_duration_sample",
    "log_statement_sample_rate",
    "log_transaction_sample_rate",
    "log_parameter_max_length",
    "log_parameter_max_length_on_error",
    "debug_print_parse",
    "debug_print_rewritten",
    "debug_print_plan",
    "auto_explain.log_min_duration",
    "auto_explain.sample_rate",
    "pgaudit.log",
    "pgaudit.log_parameter",
];

/// Something stored that needs attention.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HealthFinding {
    /// What it is.
    pub code: ListedWord<HealthCode>,
    /// The organization of the first one. Empty for the platform.
    pub org: String,
    /// The provider, or the login.
    pub subject: String,
    /// Details.
    pub detail: Option<String>,
    /// How many there are.
    pub total: i64,
}

impl Database {
    /// Asks the server how it does what byok relies on. Changes nothing.
    pub async fn health(&mut self) -> Result<Health> {
        let names: Vec<String> = LOGGING.iter().map(|name| (*name).to_owned()).collect();
        let before = clock::here();
        let row = sqlx::query!(
            r#"select at as "at!", standby as "standby!", read_only as "read_only!", pgcrypto as "pgcrypto: ListedWord<PgcryptoFault>",
                      header_pinned as "header_pinned!", superuser as "superuser!", sealed_at, unsealed,
                      coalesce((select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid()), false)
                          as "encrypted!",
                      array(select coalesce(pg_catalog.current_setting(n.name, true), '')
                            from pg_catalog.unnest($1::text[]) with ordinality n(name, place) order by n.place)
                          as "settings!"
               from byok_api.health()"#,
            &names
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))?;
        let after = clock::here();
        Ok(Health {
            at: row.at,
            ahead: ahead(row.at, before, after),
            standby: row.standby,
            read_only: row.read_only,
            pgcrypto: row.pgcrypto,
            header_pinned: row.header_pinned,
            superuser: row.superuser,
            encrypted: row.encrypted,
            sealed_at: row.sealed_at,
            unsealed: row.unsealed,
            settings: row.settings,
        })
    }

    /// Stored things that need attention, as far as this login may see them.
    pub async fn health_findings(&mut self) -> Result<Vec<HealthFinding>> {
        sqlx::query_as!(
            HealthFinding,
            r#"select code as "code!: ListedWord<HealthCode>", org as "org!", subject as "subject!", detail, total as "total!"
               from byok_api.health_findings()"#
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(Subject::Login))
    }
}

/// How far a clock is ahead, if it was read at some moment between the two times.
fn ahead(read: OffsetDateTime, before: OffsetDateTime, after: OffsetDateTime) -> Duration {
    if read > after {
        read - after
    } else if read < before {
        read - before
    } else {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_read_while_it_was_asked_is_right() {
        let at = |second| OffsetDateTime::UNIX_EPOCH + Duration::seconds(second);
        assert_eq!(ahead(at(105), at(100), at(110)), Duration::ZERO);
        assert_eq!(ahead(at(200), at(100), at(110)), Duration::seconds(90));
        assert_eq!(ahead(at(40), at(100), at(110)), Duration::seconds(-60));
    }
}
