//! Seals and opens keys, using the cryptography and the database together.
//!
//! The database never sees a key in clear. A key is sealed here before it is sent, and opened here after it was read.
//! If a key does not open, the error is about that key, and no other key is used.

mod audit;
mod keys;
mod masters;
mod opening;
mod reseal;
mod rotation;
mod store;
mod store_many;
mod verify;

pub use audit::{Finding, FindingCode, KeptSeal, SealLine, Verification, seal_audit, verify_audit};
pub use keys::Keys;
pub use masters::{
    check_complete_copy, check_in_use, check_master, check_masters, register_master, register_masters, report_loaded,
};
pub(crate) use opening::check_complete;
pub use opening::{Opened, denial, open, open_key};
pub use reseal::{
    Rotated, Undecryptable, Unreadable, discard_data_key, issue_data_key, restore_data_key, rotate_data_key,
    rotate_leaked,
};
pub use rotation::{Rewrapped, rewrap};
pub use store::{Existing, KEEP_PREVIOUS, Prepared, Stored, Submission, prepare, store, store_untested};
pub use store_many::{Incoming, Together, data_key, store_many};
pub use verify::{Verified, verify};
