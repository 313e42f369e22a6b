//! Keys on their way in and out: the cryptography and the database together.
//!
//! The database never sees what it stores: a key is sealed here before it goes, and what comes back is opened here. A
//! key that does not open is an error of that key, and never a reason to take another one.

mod audit;
mod keys;
mod masters;
mod opening;
mod reseal;
mod rotation;
mod store;

pub use audit::{Finding, FindingCode, KeptSeal, SealLine, Verification, seal_audit, verify_audit};
pub use keys::Keys;
pub use masters::{
    check_complete_copy, check_in_use, check_master, check_masters, register_master, register_masters, report_loaded,
};
pub(crate) use opening::check_complete;
pub use opening::{Opened, denial, open, open_key};
pub use reseal::{
    Rotated, Undecryptable, Unreadable, Verified, discard_data_key, issue_data_key, restore_data_key, rotate_data_key,
    rotate_leaked, verify,
};
pub use rotation::{Rewrapped, rewrap};
pub use store::{Existing, Prepared, Stored, Submission, prepare, restore, store, store_untested};
