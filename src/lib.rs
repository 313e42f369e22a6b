//! Bring your own key: organizations use their own provider keys, or the platform's shared keys if they have none.
//!
//! A server needs [`Resolver`] and [`Charge`], the types that are exported beside them, and the errors of its
//! calls: [`ConnectError`], [`AcquireError`], [`SettleError`]. The other modules:
//!
//! * [`name`], [`secret`], [`provider`], [`resolution`], [`observed`], [`credits`], [`event`]: types without a database;
//! * [`error`]: errors, by area;
//! * [`admin`]: administration, as the `byok` program does it;
//! * [`import`]: lists of keys, organizations and members as people have them;
//! * [`local`]: the private PostgreSQL server that is used if no database is configured; [`lock`]: its lock files;
//! * [`mask`], [`setting`], [`clock`], [`exit`]: what a program around keys needs: texts without keys, strict environment
//!   variables, times, exit codes;
//! * [`system`]: what depends on the operating system, such as [`system::memory`], which protects the memory of a process.
//!
//! [`local`], [`lock`] and [`system`] exist only on Linux and other systems of the Unix family.
//!
//! Inside, `crypto` has the seal over every key, only `db` speaks SQL, `sealing` uses both, and `resolver` is the
//! request path of a server.

// A server awaits these calls in tasks that move between threads, so every future must be `Send`.
#![deny(clippy::future_not_send)]

#[cfg(all(feature = "cli", not(unix)))]
compile_error!(
    "the command line of byok runs on Linux, macOS and FreeBSD; elsewhere only the library can be compiled: \
     default-features = false"
);

pub mod admin;
pub mod clock;
pub mod credits;
mod crypto;
mod db;
pub mod error;
pub mod event;
pub mod exit;
pub mod import;
#[cfg(unix)]
pub mod local;
#[cfg(unix)]
pub mod lock;
pub mod mask;
pub mod name;
pub mod observed;
#[cfg(feature = "test-keys")]
pub mod probe;
pub mod provider;
pub mod resolution;
mod resolver;
mod sealing;
pub mod secret;
pub mod setting;
#[cfg(unix)]
pub mod system;
#[cfg(feature = "test-keys")]
pub mod webhook;
pub mod word;

pub use credits::{Credits, Operation, RequestId, UndoReason};
pub use crypto::{DataKey, MasterKey, MasterKeys, RandomError};
pub use db::{Charged, DatabaseUrl, Moved, Pooler};
pub use error::{AcquireError, ConnectError, Error, Result, SettleError};
pub use name::{Holder, OrgId, ProviderId};
pub use observed::{KeyId, Observed};
pub use resolution::{Reason, Source};
pub use resolver::{Acquired, Charge, OpenedKey, OpenedUse, Reports, Resolver, ResolverBuilder};
pub use secret::{Credential, Hint, SecretText};
