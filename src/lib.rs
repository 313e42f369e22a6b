//! Bring your own key: the organizations of an AI platform use their own provider keys, and the platform's shared ones
//! where they have none.
//!
//! A server needs [`Resolver`] and [`Charge`], the nouns that stand beside them here, and the errors of its calls:
//! [`ConnectError`], [`AcquireError`], [`SettleError`]. The rest, from the inside out:
//!
//! * nouns, pure and without a database: [`name`], [`secret`], [`provider`], [`resolution`], [`credits`];
//! * [`error`]: what can go wrong, by area;
//! * [`admin`]: administration, as the `byok` program does it;
//! * [`local`]: the private PostgreSQL that serves where no database is configured; [`lock`]: its lock files;
//! * [`process`], [`mask`], [`setting`], [`clock`], [`exit`]: what a program around keys needs: a memory that nobody dumps, texts
//!   without keys, an environment in which nothing is silently unset, times, exit codes.
//!
//! Inside, `crypto` has the seal over every key, `db` alone speaks SQL, `sealing` puts both together, and `resolver` is the
//! request path of a server.

// A server awaits these calls in tasks that move between threads.
#![deny(clippy::future_not_send)]

pub mod admin;
pub mod clock;
pub mod credits;
mod crypto;
mod db;
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
mod resolver;
mod sealing;
pub mod secret;
pub mod setting;
pub mod word;

pub use credits::{Credits, Operation, RequestId, UndoReason};
pub use crypto::{DataKey, MasterKey, MasterKeys, RandomError};
pub use db::{Charged, DatabaseUrl, Moved, Pooler};
pub use error::{AcquireError, ConnectError, Error, Result, SettleError};
pub use name::{Holder, OrgId, ProviderId};
pub use resolution::{Reason, Source};
pub use resolver::{Acquired, Charge, OpenedKey, OpenedUse, Resolver, ResolverBuilder};
pub use secret::{Credential, Hint, SecretText};
