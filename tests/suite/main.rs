//! The program and the library against a real PostgreSQL, real terminals and real processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod access;
mod attacks;
mod audit;
mod bad_input;
mod data_key;
mod format;
mod gateway;
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
mod probe_added;
mod probe_address;
mod probe_cases;
mod probe_fuzz;
mod probe_network;
mod probe_paid;
mod probe_service_account;
mod probe_stage;
mod probing;
mod providers;
mod pty;
mod purge;
mod race;
mod recovery;
mod rotation;
mod sealed;
mod set_test;
mod stage;
mod terminal;
mod test_fleet;
mod test_key;
mod tour;
