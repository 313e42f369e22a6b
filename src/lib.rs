//! Bring your own key: the organizations of an AI platform use their own provider keys, and the platform's shared ones
//! where they have none.
//!
//! The library is the core; the `byok` program is a command line on it. From the inside out:
//!
//! * nouns, pure and without a database: [`name`], [`secret`], [`provider`], [`resolution`], [`credits`], [`exit`];
//! * [`crypto`]: the seal over every key, the data key of an organization, the master key over those;
//! * [`db`]: the only place that speaks SQL, one method for each function of the schema `byok_api`;
//! * [`sealing`]: both together: store a key, open a key;
//! * [`resolver`]: the request path of a server: resolve, open and charge in one round trip;
//! * [`local`]: the private PostgreSQL that serves where no database is configured; [`lock`]: its lock files;
//! * [`process`], [`mask`], [`setting`]: what a program around keys needs: a memory that nobody dumps, texts without keys, and
//!   an environment in which nothing is silently unset.
//!
//! To add a verb: a function in `migrations/functions/`, a method in `src/db/`, a file in `src/cli/commands/`, its test in `tests/suite/`.

pub mod clock;
pub mod credits;
pub mod crypto;
pub mod db;
pub mod error;
pub mod exit;
pub mod local;
pub mod lock;
pub mod mask;
pub mod name;
#[cfg(feature = "test-keys")]
pub mod probe;
pub mod process;
pub mod provider;
pub mod resolution;
pub mod resolver;
pub mod sealing;
pub mod secret;
pub mod setting;

pub use error::{Error, Result};
