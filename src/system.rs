//! What depends on the operating system: files, their owners and modes, accounts, processes, signals, and the terminal.
//!
//! No other module names an interface of the system. So each check of an owner or a mode stands once, and so does what
//! Linux, macOS and FreeBSD do in different ways.

pub mod account;
#[cfg(feature = "cli")]
pub mod closed;
#[cfg(feature = "cli")]
pub mod descriptor;
pub mod disk;
mod facts;
pub mod fault;
pub mod file;
#[cfg(feature = "cli")]
pub mod machine;
pub mod memory;
pub mod process;
#[cfg(feature = "cli")]
pub mod signal;
pub mod socket;
#[cfg(feature = "cli")]
pub mod terminal;

pub use facts::{FileFacts, Identity};
