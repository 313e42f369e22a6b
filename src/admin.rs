//! Administration: everything that the `byok` program does besides serving requests.
//!
//! A [`Database`] is one connection of one login, with a method for each function of the schema `byok_api`. [`sealing`]
//! seals keys and opens them again; [`crypto`] has the keys and the seal. The database decides what a login may do.

pub use crate::db::*;

/// Seals and stores keys, and reads and opens them.
pub mod sealing {
    pub use crate::sealing::*;
}

/// The master key, data keys, and the seal over every stored key.
pub mod crypto {
    pub use crate::crypto::*;
}
