//! Administration: everything that the `byok` program does beside serving requests.
//!
//! A [`Database`] is one connection of one login, with a method for each function of the schema `byok_api`. [`sealing`] puts keys
//! into it and takes them out; [`crypto`] has the keys and the seal themselves. What a login may do is decided by the database.

pub use crate::db::*;

/// Keys on their way into the database and out of it.
pub mod sealing {
    pub use crate::sealing::*;
}

/// The master key, data keys, and the seal over every stored key.
pub mod crypto {
    pub use crate::crypto::*;
}
