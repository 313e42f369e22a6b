//! The program and the library against a real PostgreSQL, real terminals and real processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod access;
mod attacks;
mod audit;
mod bad_input;
mod data_key;
mod format;
mod harness;
mod house;
mod install;
mod key_change;
mod key_leaks;
mod key_source;
mod leaks;
mod local;
mod login;
mod master_key;
mod output;
mod purge;
mod race;
mod recovery;
mod rotation;
mod sealed;
mod terminal;
mod tour;
