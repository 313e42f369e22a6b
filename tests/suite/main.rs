//! The program and the library against a real PostgreSQL, real terminals and real processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod access;
mod bad_input;
mod cluster;
mod credit_rights;
mod credits;
mod example;
mod format;
mod harness;
mod house;
mod install;
mod leaks;
mod ledger;
mod local;
mod output;
mod race;
mod reports;
mod resolver;
mod run;
mod sealed;
mod stream;
mod terminal;
mod tour;
